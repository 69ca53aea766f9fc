"""Northmoor, a council that does not exist: a site that shows what the package does."""

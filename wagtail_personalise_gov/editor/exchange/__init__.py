"""Segments as files, out of the admin and into it."""

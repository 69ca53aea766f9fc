"""The report on what versions achieve."""

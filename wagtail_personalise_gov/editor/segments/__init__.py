"""The desk of a segment: its form, the list, the chooser, and what is done with it."""

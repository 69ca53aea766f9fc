"""The documentation as tests see it: its samples, the site that the tutorial makes, and what a reader is promised."""

"""A small app with page types for the tests, as a site of its own would have them."""

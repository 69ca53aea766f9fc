"""What things cost, as tables. Not run with the tests: a machine that is busy would make them fail."""

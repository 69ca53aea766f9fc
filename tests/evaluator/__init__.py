"""The evaluator in JavaScript, held against the core in Python."""

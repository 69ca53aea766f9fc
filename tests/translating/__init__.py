"""Pages in two languages, for which the tests need other settings: see `settings.py`, and ../test_translation.py."""

"""What visitors are told, in words: below the pages about it and the API, which both say it."""

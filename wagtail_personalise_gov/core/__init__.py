"""What a decision is made of, in pure Python: no Django, no HTTP, no clock of its own."""

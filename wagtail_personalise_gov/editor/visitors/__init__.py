"""A visitor as an editor describes one: the form, its answers, and what was said in words."""

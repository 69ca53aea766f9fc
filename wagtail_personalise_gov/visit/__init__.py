"""One request seen through personalisation: what is known of it, what follows, and what is kept of it."""

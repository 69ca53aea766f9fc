"""The visitor's choice: the banner, the forms, the page that says what is used and kept, and proof of who asks."""

"""What is said of the versions of a block: whom they are for, and which of them nobody can see."""

"""What happens is told to other systems: changes of segments at once, what visitors do only as counts of many."""

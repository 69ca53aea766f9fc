"""Try as a visitor: who would be in which segments, and why; and the example visits that are kept."""

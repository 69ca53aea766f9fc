"""System checks: what a developer should hear at start, not a visitor later."""

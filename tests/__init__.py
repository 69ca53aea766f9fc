"""The tests mirror the package; `agency` is a small site for them, `factories` makes segments in one line."""

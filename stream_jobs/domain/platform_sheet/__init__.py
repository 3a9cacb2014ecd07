"""A platform's own export of its live shows: which column says what, and which show of ours a row is about."""

"""Everything a person can do, one method each, by role."""

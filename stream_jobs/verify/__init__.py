"""Every figure counted again from the raw rows, by code that shares one rule with what is checked: where a job is."""

"""Every figure counted again from the raw rows, by code that shares nothing with what is checked."""

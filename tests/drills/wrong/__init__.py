"""Servers with one thing wrong on purpose, for the controls of the drills."""

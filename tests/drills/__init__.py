"""Drills: a promise, the fault that tries it, and a control that must break it; `python -m tests.drills`."""

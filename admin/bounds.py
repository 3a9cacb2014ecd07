"""What a process that reads strangers' files does first: it bounds itself."""

import resource
from collections.abc import Mapping
from contextlib import suppress


def bound(limits: Mapping[int, int]) -> None:
    """From here on this process ends when it asks for more; limits are by resource.RLIMIT_…."""
    for what, most in limits.items():
        # Not every system lets a process bound itself; the parent's clock holds there.
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))

"""Writing the same bytes to many descriptors that stand side by side: nothing else of a connection is touched."""

import os
from array import array
from collections.abc import Callable
from typing import TypeAlias

Row: TypeAlias = "array[int]"
"""Descriptors by place."""

AT_ONCE = 512
"""Written to before others have their turn: three milliseconds."""
WriteToEach: TypeAlias = "Callable[[Row, bytes], list[tuple[int, int]]]"
"""`write_to_each`, or what does the same faster."""

BUSY = -1
"""Instead of a descriptor: its connection wants to be spoken to itself. Instead of a size: so nothing was written."""
GONE = -2
"""Instead of a size: the peer is gone."""


def an_empty_row() -> Row:
    return array("i")


def write(descriptor: int, ready: bytes) -> int:
    """How much of it the kernel took at once, or GONE."""
    try:
        return os.write(descriptor, ready)
    except (BlockingIOError, InterruptedError):
        return 0
    except OSError:
        return GONE


def write_to_each(row: Row, ready: bytes) -> list[tuple[int, int]]:
    """Which of them, counted from 0, did not take all of it, and what they took: a size, BUSY or GONE."""
    short, whole, write_once = [], len(ready), os.write
    for nth, descriptor in enumerate(row):
        if descriptor < 0:
            short.append((nth, BUSY))
            continue
        try:
            taken = write_once(descriptor, ready)
        except (BlockingIOError, InterruptedError):
            taken = 0
        except OSError:
            taken = GONE
        if taken != whole:
            short.append((nth, taken))
    return short

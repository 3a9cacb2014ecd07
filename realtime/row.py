"""Writing the same bytes to many descriptors that stand side by side: nothing else of a connection is touched."""

import os
from array import array
from collections.abc import Iterable, MutableSequence
from typing import TypeAlias

Row: TypeAlias = MutableSequence[int]
"""Descriptors by place."""

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


def write_to_each(row: Iterable[int], ready: bytes) -> list[tuple[int, int]]:
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

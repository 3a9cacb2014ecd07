"""Processor time of processes, read from /proc: a wall clock on a busy machine says little."""

import os
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and of children they have waited for; gone ones count as nothing."""
    return sum(_ticks(pid) for pid in pids) / TICKS_PER_SECOND


def family(pid: int) -> list[int]:
    """A process and its children, such as a postmaster and its backends."""
    return [pid, *(child for child in _all() if _field(child, 1) == pid)]


def parent(pid: int) -> int:
    """Raises ProcessLookupError for a process that is gone."""
    found = _field(pid, 1)
    if not found:
        raise ProcessLookupError(pid)
    return found


def _all() -> Iterable[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _ticks(pid: int) -> int:
    return sum(_field(pid, nth) for nth in (11, 12, 13, 14))


def _field(pid: int, nth: int) -> int:
    """Of /proc/pid/stat, counted from the one behind the name, which may hold anything."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[nth])

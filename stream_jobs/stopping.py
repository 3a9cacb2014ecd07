"""Stopping has one deadline, STREAM_JOBS_DRAIN_SECONDS after the signal: steps have shares of it, and the end comes.

Shares are counted from the signal; what comes after (the database, embedded servers, threads) has what is left.
"""

import logging
import os
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

SEEING_OUT = 0.6
"""Viewers told and closed, requests answered, departures written, background work put down: all beside each other."""
OF_WORKERS = 0.8
"""What a supervisor gives its workers for all of their stopping."""
OF_SILENT_WORKERS = 0.85
"""When it kills those that have not ended."""
BY_FORCE = 0.9
WORD_SECONDS = 0.1
"""For the line that says so to be written, if it can be."""


def end_by_force(drain_seconds: float) -> None:
    """From now on this process ends within that time, whatever it is doing; a line is logged when it has to be forced.

    Whoever was thanked was thanked after the commit: nothing that counts is in this process alone.
    """
    seconds = BY_FORCE * drain_seconds
    _later(seconds, lambda: _say(drain_seconds))
    _later(seconds + WORD_SECONDS, lambda: os._exit(1))


def _later(seconds: float, act: Callable[[], object]) -> None:
    # A thread: the event loop may be what does not come to an end.
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


def _say(drain_seconds: float) -> None:
    logger.error("stopping takes too long: the process is ended as it is", extra={"drain_seconds": drain_seconds})

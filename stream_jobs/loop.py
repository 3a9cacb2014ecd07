"""Runs a command's work to its end, on the fastest event loop there is."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from stream_jobs.domain.errors import StreamJobsError


def run_to_end(work: Coroutine[Any, Any, Any]) -> Any:
    """On uvloop where it is installed; a lone StreamJobsError comes out of its task group as itself."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(work)
    except BaseExceptionGroup as group:
        found, rest = group.split(StreamJobsError)
        if found is None or rest is not None:
            raise
        raise _first(found) from None


def _first(group: BaseExceptionGroup[StreamJobsError]) -> StreamJobsError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop

"""Logging, configured once: constant messages, values beside them, on stderr.

An exception is logged by its kinds and places, never by its words: a driver's error quotes the row, Python's the value.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

# What every record carries; the rest is what the caller added with `extra`.
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        values = " ".join(f"{name}={value}" for name, value in _extra(record).items())
        line = f"{_at(record)} {record.levelname.lower():7} {record.name}: {record.getMessage()} {values}".rstrip()
        return _one_line(line) + self._trace(record)

    def _trace(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        return "".join(f"\n{line}" for line in told(error)) if error else ""


class _JsonLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() + self._trace(record),
            **_extra(record),
        }
        return json.dumps(said, ensure_ascii=False, default=str)


class _Signed(logging.Filter):
    def __init__(self, worker: int) -> None:
        super().__init__()
        self._worker = worker

    def filter(self, record: logging.LogRecord) -> bool:
        record.worker = self._worker
        return True


def configure_logging(*, as_json: bool, level: int = logging.INFO, worker: int | None = None) -> None:
    """worker: which of several processes says it, on every line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    if worker is not None:
        handler.addFilter(_Signed(worker))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # No line says where in the code it comes from, or on which thread: half of the time of a line goes there.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # The library's own access log holds whole addresses; ours names the route.
    logging.getLogger("aiohttp.access").setLevel(logging.CRITICAL)


def told(error: BaseException) -> Iterator[str]:
    """An exception's kind and the places it came through, and those of what caused it or is inside it."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause:
        yield from told(cause)
        yield "which led to"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    code = getattr(error, "code", None) or getattr(error, "sqlstate", None)
    yield f"{type(error).__module__}.{type(error).__qualname__}" + (f" ({code})" if isinstance(code, str) else "")
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from told(one)


def _one_line(line: str) -> str:
    """What was typed somewhere can neither begin a line of its own nor colour a terminal."""
    return line if line.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

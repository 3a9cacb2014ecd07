"""Logging, configured once: constant messages, values beside them, on stderr."""

import json
import logging
import sys
from datetime import UTC, datetime

# What every record carries; the rest is what the caller added with `extra`.
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        values = " ".join(f"{name}={value}" for name, value in _extra(record).items())
        line = f"{_at(record)} {record.levelname.lower():7} {record.name}: {record.getMessage()} {values}".rstrip()
        return line + self._trace(record)

    def _trace(self, record: logging.LogRecord) -> str:
        return "\n" + self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""


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


def configure_logging(*, as_json: bool, level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The library's own access log holds whole addresses; ours names the route.
    logging.getLogger("aiohttp.access").setLevel(logging.CRITICAL)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

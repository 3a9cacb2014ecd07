"""A log says what went wrong and where, and nothing anybody typed."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.logs import configure_logging

PHONE = "13800000001"


@pytest.fixture(params=[False, True], ids=["lines", "json"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    for name in ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing"):
        monkeypatch.setattr(logging, name, getattr(logging, name))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(as_json=request.param)
    yield written
    root.handlers = handlers
    root.setLevel(level)


def _look_up() -> None:
    people: dict[str, str] = {}
    try:
        people[PHONE]
    except KeyError as error:
        raise StorageUnavailable(PHONE) from error


def test_an_exception_is_logged_by_kind_and_place_and_never_by_its_words(log: io.StringIO) -> None:
    """Errors of drivers and of Python quote values; the causes of an error too."""
    try:
        _look_up()
    except StorageUnavailable:
        logging.getLogger("test").exception("looking up failed")

    said = log.getvalue()
    assert PHONE not in said
    assert "builtins.KeyError" in said
    assert "StorageUnavailable (storage_unavailable)" in said
    assert "in _look_up" in said


def test_errors_inside_a_group_are_told_too(log: io.StringIO) -> None:
    """A task group wraps what went wrong."""
    try:
        raise ExceptionGroup(PHONE, [ValueError(PHONE), ExceptionGroup("inner", [OSError(PHONE)])])
    except ExceptionGroup:
        logging.getLogger("test").exception("the work failed")

    said = log.getvalue()
    assert PHONE not in said
    assert "builtins.ValueError" in said and "builtins.OSError" in said


def test_nothing_typed_begins_a_line_of_its_own(log: io.StringIO) -> None:
    """Or somebody could write our log for us."""
    logging.getLogger("test").info("heard", extra={"what": "x\n2026 info forged: y\x1b[31m"})

    [line] = log.getvalue().splitlines()
    assert "\x1b" not in line
    if line.startswith("{"):
        assert json.loads(line)["what"] == "x\n2026 info forged: y\x1b[31m"

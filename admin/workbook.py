"""A workbook's bytes as sheets of cells: .xlsx, .xls and .csv, told apart by content, not by name."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from admin.workbook_guard import EXPECTED, MAX_FILLED_ROWS, checked_archive
from stream_jobs.domain.job_sheet import (
    MAX_DATA_ROWS,
    Cell,
    Merge,
    Sheet,
    WorkbookEncrypted,
    WorkbookTooLarge,
    WorkbookTooLong,
    WorkbookUnreadable,
)

MAX_BYTES = 10 * 1024 * 1024
# The slowest honest workbook takes a few seconds on a small machine.
CHILD_SECONDS = 60
TEXT_SHEET = "CSV"

_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# How Office names the stream of a workbook that asks for a password to open.
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_NOT_TEXT = (b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")


def read_workbook(data: bytes, max_bytes: int = MAX_BYTES) -> list[Sheet]:
    """The sheets in their order, hidden ones marked and not read.

    Takes up to seconds, in a process of its own: call it outside the event loop. Raises WorkbookTooLarge,
    WorkbookTooLong, WorkbookEncrypted or WorkbookUnreadable, nothing else.
    """
    if len(data) > max_bytes:
        raise WorkbookTooLarge(field="file", expected=f"at most {max_bytes} bytes")
    if data.startswith(_ZIP):
        return _read_office(checked_archive(data))
    if data.startswith(_COMPOUND):
        if _ENCRYPTED_STREAM in data:
            raise _encrypted()
        return _read_office(data)
    return [Sheet(TEXT_SHEET, _read_text(data))]


def _encrypted() -> WorkbookEncrypted:
    return WorkbookEncrypted(field="file", expected="a workbook without a password")


def _too_long() -> WorkbookTooLong:
    return WorkbookTooLong(field="file", expected=f"at most {MAX_DATA_ROWS} rows of jobs")


def _unreadable() -> WorkbookUnreadable:
    return WorkbookUnreadable(field="file", expected=EXPECTED)


def _read_office(data: bytes) -> list[Sheet]:
    answer = _answer_of_child(data)
    match answer.get("refused"):
        case None:
            return [_sheet(found) for found in answer["sheets"]]
        case "encrypted":
            raise _encrypted()
        case "too_long":
            raise _too_long()
        case _:
            raise _unreadable()


def _answer_of_child(data: bytes) -> Any:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "admin.workbook_child"],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # The child has no use for our passwords.
            env={},
            timeout=CHILD_SECONDS,
            check=True,
        )
        return json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise _unreadable() from error


def _sheet(found: Mapping[str, Any]) -> Sheet:
    rows = [[_cell(value) for value in row] for row in found["rows"]]
    merges = tuple(Merge(top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in found["merges"])
    return Sheet(found["name"], rows, merges, found["hidden"])


def _cell(value: Any) -> Cell:
    if not isinstance(value, list):
        return cast(Cell, value)
    kind, said = value
    match kind:
        case "datetime":
            return datetime.fromisoformat(said)
        case "date":
            return date.fromisoformat(said)
        case "time":
            return time.fromisoformat(said)
    return timedelta(seconds=said)


def _check_filled(rows: list[list[Cell]]) -> None:
    if sum(any(cell not in ("", None) for cell in row) for row in rows) > MAX_FILLED_ROWS:
        raise _too_long()


def _read_text(data: bytes) -> list[list[Cell]]:
    text = _decoded(data)
    delimiter = _delimiter(text)
    rows: list[list[Cell]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append([*row])
            if len(rows) > MAX_FILLED_ROWS * 2:
                break
    except csv.Error as error:
        raise _unreadable() from error
    _check_filled(rows)
    return rows


def _decoded(data: bytes) -> str:
    head = data[:1024].lstrip().lower()
    if data.startswith(_NOT_TEXT) or head.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")):
        raise _unreadable()
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text):
            return text
    raise _unreadable()


def _encodings(data: bytes) -> tuple[str, ...]:
    # "Unicode text" of Excel is UTF-16 with a mark; GB18030 reads nearly anything, so it comes last.
    return ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")


def _delimiter(text: str) -> str:
    """The mark that cuts most of the first lines outside quotes; a text without any is no table."""
    outside = re.sub(r'"(?:[^"]|"")*"', "", text[:200_000])
    sample = [line for line in outside.splitlines() if line.strip()][:50]
    cut = {mark: (sum(mark in line for line in sample), sum(line.count(mark) for line in sample)) for mark in ",\t;|，"}
    # A Chinese comma is usually part of the text: it counts only where nothing else cuts.
    best = max(",\t;|", key=lambda mark: cut[mark])
    best = best if any(cut[best]) else "，"
    if not any(cut[best]):
        raise _unreadable()
    return best

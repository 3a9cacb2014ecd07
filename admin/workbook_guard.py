"""Looks into an .xlsx before it is read: bounded in bytes, rows and columns, whatever the file claims."""

import io
import re
import zipfile
import zlib
from xml.parsers import expat

from stream_jobs.domain.job_sheet import (
    MAX_DATA_ROWS,
    WorkbookEncrypted,
    WorkbookTooLarge,
    WorkbookTooLong,
    WorkbookUnreadable,
)

EXPECTED = "an .xlsx, .xls or .csv file"
# 20,000 rows of twenty cells with a paragraph each come to about 60 MiB of XML.
MAX_UNPACKED_BYTES = 96 * 1024 * 1024
# Titles, blank lines and totals come on top of the rows of data.
MAX_FILLED_ROWS = MAX_DATA_ROWS + 2_000
# The reader holds a sheet as a full rectangle, so one far cell would cost its whole area.
MAX_AREA = 6_000_000
MAX_MEMBERS = 2_000
_CHUNK = 65_536
_FLAG_ENCRYPTED = 0x1


def checked_archive(data: bytes) -> bytes:
    """The same workbook, stored uncompressed, holding only what was looked at.

    A header that lies about sizes or names a part twice therefore reaches no reader. Raises the workbook errors.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _repacked(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise WorkbookUnreadable(field="file", expected=EXPECTED) from error


def _repacked(archive: zipfile.ZipFile) -> bytes:
    members = {info.filename: info for info in archive.infolist()}
    if any(info.flag_bits & _FLAG_ENCRYPTED for info in members.values()):
        raise WorkbookEncrypted(field="file", expected="a workbook without a password")
    if "[Content_Types].xml" not in members or len(members) > MAX_MEMBERS:
        raise WorkbookUnreadable(field="file", expected=EXPECTED)
    copy = io.BytesIO()
    left = MAX_UNPACKED_BYTES
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as packed:
        for name, info in members.items():
            content = _looked_at(archive, info, left)
            left -= len(content)
            packed.writestr(name, content)
    return copy.getvalue()


def _looked_at(archive: zipfile.ZipFile, info: zipfile.ZipInfo, at_most: int) -> bytes:
    scan = SheetScan()
    chunks = []
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            at_most -= len(chunk)
            # Rows first: a long sheet is told that it is long, however large it is.
            scan.feed(chunk)
            if at_most < 0:
                raise WorkbookTooLarge(field="file", expected=f"at most {MAX_UNPACKED_BYTES} bytes unpacked")
            chunks.append(chunk)
    return b"".join(chunks)


class SheetScan:
    """Counts the filled rows of a worksheet's XML while it streams by; ignores every other part."""

    def __init__(self) -> None:
        self._parser: expat.XMLParserType | None = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._is_root = True
        self._row = self._column = 0
        self._last_row = self._last_column = 0
        self._filled_rows = 0
        self._last_filled = 0

    def feed(self, chunk: bytes) -> None:
        """Raises WorkbookTooLong; broken XML is left for the reader to refuse."""
        if self._parser is None:
            return
        try:
            self._parser.Parse(chunk, False)
        except expat.ExpatError:
            self._parser = None

    def _refuse(self, *_: object) -> None:
        raise WorkbookUnreadable(field="file", expected=EXPECTED)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if self._is_root:
            self._is_root = False
            if tag != "worksheet":
                self._stop()
        elif tag == "row":
            self._row = _number(attributes.get("r"), self._row + 1)
            self._column = 0
        elif tag == "c":
            self._column = _column(attributes.get("r"), self._column + 1)
        elif tag in ("v", "is"):
            self._filled()

    def _stop(self) -> None:
        if self._parser is not None:
            self._parser.StartElementHandler = None

    def _filled(self) -> None:
        if self._row != self._last_filled:
            self._filled_rows += 1
            self._last_filled = self._row
        self._last_row = max(self._last_row, self._row)
        self._last_column = max(self._last_column, self._column)
        if self._filled_rows > MAX_FILLED_ROWS or self._last_row * self._last_column > MAX_AREA:
            raise WorkbookTooLong(field="file", expected=f"at most {MAX_DATA_ROWS} rows of jobs")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else otherwise


def _column(reference: str | None, otherwise: int) -> int:
    letters = re.match(r"[A-Z]{1,3}", reference or "")
    if letters is None:
        return otherwise
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number

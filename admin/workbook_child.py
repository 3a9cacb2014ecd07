"""A process of its own that reads one workbook: `python -I -m admin.workbook_child < workbook > sheets.json`.

The reader of .xls can ask for any amount of memory on a damaged file, and that ends its process.
"""

import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import python_calamine

from admin.bounds import bound
from admin.workbook_guard import MAX_AREA, MAX_FILLED_ROWS

MAX_MEMORY_BYTES = 2 * 1024**3
MAX_CPU_SECONDS = 60
MAX_SHEETS = 100
MAX_MERGES = 50_000


class TooLong(Exception):
    """A sheet reaches further than anyone reads."""


def sheets(data: bytes) -> Iterator[dict[str, object]]:
    """Name, hidden, rows and merges of every worksheet; a hidden one has no rows."""
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        found = [m for m in workbook.sheets_metadata if m.typ == python_calamine.SheetTypeEnum.WorkSheet]
        if not 0 < len(found) <= MAX_SHEETS:
            raise ValueError
        for meta in found:
            hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
            sheet: dict[str, object] = {"name": meta.name, "hidden": hidden, "rows": [], "merges": []}
            yield sheet if hidden else sheet | _read(workbook.get_sheet_by_name(meta.name))


def _read(sheet: python_calamine.CalamineSheet) -> dict[str, object]:
    if sheet.end is None:
        return {}
    rows, columns = sheet.end
    if (rows + 1) * (columns + 1) > MAX_AREA:
        raise TooLong
    cells = sheet.to_python(skip_empty_area=False)
    if sum(any(cell != "" for cell in row) for row in cells) > MAX_FILLED_ROWS:
        raise TooLong
    return {"rows": cells, "merges": (sheet.merged_cell_ranges or [])[:MAX_MERGES]}


def tagged(value: object) -> list[object]:
    """What JSON cannot say; workbook.py turns it back."""
    match value:
        case datetime():
            return ["datetime", value.isoformat()]
        case date():
            return ["date", value.isoformat()]
        case time():
            return ["time", value.isoformat()]
        case timedelta():
            return ["seconds", value.total_seconds()]
    raise TypeError


def answer(data: bytes) -> dict[str, object]:
    try:
        return {"sheets": list(sheets(data))}
    except python_calamine.PasswordError:
        return {"refused": "encrypted"}
    except TooLong:
        return {"refused": "too_long"}
    except BaseException:  # the reader's panics arrive outside Exception; all of them mean the same
        return {"refused": "unreadable"}


def main() -> None:
    bound({resource.RLIMIT_AS: MAX_MEMORY_BYTES, resource.RLIMIT_CPU: MAX_CPU_SECONDS, resource.RLIMIT_CORE: 0})
    text = json.dumps(answer(sys.stdin.buffer.read()), default=tagged, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()

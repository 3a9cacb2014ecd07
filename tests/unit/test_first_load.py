"""The viewer page's first load stays within what a slow phone line can carry."""

import gzip
import re
from pathlib import Path

from admin.html import MORE_STYLES, STYLES

STATIC = Path(__file__).resolve().parents[2] / "admin" / "static"
BUDGET_BYTES = 90 * 1024

ENTRY = [
    STATIC / "js" / name for name in ("theme.js", "pages/viewer.js", "job_card.js", "socket.js", "api.js", "errors.js")
]
SHEETS = [*STYLES, *MORE_STYLES.get("viewer", ()), "css/viewer.css"]
WORDS = ["viewer.zh-CN.json", "common.zh-CN.json"]

IMPORT = re.compile(r"(?:from|import)\s*[\"'](\.{1,2}/[^\"']+)[\"']")


def with_imports(entries: list[Path]) -> set[Path]:
    """The scripts and every module they import at load, followed to the end; dynamic imports come later."""
    found: set[Path] = set()
    ahead = [entry for entry in entries if entry.exists()]
    while ahead:
        script = ahead.pop().resolve()
        if script not in found:
            found.add(script)
            imports = IMPORT.findall(script.read_text(encoding="utf-8"))
            ahead += [script.parent / path for path in imports]
    return found


def first_load() -> list[Path]:
    styles = [STATIC / name for name in SHEETS]
    return [*with_imports(ENTRY), *styles, *(STATIC / "i18n" / name for name in WORDS)]


def compressed(files: list[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 6)) for path in files)


def test_first_load_of_the_viewer_page_stays_within_ninety_kilobytes() -> None:
    """Scripts with all they import, stylesheets and Chinese words, compressed."""
    files = first_load()

    sizes = {path.name: compressed([path]) for path in files}
    assert compressed(files) <= BUDGET_BYTES, sizes


def test_first_load_follows_imports_into_the_vendored_files() -> None:
    """The largest part of the load cannot be left out of the sum."""
    names = {path.name for path in first_load()}

    assert {"preact-htm.js", "centrifuge.js", "components.js", "store.js"} <= names


def test_viewer_page_does_not_load_charts() -> None:
    """Charts are for the organiser; a phone on a slow line does not pay for them."""
    assert not {"charts.js", "figures.css", "print.css"} & {path.name for path in first_load()}

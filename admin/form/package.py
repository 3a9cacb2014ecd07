"""An .xlsx as its parts: what is where, read as XML once asked for, and packed again with nothing else touched."""

import io
import posixpath
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from lxml import etree

from admin.workbook_guard import checked_archive
from stream_jobs.domain.form.errors import FormHasMacros, FormNotXlsx
from stream_jobs.domain.job_sheet import WorkbookTooLong, WorkbookUnreadable

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
EXPECTED = "an .xlsx workbook"
_FIRST = "[Content_Types].xml"
_ZIP = b"PK\x03\x04"
_EPOCH = (1980, 1, 1, 0, 0, 0)

Element = Any
Given = ParamSpec("Given")
Done = TypeVar("Done")


def careful(work: Callable[Given, Done]) -> Callable[Given, Done]:
    """Whatever a file breaks that no program would have written so is the file's fault."""

    @wraps(work)
    def done(*args: Given.args, **kwargs: Given.kwargs) -> Done:
        try:
            return work(*args, **kwargs)
        except (
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            RecursionError,
            StopIteration,
            etree.LxmlError,
        ) as error:
            raise WorkbookUnreadable(field="file", expected=EXPECTED) from error

    return done


def main(name: str) -> str:
    """A name of the spreadsheet's own namespace."""
    return f"{{{MAIN}}}{name}"


def _number_cells(root: Element) -> None:
    """Rows and cells may come without their numbers: each is then the next."""
    # Eight megabytes of a server that may never see a form.
    from openpyxl.utils import column_index_from_string, get_column_letter

    at = 0
    for row in root.iterfind(f"{main('sheetData')}/{main('row')}"):
        at = int(row.get("r", at + 1))
        row.set("r", str(at))
        column = 0
        for cell in row.iterfind(main("c")):
            named = cell.get("r", "").rstrip("0123456789")
            column = column_index_from_string(named) if named else column + 1
            cell.set("r", f"{get_column_letter(column)}{at}")


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet: its name on the tab, and where it lies."""

    name: str
    part: str
    hidden: bool


class Workbook:
    """Raises FormNotXlsx, FormHasMacros and the workbook errors for what is no form that could be filled."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_ZIP):
            raise FormNotXlsx(field="file", expected=EXPECTED)
        try:
            checked = checked_archive(data)
        except WorkbookTooLong as error:
            raise WorkbookTooLong(field="file", expected="a form of fewer rows") from error
        with zipfile.ZipFile(io.BytesIO(checked)) as archive:
            self._parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
        self._trees: dict[str, Element] = {}
        self._check_kind()
        self.sheets = tuple(self._sheets())
        for sheet in self.sheets:
            _number_cells(self.tree(sheet.part))

    # ── parts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def has(self, part: str) -> bool:
        return part in self._parts or part in self._trees

    def tree(self, part: str) -> Element:
        """The part's root; what is changed in it is packed."""
        if part not in self._trees:
            self._trees[part] = _parsed(self._parts.get(part, b""))
        return self._trees[part]

    def add(self, part: str, root: Element, content_type: str) -> None:
        self._trees[part] = root
        types = self.tree(_FIRST)
        etree.SubElement(types, f"{{{TYPES}}}Override", PartName=f"/{part}", ContentType=content_type)

    def rewrite(self, part: str, change: Callable[[bytes], bytes]) -> None:
        """For parts that are not quite XML."""
        if part in self._parts:
            self._parts[part] = change(self._parts[part])

    def drop(self, part: str) -> None:
        """Takes a part out, with what names it; nothing where there is none."""
        self._parts.pop(part, None)
        self._trees.pop(part, None)
        for override in self.tree(_FIRST).findall(f"{{{TYPES}}}Override[@PartName='/{part}']"):
            override.getparent().remove(override)
        for relation, target in self._relations(self.book):
            if target == part:
                relation.getparent().remove(relation)

    def packed(self) -> bytes:
        content = io.BytesIO()
        names = [_FIRST, *(name for name in {**self._parts, **self._trees} if name != _FIRST)]
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), self._bytes(name), zipfile.ZIP_DEFLATED)
        return content.getvalue()

    def _bytes(self, name: str) -> bytes:
        if name not in self._trees:
            return self._parts[name]
        whole: bytes = etree.tostring(self._trees[name], xml_declaration=True, encoding="UTF-8", standalone=True)
        return whole

    # ── what is where ─────────────────────────────────────────────────────────────────────────────────────────

    def _check_kind(self) -> None:
        """An .xlsx as Excel, WPS and LibreOffice write it, without macros."""
        found = [target for relation, target in self._relations("") if _kind(relation) == "officeDocument"]
        if len(found) != 1 or found[0] not in self._parts:
            raise FormNotXlsx(field="file", expected=EXPECTED)
        self.book = found[0]
        overrides = self.tree(_FIRST).findall(f"{{{TYPES}}}Override")
        said = [one.get("ContentType", "") for one in overrides if one.get("PartName") == f"/{self.book}"]
        if any("macroEnabled" in one for one in said) or any("vbaProject" in name for name in self._parts):
            raise FormHasMacros(field="file", expected="an .xlsx workbook without macros")
        if said != [WORKBOOK_TYPE] or self.tree(self.book).tag != main("workbook"):
            raise FormNotXlsx(field="file", expected=EXPECTED)

    def _sheets(self) -> Iterator[SheetPart]:
        parts = {relation.get("Id"): target for relation, target in self._relations(self.book)}
        for sheet in self.tree(self.book).iterfind(f"{main('sheets')}/{main('sheet')}"):
            part = parts.get(sheet.get(f"{{{RELATIONS}}}id"), "")
            if self.has(part) and self.tree(part).tag == main("worksheet"):
                yield SheetPart(sheet.get("name", ""), part, sheet.get("state", "visible") != "visible")

    def related(self, part: str, kind: str) -> list[str]:
        """Parts this one points to that are of a kind: table, drawing, comments …"""
        return [target for relation, target in self._relations(part) if _kind(relation) == kind and self.has(target)]

    def relate(self, part: str, kind: str, target: str) -> str:
        """Adds a relation; returns its id."""
        tree = self.tree(relations_of(part))
        taken = {one.get("Id") for one in tree}
        id_ = next(f"rId{nth}" for nth in range(1, len(taken) + 2) if f"rId{nth}" not in taken)
        etree.SubElement(tree, f"{{{PACKAGE}}}Relationship", Id=id_, Type=f"{RELATIONS}/{kind}", Target=f"/{target}")
        return id_

    def _relations(self, part: str) -> Iterator[tuple[Element, str]]:
        name = relations_of(part)
        if not self.has(name):
            return
        for relation in list(self.tree(name)):
            if relation.get("TargetMode") != "External" and (target := relation.get("Target")):
                yield relation, posixpath.normpath(posixpath.join(f"/{posixpath.dirname(part)}", target)).lstrip("/")


def relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _kind(relation: Element) -> str:
    kind: str = relation.get("Type", "").rpartition("/")[2]
    return kind


def _parsed(content: bytes) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise WorkbookUnreadable(field="file", expected=EXPECTED) from error

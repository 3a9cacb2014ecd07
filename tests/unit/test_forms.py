"""A bureau's own workbook is filled in place: marks become figures, everything else stays."""

import io
import random
import re
import shutil
import subprocess
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from admin.form.filling import fill_form
from admin.form.moving import NOWHERE, Block, Moves, Place, moved_formula
from admin.form.reading import read_form
from admin.words import LANGUAGES
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.form.errors import FormHasMacros, FormNotXlsx, FormWithoutMarks
from stream_jobs.domain.form.marks import every_key, marks, name_of, nearest
from stream_jobs.domain.form.values import as_text, shown, together
from stream_jobs.domain.job_sheet import WorkbookUnreadable
from stream_jobs.domain.metrics import METRICS, Ratio, every_metric
from tests.form_workbooks import (
    a_filling,
    key_and_value,
    monthly_list,
    opened,
    rewritten,
    saved,
    with_charts,
    with_shared_formula,
)

SHOWS = (
    {"title": "珠海专场", "visits": 3571, "visitors": 2904, "applicants": 52, "clicks": 688, "appliers": 52},
    {"title": "=HYPERLINK(1)", "visits": 800, "visitors": 700, "applicants": 9, "clicks": 100, "appliers": 9},
    {"title": "中山专场", "visits": 0, "visitors": 0, "applicants": 0, "clicks": 0, "appliers": 0},
)
WHOLE = {
    "organiser": "示例县人社局",
    "first_day": "2026年11月1日",
    "last_day": "2026年11月30日",
    "visitors": 3_400,
    "visits": 4_371,
    "applicants": 58,
    "platform": "快手",
    "time": "2026-11-12 14:00–16:06",
    "apply_rate": METRICS["apply_rate"].ratio(61, 788),
}


# ── marks ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{报名人数}}", [("applicants", False)]),
        ("共｛｛ 报名 人数 ｝｝人，{{Applicants}}", [("applicants", False), ("applicants", False)]),
        ("{{每场.报名人数}}{{每场 场次}}{{show.title}}", [("applicants", True), ("title", True), ("title", True)]),
        ("{{观看人次〔平台填报〕}}{{观看人次}}", [("platform_views", False), (None, False)]),
        ("{{播出时长}}{{播出时长（毫秒）}}", [("on_air_seconds", False), ("on_air_ms", False)]),
        ("{{Start rate}}{{start_rate}}", [("hired_rate", False), ("start_rate", False)]),
        ("{{平台观看人次}}{{platform_views}}", [("platform_views", False)] * 2),
        ("{{联系}}{{录用}}{{入职}}", [("contacted", False), ("offered", False), ("hired", False)]),
        ("{{每场.场次数}}{{序号}}", [(None, True), (None, False)]),
        ("{报名人数} {{}} {{", [(None, False)]),
    ],
)
def test_a_mark_is_understood_as_people_write_it(text: str, found: list[tuple[str | None, bool]]) -> None:
    """Both languages, keys, wide braces, spaces; what may mean two things is not guessed."""
    assert [(mark.key, mark.each) for mark in marks(text)] == found


@pytest.mark.parametrize("key", every_key())
def test_every_metric_and_fact_has_a_mark_in_both_languages(key: str) -> None:
    """What the definitions name, a form can ask for."""
    said = "".join(
        f"{{{{{each}{name}}}}}" for each in ("", "每场.") for name in (key, *(name_of(key, lang) for lang in LANGUAGES))
    )

    found = {mark.key for mark in marks(said)}

    assert found - {None} == {key}


def test_an_unknown_mark_is_told_with_what_may_have_been_meant() -> None:
    """The likeliest first."""
    [mark] = marks("{{报名总人数}}")

    assert nearest(mark, "zh-CN")[0] == "报名人数"
    assert "平台观看人次（平台填报）" in nearest(next(marks("{{观看人次}}")), "zh-CN")
    assert nearest(next(marks("{{zzzz}}")), "en") == ()


# ── three foreign workbooks ───────────────────────────────────────────────────────────────────────────────────


def test_a_list_of_shows_grows_and_everything_around_it_follows() -> None:
    """Rows, sums, merged titles, heights, print area and footer of a portrait list with merged headings."""
    book = opened(fill_form(monthly_list(), a_filling(*SHOWS, **WHOLE)))
    page = book["月报"]

    assert page["A1"].value == "示例县人社局直播带岗活动月报（2026年11月1日至2026年11月30日）"
    assert page["A1"].font.size == 18 and page["A1"].alignment.horizontal == "center"
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=4, max_row=6, max_col=5)]
    assert rows == [
        [nth, show["title"], show["visits"], show["visitors"], show["applicants"]]
        for nth, show in enumerate(SHOWS, start=1)
    ]
    assert [page[f"G{row}"].value for row in (4, 5, 6)] == ["=E4/C4*100", "=E5/C5*100", "=E6/C6*100"]
    assert page["F4"].value == pytest.approx(52 / 688) and page["F4"].number_format == "0.0%"
    assert page["F6"].value == "–"
    assert [page[cell].value for cell in ("A7", "C7", "D7", "E7")] == ["合计", "=SUM(C4:C6)", 3_400, "=SUM(E4:E6)"]
    assert page["A8"].value == "填报人：李会计　　共3场，播出2小时06分"
    assert {str(area) for area in page.merged_cells.ranges} == {"A1:G1", "A2:A3", "B2:B3", "C2:D2", "E2:G2", "A8:G8"}
    assert [page.row_dimensions[row].height for row in (4, 5, 6, 7)] == [33, 33, 33, None]
    assert page["C5"].number_format == "#,##0" and page["B6"].border.left.style == "thin"
    assert (page.print_area, page.print_title_rows) == ("'月报'!$A$1:$G$8", "$1:$3")
    assert page.column_dimensions["B"].width == 31.5
    assert str(page.oddFooter) == "&C示例县人社局 第 &P 页"


def test_labels_and_values_are_filled_where_they_stand() -> None:
    """Landscape, formats, runs of a text, formulas of another sheet, choices, names and a hidden sheet stay."""
    book = opened(fill_form(key_and_value(), a_filling(SHOWS[0], **WHOLE)))
    page = book["基本 情况"]

    assert [page[cell].value for cell in ("C2", "C3", "C4")] == ["示例县人社局", "2026-11-12 14:00–16:06", 58]
    assert page["C5"].value == pytest.approx(61 / 788) and page["C5"].number_format == "0.00%"
    assert str(page["E2"].value) == "本场4,371人次，报名58人"
    assert [run.font.b for run in page["E2"].value if not isinstance(run, str)] == [True]
    assert page.page_setup.orientation == "landscape"
    assert [one.sqref for one in page.data_validations.dataValidation] == ["C7"]
    assert book["汇总表"]["B1"].value == "='基本 情况'!C4/1000"
    assert book["字典"].sheet_state == "hidden" and book["字典"]["A1"].value == 58
    assert book.defined_names["报名"].attr_text == "'基本 情况'!$C$4"


def test_tables_charts_rules_and_comments_follow_the_rows() -> None:
    """What points at the repeated rows points at all of them, also a block of two rows on another sheet."""
    content = fill_form(with_charts(), a_filling(*SHOWS, **WHOLE))
    book = opened(content)
    page = book["统计"]

    assert page.tables["场次表"].ref == "A3:D6"
    assert [page[f"D{row}"].value for row in (4, 5, 6)] == ["=C4/B4", "=C5/B5", "=C6/B6"]
    assert page["B8"].value == "=MAX(B4:B6)" and page["B8"].comment is not None
    assert page["B10"].value == 10
    [rule] = page.conditional_formatting
    assert (str(rule.sqref), rule.rules[0].formula) == ("C4:C6", ["$B$10"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
    assert "$B$4:$B$6" in chart and "$A$4:$A$6" in chart and "row>10</" in drawing
    second = book["分场"]
    assert [second[f"A{row}"].value for row in range(2, 9)] == [
        1, "到访3,571人次，报名52人", 2, "到访800人次，报名9人", 3, "到访0人次，报名0人", "=COUNTA(B2:B7)"
    ]  # fmt: skip
    assert {str(area) for area in second.merged_cells.ranges} == {"A3:B3", "A5:B5", "A7:B7"}


@pytest.mark.parametrize("workbook", [monthly_list, key_and_value, with_charts])
def test_only_parts_that_change_are_written_anew(workbook: object) -> None:
    """Everything else is there to the byte, and the definitions stand on a sheet at the end."""
    assert callable(workbook)
    before = workbook()

    after = fill_form(before, a_filling(*SHOWS, **WHOLE))

    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(after)) as new:
        kept = [name for name in old.namelist() if "theme" in name or "docProps" in name]
        assert kept and all(old.read(name) == new.read(name) for name in kept)
        assert set(old.namelist()) <= set(new.namelist())
    book = opened(after)
    assert book.sheetnames[-1] == "指标说明"
    said = {row[0]: row[1] for row in book["指标说明"].iter_rows(values_only=True)}
    assert said["报名人数"] == METRICS["applicants"].definition("zh-CN")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no office program here")
@pytest.mark.parametrize("workbook", [monthly_list, key_and_value, with_charts])
def test_an_office_program_opens_the_filled_form_and_counts(workbook: object, tmp_path: Path) -> None:
    """Read by LibreOffice and written again, the sums are there."""
    assert callable(workbook)
    (tmp_path / "form.xlsx").write_bytes(fill_form(workbook(), a_filling(*SHOWS, **WHOLE)))

    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", "--headless", profile, "--convert-to", "xlsx", "--outdir", "again", "form.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)

    book = openpyxl.load_workbook(tmp_path / "again" / "form.xlsx", data_only=True)
    counted = {"月报": ("C7", 4_371), "基本 情况": ("C4", 58), "统计": ("B8", 3_571)}
    [(name, (cell, value))] = [(name, said) for name, said in counted.items() if name in book.sheetnames]
    assert book[name][cell].value == value


# ── what is careful about it ──────────────────────────────────────────────────────────────────────────────────


def test_what_somebody_typed_never_becomes_a_formula() -> None:
    """A show's title that begins with = is text, also when somebody types in the cell."""
    content = fill_form(monthly_list(), a_filling(*SHOWS, **WHOLE))
    cell = opened(content)["月报"]["B5"]

    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=HYPERLINK(1)", "s", True)


def test_a_formula_written_once_for_many_cells_is_each_cells_own() -> None:
    """As Excel writes a formula that was dragged down."""
    page = opened(fill_form(with_shared_formula(monthly_list()), a_filling(*SHOWS, **WHOLE)))["月报"]

    assert [page[f"G{row}"].value for row in (4, 5, 6, 7)] == ["=E4/C4*100", "=E5/C5*100", "=E6/C6*100", "=E7/C7*100"]


def test_formulas_are_counted_anew_when_the_file_is_opened() -> None:
    """What they said before the figures came is gone."""
    content = fill_form(with_shared_formula(monthly_list()), a_filling(*SHOWS, **WHOLE))

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert 'fullCalcOnLoad="1"' in archive.read("xl/workbook.xml").decode()
        assert b'<v>0</v></c><c r="G5"' not in archive.read("xl/worksheets/sheet1.xml")
    assert openpyxl.load_workbook(io.BytesIO(content), data_only=True)["月报"]["G4"].value is None


def test_without_a_show_the_row_stands_once_and_is_empty() -> None:
    """A form of days without a show."""
    page = opened(fill_form(monthly_list(), a_filling(**WHOLE)))["月报"]

    assert [page[f"{column}4"].value for column in "ABCDE"] == [None] * 5
    assert page["C5"].value == "=SUM(C4:C4)"


def test_a_mark_nobody_knows_stays_and_is_named_with_its_cell() -> None:
    """So that whoever made the form sees it."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page["C9"] = "{{报名人数}}人，{{到场人数}}人"
    page["D1"] = '="{{报名人数}}"&A1'
    content = saved(book)

    found = {(one.cell, one.mark.text, one.mark.key, one.in_formula) for one in read_form(content)}
    filled = opened(fill_form(content, a_filling(SHOWS[0], **WHOLE)))

    assert found == {
        ("C9", "{{报名人数}}", "applicants", False),
        ("C9", "{{到场人数}}", None, False),
        ("D1", "{{报名人数}}", "applicants", True),
    }
    assert filled.worksheets[0]["C9"].value == "58人，{{到场人数}}人"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"PK\x03\x04 cut off", WorkbookUnreadable),
        (b"name,marks\n{{a}},1", FormNotXlsx),
        (saved(openpyxl.Workbook()), FormWithoutMarks),
        (rewritten(monthly_list(), "xl/worksheets/sheet1.xml", lambda text: text[:400]), WorkbookUnreadable),
        (
            rewritten(monthly_list(), "[Content_Types].xml", lambda text: text.replace(
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                "application/vnd.ms-excel.sheet.macroEnabled.main+xml")),
            FormHasMacros,
        ),
        (
            rewritten(monthly_list(), "xl/workbook.xml", lambda text: '<!DOCTYPE x [<!ENTITY a "b">]>' + text),
            WorkbookUnreadable,
        ),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused(content: bytes, error: type[BadInput]) -> None:
    """Damaged, of another kind, without marks, with macros, with entities."""
    with pytest.raises(error):
        read_form(content)


# The first five broke something once.
@pytest.mark.parametrize("seed", [87, 263, 307, 338, 611, *range(10)])
def test_a_damaged_workbook_is_filled_or_refused(seed: int) -> None:
    """Never anything else: parts cut, doubled, mixed up."""
    chance = random.Random(seed)
    content = chance.choice((monthly_list, key_and_value, with_charts))()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = chance.choice([name for name in archive.namelist() if name.endswith((".xml", ".rels"))])
    damaged = rewritten(content, part, lambda text: _damaged(text, chance))

    with suppress(BadInput):
        read_form(damaged)
        fill_form(damaged, a_filling(*SHOWS, **WHOLE))


def _damaged(text: str, chance: random.Random) -> str:
    """One element gone or doubled, or one attribute's value another's."""
    elements = list(re.finditer(r"<(\w+)[^<>]*/>|<(\w+)[^<>]*>[^<>]*</\2>", text))
    values = list(re.finditer(r'="([^"]*)"', text))
    kind = chance.randrange(3) if elements else 2
    if kind < 2:
        found = chance.choice(elements)
        return text[: found.start()] + found[0] * (kind * 2) + text[found.end() :]
    one, other = chance.choice(values), chance.choice([*values, None])
    return text[: one.start(1)] + (other[1] if other else "x") + text[one.end(1) :]


@pytest.mark.parametrize(
    ("formula", "copy", "after"),
    [
        ("SUM(D5:D5)", None, "SUM(D5:D8)"),
        ("SUM(D5)+D5", None, "SUM(D5:D8)+D5"),
        ("D5/D$6", 2, "D7/D$9"),
        ("SUM(D$5:D5)", 2, "SUM(D$5:D7)"),
        ("A4+1", 3, "A7+1"),
        ("$B$2*D5", 3, "$B$2*D8"),
        ('"D6"&D6&LOG10(D7)', None, '"D6"&D9&LOG10(D10)'),
        ("'其 他'!D6+[1]S!D6", None, "'其 他'!D6+[1]S!D6"),
        ("SUM(D:D)+SUM(4:6)", None, "SUM(D:D)+SUM(4:9)"),
        ("SUM(D2:D3)+D9", None, "SUM(D2:D3)+D12"),
    ],
)
def test_a_formula_points_where_it_pointed(formula: str, copy: int | None, after: str) -> None:
    """Row 5 stands four times; copy: of row 5 itself."""
    block = Block(5, 5, 4)
    place = Place("S") if copy is None else Place("S", block, copy)

    assert moved_formula(formula, place, {"S": Moves([block]), "其 他": NOWHERE}) == after


# ── several shows ─────────────────────────────────────────────────────────────────────────────────────────────


def test_people_of_several_shows_are_never_added_up() -> None:
    """What is counted is added, who is counted is distinct, and what is neither has no figure."""
    show = {"visits": 10, "visitors": 8, "peak": 5, "applications": 2, "watched": 7, "applications_per_thousand": None}
    shows = [show, show]

    whole = together(shows, {"visitors": 9, "applicants": 3})

    assert (whole["visits"], whole["visitors"], whole["peak"], whole["applications"]) == (20, 9, 5, 4)
    assert whole["applications_per_thousand"] == Ratio(numerator=4, denominator=20, per=1000)
    assert "watched" not in whole


def test_every_metric_can_be_shown() -> None:
    """Counts as numbers, rates as percent, lengths as hours and minutes, averages with one decimal."""
    said = {
        metric.key: as_text(shown(metric.key, metric.ratio(1_800_000, 60_000) if metric.is_rate else 7_560))
        for metric in every_metric()
    }

    assert (said["visits"], said["on_air_seconds"], said["watch_ms"]) == ("7,560", "2小时06分", "0分07秒")
    assert (said["average_watching"], said["average_watch_ms"], said["click_rate"]) == ("30.0", "0分00秒", "3000.0%")
    assert as_text(shown("click_rate", METRICS["click_rate"].ratio(0, 0))) == "–"

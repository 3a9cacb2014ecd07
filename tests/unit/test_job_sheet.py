"""Workbooks of jobs as people make them: a verdict for every row."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_jobs.domain.job_sheet import (
    Cell,
    Duplicate,
    ExistingJob,
    Faulty,
    Field,
    Headcount,
    Imports,
    JobDraft,
    Merge,
    Reading,
    RowRef,
    Sheet,
    Skipped,
    SkipReason,
    Verdict,
    WorkbookTooLong,
    fault_text,
    job_key,
    read_jobs,
    reading,
    skip_text,
)
from stream_jobs.domain.job_sheet.headcount import HeadcountFault, read_headcount
from stream_jobs.domain.job_sheet.reasons import faulty_text
from stream_jobs.domain.pay import PayUnit, parse_pay, pay_basis, show_pay

TODAY = date(2025, 11, 21)
MARCH_5 = datetime.fromisoformat("2025-03-05")
HEADER = ["序号", "企业名称", "岗位名称", "招聘人数\n（人）", "薪资待遇", "工作地点"]
ROW: list[Cell] = [1, "示例·星河电子", "电子厂普工", 60, "5500-7000元/月", "东莞长安"]


def a_row(number: int = 1, /, **changes: Cell) -> list[Cell]:
    """A row under HEADER that imports; changes by field."""
    names = ("index", "employer", "title", "headcount", "pay", "workplace")
    row = dict(zip(names, ROW, strict=True)) | {"title": f"电子厂普工{number}"} | changes
    return [row[name] for name in names]


def read(rows: Sequence[Sequence[Cell]], *merges: Merge, name: str = "岗位") -> Reading:
    return read_jobs([Sheet(name, rows, merges)], today=TODAY)


def verdicts(rows: Sequence[Sequence[Cell]], *merges: Merge) -> list[Verdict]:
    return [verdict for _, verdict in read(rows, *merges)]


def only_draft(rows: Sequence[Sequence[Cell]], *merges: Merge) -> JobDraft:
    """The draft of the one row that imports; fails when any row is faulty."""
    found = verdicts(rows, *merges)
    assert not [verdict for verdict in found if isinstance(verdict, Faulty)], found
    (draft,) = [verdict.draft for verdict in found if isinstance(verdict, Imports)]
    return draft


def faults(row: Sequence[Cell], header: Sequence[Cell] = HEADER) -> list[tuple[str, str, str | None]]:
    verdict = verdicts([header, row])[-1]
    return [(e.field.value, e.code.value, e.cell) for e in verdict.errors] if isinstance(verdict, Faulty) else []


def skips(rows: Sequence[Sequence[Cell]], *merges: Merge) -> list[SkipReason | None]:
    return [verdict.reason if isinstance(verdict, Skipped) else None for verdict in verdicts(rows, *merges)]


# ── where the header is ───────────────────────────────────────────────────────────────────────────────────────


def test_titles_above_blank_lines_totals_and_notes_below_are_no_jobs() -> None:
    rows: list[list[Cell]] = [
        ["某县招聘岗位信息汇总表"],
        ["填报单位：示例县"],
        [*HEADER],
        a_row(1),
        [],
        [2, None, None, None, None, None],
        [*HEADER],
        a_row(2),
        ["一、工业园区"],
        ["合    计", None, None, 120],
        ["注：以上信息由用人单位提供。"],
    ]

    assert skips(rows, Merge(1, 1, 1, 6)) == [
        SkipReason.TITLE,
        SkipReason.TITLE,
        SkipReason.HEADER,
        None,
        SkipReason.BLANK,
        SkipReason.BLANK,
        SkipReason.REPEATED_HEADER,
        None,
        SkipReason.SECTION,
        SkipReason.TOTAL,
        SkipReason.FOOTER,
    ]


@pytest.mark.parametrize(
    "header",
    [
        ["工作地点", "薪酬", "需求人数", "工种", "用工单位"],
        ["工作地址", "待遇", "人数", "岗位", "单位名称"],
        ["上班地点", "工资（元/月）", "招工人数", "职位名称", "企业"],
        ["工作区域", "月薪（元）", "*招聘人数（必填）", "招聘岗位", "招聘单位名称"],
        ["Location", "Salary", "Headcount", "Job title", "Company"],
        ["就业地点", "薪资范围", "岗位数", "岗位名称", "公司名称"],
        ["企业地址", "薪资福利", "拟招人数", "需求岗位", "公司"],
    ],
)
def test_columns_are_known_by_many_names_in_any_order(header: list[Cell]) -> None:
    draft = only_draft([header, ["东莞长安", "5500-7000", "60人", "普工", "星河电子"]])

    assert (draft.employer, draft.title, draft.workplace) == ("星河电子", "普工", "东莞长安")
    assert draft.headcount == Headcount(60, 60)
    assert (draft.pay.min_fen, draft.pay.max_fen) == (550_000, 700_000)


def test_two_lines_of_header_are_read_together() -> None:
    rows: list[list[Cell]] = [
        ["某园区用工需求表"],
        ["企业信息", None, "岗位需求", None, "薪资待遇（元/月）", None, "工作地点"],
        ["名称", "联系人", "岗位名称", "人数", "最低", "最高", None],
        ["星河电子", "李女士", "普工", 3.0, 5500, 7000.0, "东莞长安"],
    ]
    merges = [Merge(1, 1, 1, 7), Merge(2, 1, 2, 2), Merge(2, 3, 2, 4), Merge(2, 5, 2, 6), Merge(2, 7, 3, 7)]

    draft = only_draft(rows, *merges)

    assert (draft.employer, draft.title, draft.contact_name) == ("星河电子", "普工", "李女士")
    assert draft.headcount == Headcount(3, 3)
    assert (draft.pay.min_fen, draft.pay.max_fen, draft.pay.unit) == (550_000, 700_000, PayUnit.MONTH)
    assert skips(rows, *merges) == [SkipReason.TITLE, SkipReason.HEADER, SkipReason.HEADER, None]


def test_two_lines_of_header_survive_a_text_file_without_merges() -> None:
    rows: list[list[Cell]] = [
        ["企业名称", "岗位名称", "人数", "工资", "", "工作地点"],
        ["", "", "", "最低", "最高", ""],
        ["星河电子", "普工", "3", "5500", "7000", "东莞长安"],
    ]

    assert only_draft(rows).pay.max_fen == 700_000


def test_a_line_of_groups_above_the_headings_is_part_of_the_header() -> None:
    rows: list[list[Cell]] = [
        ["企业名称", "用工需求", None, None, "薪资待遇", "工作地点"],
        [None, "岗位", "人数", "要求", None, None],
        ["星河电子", "普工", 3, "不限", "面议", "东莞"],
    ]
    merges = [Merge(1, 2, 1, 4), *(Merge(1, column, 2, column) for column in (1, 5, 6))]

    assert skips(rows, *merges) == [SkipReason.HEADER, SkipReason.HEADER, None]


def test_a_second_table_below_may_have_another_order() -> None:
    rows: list[list[Cell]] = [
        [*HEADER],
        a_row(1),
        ["工作地点", "工资", "人数", "岗位", "企业名称"],
        ["珠海斗门", "面议", "若干", "厨师", "味之家"],
    ]

    drafts = [verdict.draft for _, verdict in read(rows) if isinstance(verdict, Imports)]

    assert [draft.workplace for draft in drafts] == ["东莞长安", "珠海斗门"]


def test_sheets_without_a_header_hidden_and_empty_ones_are_skipped_whole() -> None:
    sheets = [
        Sheet("填表说明", [["填表说明"], ["1.企业名称须与营业执照一致；"], ["3.招聘人数请填写数字；"]]),
        Sheet("Sheet3", []),
        Sheet("字典", [HEADER, a_row()], hidden=True),
        Sheet("岗位", [HEADER, a_row()]),
    ]

    found = read_jobs(sheets, today=TODAY).sheets

    assert [sheet.skipped for sheet in found] == [
        SkipReason.NO_HEADER,
        SkipReason.EMPTY_SHEET,
        SkipReason.HIDDEN_SHEET,
        None,
    ]


def test_example_rows_of_a_template_are_skipped_but_a_company_called_example_is_not() -> None:
    rows: list[list[Cell]] = [[*HEADER], a_row(1, index="例"), a_row(2, employer="示例·星河电子")]

    assert skips(rows) == [SkipReason.HEADER, SkipReason.EXAMPLE, None]


# ── cells ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_merged_employer_counts_for_every_row_it_covers() -> None:
    rows: list[list[Cell]] = [[*HEADER], a_row(1), a_row(2, employer=None), a_row(3, employer=None)]

    found = verdicts(rows, Merge(2, 2, 3, 2))

    assert [type(verdict) for verdict in found] == [Skipped, Imports, Imports, Faulty]
    assert isinstance(found[2], Imports) and found[2].draft.employer == "示例·星河电子"


@pytest.mark.parametrize("ditto", ["同上", "〃", " 同 上 ", '"', "″"])
def test_ditto_takes_the_value_of_the_row_above(ditto: str) -> None:
    rows: list[list[Cell]] = [
        [*HEADER],
        a_row(1),
        [],
        a_row(2, employer=ditto, workplace=ditto),
        a_row(3, employer=ditto),
    ]

    drafts = [verdict.draft for verdict in verdicts(rows) if isinstance(verdict, Imports)]

    assert [draft.employer for draft in drafts] == ["示例·星河电子"] * 3
    assert drafts[1].workplace == "东莞长安"
    assert drafts[1].typed[Field.EMPLOYER] == ditto


def test_ditto_in_the_first_row_stands_for_nothing() -> None:
    assert faults(a_row(employer="同上")) == [("employer", "required", "B2")]


def test_cells_are_tidied_but_not_rewritten() -> None:
    draft = only_draft(
        [[*HEADER], a_row(employer=" 达富电脑（常熟）\n有限公司 ", title="Ｃ１司机　", workplace="郑州市 中原\n区")]
    )

    assert (draft.employer, draft.title, draft.workplace) == ("达富电脑（常熟）有限公司", "C1司机", "郑州市中原区")


@pytest.mark.parametrize(
    ("typed", "low", "high"),
    [
        (10, 10, 10),
        (3.0, 3, 3),
        ("１０", 10, 10),
        (" 10 名", 10, 10),
        ("3-5", 3, 5),
        ("300～650人", 300, 650),
        ("10人以上", 10, None),
        ("1,500", 1500, 1500),
        ("二十名", 20, 20),
        ("男3女2", 5, 5),
        ("若干", None, None),
        ("若干名", None, None),
        ("数名", None, None),
        ("不限", None, None),
    ],
)
def test_headcount_is_read(typed: Cell, low: int | None, high: int | None) -> None:
    assert read_headcount(typed) == Headcount(low, high)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("见备注", "unparseable"),
        ("大量", "unparseable"),
        ("长期招聘", "unparseable"),
        (3.5, "unparseable"),
        (True, "unparseable"),
        ("13800000001", "unparseable"),
        (0, "not_positive"),
        ("0人", "not_positive"),
        (-3, "not_positive"),
        ("5-3人", "range_reversed"),
        (MARCH_5, "date_cell"),
        ("3月5日", "date_cell"),
        ("2025/3/5", "date_cell"),
        ("5-Mar", "date_cell"),
    ],
)
def test_headcount_that_cannot_be_meant_is_reported_not_guessed(typed: Cell, code: str) -> None:
    with pytest.raises(HeadcountFault, match=code):
        read_headcount(typed)


@pytest.mark.parametrize(
    ("heading", "typed", "unit", "fen"),
    [
        ("工资（元/天）", 200, PayUnit.DAY, 200_00),
        ("时薪", "25", PayUnit.HOUR, 25_00),
        ("年薪（万元）", 12.5, PayUnit.YEAR, 125_000_00),
        ("月薪（千元）", "6", PayUnit.MONTH, 6000_00),
        ("薪资", 4500.0, PayUnit.MONTH, 4500_00),
        ("工资（元/月）", "200元/天", PayUnit.DAY, 200_00),
    ],
)
def test_heading_of_the_pay_says_what_figures_mean(heading: str, typed: Cell, unit: PayUnit, fen: int) -> None:
    header = [*HEADER[:4], heading, HEADER[5]]

    pay = only_draft([header, a_row(pay=typed)]).pay

    assert (pay.unit, pay.min_fen) == (unit, fen)
    again = parse_pay(pay.text)
    assert (again.unit, again.min_fen, again.max_fen) == (pay.unit, pay.min_fen, pay.max_fen)


def test_pay_in_two_columns_may_have_only_one_end() -> None:
    header = ["企业名称", "岗位名称", "人数", "最低工资", "最高工资", "工作地点"]

    draft = only_draft([header, ["星河电子", "普工", 3, 5500, None, "东莞长安"]])

    assert draft.pay.open_ended and draft.pay.min_fen == 550_000
    assert faults(["星河电子", "普工", 3, 7000, 5500, "东莞"], header) == [("pay", "range_reversed", "D2")]
    assert faults(["星河电子", "普工", 3, None, None, "东莞"], header) == [("pay", "required", "D2")]


def test_base_pay_in_a_column_of_its_own_is_kept_beside_the_pay() -> None:
    header = [*HEADER[:4], "底薪（元）", "综合工资（元/月）", "工作地点"]

    pay = only_draft([header, [1, "星河电子", "普工", 3, 2500, "5500-7000", "东莞"]]).pay

    assert (pay.min_fen, pay.max_fen) == (550_000, 700_000)
    assert pay_basis(pay.text).base_text == "底薪2500"


# ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"employer": None}, ("employer", "required", "B2")),
        ({"employer": "-"}, ("employer", "required", "B2")),
        ({"title": "  "}, ("title", "required", "C2")),
        ({"headcount": None}, ("headcount", "required", "D2")),
        ({"headcount": MARCH_5}, ("headcount", "date_cell", "D2")),
        ({"pay": None}, ("pay", "required", "E2")),
        ({"pay": "待遇优厚"}, ("pay", "unparseable", "E2")),
        ({"pay": "6000-3500元/月"}, ("pay", "range_reversed", "E2")),
        ({"pay": 0}, ("pay", "not_positive", "E2")),
        ({"pay": date(2025, 3, 5)}, ("pay", "date_cell", "E2")),
        ({"workplace": "/"}, ("workplace", "required", "F2")),
        ({"workplace": "#REF!"}, ("workplace", "unparseable", "F2")),
    ],
)
def test_a_fault_names_field_code_and_cell(change: dict[str, Cell], fault: tuple[str, str, str]) -> None:
    assert faults(a_row(**change)) == [fault]


def test_all_faults_of_a_row_are_told_at_once() -> None:
    found = faults(a_row(headcount=0, workplace=None, pay="见公告"))

    assert [fault[:2] for fault in found] == [
        ("headcount", "not_positive"),
        ("pay", "unparseable"),
        ("workplace", "required"),
    ]


def test_a_missing_column_is_told_without_a_cell() -> None:
    header = ["岗位名称", "招聘人数", "工资", "工作地点"]

    verdict = verdicts([header, ["普工", 3, "面议", "东莞"]])[-1]

    assert isinstance(verdict, Faulty)
    assert [(e.field, e.cell) for e in verdict.errors] == [(Field.EMPLOYER, None)]
    assert fault_text(verdict.errors[0]) == "企业名称：表头里没有这一列，请写企业全称"


def test_faults_say_in_both_languages_what_to_write() -> None:
    verdict = verdicts([HEADER, a_row(headcount="见备注", pay=None)])[-1]

    assert isinstance(verdict, Faulty)
    assert faulty_text(verdict).splitlines()[0] == "招聘人数 D2：读不出数字，请写成 10 或 3-5"
    assert faulty_text(verdict, "en").splitlines()[0] == "Headcount D2: no number can be read; write 10 or 3-5"


def test_every_skip_reason_has_words() -> None:
    assert all(skip_text(reason) and skip_text(reason, "en") for reason in SkipReason)


# ── duplicates ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_job_written_differently_is_a_duplicate_of_the_first() -> None:
    first = Sheet("甲", [HEADER, a_row(1, title="普工", pay="5500-7000元/月")])
    second = Sheet(
        "乙",
        [
            HEADER,
            a_row(1, title=" 普工 ", pay="5.5千-7千", headcount=99),
            a_row(2, title="普工", pay="5500-7001"),
            a_row(3, title="普工", pay="５５００－７０００"),
        ],
    )

    found = [verdict for _, verdict in read_jobs([first, second], today=TODAY) if not isinstance(verdict, Skipped)]

    assert [type(verdict) for verdict in found] == [Imports, Duplicate, Imports, Duplicate]
    assert isinstance(found[1], Duplicate) and found[1].of == RowRef("甲", 2)


def test_a_row_like_a_faulty_one_is_no_duplicate() -> None:
    """The earlier row will not be imported, so this one has to be."""
    found = verdicts([HEADER, a_row(1, headcount=None), a_row(1)])

    assert [type(verdict) for verdict in found[1:]] == [Faulty, Imports]


def test_a_job_that_exists_already_is_a_duplicate() -> None:
    draft = only_draft([HEADER, a_row()])
    key = job_key(draft.employer, draft.title, draft.pay, draft.workplace)

    reading = read_jobs([Sheet("岗位", [HEADER, a_row()])], today=TODAY, existing={key: "job-1"})

    (verdict,) = [verdict for _, verdict in reading if isinstance(verdict, Duplicate)]
    assert verdict.of == ExistingJob("job-1")


# ── the other fields ──────────────────────────────────────────────────────────────────────────────────────────

FULL_HEADER = [
    *HEADER,
    "性别",
    "年龄",
    "学历",
    "班次",
    "休息",
    "吃饭",
    "住宿",
    "福利",
    "任职要求",
    "工作内容",
    "联系人及电话",
]
FULL_HEADER += ["截止日期", "来源", "备注"]
FULL_TAIL: list[Cell] = [
    "不限",
    "18-45",
    "初中",
    "长白班",
    "上六休一",
    "包三餐",
    "免费4人间",
    "五险",
    "吃苦耐劳",
    "装配",
]
FULL_TAIL += ["李女士 13800000001", "2025年12月31日", "驿站", "急聘"]


def test_every_field_of_a_job_has_its_column() -> None:
    draft = only_draft([FULL_HEADER, [*a_row(), *FULL_TAIL]])

    assert (draft.gender, draft.age, draft.education) == ("不限", "18-45", "初中")
    assert (draft.shift, draft.rest, draft.meals, draft.dorm) == ("长白班", "上六休一", "包三餐", "免费4人间")
    assert (draft.benefits, draft.requirements, draft.duties) == ("五险", "吃苦耐劳", "装配")
    assert (draft.contact_name, draft.contact_phone) == ("李女士", "13800000001")
    assert (draft.valid_until, draft.source, draft.remark) == (date(2025, 12, 31), "驿站", "急聘")
    assert draft.taken_from == {}


def with_text(heading: str, text: str) -> JobDraft:
    return only_draft([[*HEADER, heading], [*a_row(), text]])


def test_facts_are_read_from_benefits_when_plainly_stated() -> None:
    draft = with_text("福利待遇", "五险一金,包吃住,双休,长白班")

    assert (draft.meals, draft.dorm, draft.rest, draft.shift) == ("包吃", "包住", "双休", "长白班")
    assert draft.taken_from == dict.fromkeys((Field.SHIFT, Field.REST, Field.MEALS, Field.DORM), Field.BENEFITS)


@pytest.mark.parametrize(
    ("text", "meals", "dorm"),
    [
        ("不包吃住", "不提供", "不提供"),
        ("包吃不包住", "包吃", "不提供"),
        ("包三餐，有夫妻房", "包三餐", "有夫妻房"),
        ("餐补15元/天", "餐补15元/天", None),
        ("食宿自理", "不提供", "不提供"),
        ("食堂承包，宿舍管理员", None, None),
    ],
)
def test_meals_and_dorm_are_not_confused(text: str, meals: str | None, dorm: str | None) -> None:
    draft = with_text("福利", text)

    assert (draft.meals, draft.dorm) == (meals, dorm)


@pytest.mark.parametrize(("tick", "meals"), [("是", "包吃"), ("√", "包吃"), ("否", "不提供"), ("午餐", "午餐")])
def test_a_tick_under_a_heading_is_put_into_words(tick: str, meals: str) -> None:
    assert with_text("是否包吃", tick).meals == meals


@pytest.mark.parametrize("text", ["普工长白班，保安三班倒", "夜班津贴15元/天", "双休日加班费另算", "双休或单休"])
def test_what_is_not_plain_stays_unsaid(text: str) -> None:
    draft = with_text("岗位职责及要求", text)

    assert (draft.shift, draft.rest) == (None, None)


def test_one_age_in_the_text_is_taken_and_two_are_not() -> None:
    assert with_text("任职要求", "年龄25-35岁，有经验").age == "25-35岁"
    assert with_text("任职要求", "普工18-45岁，保安30-55岁").age is None


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        (datetime.fromisoformat("2025-12-31"), date(2025, 12, 31)),
        ("2025.12.31", date(2025, 12, 31)),
        ("12月31日", date(2025, 12, 31)),
        ("1月15日前", date(2026, 1, 15)),
        ("2025年11月1日-12月31日", date(2025, 12, 31)),
        ("长期有效", None),
        (None, None),
    ],
)
def test_closing_dates_are_read(typed: Cell, until: date | None) -> None:
    assert only_draft([[*HEADER, "有效期"], [*a_row(), typed]]).valid_until == until


def test_a_closing_date_that_is_none_is_reported() -> None:
    """Ignoring it would let a job run on past the day the employer meant."""
    assert faults([*a_row(), "2025-13-45"], [*HEADER, "截止时间"]) == [("valid_until", "unparseable", "G2")]


def test_unlawful_wording_imports_with_a_finding() -> None:
    found = verdicts([[*HEADER, "性别", "年龄要求"], [*a_row(), "女", "18-35"]])[-1]

    assert isinstance(found, Imports)
    assert [finding.rule_id for finding in found.findings] == ["gender_female_only", "age_limit"]
    assert found.findings[0].blocks and not found.findings[1].blocks


def test_what_was_typed_stands_beside_what_was_understood() -> None:
    draft = only_draft([[*HEADER], a_row(headcount="３-５人", pay="5.5千-7千")])

    assert (draft.typed[Field.HEADCOUNT], draft.headcount) == ("３-５人", Headcount(3, 5))
    assert (draft.typed[Field.PAY], show_pay(draft.pay)) == ("5.5千-7千", "5,500–7,000 元/月")


def test_columns_nobody_knows_and_earlier_reasons_are_ignored() -> None:
    header = [*HEADER, "企业规模", "现有人数", "错误原因"]

    assert only_draft([header, [*a_row(), "500人以上", 800, "招聘人数 D7：读不出数字"]]).headcount == Headcount(60, 60)


def test_more_rows_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a hundred: as many as outside take seconds to read."""
    monkeypatch.setattr(reading, "MAX_DATA_ROWS", 100)
    read([[*HEADER], *([a_row()] * 100)])

    with pytest.raises(WorkbookTooLong):
        read([[*HEADER], *([a_row()] * 101)])


CELLS: st.SearchStrategy[Cell] = (
    st.none()
    | st.text(max_size=12)
    | st.integers(-5, 10**12)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas()
    | st.sampled_from(
        ["同上", "合计", "面议", "3-5", "若干", "企业名称", "岗位名称", "招聘人数", "工资", "工作地点", "包吃住", "男"]
    )
)
MERGES = st.tuples(*[st.integers(1, 9)] * 4).map(
    lambda m: Merge(min(m[0], m[2]), min(m[1], m[3]), max(m[0], m[2]), max(m[1], m[3]))
)


@given(st.lists(st.lists(CELLS, max_size=7), max_size=8), st.lists(MERGES, max_size=4), st.booleans())
def test_any_sheet_gets_one_verdict_for_each_of_its_rows(
    rows: list[list[Cell]], merges: list[Merge], with_header: bool
) -> None:
    """Whatever stands in the cells, nothing raises and no row is lost."""
    typed: list[list[Cell]] = [[*HEADER], *rows] if with_header else rows

    (sheet,) = read(typed, *merges).sheets

    assert sheet.skipped or [verdict.row for verdict in sheet.verdicts] == list(range(1, len(typed) + 1))
    for verdict in sheet.verdicts:
        if isinstance(verdict, Faulty):
            assert verdict.errors and faulty_text(verdict) and faulty_text(verdict, "en")
        if isinstance(verdict, Imports):
            assert parse_pay(verdict.draft.pay.text).min_fen == verdict.draft.pay.min_fen

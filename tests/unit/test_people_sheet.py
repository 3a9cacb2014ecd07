"""Lists of people as they come back, whatever was done to them on the way."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from admin.workbook import read_workbook
from stream_jobs.domain.following import State
from stream_jobs.domain.ids import ApplicationId, JobId
from stream_jobs.domain.job_sheet import WorkbookTooLong
from stream_jobs.domain.people_sheet import reading as reading_module
from stream_jobs.domain.people_sheet.columns import Kind
from stream_jobs.domain.people_sheet.matching import Candidate, JobChoice, Matched, match_applicants, match_outcomes
from stream_jobs.domain.people_sheet.reading import NoPerson, PersonRow, read_moment, read_people
from stream_jobs.domain.vetting import CHINA
from tests.people_workbooks import FORMS, PLATFORM, RETURNED, a_sheet

TODAY = date(2026, 11, 22)
WELDER, GUARD = JobId(uuid4()), JobId(uuid4())
JOBS = (
    JobChoice(WELDER, "3号", "焊工", "示例·星河电子", None),
    JobChoice(GUARD, "4号", "保安", "示例·物业", None),
    JobChoice(JobId(uuid4()), "5号", "保安", "示例·安保", None),
    JobChoice(JobId(uuid4()), "6号", "电工", "示例·电力", "job_closed"),
)


def people(*rows: Sequence[object], header: Sequence[object] = RETURNED, kind: Kind = "outcomes") -> list[PersonRow]:
    found = read_people(a_sheet(*rows, header=header), kind, TODAY)
    return [row for row in found.rows if isinstance(row, PersonRow)]


def candidate(number: int = 312, phone: str | None = "+8613800000001", **more: Any) -> Candidate:
    given: dict[str, Any] = {"job_id": WELDER, "job": "3号 焊工", "state": State.APPLIED, "guarded": False}
    return Candidate(ApplicationId(UUID(int=number)), number, phone, **{**given, **more})


def outcome(row: PersonRow, *candidates: Candidate) -> Matched:
    return match_outcomes([row], candidates)[0]


def test_the_list_as_it_was_handed_out_is_read() -> None:
    (row,) = people(("0312", "王师傅", "13800000001", "3号 焊工", "2026-11-21 14:09", "约面试", "周三下午"))

    assert (row.number, row.phone, row.said) == (312, "+8613800000001", "周三下午")
    assert row.result is not None and row.result.state is State.INTERVIEW
    assert outcome(row, candidate()).verdict == "imports"


def test_reordered_renamed_and_extra_columns_are_read_too() -> None:
    """And numbers that a spreadsheet made of texts."""
    header = ("序号", "部门", "电话号码", "跟进情况", "姓名", "报名编号")
    (row,) = people((1, "人事", 13800000001.0, "打通了", "王师傅", 312.0), header=header)

    assert (row.number, row.phone, row.result and row.result.state) == (312, "+8613800000001", State.CONTACTED)


@pytest.mark.parametrize(
    "typed",
    [
        "138 0000 0001",
        "138-0000-0001",
        "＋８６ １３８０００００００１",
        "'13800000001",
        "13800000001（微信同号）",
        "王13800000001",
        "138.0000.0001",
        "138－0000－0001",
        "138—0000—0001",
        "138/0000/0001",
        "(138) 0000_0001",
    ],
)
def test_phones_are_read_as_people_write_them(typed: str) -> None:
    (row,) = people(("", "", typed, "", "", "已联系", ""))

    assert row.phone == "+8613800000001"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1380000", "phone_invalid"),
        ("1.38E+10", "phone_rounded"),
        ("138****0001", "phone_masked"),
        ("", "who_missing"),
        ("13800000001/13900000002", "phone_invalid"),
    ],
)
def test_whom_nobody_can_be_found_by_is_a_fault_that_says_why(typed: str, code: str) -> None:
    (row,) = people(("", "王师傅", typed, "", "", "已联系", ""))

    assert [(fault.field, fault.code, fault.cell) for fault in row.faults] == [("phone", code, "C2")]


def test_a_masked_phone_is_no_fault_beside_a_number() -> None:
    (row,) = people(("0312", "王**", "138****0001", "", "", "已联系", ""))

    assert outcome(row, candidate()).verdict == "imports"


def test_rows_that_name_nobody_are_skipped_and_said_so() -> None:
    """Titles, repeated headers, sums, notes and blank lines."""
    header = ("报名名单",)
    rows = (
        ("编号", "手机", "联系结果"),
        ("0312", "", "已联系"),
        (None, None, None),
        ("编号", "手机", "联系结果"),
        ("合计", "1人", ""),
        ("备注：请在一周内填好", "", ""),
    )

    found = read_people(a_sheet(*rows, header=header), "outcomes", TODAY).rows

    reasons = [row.reason.value if isinstance(row, NoPerson) else "person" for row in found]
    assert reasons == ["title", "header", "person", "blank", "repeated_header", "total", "footer"]


def test_a_sheet_without_the_column_of_results_is_not_guessed_at() -> None:
    found = read_people(a_sheet(("0312", "已联系"), header=("编号", "手机")), "outcomes", TODAY).rows

    assert [(row.row, row.reason.value) for row in found if isinstance(row, NoPerson)] == [(0, "no_header")]


def test_an_empty_result_is_nothing_to_do() -> None:
    (row,) = people(("0312", "", "13800000001", "", "", "", "下周再打"))

    assert outcome(row, candidate()).verdict == "skipped"


def test_words_nobody_understands_are_a_fault() -> None:
    (row,) = people(("0312", "", "", "", "", "看情况吧？", ""))

    assert [(fault.field, fault.code, fault.cell) for fault in row.faults] == [("result", "result_unclear", "F2")]


def test_a_day_in_words_of_its_own_column_is_the_nearest() -> None:
    header = ("手机", "状态", "入职日期", "原因")
    first, second, third = people(
        ("13800000001", "已入职", "11月20日", ""),
        ("13800000002", "已入职", date(2026, 11, 21), ""),
        ("13800000003", "不合适", "昨天", "没有经验"),
        header=header,
    )

    assert (first.day, second.day) == (date(2026, 11, 20), date(2026, 11, 21))
    assert [fault.code for fault in third.faults] == ["day_unclear"]
    assert read_moment("12-30 09:05", date(2027, 1, 3)) == datetime(2026, 12, 30, 9, 5, tzinfo=CHINA)


def test_number_and_phone_must_mean_the_same_application() -> None:
    """A list sorted by one column only would move the wrong people."""
    (row,) = people(("0312", "", "13800000009", "", "", "已联系", ""))

    assert [fault.code for fault in outcome(row, candidate()).faults] == ["number_and_phone_differ"]


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (candidate(999), "application_unknown"),
        (candidate(guarded=True), "employer_has_recruiter"),
        (candidate(state=State.WITHDRAWN), "application_withdrawn"),
    ],
)
def test_applications_that_cannot_be_moved_say_why(one: Candidate, code: str) -> None:
    (row,) = people(("0312", "", "", "", "", "已联系", ""))

    assert [fault.code for fault in outcome(row, one).faults] == [code]


def test_who_has_started_work_is_not_rejected_by_an_old_list() -> None:
    (row,) = people(("0312", "", "", "", "", "不来了", ""))

    assert [fault.code for fault in outcome(row, candidate(state=State.HIRED)).faults] == ["move_not_allowed"]


@pytest.mark.parametrize(
    ("said", "one", "repeats"),
    [
        ("已联系", candidate(state=State.CONTACTED), "state"),
        ("已联系", candidate(state=State.HIRED), "further"),
        ("没人接", candidate(last_done="no_answer"), "done"),
    ],
)
def test_the_same_list_twice_changes_nothing(said: str, one: Candidate, repeats: str) -> None:
    (row,) = people(("0312", "", "", "", "", said, ""))

    assert (outcome(row, one).verdict, outcome(row, one).repeats) == ("duplicate", repeats)


def test_one_phone_with_two_applications_needs_the_job() -> None:
    two = (candidate(1), candidate(2, job_id=GUARD, job="4号 保安"))
    without, named = people(
        ("", "", "13800000001", "", "", "已联系", ""), ("", "", "13800000001", "4号", "", "已联系", "")
    )

    assert [fault.code for fault in outcome(without, *two).faults] == ["several_applications"]
    assert outcome(named, *two).candidate == two[1]


def test_the_second_row_of_the_same_person_is_a_duplicate() -> None:
    rows = people(("0312", "", "", "", "", "已联系", ""), ("", "", "13800000001", "", "", "约面试", ""))

    first, second = match_outcomes(rows, [candidate()])

    assert (first.verdict, second.verdict, second.same_as and second.same_as.row) == ("imports", "duplicate", 2)


def test_applicants_of_a_platform_are_read_with_their_job_and_time() -> None:
    """By number of the card, by title, or both."""
    rows = people(
        ("2026/11/21 20:15:09", "王师傅", "13800000001", "3号"),
        ("", "李师傅", "13800000002", "焊工"),
        ("", "赵师傅", "13800000003", "3号 焊工"),
        header=PLATFORM,
        kind="applicants",
    )

    matched = match_applicants(rows, JOBS, [])

    assert [(one.verdict, one.job and one.job.id) for one in matched] == [("imports", WELDER)] * 3
    assert rows[0].applied_at == datetime(2026, 11, 21, 20, 15, tzinfo=CHINA)


READ = {
    "快聘.xlsx": [("+8613800000101", "王师傅", "1号"), ("+8613800000102", "李女士", "2号")],
    "抖音线索.csv": [("+8613800000103", "赵先生", ""), ("+8613800000104", None, "")],
    "评论.csv": [
        "no_phone",
        ("+8613800000105", "示例小孙", "2号"),
        ("+8613800000106", "示例小周", ""),
        ["several_jobs"],
        ["phone_invalid"],
        "no_phone",
        ("+8613800000108", "示例小陈", ""),
    ],
    "电话登记.xlsx": [("+8613800000109", "钱阿姨", ""), ("+8613800000110", None, ""), "total"],
}


@pytest.mark.parametrize("form", FORMS)
def test_lists_of_every_place_people_apply_at_are_read(form: str) -> None:
    """Phone, name and job, from columns or from words; no comment is taken for a header, a day or a longer number."""
    found = [row for row in read_people(read_workbook(FORMS[form]), "applicants", TODAY).rows if row.row > 1]

    read = [
        row.reason.value
        if isinstance(row, NoPerson)
        else [fault.code for fault in row.faults] or (row.phone, row.name, row.job)
        for row in found
    ]
    assert read == READ[form]
    assert all(row.applied_at for row in found if isinstance(row, PersonRow))


@pytest.mark.parametrize(
    ("comment", "phone", "job"),
    [
        ("3号13800000001", "+8613800000001", "3号"),
        ("我想报 3 号岗位，电话+86 138-0000-0001", "+8613800000001", "3号"),
        ("12月3号过来 13800000001", "+8613800000001", ""),
        ("3号下午有空 13800000001 报5号", "+8613800000001", "5号"),
        ("地铁3号线附近 13800000001", "+8613800000001", ""),
        ("13800000001 13800000001", "+8613800000001", ""),
        ("138000000013号", None, ""),
        ("13800000001或13900000002", None, ""),
    ],
)
def test_a_comment_is_read_for_its_number_and_its_job(comment: str, phone: str | None, job: str) -> None:
    """Days and lines of the metro are no jobs; a number that runs into the next one is a row to correct."""
    (row,) = people(("示例小孙", comment), header=("昵称", "评论"), kind="applicants")

    assert (row.phone, row.job, [fault.code for fault in row.faults]) == (
        phone,
        job,
        [] if phone else ["phone_invalid"],
    )
    assert {fault.cell for fault in row.faults} <= {"B2"}


def commented(*comments: str) -> list[PersonRow]:
    """Of people who wrote this and their number."""
    rows = [("示例小孙", comment) for comment in comments]
    return people(*rows, header=("昵称", "评论"), kind="applicants")


@pytest.mark.parametrize(
    ("words", "job"),
    [
        ("3号", "3号"),
        ("王师傅 3号", "3号"),
        ("3号，45岁，", "3号"),
        ("三号岗", "3号"),
        ("岗位3", "3号"),
        ("岗位：二十三", "23号"),
        ("报3", "3号"),
        ("应聘十二号", "12号"),
        ("我想去3号还招吗", "3号"),
        ("第3号吧", "3号"),
        ("每月15号发工资吗", ""),
        ("我也是同一号", ""),
        ("报名 45岁 男", ""),
        ("报一下名", ""),
    ],
)
def test_a_job_is_read_where_its_number_cannot_be_a_day(words: str, job: str) -> None:
    """Alone between marks and ends, or beside a word that asks for it."""
    before, after = commented(f"{words} 13800000001", f"13800000001 {words}")

    assert [(row.phone, row.job, row.faults) for row in (before, after)] == [("+8613800000001", job, ())] * 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("25号能上班", "job_unclear"),
        ("20号发工资吗", "job_unclear"),
        ("15号前到岗", "job_unclear"),
        ("我3号才有空", "job_unclear"),
        ("到岗3号", "job_unclear"),
        ("11.23号", "job_unclear"),
        ("11-23号", "job_unclear"),
        ("1-3号", "job_unclear"),
        ("报5号 我25号能上班", "job_unclear"),
        ("报3个岗位", "job_unclear"),
        ("报名12月3号", "job_unclear"),
        ("不报3号了", "job_unclear"),
        ("想去3号楼", "job_unclear"),
        ("二三号", "job_unclear"),
        ("1、3号", "several_jobs"),
        ("报3、5", "several_jobs"),
        ("3号5号都行", "several_jobs"),
    ],
)
def test_what_may_be_a_day_or_several_jobs_is_a_row_to_correct(words: str, code: str) -> None:
    """It was read as a job of that number, or as none, which took the job chosen for the list."""
    rows = commented(f"{words} 13800000001", f"13800000001 {words}")

    matched = match_applicants(rows, JOBS, [], otherwise=JOBS[0])

    assert [(one.job, [fault.code for fault in one.faults]) for one in matched] == [(None, [code])] * 2


@pytest.mark.parametrize(
    ("words", "chosen", "job", "codes"),
    [
        ("焊工", JOBS[0], JOBS[0], []),
        ("报4号保安", JOBS[0], JOBS[1], []),
        ("想做电工", JOBS[0], None, ["job_unclear"]),
        ("保安", JOBS[1], None, ["job_unclear"]),
        ("报3号 保安", JOBS[1], None, ["job_unclear"]),
        ("焊工", None, None, ["job_missing"]),
    ],
)
def test_a_title_in_a_comment_never_gives_way_to_another_job(
    words: str, chosen: JobChoice | None, job: JobChoice | None, codes: list[str]
) -> None:
    """Neither to the one chosen for the list nor to a number beside it; two jobs of one title need the number."""
    (one,) = match_applicants(commented(f"{words} 13800000001"), JOBS, [], otherwise=chosen)

    assert (one.job, [fault.code for fault in one.faults]) == (job, codes)


def test_a_cell_names_the_job_whatever_the_comment_says() -> None:
    """How a row that was unclear is corrected."""
    rows = people(("3号", "25号能做保安 13800000001"), header=("岗位", "评论"), kind="applicants")

    assert [one.job for one in match_applicants(rows, JOBS, [])] == [JOBS[0]]


def test_an_empty_cell_of_numbers_is_to_correct_and_a_comment_without_one_is_shown() -> None:
    """A message beside a column of numbers does not make the list one of comments."""
    rows = (("王", "", "请回电"), ("李", "", "我的号码 138.0000.0001"))

    beside = people(*rows, header=("姓名", "手机", "留言"), kind="applicants")
    alone = read_people(a_sheet(("王", "请回电"), header=("姓名", "留言")), "applicants", TODAY).rows[-1]

    assert [(row.phone, [fault.code for fault in row.faults]) for row in beside] == [
        (None, ["who_missing"]),
        ("+8613800000001", []),
    ]
    assert isinstance(alone, NoPerson) and alone.typed == {"name": "王", "comment": "请回电"}
    assert "请回电" not in repr(alone)


def test_the_job_chosen_for_a_list_is_that_of_the_rows_which_name_none() -> None:
    """A row's own job stands; one that is closed takes nobody."""
    rows = people(("", "王", "13800000001", "4号"), ("", "李", "13800000002", ""), header=PLATFORM, kind="applicants")
    chosen, closed = JOBS[0], JOBS[3]

    matched = match_applicants(rows, JOBS, [], otherwise=chosen)
    refused = match_applicants(rows, JOBS, [], otherwise=closed)

    assert [one.job and one.job.id for one in matched] == [GUARD, WELDER]
    assert [fault.code for one in refused for fault in one.faults] == ["job_closed"]


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ("9号", "job_unknown"),
        ("3号 保安", "job_unknown"),
        ("保安", "job_ambiguous"),
        ("", "job_missing"),
        ("电工", "job_closed"),
    ],
)
def test_a_job_that_cannot_be_applied_for_says_why(job: str, code: str) -> None:
    (row,) = people(("", "王师傅", "13800000001", job), header=PLATFORM, kind="applicants")

    assert [fault.code for fault in match_applicants([row], JOBS, [])[0].faults] == [code]


def test_two_jobs_of_one_title_are_told_apart_by_the_employer() -> None:
    (row,) = people(("王", "13800000001", "保安", "物业"), header=("姓名", "手机", "岗位", "企业"), kind="applicants")

    assert match_applicants([row], JOBS, [])[0].job == JOBS[1]


def test_who_applied_already_and_who_stands_twice_is_a_duplicate() -> None:
    rows = people(
        ("", "王", "13800000001", "3"),
        ("", "李", "13800000002", "3"),
        ("", "李", "138 0000 0002", "焊工"),
        header=PLATFORM,
        kind="applicants",
    )

    matched = match_applicants(rows, JOBS, [candidate()])

    assert [(one.verdict, one.repeats) for one in matched] == [
        ("duplicate", "applied"),
        ("imports", None),
        ("duplicate", "row"),
    ]


def test_too_many_people_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MAX_PEOPLE", 1)

    with pytest.raises(WorkbookTooLong):
        people(("1", "", "", "", "", "已联系", ""), ("2", "", "", "", "", "已联系", ""))

"""A platform's export is read by its headings, and each of its rows finds one show of ours or says why not."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.job_sheet.errors import WorkbookTooLong
from stream_jobs.domain.job_sheet.grid import Cell, Sheet
from stream_jobs.domain.platform_sheet.columns import Field, heading
from stream_jobs.domain.platform_sheet.matching import Matched, Show, match_rows
from stream_jobs.domain.platform_sheet.reading import MOST_ROWS, NoShow, PlatformRow, read_platform, whole_number
from stream_jobs.domain.vetting import CHINA

TODAY = date(2026, 11, 21)
HEADER = ("直播标题", "开播时间", "直播时长(分钟)", "观看次数", "观看人数", "最高在线人数", "点赞数", "新增粉丝数")
ZHUHAI = Show(BroadcastId(UUID(int=1)), "珠海专场", datetime(2026, 11, 12, 14, tzinfo=CHINA), {"views": 21_480})
DONGGUAN = Show(BroadcastId(UUID(int=2)), "东莞专场", datetime(2026, 11, 12, 19, tzinfo=CHINA))
LATER = Show(BroadcastId(UUID(int=3)), "珠海专场", datetime(2026, 11, 19, 14, tzinfo=CHINA))
SHOWS = (ZHUHAI, DONGGUAN, LATER)


def a_sheet(*rows: tuple[Cell, ...]) -> Sheet:
    return Sheet("直播数据", [("某账号 直播数据导出",), HEADER, *rows])


def verdicts(*rows: tuple[Cell, ...], of: BroadcastId | None = None) -> list[Matched]:
    """Of the rows below the header."""
    read = read_platform([a_sheet(*rows)], TODAY)
    return [
        one for one in match_rows(read, SHOWS, of) if not (isinstance(one.row, NoShow) and one.row.reason == "header")
    ]


def codes(one: Matched) -> list[str]:
    return [fault.code for fault in one.faults]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("观看次数", Field.VIEWS), ("累计观看人次", Field.VIEWS), ("直播间观看次数（次）", Field.VIEWS),
        ("场观", Field.VIEWS),
        ("观看人数", Field.VIEWERS), ("累计观看用户数", Field.VIEWERS), ("直播间观众数", Field.VIEWERS),
        ("最高在线人数", Field.PEAK), ("人气峰值", Field.PEAK), ("点赞次数", Field.LIKES), ("喝彩数", Field.LIKES),
        ("评论次数", Field.COMMENTS), ("分享数", Field.SHARES), ("涨粉数", Field.NEW_FOLLOWERS),
        ("新增粉丝", Field.NEW_FOLLOWERS), ("留资人数", Field.LEADS), ("开播时间", Field.STARTED),
        ("日期", Field.STARTED),
        ("直播标题", Field.TITLE), ("直播间名称", Field.TITLE),
        ("平均在线人数", None), ("人均观看时长", None), ("曝光人数", None), ("观看互动率", None), ("下播时间", None),
        ("直播时长", None), ("礼物收入", None), ("备注", None),
    ],
)  # fmt: skip
def test_a_heading_is_known_as_platforms_write_it(said: str, field: Field | None) -> None:
    """Averages, shares and lengths are never taken for counts."""
    assert heading(said) is field


def test_a_row_finds_the_show_that_began_then() -> None:
    """The platform's room opens minutes before or after the first card; its title may be another."""
    [one] = verdicts(("招工啦", "2026-11-12 13:52:07", 126, "21,480", 15_002, 412.0, "1,204次", "-"))

    assert (one.verdict, one.show) == ("imports", ZHUHAI)
    assert isinstance(one.row, PlatformRow)
    assert one.row.values == {
        Field.VIEWS: 21_480, Field.VIEWERS: 15_002, Field.PEAK: 412, Field.LIKES: 1_204,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("title", "started", "show", "code"),
    [
        (None, datetime.fromisoformat("2026-11-12T19:04"), DONGGUAN, None),
        ("东莞专场", None, DONGGUAN, None),
        ("东莞 专场", "2026/11/12", DONGGUAN, None),
        ("珠海专场", None, None, "several_shows"),
        ("别的", "2026-11-12", None, "several_shows"),
        ("别的", "11月19日", LATER, None),
        ("别的", "2026-11-13 14:00", None, "no_show"),
        ("别的", None, None, "no_show"),
        (None, None, None, "which_show"),
        ("别的", "前天", None, "time_unclear"),
        ("别的", "2026-11-12 18:40 ~ 20:10", DONGGUAN, None),
    ],
)
def test_a_row_that_fits_no_show_or_several_says_so(
    title: Cell, started: Cell, show: Show | None, code: str | None
) -> None:
    """Never a guess: whoever knows adds the time or the title."""
    [one] = verdicts((title, started, 126, 100))

    assert (one.show, codes(one)) == (show, [code] if code else [])


def test_a_row_without_time_or_title_is_of_the_show_it_was_uploaded_for() -> None:
    """From that show's report."""
    [one] = verdicts((None, None, 126, 100), of=DONGGUAN.id)

    assert (one.verdict, one.show) == ("imports", DONGGUAN)


def test_what_stands_there_already_is_no_news() -> None:
    """The same file twice changes nothing."""
    [one] = verdicts(("珠海专场", "2026-11-12 14:00", 126, 21_480))

    assert one.verdict == "duplicate"


def test_two_rows_of_one_show_are_never_added_up() -> None:
    """A stream that broke off and began again has viewers in both."""
    first, second = verdicts(("珠海", "2026-11-12 13:50", 60, 9_000), ("珠海", "2026-11-12 15:01", 60, 8_000))

    assert (first.verdict, second.verdict, codes(second), second.same_row) == ("imports", "faulty", ["same_show"], 3)


@pytest.mark.parametrize(
    ("typed", "number", "code"),
    [
        ("21,480", 21_480, None), ("２１４８０", 21_480, None), (412.0, 412, None), ("52人", 52, None), (0, 0, None),
        ("2.1万", None, "number_rounded"), ("1.2w+", None, "number_rounded"), ("很多", None, "number_unclear"),
        (-3, None, "number_unclear"), (1.5, None, "number_unclear"), (True, None, "number_unclear"),
        ("=1+1", None, "number_unclear"),
    ],
)  # fmt: skip
def test_only_whole_numbers_are_taken(typed: Cell, number: int | None, code: str | None) -> None:
    """What was rounded may not stand as if it were exact."""
    assert whole_number(typed) == (number, code)


def test_titles_totals_and_sheets_without_headings_are_skipped_by_name() -> None:
    """What is no row of data is said, not dropped."""
    sheets = [
        a_sheet(("合计", None, 126, 21_480), ("珠海专场", "2026-11-12 14:00", 126, 5)),
        Sheet("说明", [("导出时间", "2026-11-21")]),
        Sheet("旧", [("1",)], hidden=True),
    ]

    read = read_platform(sheets, TODAY)

    assert [(one.sheet, one.row, one.reason.value) for one in read if isinstance(one, NoShow)] == [
        ("直播数据", 2, "header"), ("直播数据", 3, "total"), ("说明", 0, "no_header"), ("旧", 0, "hidden_sheet"),
    ]  # fmt: skip


def test_the_overview_of_one_show_is_read_with_its_figures_below_each_other() -> None:
    """Names in one column, figures beside them."""
    sheet = Sheet(
        "概览", [("直播概览",), ("观看次数", "3,571", "观看人数", 2_904), ("最高在线人数", 412), ("平均在线", 88)]
    )

    [one] = match_rows(read_platform([sheet], TODAY), SHOWS, ZHUHAI.id)

    assert isinstance(one.row, PlatformRow) and one.show == ZHUHAI
    assert one.row.values == {Field.VIEWS: 3_571, Field.VIEWERS: 2_904, Field.PEAK: 412}


def test_a_file_of_too_many_rows_is_refused() -> None:
    """Nobody reads so many verdicts."""
    rows = [("场", "2026-11-12 14:00", 1, 1)] * (MOST_ROWS + 1)

    with pytest.raises(WorkbookTooLong):
        read_platform([a_sheet(*rows)], TODAY)


def test_a_show_two_hours_away_is_another() -> None:
    """The room does not open so early."""
    far = ZHUHAI.started_at - timedelta(hours=2, minutes=1)

    [one] = verdicts(("别的", far.replace(tzinfo=None), 126, 100))

    assert codes(one) == ["no_show"]

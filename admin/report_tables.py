"""The report as tables to take along, under the metrics' registered names."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from admin.columns import Column, Read, figures, heading, summary_of, table_of, with_rates
from admin.files import Cell, Sheet, china_time
from admin.words import Words
from stream_jobs.domain.following import MILESTONES
from stream_jobs.domain.metrics import METRICS, Ratio
from stream_jobs.domain.priority import NAMES, PriorityLine
from stream_jobs.domain.report import Applied, TimeLine
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import Report

FORM = "直播带岗活动情况统计表"


class Part(StrEnum):
    """Which table of a report."""

    SUMMARY = "summary"
    CARDS = "cards"
    EMPLOYERS = "employers"
    CHANNELS = "channels"
    TIMES = "times"
    REGIONS = "regions"
    PRIORITIES = "priorities"
    PLATFORM = "platform"


def table(report: Report, part: Part, words: Words) -> Sheet:
    """A rehearsal's table has one line: that it is in no figure."""
    if not report.counted:
        return Sheet(part.value, [words.t("organiser.report.rehearsal")], [])
    return _TABLES[part](report, words)


def sentence(report: Report, words: Words) -> str:
    """What goes upward in words: the jobs presented and their openings, the page, what came after, the platforms."""
    figures = report.figures
    said = [
        words.t(
            "organiser.report.sentence_show",
            duration=duration(figures.on_air_seconds, words),
            cards=figures.presented,
            openings=presented_openings(report),
        ),
        words.t(
            "organiser.report.sentence_visits",
            visits=figures.visits,
            people=figures.visitors,
            applications=figures.applied.applications,
            applicants=figures.applied.applicants,
        ),
        words.t(
            "organiser.report.sentence_after",
            contacted=figures.applied.contacted or 0,
            onboarded=figures.applied.hired or 0,
        ),
        *(
            words.t("organiser.report.sentence_platform", platform=figure.platform, n=figure.value)
            for figure in report.platform
            if figure.metric == "views"
        ),
    ]
    return (" " if words.lang == "en" else "").join(said)


def presented_openings(report: Report) -> int:
    return sum(line.openings or 0 for line in report.cards if line.pushes)


def duration(seconds: int, words: Words) -> str:
    minutes = seconds // 60
    if minutes < 60:
        return words.t("common.time.minutes", n=minutes)
    return words.t("common.time.hours_minutes", n=minutes // 60, minutes=f"{minutes % 60:02}")


# ── the parts ─────────────────────────────────────────────────────────────────────────────────────────────────


def _summary(report: Report, words: Words) -> Sheet:
    sheet = summary_of("summary", summary(report), words)
    implied = METRICS["implied"]
    rows: list[list[Cell]] = [
        [f"{implied.name(words.lang)}：{METRICS[step.metric].name(words.lang)}", step.implied, None, None,
         implied.definition(words.lang)]
        for step in report.funnel
    ]  # fmt: skip
    return replace(sheet, rows=[*sheet.rows, *rows])


REACHED = ("impressions", "clicks", "apply_starts", "appliers")
COUNTED = ("applications", "applicants", "recorded", "withdrawn")
# None while it is hidden, because so few could be guessed.
HIDDEN_WHILE_FEW = tuple(MILESTONES)
APPLIED = (*COUNTED, *HIDDEN_WHILE_FEW)
OF_THE_SHOW = (
    *("on_air_seconds", "cards", "openings", "unnumbered", "policies", "employers", "presented", "presented_policies"),
    *("visits", "visitors", "exposures", "calls", "watched", "effective_views", "watch_ms", "on_air_ms"),
    *("watching", "peak", "waiting"),
    *("applications_in_live", "applications_within_7_days"),
)
OVER_CARDS = ("pushes", "on_stage_seconds", "connected", "delivered")
# None while nobody did.
PACE = tuple(f"{what}_seconds_{of}" for what in ("apply", "contact", "hire") for of in ("median", "p90"))


def summary(report: Report) -> list[tuple[str, int | Ratio]]:
    """Every metric of the whole show with its value, under its registered key."""
    applied = report.figures.applied
    steps = {step.metric: step for step in report.funnel}
    counts: dict[str, int] = {
        **{name: getattr(report.figures, name) for name in OF_THE_SHOW},
        **{name: seconds for name in PACE if (seconds := getattr(report.figures, name)) is not None},
        **{name: steps[name].count for name in REACHED},
        **{name: getattr(applied, name) for name in COUNTED},
        **{name: getattr(applied, name) or 0 for name in HIDDEN_WHILE_FEW},
        **{name: sum(getattr(line, name) for line in report.cards) for name in OVER_CARDS},
        "presented_openings": presented_openings(report),
        "late": report.apart.late,
        "forged_links": report.apart.forged_links,
        "fraud": report.apart.fraud,
    }
    return with_rates(counts)


GROUP = ("exposures", *REACHED, "click_rate", "apply_rate")


def _reached(words: Words) -> list[Column]:
    return figures(words, *GROUP, of=attrgetter("reached"))


def _applied(words: Words) -> list[Column]:
    """Where a figure is not told, why."""

    def told(name: str) -> Read:
        return lambda line: _hidden(line.applied, words) if (n := getattr(line.applied, name)) is None else n

    return [Column(heading(name, words), told(name)) for name in APPLIED]


def _hidden(applied: Applied, words: Words) -> str:
    why = "small_group" if applied.small else "beside_small"
    return words.t(f"organiser.report.{why}", n=applied.hidden_below or 0)


def _cards(report: Report, words: Words) -> Sheet:
    columns = [
        Column(words.t("organiser.report.column.number"), attrgetter("label")),
        Column(words.t("organiser.report.column.job"), attrgetter("title")),
        Column(words.t("organiser.report.column.employer"), attrgetter("employer")),
        *figures(words, "openings", "pushes", "on_stage_seconds", "connected", "delivered", "calls"),
        *_reached(words),
        *_applied(words),
    ]
    return table_of("cards", columns, report.cards)


def _employers(report: Report, words: Words) -> Sheet:
    not_collected = words.t("organiser.handover.not_collected")
    columns = [
        Column(words.t("organiser.report.column.employer"), attrgetter("name")),
        *figures(words, "cards", "openings", "presented"),
        *_reached(words),
        *_applied(words),
        *figures(words, "to_hand_over", "people_to_hand_over", "since_hand_over"),
        Column(words.t("organiser.handover.title"), lambda line: china_time(line.handed_over_at) or not_collected),
    ]
    return table_of("employers", columns, report.employers)


def _channels(report: Report, words: Words) -> Sheet:
    none = words.t("organiser.report.unattributed")
    columns = [
        Column(words.t("organiser.report.column.channel"), lambda line: line.name or none),
        *figures(words, "scans", "visits", "visitors"),
        *_reached(words),
        *_applied(words),
        *figures(words, "last_applications"),
    ]
    return table_of("channels", columns, report.channels)


def _times(report: Report, words: Words) -> Sheet:
    columns = [
        Column(words.t("organiser.report.column.time"), lambda line: stretch(line, words)),
        *figures(words, "presented", "visits", "new_visitors", "peak"),
        *_applied(words),
    ]
    return table_of("times", columns, report.times)


def _regions(report: Report, words: Words) -> Sheet:
    nowhere = words.t("organiser.report.nowhere")
    columns = [
        Column(words.t("organiser.report.column.region"), lambda line: line.name or nowhere),
        *figures(words, "cards", "openings", "presented"),
        *_applied(words),
    ]
    return table_of("regions", columns, report.regions)


def _priorities(report: Report, words: Words) -> Sheet:
    """Of a group that is too small nothing is told."""

    def applicants(line: PriorityLine) -> Cell:
        few = "organiser.report.few"
        return words.t(few, n=line.hidden_below) if line.hidden_below else line.applicants

    columns = [
        Column(words.t("organiser.report.column.priority"), lambda line: NAMES[line.group][words.lang == "en"]),
        Column(heading("applicants", words), applicants),
    ]
    return table_of("priorities", columns, report.priorities)


def stretch(line: TimeLine, words: Words) -> str:
    """开播前, 14:00–14:15, 政策 14:15–14:30, 结束后; China's time."""
    if line.kind in ("before", "after"):
        return words.t(f"organiser.report.time.{line.kind}")
    until = _hour(line.to_at) if line.to_at else words.t("organiser.report.time.now")
    kind = "" if line.kind == "slice" else words.t(f"organiser.report.time.{line.kind}") + " "
    return f"{kind}{_hour(line.from_at)}–{until}"


def _hour(at: datetime | None) -> str:
    return f"{at.astimezone(CHINA):%H:%M}" if at else ""


def _platform(report: Report, words: Words) -> Sheet:
    columns = [
        *stated(words),
        Column(words.t("organiser.report.platform.by"), attrgetter("by")),
        Column(words.t("common.when"), lambda line: china_time(line.at)),
    ]
    return table_of("platform", columns, report.platform)


def stated(words: Words) -> list[Column]:
    """What a platform itself says."""
    named = "organiser.report.platform.metric"
    return [
        Column(words.t("organiser.report.platform.name"), attrgetter("platform")),
        Column(words.t(named), lambda line: words.t(f"{named}.{line.metric}")),
        Column(words.t("organiser.report.platform.value"), attrgetter("value")),
    ]


_TABLES: dict[Part, Callable[[Report, Words], Sheet]] = {
    Part.SUMMARY: _summary,
    Part.CARDS: _cards,
    Part.EMPLOYERS: _employers,
    Part.CHANNELS: _channels,
    Part.TIMES: _times,
    Part.REGIONS: _regions,
    Part.PRIORITIES: _priorities,
    Part.PLATFORM: _platform,
}


# ── the form for upstairs ─────────────────────────────────────────────────────────────────────────────────────

# Each column of the form: its heading there, and the metric it shows.
FORM_COLUMNS = (
    ("场次", None),
    ("时间", None),
    ("平台", None),
    ("企业数", "employers"),
    ("岗位条数", "cards"),
    ("岗位数", "openings"),
    ("观看人次〔平台填报〕", "platform_views"),
    ("到访人次", "visits"),
    ("到访人数", "visitors"),
    ("报名份数", "applications"),
    ("报名人数", "applicants"),
    ("联系", "contacted"),
    ("录用", "offered"),
    ("入职", "hired"),
    ("政策宣讲条数", "presented_policies"),
    ("填报人", None),
)


# Sixteen columns that can be read on one page of A4.
_FORM_WIDTHS = {0: 22, 1: 19, 2: 9, **dict.fromkeys(range(3, len(FORM_COLUMNS) - 1), 8.5), 6: 12, 15: 10}


def form(reports: Sequence[Report], filled_in_by: str) -> list[Sheet]:
    """One row a show, rehearsals left out, and a sheet that says how each figure is counted."""
    rows = [_form_row(report, filled_in_by) for report in reports if report.counted]
    meanings: list[list[Cell]] = [
        [heading, METRICS[key].definition("zh-CN"), METRICS[key].en, METRICS[key].definition("en")]
        for heading, key in FORM_COLUMNS
        if key
    ]
    columns = [heading for heading, _ in FORM_COLUMNS]
    return [
        Sheet(FORM, columns, rows, heading=FORM, widths=_FORM_WIDTHS),
        Sheet(
            "指标说明", ["指标", "怎么算", "Metric", "How it is counted"], meanings, widths={0: 22, 1: 60, 2: 24, 3: 60}
        ),
    ]


def _form_row(report: Report, filled_in_by: str) -> list[Cell]:
    figures, show = report.figures, report.broadcast
    values: dict[str, Cell] = {
        "employers": figures.employers,
        "cards": figures.cards,
        "openings": figures.openings,
        "platform_views": platform_figure(report, "platform_views"),
        "visits": figures.visits,
        "visitors": figures.visitors,
        "applications": figures.applied.applications,
        "applicants": figures.applied.applicants,
        "contacted": figures.applied.contacted,
        "offered": figures.applied.offered,
        "hired": figures.applied.hired,
        "presented_policies": figures.presented_policies,
    }
    told: dict[str, Cell] = {
        "场次": show.title,
        "时间": when(show.started_at or show.starts_at, show.ended_at),
        "平台": show.platform,
        "填报人": filled_in_by,
    }
    return [values[key] if key else told[heading] for heading, key in FORM_COLUMNS]


def platform_figure(report: Report, key: str) -> int | str | None:
    """Of a metric of platforms. Several platforms count in several ways: side by side, never summed."""
    stated = [figure for figure in report.platform if f"platform_{figure.metric}" == key]
    if len(stated) == 1:
        return stated[0].value
    return "；".join(f"{figure.platform} {figure.value:,}" for figure in stated) or None


def when(start: datetime, end: datetime | None) -> str:
    if end is None:
        return china_time(start) or ""
    same_day = end.astimezone(CHINA).date() == start.astimezone(CHINA).date()
    until = _hour(end) if same_day else china_time(end)
    return f"{china_time(start)}–{until}"

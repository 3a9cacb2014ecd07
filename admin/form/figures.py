"""What a form is filled with: reports of shows as values by the names of marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin.report_tables import platform_figure, summary, when
from stream_jobs.actions.forms import Counted
from stream_jobs.domain.form.values import Figure, Filling, Value, shown, together
from stream_jobs.domain.metrics import METRICS, Unit
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import Report

# More titles than this are too long for a cell: the first, and how many.
MOST_NAMED = 3
PLATFORM = tuple(key for key, metric in METRICS.items() if metric.unit is Unit.STATED)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who fills the form in, and when."""

    name: str
    organisation: str
    at: datetime


def filling(counted: Counted, asker: Asker) -> Filling:
    """Of all shows together and of each, in the form's own words."""
    reports = counted.reports
    each = [figures(report) for report in reports]
    whole: dict[str, Figure] = {
        **together(each, counted.distinct),
        **{key: _platform(reports, key) for key in PLATFORM},
    }
    common: dict[str, Value] = {
        "organiser": asker.organisation,
        "filled_in_by": asker.name,
        "filled_in_on": _day(asker.at),
        "as_of": _moment(min((report.as_of for report in reports), default=asker.at)),
    }
    facts = [_facts(report) for report in reports]
    return Filling(
        {**_shown(whole), **common, **_joined(facts), **_days(reports)},
        [
            {**_shown(figure), **fact, **common, "as_of": _moment(report.as_of), "nth": nth}
            for nth, (report, figure, fact) in enumerate(zip(reports, each, facts, strict=True), start=1)
        ],
    )


def figures(report: Report) -> dict[str, Figure]:
    """Every metric of a show, by its key."""
    return {**dict(summary(report)), **{key: platform_figure(report, key) for key in PLATFORM}}


def _shown(figures: Mapping[str, Figure]) -> dict[str, Value]:
    return {key: shown(key, figure) for key, figure in figures.items()}


def _facts(report: Report) -> dict[str, Value]:
    show = report.broadcast
    began = show.started_at or show.starts_at
    return {
        "title": show.title,
        "time": when(began, show.ended_at),
        "date": _day(began),
        "started": _moment(began),
        "ended": _moment(show.ended_at) if show.ended_at else None,
        "platform": show.platform,
        "series": show.series,
        "unit": show.unit,
        "host": show.host,
    }


def _joined(facts: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    """A fact of several shows: what all say, or each once; of many the first and how many."""
    joined: dict[str, Value] = {}
    for key in facts[0] if facts else ():
        said = list(dict.fromkeys(str(fact[key]) for fact in facts if fact[key]))
        joined[key] = "、".join(said) if len(said) <= MOST_NAMED else f"{said[0]}等{len(said)}项"
    if len(facts) > 1:
        joined["time"] = f"{facts[0]['date']}至{facts[-1]['date']}"
    return joined


def _days(reports: Sequence[Report]) -> dict[str, Value]:
    days = sorted(report.broadcast.started_at or report.broadcast.starts_at for report in reports)
    return {
        "shows": len(reports),
        "first_day": _day(days[0]) if days else None,
        "last_day": _day(days[-1]) if days else None,
    }


def _platform(reports: Sequence[Report], key: str) -> Figure:
    """Each platform's own, side by side: sums, the highest, or nothing where what one counts is in several shows."""
    if len(reports) == 1:
        return platform_figure(reports[0], key)
    stated: dict[str, list[int]] = {}
    for figure in (figure for report in reports for figure in report.platform):
        if f"platform_{figure.metric}" == key != "platform_viewers":
            stated.setdefault(figure.platform, []).append(figure.value)
    told = {platform: max(each) if key == "platform_peak" else sum(each) for platform, each in sorted(stated.items())}
    if len(told) == 1:
        return next(iter(told.values()))
    return "；".join(f"{platform} {value:,}" for platform, value in told.items()) or None


def _day(at: datetime) -> str:
    local = at.astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日"


def _moment(at: datetime) -> str:
    return f"{_day(at)} {at.astimezone(CHINA):%H:%M}"

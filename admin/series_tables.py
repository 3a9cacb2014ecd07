"""The report of several shows as tables to take along: the same lines, names and figures as on its page."""

from collections.abc import Callable
from enum import StrEnum
from operator import attrgetter

from admin.columns import Column, figures, summary_of, table_of, with_rates
from admin.files import Sheet, china_time
from admin.report_tables import GROUP, stated
from admin.words import Words
from stream_jobs.domain.cuts import Cuts
from stream_jobs.domain.following import MILESTONES
from stream_jobs.domain.metrics import Ratio
from stream_jobs.domain.series import SeriesFigures, SeriesReport


class SeriesPart(StrEnum):
    """Which table of several shows."""

    SUMMARY = "summary"
    SHOWS = "shows"
    UNITS = "units"
    HOSTS = "hosts"
    PLATFORM = "platform"
    JOBS = "jobs"
    EMPLOYERS = "employers"
    WORKPLACES = "workplaces"
    CHANNELS = "channels"


OWN = (
    *("on_air_seconds", "cards", "openings", "employers", "visits", "visitors", "exposures"),
    *("applications", "applicants"),
    *MILESTONES,
)
OF_CARDS = ("shows", "cards", "openings", *GROUP, "applications", "applicants")
OF_CHANNELS = ("shows", "visits", "visitors", *GROUP, "applications", "applicants")


def summary(report: SeriesReport) -> list[tuple[str, int | Ratio]]:
    """Every metric of all the shows together with its value, under its registered key."""
    counts = {name: getattr(report.figures, name) for name in SeriesFigures.model_fields}
    return with_rates({**counts, **{step.metric: step.count for step in report.funnel}})


def _summary(report: SeriesReport, words: Words) -> Sheet:
    return summary_of(SeriesPart.SUMMARY, summary(report), words)


def _shows(report: SeriesReport, words: Words) -> Sheet:
    columns = [
        Column(words.t("series.column.show"), attrgetter("title")),
        Column(words.t("common.when"), lambda line: china_time(line.started_at)),
        Column(words.t("series.column.unit"), attrgetter("unit")),
        *_figures(words, *OWN),
        Column(
            words.t("series.column.stated_views"),
            lambda line: "；".join(f"{platform} {value:,}" for platform, value in line.stated_views.items()) or None,
        ),
    ]
    return table_of(SeriesPart.SHOWS, columns, report.shows)


def _units(report: SeriesReport, words: Words) -> Sheet:
    columns = [
        Column(
            words.t("series.column.unit"),
            lambda line: words.t("series.unit_own", name=line.name) if line.own else line.name,
        ),
        Column(words.t("series.units.kind"), lambda line: words.t(f"series.units.kind.{line.kind}")),
        Column(words.t("series.column.depth"), attrgetter("depth")),
        *_figures(words, "shows", *OWN),
    ]
    return table_of(SeriesPart.UNITS, columns, report.units)


def _hosts(report: SeriesReport, words: Words) -> Sheet:
    none = words.t("series.no_host")
    columns = [
        Column(words.t("series.column.host"), lambda line: line.host or none),
        *_figures(words, "shows", *OWN),
    ]
    return table_of(SeriesPart.HOSTS, columns, report.hosts)


def _figures(words: Words, *keys: str) -> list[Column]:
    return figures(words, *keys, of=attrgetter("figures"))


def _platform(report: SeriesReport, words: Words) -> Sheet:
    comma = words.t("programme.list_comma")
    columns = [
        *stated(words),
        Column(words.t("series.column.stating"), attrgetter("shows")),
        Column(words.t("organiser.report.platform.by"), lambda line: comma.join(line.by)),
        Column(words.t("common.when"), lambda line: china_time(line.at)),
    ]
    return table_of(SeriesPart.PLATFORM, columns, report.reported)


def _jobs(cuts: Cuts, words: Words) -> Sheet:
    columns = [
        Column(words.t("organiser.report.column.job"), attrgetter("name")),
        Column(words.t("organiser.report.column.employer"), attrgetter("beside")),
        *figures(words, *OF_CARDS),
    ]
    return table_of(SeriesPart.JOBS, columns, cuts.jobs)


def _employers(cuts: Cuts, words: Words) -> Sheet:
    columns = [
        Column(words.t("organiser.report.column.employer"), attrgetter("name")),
        *figures(words, *OF_CARDS),
    ]
    return table_of(SeriesPart.EMPLOYERS, columns, cuts.employers)


def _workplaces(cuts: Cuts, words: Words) -> Sheet:
    columns = [
        Column(words.t("series.cuts.workplace"), attrgetter("name")),
        *figures(words, *OF_CARDS),
    ]
    return table_of(SeriesPart.WORKPLACES, columns, cuts.workplaces)


def _channels(cuts: Cuts, words: Words) -> Sheet:
    none = words.t("organiser.report.unattributed")
    columns = [
        Column(words.t("organiser.report.column.channel"), lambda line: line.name or none),
        Column(
            words.t("series.cuts.kind"),
            lambda line: words.t(f"programme.channel.kind.{line.beside}") if line.beside else None,
        ),
        *figures(words, *OF_CHANNELS),
    ]
    return table_of(SeriesPart.CHANNELS, columns, cuts.channels)


OF_REPORT: dict[SeriesPart, Callable[[SeriesReport, Words], Sheet]] = {
    SeriesPart.SUMMARY: _summary,
    SeriesPart.SHOWS: _shows,
    SeriesPart.UNITS: _units,
    SeriesPart.HOSTS: _hosts,
    SeriesPart.PLATFORM: _platform,
}
OF_CUTS: dict[SeriesPart, Callable[[Cuts, Words], Sheet]] = {
    SeriesPart.JOBS: _jobs,
    SeriesPart.EMPLOYERS: _employers,
    SeriesPart.WORKPLACES: _workplaces,
    SeriesPart.CHANNELS: _channels,
}

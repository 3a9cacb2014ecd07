"""The report of a series, and of everything, beside the recounts of its shows."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from stream_jobs.domain.comparison import FEWEST_WHO_SAW
from stream_jobs.domain.series import SeriesFigures, SeriesReport
from stream_jobs.verify.applicants import OUTCOMES
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.cuts import Part, part_of
from stream_jobs.verify.devices import BITS
from stream_jobs.verify.files import numbers_of, presented_openings
from stream_jobs.verify.places import SHOW
from stream_jobs.verify.recount import Recount
from stream_jobs.verify.series import Distinct, Under

ADDED = ("on_air_seconds", "cards", "openings", "visits", "exposures", "applications")
# A platform's own viewers and peaks are never added up.
NOT_ADDED = ("viewers", "peak")


@dataclass(frozen=True, slots=True)
class Held:
    """What is left of a show's recount when the next one is counted.

    above: its unit, and all above that; applied_for: applications by job; origins: visits by the name of a channel;
    numbers: each metric that is no rate, as far as the show has it; cards: of each job that was presented and
    that enough have seen, by what it is called, how many of those applied.
    """

    id: UUID
    title: str
    started_at: datetime
    live: bool
    series: UUID | None
    unit: UUID
    unit_name: str
    above: tuple[UUID, ...]
    host: str | None
    added: Mapping[str, int]
    watching: int
    presented: int
    presented_openings: int
    applied_for: Mapping[UUID, int]
    origins: Mapping[str, int]
    numbers: Mapping[str, int | str]
    cards: Mapping[str, Fraction]
    visitors: int
    employers: frozenset[UUID]
    people: Mapping[UUID, frozenset[str]]
    part: Part
    stated: Mapping[tuple[str, str], int]

    @property
    def under(self) -> set[Under]:
        return {("own", self.unit), ("host", self.host), *(("unit", one) for one in self.above)}


def held(counted: Recount, parents: Mapping[UUID, UUID | None]) -> Held | None:
    """parents: of each unit the one above. None where no such report counts it: a rehearsal, or not begun."""
    show = counted.show
    if show["rehearsal"] or show["started_at"] is None:
        return None
    above = [show["unit_id"]]
    while (parent := parents[above[-1]]) is not None:
        above.append(parent)
    stated = {(row["platform"], row["metric"]): row["value"] for row in counted.platform}
    return Held(
        id=show["id"],
        title=show["title"],
        started_at=show["started_at"],
        live=show["status"] == "live",
        series=show["series_id"],
        unit=show["unit_id"],
        unit_name=show["unit"],
        above=tuple(above),
        host=show["host_name"],
        added={name: counted.figures.of(SHOW, name) for name in ADDED},
        watching=watching(counted),
        presented=counted.figures.of(SHOW, "presented"),
        presented_openings=presented_openings(counted),
        applied_for=_applied_for(counted),
        origins=origins(counted),
        numbers=numbers_of(counted),
        cards=_rates_of_cards(counted),
        visitors=counted.figures.of(SHOW, "visitors"),
        employers=frozenset(counted.employer_of.values()),
        people=counted.people,
        part=part_of(counted),
        stated=stated,
    )


def watching(counted: Recount) -> int:
    return counted.figures.of(SHOW, "watching") if counted.show["status"] == "live" else 0


def origins(counted: Recount) -> Counter[str]:
    """Visits by the name of their channel; a name may stand on several."""
    named: Counter[str] = Counter()
    for row in counted.channels:
        named[row["name"]] += counted.figures.of(("channel", row["id"]), "visits")
    return named


def _applied_for(counted: Recount) -> Counter[UUID]:
    jobs: Counter[UUID] = Counter()
    for card, row in counted.cards.items():
        if row["job_id"]:
            jobs[row["job_id"]] += counted.figures.of(("card", card), "applications")
    return jobs


def _rates_of_cards(counted: Recount) -> dict[str, Fraction]:
    pushed, rates = {push.card_id for push in counted.stage.pushes}, dict[str, Fraction]()
    for id_, card in counted.cards.items():
        saw = counted.figures.of(("card", id_), "impressions")
        if card["kind"] == "job" and id_ in pushed and saw >= FEWEST_WHO_SAW:
            rates[f"{card['number']}号"] = Fraction(counted.figures.of(("card", id_), "appliers"), saw)
    return rates


def check_series_report(
    report: SeriesReport, shows: Sequence[Held], distinct: Distinct, compared: Comparison, where: str
) -> None:
    """The whole, its funnel, each show, each unit, each host, and what platforms stated."""
    whole = _Check(compared, where, "whole")
    whole.figures(report.figures, shows, distinct.steps[BITS["visit"]])
    whole.same("funnel", [step.count for step in report.funnel], [distinct.steps[bit] for bit in sorted(BITS.values())])
    by_id = {show.id: show for show in shows}
    whole.same("shows listed", sorted(row.broadcast_id for row in report.shows), sorted(by_id))
    for row in report.shows:
        check = _Check(compared, where, f"show {row.broadcast_id}")
        show = by_id.get(row.broadcast_id)
        if show is not None:
            check.figures(row.figures, [show], show.visitors)
            stated = {platform: value for (platform, metric), value in show.stated.items() if metric == "views"}
            check.same("stated_views", row.stated_views, stated)
    _units(report, shows, distinct, compared, where)
    whole.same("hosts", len(report.hosts), len({show.host for show in shows}))
    for nth, host in enumerate(report.hosts):
        own = [show for show in shows if show.host == host.host]
        # A host is a person: told by their place in the report, and not by name.
        _Check(compared, where, f"host {nth + 1}").figures(host.figures, own, distinct.came["host", host.host])
    _reported(report, shows, whole)


def _units(report: SeriesReport, shows: Sequence[Held], distinct: Distinct, compared: Comparison, where: str) -> None:
    """Each below the top that holds shows; and what it holds alone, where units beneath it hold some too."""
    beneath = Counter(unit for show in shows for unit in show.above)
    alone = Counter(show.unit for show in shows)
    tops = {show.above[-1] for show in shows}
    expected = {("unit", unit) for unit in beneath if unit not in tops}
    expected |= {("own", unit) for unit, count in alone.items() if count < beneath[unit]}
    shown = [("own" if row.own else "unit", row.unit_id) for row in report.units]
    _Check(compared, where, "whole").same("units", sorted(shown), sorted(expected))
    for place, row in zip(shown, report.units, strict=True):
        own = [show for show in shows if place in show.under]
        _Check(compared, where, f"{place[0]} {place[1]}").figures(row.figures, own, distinct.came[place])


def _reported(report: SeriesReport, shows: Sequence[Held], check: "_Check") -> None:
    values: Counter[tuple[str, str]] = Counter()
    stating: Counter[tuple[str, str]] = Counter()
    for show in shows:
        for key, value in show.stated.items():
            if key[1] not in NOT_ADDED:
                values[key] += value
                stating[key] += 1
    shown = {(one.platform, one.metric): (one.value, one.shows) for one in report.reported}
    check.same("reported", shown, {key: (values[key], stating[key]) for key in stating})


@dataclass(frozen=True, slots=True)
class _Check:
    compared: Comparison
    where: str
    place: str

    def same(self, metric: str, shown: object, counted: object) -> None:
        self.compared.same(self.where, metric, self.place, shown, counted)

    def figures(self, shown: SeriesFigures, shows: Collection[Held], visitors: int) -> None:
        """Added up where things belong to one show, distinct where they may be in several."""
        people: dict[UUID, frozenset[str]] = {}
        for show in shows:
            for person, outcomes in show.people.items():
                people[person] = people.get(person, frozenset()) | outcomes
        counted = {
            "shows": len(shows),
            **{name: sum(show.added[name] for show in shows) for name in ADDED},
            "employers": len(set().union(*(show.employers for show in shows))),
            "visitors": visitors,
            "applicants": len(people),
            **{name: sum(name in outcomes for outcomes in people.values()) for name in OUTCOMES},
        }
        for name in SeriesFigures.model_fields:
            self.same(name, getattr(shown, name), counted[name])

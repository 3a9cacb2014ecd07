"""Which shows are counted together: each series, everything, a unit, some days; what is left where some are gone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from stream_jobs.domain.ids import BroadcastId, SeriesId, UnitId
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports.series import ShowsOf
from stream_jobs.verify.compare import Partly
from stream_jobs.verify.several import Held

Row = Any


@dataclass(frozen=True, slots=True)
class Group:
    """id: its own, under which differences are named; shows: those whose events are there, counted or not.

    dropped: how many more shows it has, of which nothing can be counted again.
    """

    id: UUID
    of: ShowsOf
    shows: Sequence[BroadcastId]
    dropped: int = 0

    @property
    def is_whole(self) -> bool:
        """A series, or everything, with all of its shows: what is kept of them together can be counted too."""
        return self.of.has_sums and not self.dropped

    @property
    def where(self) -> str:
        """What shows it."""
        if self.of.unit:
            return "report of a unit"
        if self.of.until:
            return "report of days"
        report = "series report" if self.of.series else "report of everything"
        return f"{report} since {self.of.since}" if self.of.since else report

    @property
    def partly(self) -> Partly | None:
        return Partly(self.id, self.dropped, self.of.since) if self.dropped else None


def wholes(shows: Sequence[Row], wanted: UUID | None, gone: Collection[UUID]) -> list[Group]:
    """Of one organisation each series, and everything, whose shows were all asked for; gone: those without events."""
    found: dict[UUID, list[Row]] = {}
    for show in shows:
        for id_ in (show["series_id"], show["org_id"]):
            if id_ and wanted in (None, id_):
                found.setdefault(id_, []).append(show)
    return [_whole(id_, its, gone) for id_, its in found.items()]


def _whole(id_: UUID, its: Sequence[Row], gone: Collection[UUID]) -> Group:
    """Rehearsals count nowhere; a range of days that leaves out what was dropped is a report of its own."""
    dropped = [show for show in its if show["id"] in gone and not show["rehearsal"]]
    began = [show["started_at"] for show in dropped if show["started_at"]]
    since = china_date(max(began)) + timedelta(days=1) if began else None
    series = SeriesId(id_) if id_ != its[0]["org_id"] else None
    shows = [BroadcastId(show["id"]) for show in its if show["id"] not in gone]
    return Group(id_, ShowsOf(series, since=since), shows, len(dropped))


def parts(group: Group, shows: Iterable[Held]) -> list[Group]:
    """Each unit of it that has shows, and days in the middle of it: of these nothing is summed beforehand."""
    counted = within(group.of, shows)
    beneath: dict[UUID, list[BroadcastId]] = {}
    for show in counted:
        for unit in show.above[:-1]:
            beneath.setdefault(unit, []).append(BroadcastId(show.id))
    found = [Group(unit, replace(group.of, unit=UnitId(unit)), ids) for unit, ids in beneath.items()]
    if days := [china_date(show.started_at) for show in counted]:
        some = replace(group.of, since=days[len(days) // 4], until=days[len(days) * 3 // 4])
        found.append(Group(group.id, some, [BroadcastId(show.id) for show in within(some, counted)]))
    return found


def within(of: ShowsOf, shows: Iterable[Held]) -> list[Held]:
    """Those that a report of it counts."""
    return [
        show
        for show in shows
        if (of.unit is None or of.unit in show.above)
        and (of.since is None or of.since <= china_date(show.started_at))
        and (of.until is None or china_date(show.started_at) <= of.until)
    ]


def seen_from(of: ShowsOf, shows: Iterable[Held]) -> list[Held]:
    """As far as its unit: what is above that is in none of its figures."""
    return [replace(show, above=show.above[: show.above.index(of.unit) + 1]) if of.unit else show for show in shows]

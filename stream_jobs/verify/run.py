"""Verifies shows: each organisation's at one moment, however much is written meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from storage import raw_rows
from storage.broadcasts import BroadcastStore
from storage.channels import ChannelStore
from storage.desks import DeskStore
from storage.people import People
from storage.pool import Database, Moment
from storage.raw_rows import Row, gone_since, rows, shows_of
from storage.reports import ReportStore
from storage.series_reports import SeriesReportStore
from storage.vault import Vault
from storage.walls import WallStore
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.ids import BroadcastId, OrgId, SeriesId
from stream_jobs.domain.metrics import SMALL_GROUP
from stream_jobs.keys import Keys
from stream_jobs.ports import BroadcastRow, Report
from stream_jobs.ports.walls import WallOf
from stream_jobs.verify.compare import Comparison, Verified, all_of
from stream_jobs.verify.files import FileCheck
from stream_jobs.verify.live import check_channels, check_desk, check_row
from stream_jobs.verify.recount import Progress, Recount, recount, unheard
from stream_jobs.verify.report import ReportCheck, cuts_of
from stream_jobs.verify.screens import check_wall
from stream_jobs.verify.series import check_series
from stream_jobs.verify.several import Held, check_series_report, held
from stream_jobs.verify.sums import compare_sums


async def verify(
    database: Database,
    keys: Keys,
    wanted: UUID | None,
    at: datetime,
    *,
    effective_seconds: int = 10,
    small_group: int = SMALL_GROUP,
    progress: Progress = unheard,
) -> Verified:
    """A broadcast by its id, a series with all its broadcasts by its id, or without one all there is.

    Raises BroadcastNotFound when the id is of neither.
    """
    async with database.maintenance() as tx:
        shows = await shows_of(tx, wanted)
        gone = {show["id"]: when for show in shows if (when := await gone_since(tx, show["id"]))}
    if wanted is not None and not shows:
        raise BroadcastNotFound
    comparisons: list[Comparison] = []
    for org_id, group in groupby(shows, key=lambda show: OrgId(show["org_id"])):
        own = list(group)
        async with database.moment() as moment:
            one = _Moment(moment, keys, org_id, at, effective_seconds, small_group, progress)
            listed = {row.broadcast.id: row for row in await BroadcastStore(moment).rows(org_id, at)}
            comparisons += [await one.show(listed[show["id"]]) for show in own if show["id"] not in gone]
            for series_id, its in _whole_series(own, wanted).items():
                if gone.keys().isdisjoint(its):
                    comparisons.append(await one.series(series_id, its))
    return all_of(comparisons, len(shows), gone)


def _whole_series(shows: Sequence[Row], wanted: UUID | None) -> dict[SeriesId, list[BroadcastId]]:
    """Those all of whose shows are here, and all shows of each; one show says nothing about its series."""
    found: dict[SeriesId, list[BroadcastId]] = {}
    for show in shows:
        if show["series_id"] and wanted in (None, show["series_id"]):
            found.setdefault(SeriesId(show["series_id"]), []).append(BroadcastId(show["id"]))
    return found


@dataclass(frozen=True, slots=True)
class _Moment:
    """One organisation at one moment."""

    moment: Moment
    keys: Keys
    org_id: OrgId
    at: datetime
    effective_seconds: int
    small_group: int
    progress: Progress
    held: dict[UUID, Held] = field(default_factory=dict)
    """What several shows together are compared with."""

    async def show(self, listed: BroadcastRow) -> Comparison:
        broadcast_id, org_id = listed.broadcast.id, self.org_id
        compared = Comparison(broadcast_id)
        reports = ReportStore(self.moment, self.effective_seconds, self.small_group)
        report = await reports.report(org_id, broadcast_id, self.at)
        async with self.moment.transaction(org_id) as tx:
            counted = await recount(
                tx, broadcast_id, self.at, cuts_of(report), self.effective_seconds, compared, self.progress
            )
            await compare_sums(tx, broadcast_id, counted.sums, compared)
        ReportCheck(report, counted, compared, self.small_group).check()
        FileCheck(report, counted, compared, self.small_group).check(self.at)
        desks = DeskStore(self.moment, People(Vault(self.keys)))
        check_desk(await desks.desk(org_id, broadcast_id, self.at), counted, compared)
        check_row(listed, counted, compared)
        check_channels(await ChannelStore(self.moment).listed(org_id, broadcast_id), counted, compared)
        await self._wall(report, counted, compared)
        if its := held(counted):
            self.held[its.id] = its
        return compared

    async def _wall(self, report: Report, counted: Recount, compared: Comparison) -> None:
        walls = WallStore(self.moment, People(Vault(self.keys)), self.effective_seconds)
        of = WallOf(self.org_id, report.broadcast.id, None)
        _, counts = await walls.counts(of, self.at)
        course = await walls.course(of, self.at)
        async with self.moment.transaction(self.org_id) as tx:
            jobs = [card["job_id"] for card in counted.cards.values() if card["job_id"]]
            titles = {row["id"]: row["title"] for row in await rows(tx, raw_rows.TITLES, jobs)}
        check_wall(counts, course, report.curve, counted, titles, compared)

    async def series(self, series_id: SeriesId, shows: Sequence[BroadcastId]) -> Comparison:
        compared = Comparison(series_id)
        its = [self.held[show] for show in shows if show in self.held]
        async with self.moment.transaction(self.org_id) as tx:
            distinct = await check_series(tx, series_id, shows, {show.id: show.under for show in its}, compared)
            bases = {row["id"]: row["name"] for row in await rows(tx, raw_rows.BASES, self.org_id)}
        report = await SeriesReportStore(self.moment).report(self.org_id, series_id, self.at)
        check_series_report(report, its, bases, distinct, compared)
        return compared

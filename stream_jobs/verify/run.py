"""Verifies shows: each organisation's at one moment, however much is written meanwhile."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from storage import raw_rows
from storage.broadcasts import BroadcastStore
from storage.channels import ChannelStore
from storage.cuts import CutStore, DistinctDevices
from storage.desks import DeskStore
from storage.distinct import DistinctViewers
from storage.over_shows import OverShowsStore
from storage.people import People
from storage.pool import Database, Moment
from storage.raw_rows import gone_since, rows, shows_of
from storage.report_exports import exported_shows
from storage.reports import ReportStore, midnight
from storage.series_reports import SeriesReportStore
from storage.stores import Stores
from storage.vault import Vault
from storage.walls import WallStore
from stream_jobs.actions.series import compared_of
from stream_jobs.domain.comparison import MOST_EARLIER, Show, compare
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.ids import BroadcastId, OrgId, SeriesId
from stream_jobs.domain.metrics import SMALL_GROUP
from stream_jobs.keys import Keys
from stream_jobs.ports import BroadcastRow, Report
from stream_jobs.ports.series import ShowsOf
from stream_jobs.ports.walls import WallOf
from stream_jobs.verify.bureau_form import check_bureau_form
from stream_jobs.verify.compare import Comparison, Partly, Verified, all_of
from stream_jobs.verify.cuts import Devices, check_cuts
from stream_jobs.verify.earlier import BESIDE, check_beside_earlier, earlier_of
from stream_jobs.verify.files import FileCheck
from stream_jobs.verify.groups import Group, parts, seen_from, wholes, within
from stream_jobs.verify.live import check_channels, check_desk, check_row
from stream_jobs.verify.priorities import stored_as
from stream_jobs.verify.recount import Progress, Recount, recount, unheard
from stream_jobs.verify.report import ReportCheck, cuts_of
from stream_jobs.verify.screens import check_series_wall, check_wall
from stream_jobs.verify.series import Distinct, Several, count_together
from stream_jobs.verify.series_book import check_series_files
from stream_jobs.verify.several import Held, check_series_report, held
from stream_jobs.verify.shows_book import check_shows_book
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
    asked: Stores | None = None,
) -> Verified:
    """A broadcast by its id, a series with all its broadcasts by its id, or without one all there is.

    asked: stores that were read before; what they keep of devices over several shows is then compared too. Raises
    BroadcastNotFound when the id is of neither.
    """
    async with database.maintenance() as tx:
        shows = await shows_of(tx, wanted)
        gone = {show["id"]: when for show in shows if (when := await gone_since(tx, show["id"]))}
    if wanted is not None and not shows:
        raise BroadcastNotFound
    comparisons: list[Comparison] = []
    partly: list[Partly] = []
    for org_id, group in groupby(shows, key=lambda show: OrgId(show["org_id"])):
        own = list(group)
        async with database.moment() as moment:
            async with moment.transaction(org_id) as tx:
                parents = {row["id"]: row["parent_id"] for row in await rows(tx, raw_rows.UNITS, org_id)}
            one = _Moment(moment, keys, org_id, at, effective_seconds, small_group, progress, parents, _kept(asked))
            listed = {row.broadcast.id: row for row in await BroadcastStore(moment).rows(org_id, at)}
            comparisons += [await one.show(listed[show["id"]]) for show in own if show["id"] not in gone]
            groups = wholes(own, wanted, gone)
            comparisons += await one.together(groups)
            comparisons += await one.beside_earlier()
            partly += [group.partly for group in groups if group.partly]
    return all_of(comparisons, len(shows), gone, partly)


def _kept(asked: Stores | None) -> tuple[DistinctViewers, DistinctDevices]:
    """What is kept of devices over several shows, so that they need not be counted each time."""
    if asked:
        return asked.series.viewers, asked.cuts.devices
    return DistinctViewers(raw_rows.STATEMENT_SECONDS), DistinctDevices(raw_rows.STATEMENT_SECONDS)


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
    parents: Mapping[UUID, UUID | None]
    """Of each unit the one above."""
    kept: tuple[DistinctViewers, DistinctDevices]
    held: dict[UUID, Held] = field(default_factory=dict)
    """What several shows together are compared with."""
    shown: dict[UUID, Show] = field(default_factory=dict)
    """What their reports say of them beside others."""
    in_files: set[frozenset[UUID]] = field(default_factory=set)
    in_books: set[frozenset[UUID]] = field(default_factory=set)
    """Shows whose files were compared: the reports of each, and the one of all of them."""

    async def show(self, listed: BroadcastRow) -> Comparison:
        broadcast_id, org_id = listed.broadcast.id, self.org_id
        compared = Comparison(broadcast_id)
        tags = Vault(self.keys).priorities
        reports = ReportStore(self.moment, self.effective_seconds, self.small_group, tags)
        report = await reports.report(org_id, broadcast_id, self.at)
        async with self.moment.transaction(org_id) as tx:
            counted = await recount(
                tx,
                broadcast_id,
                self.at,
                cuts_of(report),
                self.effective_seconds,
                stored_as(self.keys, org_id),
                compared,
                self.progress,
            )
            await compare_sums(tx, broadcast_id, counted.sums, compared)
        ReportCheck(report, counted, compared, self.small_group).check()
        FileCheck(report, counted, compared, self.small_group).check(self.at)
        desks = DeskStore(self.moment, People(Vault(self.keys)))
        check_desk(await desks.desk(org_id, broadcast_id, self.at), counted, compared)
        check_row(listed, counted, compared)
        check_channels(await ChannelStore(self.moment).listed(org_id, broadcast_id), counted, compared)
        await self._wall(report, counted, compared)
        if its := held(counted, self.parents):
            self.held[its.id] = its
            self.shown[its.id] = compared_of(report)
            check_bureau_form([report], {}, [its], Distinct(), self.at, compared)
        return compared

    async def _wall(self, report: Report, counted: Recount, compared: Comparison) -> None:
        walls, of = self._walls, WallOf(self.org_id, report.broadcast.id, None)
        _, counts = await walls.counts(of, self.at)
        titles = await self._titles({card["job_id"] for card in counted.cards.values() if card["job_id"]})
        check_wall(counts, await walls.course(of, self.at), report.curve, counted, titles, compared)

    @property
    def _walls(self) -> WallStore:
        return WallStore(self.moment, People(Vault(self.keys)), self.effective_seconds)

    async def _titles(self, jobs: Collection[UUID]) -> Mapping[UUID, str]:
        async with self.moment.transaction(self.org_id) as tx:
            return {row["id"]: row["title"] for row in await rows(tx, raw_rows.TITLES, list(jobs))}

    async def beside_earlier(self) -> Sequence[Comparison]:
        """Each show beside those before it; where one of these cannot be counted again, only which they are."""
        async with self.moment.transaction(self.org_id) as tx:
            every = await rows(tx, raw_rows.HELD, self.org_id)
        return [await self._beside_earlier(show, *earlier_of(show, every)) for show in self.held.values()]

    async def _beside_earlier(self, show: Held, among: str, ids: Sequence[UUID]) -> Comparison:
        compared, store = Comparison(show.id), SeriesReportStore(self.moment)
        found = await store.earlier_shows(self.org_id, BroadcastId(show.id), most=MOST_EARLIER)
        compared.same(BESIDE, "earlier shows", "show", (found.group.kind, list(found.shows)), (among, ids))
        if all(one in self.held for one in (*ids, *found.shows)):
            beside = compare(self.shown[show.id], [self.shown[one] for one in found.shows], found.group)
            check_beside_earlier(beside, show, [self.held[one] for one in ids], compared)
        return compared

    async def together(self, groups: Sequence[Group]) -> Sequence[Comparison]:
        """By series or organisation, its shows; with the organisation its units and some days too."""
        everything = next((group for group in groups if group.id == self.org_id), None)
        groups = [*groups, *(parts(everything, self.held.values()) if everything else ())]
        several = self._several(groups)
        async with self.moment.transaction(self.org_id) as tx:
            await count_together(tx, list({id(one): one for one in several}.values()))
        return [await self._together(group, one) for group, one in zip(groups, several, strict=True)]

    def _several(self, groups: Sequence[Group]) -> Sequence[Several]:
        """Of each group; one that nothing is kept of is counted with another of the same shows, where there is one."""
        found: list[Several] = []
        by_shows: dict[frozenset[UUID], Several] = {}
        for group in groups:
            shows = self._held_of(group)
            counted, ids = {show.id: show.under for show in shows}, frozenset(show.id for show in shows)
            if group.is_whole or ids not in by_shows:
                by_line = Devices({show.id: show.part for show in shows})
                compared = Comparison(group.id)
                by_shows[ids] = Several(group.id, group.shows, counted, compared, by_line, kept=group.is_whole)
            found.append(by_shows[ids])
        return found

    def _held_of(self, group: Group) -> Sequence[Held]:
        return within(group.of, [self.held[show] for show in group.shows if show in self.held])

    async def _together(self, group: Group, one: Several) -> Comparison:
        """The report, the lines of jobs and so on, and the files of both; of whole ones what else shows them."""
        shows, (viewers, devices) = seen_from(group.of, self._held_of(group)), self.kept
        compared = one.compared if group.is_whole else Comparison(group.id)
        report = await SeriesReportStore(self.moment, viewers).report(self.org_id, group.of, self.at)
        check_series_report(report, shows, one.distinct, compared, group.where)
        cuts = await CutStore(self.moment, devices).cuts(self.org_id, group.of, self.at)
        check_cuts(cuts, one.by_line, compared, group.where)
        if self._not_yet(shows, self.in_books):
            check_series_files(report, cuts, self.at, compared)
        if group.of.unit is None and group.of.until is None:
            await self._files(group.of, shows, one.distinct, compared)
        if group.of.series and group.is_whole:
            await self._series_wall(group.of.series, shows, one)
        return compared

    @staticmethod
    def _not_yet(shows: Sequence[Held], compared: set[frozenset[UUID]]) -> bool:
        """The same shows have the same files, whatever holds them."""
        ids = frozenset(show.id for show in shows)
        is_new = ids not in compared
        compared.add(ids)
        return is_new

    async def _files(self, of: ShowsOf, shows: Sequence[Held], devices: Distinct, compared: Comparison) -> None:
        """Of the shows that an export of them would hold now; the same shows have the same files."""
        async with self.moment.transaction(self.org_id) as tx:
            exported = await exported_shows(tx, self.org_id, self.at, of.series, midnight(of.since), None)
        compared.same("file shows", "shows", "together", exported, [show.id for show in shows])
        if not self._not_yet(shows, self.in_files):
            return
        store = ReportStore(self.moment, self.effective_seconds, self.small_group, Vault(self.keys).priorities)
        reports = [await store.report(self.org_id, show, self.at) for show in exported]
        await check_shows_book(reports, shows, compared)
        distinct = await OverShowsStore(self.moment, self.kept[0]).distinct(self.org_id, exported)
        check_bureau_form(reports, distinct, shows, devices, self.at, compared)

    async def _series_wall(self, series: SeriesId, shows: Sequence[Held], one: Several) -> None:
        walls, of = self._walls, WallOf(self.org_id, None, series)
        _, counts = await walls.counts(of, self.at)
        titles = await self._titles({job for show in shows for job in show.applied_for})
        check_series_wall(counts, await walls.course(of, self.at), shows, one.distinct, titles, one.compared)

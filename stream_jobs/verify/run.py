"""Verifies shows: each organisation's at one moment, however much is written meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from storage.broadcasts import BroadcastStore
from storage.channels import ChannelStore
from storage.desks import DeskStore
from storage.people import People
from storage.pool import Database, Moment
from storage.raw_rows import shows_of
from storage.reports import ReportStore
from storage.vault import Vault
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.keys import Keys
from stream_jobs.ports import BroadcastRow
from stream_jobs.verify.compare import Comparison, Verified, all_of
from stream_jobs.verify.files import FileCheck
from stream_jobs.verify.live import check_channels, check_desk, check_row
from stream_jobs.verify.recount import Progress, recount
from stream_jobs.verify.report import ReportCheck, cuts_of
from stream_jobs.verify.sums import check_sums


def unheard(_: int) -> None:
    """Progress that nobody looks at."""


async def verify(
    database: Database, keys: Keys, wanted: UUID | None, at: datetime, progress: Progress = unheard
) -> Verified:
    """A broadcast or the broadcasts of a series, by id; without one, all there are.

    Raises BroadcastNotFound when the id is of neither.
    """
    async with database.maintenance() as tx:
        shows = await shows_of(tx, wanted)
    if wanted is not None and not shows:
        raise BroadcastNotFound
    comparisons: list[Comparison] = []
    for org_id, own in groupby(shows, key=lambda show: OrgId(show["org_id"])):
        async with database.moment() as moment:
            listed = await BroadcastStore(moment).rows(org_id, at)
            for show in own:
                comparisons.append(await _verify(moment, keys, org_id, BroadcastId(show["id"]), at, listed, progress))
    return all_of(comparisons)


async def _verify(
    moment: Moment,
    keys: Keys,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    at: datetime,
    listed: Sequence[BroadcastRow],
    progress: Progress,
) -> Comparison:
    compared = Comparison(broadcast_id)
    report = await ReportStore(moment).report(org_id, broadcast_id, at)
    async with moment.transaction(org_id) as tx:
        counted = await recount(tx, broadcast_id, at, cuts_of(report), compared, progress)
        await check_sums(tx, broadcast_id, counted, compared)
    ReportCheck(report, counted, compared).check()
    FileCheck(report, counted, compared).check(at)
    check_desk(await DeskStore(moment, People(Vault(keys))).desk(org_id, broadcast_id, at), counted, compared)
    check_row(listed, broadcast_id, counted, compared)
    check_channels(await ChannelStore(moment).listed(org_id, broadcast_id), counted, compared)
    return compared

"""The whole season into a database, and what it then says of itself."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from storage.plain_counts import PlainCounts, database_bytes, plain_counts
from stream_jobs.clock import utc_now
from stream_jobs.database import Place, the_place
from stream_jobs.domain.ids import EmployerId, OrgId
from stream_jobs.replay import stage
from stream_jobs.replay.clock import Player
from stream_jobs.replay.season import Season, ShowPlan, sums
from stream_jobs.replay.show import Progress, play
from stream_jobs.settings import Settings

# One generates while PostgreSQL stores another; each show uses a connection, applications two more.
SHOWS_AT_ONCE = 2
CONNECTIONS = 6


@dataclass(frozen=True, slots=True)
class Replayed:
    """Sums over the season. agree: the plan, the reports and a plain count say the same."""

    shows: int
    cards: int
    openings: int
    views: int
    applications: int
    seconds: float
    bytes: int
    events: int
    agree: bool

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


async def replay(settings: Settings, shows: Sequence[ShowPlan], progress: Progress) -> Replayed:
    """Goes on where an earlier run stopped. seconds and bytes are of this run."""
    async with the_place(settings, connections=CONNECTIONS) as place:
        began, bytes_before = time.monotonic(), await database_bytes(place.database)
        org_id = await _play(place, shows, progress)
        seconds, grown = time.monotonic() - began, await database_bytes(place.database) - bytes_before
        told, counted = await _told(place, org_id), await plain_counts(place.database, org_id)
        return Replayed(
            *(counted.shows, counted.cards, counted.openings, counted.views, counted.applications),
            seconds=round(seconds, 1),
            bytes=grown,
            events=counted.events,
            agree=sums(shows) == told == _season(counted),
        )


async def _play(place: Place, shows: Sequence[ShowPlan], progress: Progress) -> OrgId:
    player = Player(place.stores, place.keys)
    org_id = await stage.organisation(player)
    of = await stage.employers(player, org_id)
    applying = asyncio.create_task(player.run())
    try:
        await _shows(player, org_id, of, shows, progress)
    finally:
        applying.cancel()
        with suppress(asyncio.CancelledError):
            await applying
    return org_id


async def _shows(
    player: Player, org_id: OrgId, of: Sequence[EmployerId], shows: Sequence[ShowPlan], progress: Progress
) -> None:
    waiting = iter(shows)

    async def one_after_the_other() -> None:
        for plan in waiting:
            await play(player, org_id, plan, of, progress)

    async with asyncio.TaskGroup() as group:
        for _ in range(SHOWS_AT_ONCE):
            group.create_task(one_after_the_other())


async def _told(place: Place, org_id: OrgId) -> Season:
    """What the reports of the shows come to."""
    reports = place.stores.reports
    shows = await reports.counted_shows(org_id, None, None)
    figures = [(await reports.report(org_id, show, utc_now())).figures for show in shows]
    return Season(
        shows=len(figures),
        cards=sum(figure.cards for figure in figures),
        openings=sum(figure.openings for figure in figures),
        views=sum(figure.visits for figure in figures),
        applications=sum(figure.applied.applications for figure in figures),
    )


def _season(counted: PlainCounts) -> Season:
    return Season(counted.shows, counted.cards, counted.openings, counted.views, counted.applications)

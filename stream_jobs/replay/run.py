"""The whole season into a database, and what it then says of itself."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from storage.plain_counts import PlainCounts, database_bytes, plain_counts
from stream_jobs.clock import utc_now
from stream_jobs.database import Place, the_place
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import EmployerId, OrgId
from stream_jobs.replay import stage
from stream_jobs.replay.clock import Player
from stream_jobs.replay.season import Season, ShowPlan, sums
from stream_jobs.replay.show import Progress, play
from stream_jobs.settings import Settings

# One generates while PostgreSQL stores another; each show uses a connection, applications two more.
SHOWS_AT_ONCE = 2
CONNECTIONS = 6
# Nobody waits for an answer; a machine that is busy with something else may take its time.
STATEMENT_SECONDS = 120.0
TRIES = 10
AGAIN_AFTER_SECONDS = 1.0


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
    """Goes on where an earlier run stopped, or the database was away for a moment. seconds and bytes are of this run.

    Raises StorageUnavailable when it stays away.
    """
    async with the_place(settings, connections=CONNECTIONS, statement_seconds=STATEMENT_SECONDS) as place:
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
    player = Player(place.stores, place.keys, place.settings)
    org_id = await stage.organisation(player)
    of = await stage.employers(player, org_id)
    applying = asyncio.create_task(player.run())
    try:
        await _shows(player, org_id, of, shows, progress)
        await place.stores.presence.seal(utc_now())
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
            await _to_its_end(player, org_id, plan, of, progress)

    async with asyncio.TaskGroup() as group:
        for _ in range(SHOWS_AT_ONCE):
            group.create_task(one_after_the_other())


async def _to_its_end(
    player: Player, org_id: OrgId, plan: ShowPlan, of: Sequence[EmployerId], progress: Progress
) -> None:
    """A show again from its beginning where storing failed: what is there already is not stored twice."""
    further = _Further(progress)
    for attempt in range(1, TRIES + 1):
        is_done = False
        try:
            await play(player, org_id, plan, of, further.tell)
            is_done = True
        except* StorageUnavailable:
            if attempt == TRIES:
                raise
        if is_done:
            return
        further.again()
        await asyncio.sleep(AGAIN_AFTER_SECONDS)


class _Further:
    """Progress that tells no page load twice."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told = self._done = 0

    def again(self) -> None:
        self._done = 0

    def tell(self, more: int) -> None:
        self._done += more
        if self._done > self._told:
            self._progress(self._done - self._told)
            self._told = self._done


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

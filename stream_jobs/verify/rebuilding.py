"""Sums made again from the events, show by show, and what was not right before."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.pool import Database
from storage.raw_rows import gone_since, shows_of
from storage.rebuilding import Rebuilt, rebuild, rebuild_together
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.verify.recount import Progress, unheard


@dataclass(frozen=True, slots=True)
class RebuiltShows:
    """changed: by broadcast, series or organisation, what was not right."""

    shows: int
    changed: Mapping[UUID, Rebuilt]
    dry_run: bool

    def as_dict(self) -> Mapping[str, Any]:
        changed = [{"broadcast": id_, **asdict(rebuilt)} for id_, rebuilt in self.changed.items()]
        return {"shows": self.shows, "changed": changed, "dry_run": self.dry_run}

    def lines(self) -> list[str]:
        told = []
        for id_, rebuilt in self.changed.items():
            told.append(f"{id_}: {rebuilt.reach:,} rows of reach, {rebuilt.cells:,} of presence")
            told += [
                f"  card {one.card_id} channel {one.channel_id} step {one.step}: {one.was} → {one.now}"
                for one in rebuilt.sums
            ]
        would = "would change" if self.dry_run else "changed"
        return [*told, f"{len(self.changed):,} of {self.shows:,} broadcasts {would}"]


async def rebuild_shows(
    database: Database,
    wanted: UUID | None,
    at: datetime,
    *,
    effective_seconds: int = 10,
    dry_run: bool = False,
    progress: Progress = unheard,
) -> RebuiltShows:
    """A broadcast or those of a series by id, or all, and what is whole together; one transaction each.

    A show whose events were dropped is left as it is. Raises BroadcastNotFound.
    """
    async with database.maintenance() as tx:
        shows = await shows_of(tx, wanted)
        kept = [show for show in shows if await gone_since(tx, show["id"]) is None]
    if wanted is not None and not shows:
        raise BroadcastNotFound
    changed: dict[UUID, Rebuilt] = {}
    for show in kept:
        rebuilt = await rebuild(database, show["id"], at, effective_seconds=effective_seconds, dry_run=dry_run)
        if not rebuilt.right:
            changed[show["id"]] = rebuilt
        progress(1)
    together = {show["series_id"] for show in shows if show["series_id"] and wanted in (None, show["series_id"])}
    if wanted is None:
        together |= {show["org_id"] for show in shows}
    for place in sorted(together):
        rebuilt = await rebuild_together(database, place, dry_run=dry_run)
        if not rebuilt.right:
            changed[place] = rebuilt
    return RebuiltShows(len(shows), changed, dry_run)

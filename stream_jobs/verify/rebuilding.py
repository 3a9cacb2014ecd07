"""Sums made again from the events, show by show, and what was not right before."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from storage.pool import Database
from storage.raw_rows import shows_of
from storage.rebuilding import Rebuilt, rebuild
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.verify.recount import Progress


@dataclass(frozen=True, slots=True)
class RebuiltShows:
    """changed: by broadcast, what was not right."""

    shows: int
    changed: Mapping[UUID, Rebuilt]
    dry_run: bool

    def as_dict(self) -> Mapping[str, Any]:
        changed = [{"broadcast": id_, **asdict(rebuilt)} for id_, rebuilt in self.changed.items()]
        return {"shows": self.shows, "changed": changed, "dry_run": self.dry_run}

    def lines(self) -> list[str]:
        told = []
        for id_, rebuilt in self.changed.items():
            told.append(f"{id_}: {rebuilt.reach:,} rows of reach")
            told += [
                f"  card {one.card_id} channel {one.channel_id} step {one.step}: {one.was} → {one.now}"
                for one in rebuilt.sums
            ]
        would = "would change" if self.dry_run else "changed"
        return [*told, f"{len(self.changed):,} of {self.shows:,} broadcasts {would}"]


async def rebuild_shows(database: Database, wanted: UUID | None, *, dry_run: bool, progress: Progress) -> RebuiltShows:
    """A broadcast or those of a series by id, or all; one transaction each. Raises BroadcastNotFound."""
    async with database.maintenance() as tx:
        shows = [show["id"] for show in await shows_of(tx, wanted)]
    if wanted is not None and not shows:
        raise BroadcastNotFound
    changed = {}
    for show in shows:
        rebuilt = await rebuild(database, show, dry_run=dry_run)
        if not rebuilt.right:
            changed[show] = rebuilt
        progress(1)
    return RebuiltShows(len(shows), changed, dry_run)

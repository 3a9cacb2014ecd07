"""Visits, watched intervals, signals and questions: stored once, counted as they are stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from storage.counting import FORGED, Hit, count
from storage.places import share_counting
from storage.pool import Database, Transaction
from storage.sealed import share_presence, unseal
from storage.signals import append
from stream_jobs.domain.errors import CardNotFound
from stream_jobs.domain.events import QuestionKind, Signal, Step, Watcher
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, OrgId, ViewerId, VisitId, WorkerId

# A worker beats every five seconds; one that missed two is not believed any more.
BEAT_LASTS = timedelta(seconds=15)


class AudienceStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_visits(
        self, org_id: OrgId, broadcast_id: BroadcastId, visits: Sequence[tuple[Watcher, datetime]]
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await share_counting(tx, broadcast_id)
            await share_presence(tx, [broadcast_id])
            fresh = await _insert_visits(tx, org_id, broadcast_id, visits)
            if fresh:
                await _remember_channels(tx, org_id, broadcast_id, fresh)
                await _insert_visit_events(tx, org_id, broadcast_id, fresh)
                hits = [Hit(w.viewer_id, WHOLE_SHOW, Step.VISIT, w.channel_id) for w, _ in fresh]
                forged = [Hit(w.viewer_id, WHOLE_SHOW, FORGED, w.channel_id, False) for w, _ in fresh if w.forged_link]
                await count(tx, org_id, broadcast_id, hits + forged)
                await unseal(tx, [(broadcast_id, min(at for _, at in fresh))])

    async def open_intervals(self, rows: Sequence[tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime]]) -> None:
        for org_id in sorted({row[0] for row in rows}):
            async with self._database.transaction(org_id) as tx:
                await _write_intervals(tx, org_id, [(*row[1:], None) for row in rows if row[0] == org_id])

    async def close_intervals(
        self, rows: Sequence[tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime, datetime]]
    ) -> None:
        for org_id in sorted({row[0] for row in rows}):
            async with self._database.transaction(org_id) as tx:
                await _write_intervals(tx, org_id, [row[1:] for row in rows if row[0] == org_id])

    async def append(
        self, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[tuple[Watcher, Signal]], received_at: datetime
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await append(tx, org_id, broadcast_id, batch, received_at)

    async def ask(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        viewer_id: ViewerId,
        card_id: CardId,
        kind: QuestionKind,
        at: datetime,
    ) -> tuple[int, str | None]:
        async with self._database.transaction(org_id) as tx:
            answers = await tx.fetchval(
                "SELECT answers FROM card WHERE broadcast_id = $1 AND org_id = $2 AND id = $3",
                broadcast_id,
                org_id,
                card_id,
            )
            if answers is None:
                raise CardNotFound
            await tx.execute(
                """
                INSERT INTO question (broadcast_id, card_id, kind, viewer_id, org_id, at)
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
                """,
                broadcast_id,
                card_id,
                kind,
                viewer_id,
                org_id,
                at,
            )
            asked = await tx.fetchval(
                "SELECT count(*) FROM question WHERE broadcast_id = $1 AND card_id = $2 AND kind = $3",
                broadcast_id,
                card_id,
                kind,
            )
        return asked, next((said["answer"] for said in answers if said["kind"] == kind), None)

    async def questions(self, org_id: OrgId, broadcast_id: BroadcastId) -> Mapping[CardId, Mapping[QuestionKind, int]]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT card_id, kind, count(*) AS asked FROM question WHERE broadcast_id = $1 AND org_id = $2
                GROUP BY card_id, kind
                """,
                broadcast_id,
                org_id,
            )
        asked: dict[CardId, dict[QuestionKind, int]] = {}
        for row in rows:
            asked.setdefault(row["card_id"], {})[QuestionKind(row["kind"])] = row["asked"]
        return asked

    async def beat(self, worker_id: WorkerId, rooms: Mapping[BroadcastId, int], at: datetime) -> None:
        async with self._database.maintenance() as tx:
            last = await tx.fetchval(
                """
                INSERT INTO worker (id, started_at, beat_at) VALUES ($1, $2, $2)
                ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at RETURNING old.beat_at
                """,
                worker_id,
                at,
            )
            if last is None or last < at - BEAT_LASTS:
                await _unseal_since(tx, worker_id, last)
            await tx.executemany(
                """
                INSERT INTO worker_room (worker_id, broadcast_id, viewers, beat_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (broadcast_id, worker_id)
                DO UPDATE SET viewers = excluded.viewers, beat_at = excluded.beat_at
                """,
                [(worker_id, broadcast_id, viewers, at) for broadcast_id, viewers in sorted(rooms.items())],
            )
            await tx.execute("DELETE FROM worker_room WHERE worker_id = $1 AND beat_at < $2", worker_id, at)
            for broadcast_id in sorted(rooms):
                watching = await watching_now(tx, broadcast_id, at)
                await tx.execute(
                    "UPDATE broadcast SET peak = $2 WHERE id = $1 AND peak < $2 AND status = 'live'",
                    broadcast_id,
                    watching,
                )

    async def watching_elsewhere(self, broadcast_id: BroadcastId, worker_id: WorkerId, at: datetime) -> int:
        async with self._database.transaction(None) as tx:
            return await watching_now(tx, broadcast_id, at, but=worker_id)


async def watching_now(tx: Transaction, broadcast_id: BroadcastId, at: datetime, *, but: WorkerId | None = None) -> int:
    """Distinct viewers per worker, summed over the workers that are alive."""
    return int(
        await tx.fetchval(
            """
            SELECT coalesce(sum(r.viewers), 0) FROM worker_room r JOIN worker w ON w.id = r.worker_id
            WHERE r.broadcast_id = $1 AND w.beat_at > $2 AND ($3::uuid IS NULL OR r.worker_id <> $3)
            """,
            broadcast_id,
            at - BEAT_LASTS,
            but,
        )
    )


async def _write_intervals(
    tx: Transaction, org_id: OrgId, rows: Sequence[tuple[BroadcastId, VisitId, WorkerId, datetime, datetime | None]]
) -> None:
    """Opens intervals, or closes them when they have an end; an end once known is not forgotten."""
    once = {(broadcast, visit, since): (worker, until) for broadcast, visit, worker, since, until in rows}
    keys = sorted(once)
    await share_presence(tx, [broadcast for broadcast, _, _ in keys])
    written = await tx.fetch(
        """
        INSERT INTO visit_interval (org_id, broadcast_id, visit_id, from_at, worker_id, to_at)
        SELECT $1, new.* FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::timestamptz[]) AS new
        ON CONFLICT (broadcast_id, visit_id, from_at) DO UPDATE SET to_at = excluded.to_at
        WHERE excluded.to_at IS NOT NULL
        RETURNING broadcast_id, least(new.to_at, old.to_at, CASE WHEN old.visit_id IS NULL THEN new.from_at ELSE
            coalesce((SELECT beat_at FROM worker WHERE id = new.worker_id), new.from_at) END) AS at
        """,
        org_id,
        [broadcast for broadcast, _, _ in keys],
        [visit for _, visit, _ in keys],
        [since for _, _, since in keys],
        [once[key][0] for key in keys],
        [once[key][1] for key in keys],
    )
    # Until its end is written, a connection was believed to last until its worker's last beat at least.
    await unseal(tx, [(row["broadcast_id"], row["at"]) for row in written])


async def _unseal_since(tx: Transaction, worker_id: WorkerId, last_beat: datetime | None) -> None:
    """A worker that was believed dead lives: its connections did not end at its last beat, or as they began."""
    rows = await tx.fetch(
        "SELECT broadcast_id, min(from_at) AS at FROM visit_interval WHERE worker_id = $1 AND to_at IS NULL GROUP BY 1",
        worker_id,
    )
    late = [(BroadcastId(row["broadcast_id"]), last_beat or row["at"]) for row in rows]
    if late:
        await share_presence(tx, [broadcast for broadcast, _ in late])
        await unseal(tx, late)


async def _insert_visits(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, visits: Sequence[tuple[Watcher, datetime]]
) -> list[tuple[Watcher, datetime]]:
    by_id = {watcher.visit_id: (watcher, at) for watcher, at in visits}
    ids = sorted(by_id, key=lambda id_: id_.int)
    rows = await tx.fetch(
        """
        INSERT INTO visit (broadcast_id, id, org_id, viewer_id, channel_id, at)
        SELECT $1, id, $2, viewer_id, channel_id, at
        FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[]) AS new (id, viewer_id, channel_id, at)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        broadcast_id,
        org_id,
        ids,
        [by_id[id_][0].viewer_id for id_ in ids],
        [by_id[id_][0].channel_id for id_ in ids],
        [by_id[id_][1] for id_ in ids],
    )
    return [by_id[row["id"]] for row in rows]


async def _remember_channels(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, visits: Sequence[tuple[Watcher, datetime]]
) -> None:
    """A device's first channel stays for good; the last is that of its newest visit here."""
    of_device: dict[ViewerId, list[tuple[Watcher, datetime]]] = {}
    for visit in sorted(visits, key=lambda visit: visit[1]):
        of_device.setdefault(visit[0].viewer_id, []).append(visit)
    devices = sorted(of_device)
    await tx.execute(
        """
        INSERT INTO audience_member (broadcast_id, org_id, viewer_id, first_channel_id, last_channel_id, first_at)
        SELECT $1, $2, viewer_id, first_channel_id, last_channel_id, first_at
        FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[])
             AS new (viewer_id, first_channel_id, last_channel_id, first_at)
        ON CONFLICT (broadcast_id, viewer_id) DO UPDATE SET last_channel_id = excluded.last_channel_id
        """,
        broadcast_id,
        org_id,
        devices,
        [of_device[viewer][0][0].channel_id for viewer in devices],
        [of_device[viewer][-1][0].channel_id for viewer in devices],
        [of_device[viewer][0][1] for viewer in devices],
    )


async def _insert_visit_events(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, visits: Sequence[tuple[Watcher, datetime]]
) -> None:
    await tx.execute(
        """
        INSERT INTO audience_event
            (broadcast_id, org_id, card_id, step, event_id, viewer_id, visit_id, channel_id, at, received_at, forged)
        SELECT $1, $2, $3, 'visit', visit_id, viewer_id, visit_id, channel_id, at, at, forged
        FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::boolean[])
             AS new (visit_id, viewer_id, channel_id, at, forged)
        ON CONFLICT DO NOTHING
        """,
        broadcast_id,
        org_id,
        WHOLE_SHOW,
        [watcher.visit_id for watcher, _ in visits],
        [watcher.viewer_id for watcher, _ in visits],
        [watcher.channel_id for watcher, _ in visits],
        [at for _, at in visits],
        [watcher.forged_link for watcher, _ in visits],
    )

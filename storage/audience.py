"""Visits, watched intervals, signals and questions: stored once, counted as they are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from storage.counting import CALL, FORGED, FRAUD, LATE, Hit, count, count_beside
from storage.places import share_counting
from storage.pool import Database, Transaction
from storage.sealed import share_presence, unseal
from stream_jobs.domain.errors import BroadcastNotFound, CardNotFound
from stream_jobs.domain.events import QuestionKind, Signal, SignalStep, Step, Watcher
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, ChannelId, OrgId, ViewerId, VisitId, WorkerId

# A worker beats every five seconds; one that missed two is not believed any more.
BEAT_LASTS = timedelta(seconds=15)
# Phones' clocks are set by their page to ours; what is left is travel and rounding.
CLOCK_SKEW = timedelta(minutes=2)
LATE_EVENTS = timedelta(hours=24)

FUNNEL = {
    SignalStep.IMPRESSION: Step.IMPRESSION,
    SignalStep.CLICK: Step.CLICK,
    SignalStep.APPLY_START: Step.APPLY_START,
}


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
                await count(tx, org_id, broadcast_id, hits)
                forged = [(WHOLE_SHOW, w.channel_id, FORGED) for w, _ in fresh if w.forged_link]
                await count_beside(tx, org_id, broadcast_id, forged)
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
            await share_counting(tx, broadcast_id)
            facts = await _facts(tx, org_id, broadcast_id, batch)
            # A page may hand over one event twice in a batch; it is one event.
            once = {signal.event_id: (watcher, signal) for watcher, signal in reversed(batch)}
            judged = [(w, s, _why_not(w, s, facts, received_at)) for w, s in once.values()]
            stored = await _insert_signals(tx, org_id, broadcast_id, judged, facts, received_at)
            fresh = [(w, s, fraud) for w, s, fraud in judged if s.event_id in stored]
            hits = [
                Hit(w.viewer_id, s.card_id, FUNNEL[s.step], w.channel_id)
                for w, s, fraud in fresh
                if fraud is None and s.step in FUNNEL
            ]
            await count(tx, org_id, broadcast_id, hits, facts.first_channels)
            await count_beside(tx, org_id, broadcast_id, _beside(fresh, facts, received_at))

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


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the signals of a batch are judged by; how long visits were connected is known once the show has ended."""

    ended_at: datetime | None
    visits: Mapping[VisitId, asyncpg.Record]
    first_channels: Mapping[ViewerId, ChannelId]
    intervals: Mapping[VisitId, Sequence[asyncpg.Record]]
    cards: frozenset[CardId]
    pushes: frozenset[int]


# Each by its key, whatever the planner believes of a table it has not looked at yet.
VISITS = """
    SELECT v.id, v.viewer_id, v.at, m.first_channel_id
    FROM unnest($2::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT id, viewer_id, at FROM visit WHERE broadcast_id = $1 AND id = wanted.id LIMIT 1) AS v
    CROSS JOIN LATERAL (
        SELECT first_channel_id FROM audience_member WHERE broadcast_id = $1 AND viewer_id = v.viewer_id LIMIT 1) AS m
"""


async def _intervals(
    tx: Transaction, broadcast_id: BroadcastId, visit_ids: Sequence[VisitId]
) -> Mapping[VisitId, Sequence[asyncpg.Record]]:
    intervals: dict[VisitId, list[asyncpg.Record]] = {}
    for row in await tx.fetch(
        """
        SELECT visit_id, from_at, to_at FROM visit_interval
        WHERE broadcast_id = $1 AND visit_id = ANY($2::uuid[])
        """,
        broadcast_id,
        visit_ids,
    ):
        intervals.setdefault(row["visit_id"], []).append(row)
    return intervals


async def _facts(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[tuple[Watcher, Signal]]
) -> _Facts:
    show = await tx.fetchrow("SELECT ended_at FROM broadcast WHERE id = $1 AND org_id = $2", broadcast_id, org_id)
    if show is None:
        raise BroadcastNotFound
    visit_ids = list({watcher.visit_id for watcher, _ in batch})
    visits = await tx.fetch(VISITS, broadcast_id, visit_ids)
    intervals = await _intervals(tx, broadcast_id, visit_ids) if show["ended_at"] else {}
    cards = await tx.fetch("SELECT id FROM card WHERE broadcast_id = $1", broadcast_id)
    pushes = await tx.fetch(
        "SELECT seq FROM stage_event WHERE broadcast_id = $1 AND kind = 'card_pushed' AND seq = ANY($2::bigint[])",
        broadcast_id,
        [signal.push_seq for _, signal in batch if signal.push_seq is not None],
    )
    return _Facts(
        show["ended_at"],
        {row["id"]: row for row in visits},
        {row["viewer_id"]: row["first_channel_id"] for row in visits},
        intervals,
        frozenset(row["id"] for row in cards),
        frozenset(row["seq"] for row in pushes),
    )


def _why_not(watcher: Watcher, signal: Signal, facts: _Facts, received_at: datetime) -> str | None:
    """Why a signal cannot be true, or None: it is stored either way, and counted only when it can."""
    visit = facts.visits.get(watcher.visit_id)
    if visit is None or visit["viewer_id"] != watcher.viewer_id:
        return "no_visit"
    if signal.card_id not in facts.cards:
        return "no_card"
    if signal.push_seq is not None and signal.push_seq not in facts.pushes:
        return "no_push"
    if signal.at > received_at + CLOCK_SKEW or signal.at < visit["at"] - CLOCK_SKEW:
        return "wrong_time"
    if facts.ended_at and _is_late(signal, facts, received_at):
        if received_at > facts.ended_at + LATE_EVENTS:
            return "too_late"
        if not _was_there(facts.intervals.get(watcher.visit_id, ()), signal.at):
            return "not_there"
    return None


def _beside(
    fresh: Sequence[tuple[Watcher, Signal, str | None]], facts: "_Facts", received_at: datetime
) -> list[tuple[CardId, ChannelId, int]]:
    """What is counted apart: calls, what arrived after the end, and what is not believed."""
    counted: list[tuple[CardId, ChannelId, int]] = []
    for watcher, signal, fraud in fresh:
        if fraud is not None:
            # A signal may name any card at all; what is not believed makes no rows of its own.
            counted.append((WHOLE_SHOW, watcher.channel_id, FRAUD[fraud]))
            continue
        if signal.step is SignalStep.CALL:
            counted.append((signal.card_id, watcher.channel_id, CALL))
        if _is_late(signal, facts, received_at):
            counted.append((WHOLE_SHOW, watcher.channel_id, LATE))
    return counted


def _is_late(signal: Signal, facts: "_Facts", received_at: datetime) -> bool:
    """Happened before the end and arrived after it."""
    return facts.ended_at is not None and signal.at < facts.ended_at < received_at


def _was_there(intervals: Sequence[asyncpg.Record], at: datetime) -> bool:
    return any(
        row["from_at"] - CLOCK_SKEW <= at and (row["to_at"] is None or at <= row["to_at"] + CLOCK_SKEW)
        for row in intervals
    )


async def _insert_signals(
    tx: Transaction,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    judged: Sequence[tuple[Watcher, Signal, str | None]],
    facts: _Facts,
    received_at: datetime,
) -> set[UUID]:
    """The ids of those not stored before."""
    rows = sorted(judged, key=lambda one: one[1].event_id.int)
    stored = await tx.fetch(
        """
        INSERT INTO audience_event (broadcast_id, org_id, received_at, event_id, viewer_id, visit_id, channel_id,
            card_id, step, push_seq, at, fraud, late)
        SELECT $1, $2, $3, new.* FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::text[],
            $10::bigint[], $11::timestamptz[], $12::text[], $13::boolean[]) AS new
        ON CONFLICT DO NOTHING RETURNING event_id
        """,
        broadcast_id,
        org_id,
        received_at,
        [signal.event_id for _, signal, _ in rows],
        [watcher.viewer_id for watcher, _, _ in rows],
        [watcher.visit_id for watcher, _, _ in rows],
        [watcher.channel_id for watcher, _, _ in rows],
        [signal.card_id for _, signal, _ in rows],
        [signal.step.value for _, signal, _ in rows],
        [signal.push_seq for _, signal, _ in rows],
        [signal.at for _, signal, _ in rows],
        [fraud for _, _, fraud in rows],
        [fraud is None and _is_late(signal, facts, received_at) for _, signal, fraud in rows],
    )
    return {row["event_id"] for row in stored}

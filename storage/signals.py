"""What pages report: judged by what is known of them, stored once, and counted when it can be true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import md5
from uuid import UUID

import asyncpg

from storage.counting import CALL, FRAUD, LATE, Hit, count, count_beside
from storage.places import share_counting
from storage.pool import Transaction
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Signal, SignalStep, Step, Watcher
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, ChannelId, OrgId, ViewerId, VisitId

# Phones' clocks are set by their page to ours; what is left is travel and rounding.
CLOCK_SKEW = timedelta(minutes=2)
LATE_EVENTS = timedelta(hours=24)

FUNNEL = {
    SignalStep.IMPRESSION: Step.IMPRESSION,
    SignalStep.CLICK: Step.CLICK,
    SignalStep.APPLY_START: Step.APPLY_START,
}


@dataclass(frozen=True, slots=True)
class _Judged:
    """A signal of the page it happened in, and why it cannot be true; of what can be, the reason is None.

    event_id: what it is stored by.
    """

    event_id: UUID
    watcher: Watcher
    signal: Signal
    fraud: str | None = None


async def append(
    tx: Transaction,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    batch: Sequence[tuple[Watcher, Signal]],
    received_at: datetime,
) -> None:
    """Stores and counts signals in the caller's transaction; those stored before change nothing."""
    await share_counting(tx, broadcast_id)
    facts = await _facts(tx, org_id, broadcast_id, batch, received_at)
    judged = [_judged(watcher, signal, facts) for watcher, signal in batch]
    again = await _counted_before(tx, broadcast_id, judged)
    # A page may hand over one event twice in a batch; it is one event.
    once = {one.event_id: one for one in reversed(judged) if one.event_id not in again}
    stored = await _insert(tx, org_id, broadcast_id, list(once.values()), facts)
    fresh = [one for event_id, one in once.items() if event_id in stored]
    hits = [
        Hit(one.watcher.viewer_id, one.signal.card_id, FUNNEL[one.signal.step], one.watcher.channel_id)
        for one in fresh
        if one.fraud is None and one.signal.step in FUNNEL
    ]
    await count(tx, org_id, broadcast_id, hits, facts.first_channels)
    await count_beside(tx, org_id, broadcast_id, _beside(fresh, facts))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the signals of a batch are judged by; its visits with when each was last known to be connected."""

    received_at: datetime
    ended_at: datetime | None
    visits: Mapping[VisitId, asyncpg.Record]
    first_channels: Mapping[ViewerId, ChannelId]
    cards: frozenset[CardId]
    pushes: frozenset[tuple[int, CardId]]

    def of(self, visit_id: VisitId, viewer_id: ViewerId) -> asyncpg.Record | None:
        """A visit of this device; nobody may speak for another's."""
        visit = self.visits.get(visit_id)
        return visit if visit and visit["viewer_id"] == viewer_id else None

    def is_late(self, signal: Signal) -> bool:
        """Happened before the end and arrived after it."""
        return self.ended_at is not None and signal.at < self.ended_at < self.received_at


# Each by its key, whatever the planner believes of a table it has not looked at yet. A connection that is open lasts
# until $3 at least.
VISITS = """
    SELECT v.id, v.viewer_id, v.channel_id, v.at, greatest(v.at, i.until) AS until, m.first_channel_id
    FROM unnest($2::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT id, viewer_id, channel_id, at FROM visit WHERE broadcast_id = $1 AND id = wanted.id LIMIT 1) AS v
    CROSS JOIN LATERAL (
        SELECT max(coalesce(to_at, $3)) AS until FROM visit_interval
        WHERE broadcast_id = $1 AND visit_id = wanted.id) AS i
    CROSS JOIN LATERAL (
        SELECT first_channel_id FROM audience_member WHERE broadcast_id = $1 AND viewer_id = v.viewer_id LIMIT 1) AS m
"""


async def _facts(
    tx: Transaction,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    batch: Sequence[tuple[Watcher, Signal]],
    received_at: datetime,
) -> _Facts:
    show = await tx.fetchrow("SELECT ended_at FROM broadcast WHERE id = $1 AND org_id = $2", broadcast_id, org_id)
    if show is None:
        raise BroadcastNotFound
    visit_ids = {watcher.visit_id for watcher, _ in batch} | {s.visit_id for _, s in batch if s.visit_id}
    visits = await tx.fetch(VISITS, broadcast_id, list(visit_ids), received_at)
    cards = await tx.fetch("SELECT id FROM card WHERE broadcast_id = $1", broadcast_id)
    pushes = await tx.fetch(
        """
        SELECT seq, card_id FROM stage_event
        WHERE broadcast_id = $1 AND kind = 'card_pushed' AND seq = ANY($2::bigint[])
        """,
        broadcast_id,
        [signal.push_seq for _, signal in batch if signal.push_seq is not None],
    )
    return _Facts(
        received_at,
        show["ended_at"],
        {row["id"]: row for row in visits},
        {row["viewer_id"]: row["first_channel_id"] for row in visits},
        frozenset(row["id"] for row in cards),
        frozenset((row["seq"], row["card_id"]) for row in pushes),
    )


def _judged(teller: Watcher, signal: Signal, facts: _Facts) -> _Judged:
    """Under the page load it happened in, which may be an earlier one of the device that tells of it."""
    visit_id = signal.visit_id or teller.visit_id
    visit = facts.of(visit_id, teller.viewer_id)
    if visit is None:
        return _Judged(signal.event_id, teller, signal, "no_visit")
    watcher = replace(teller, visit_id=visit_id, channel_id=visit["channel_id"])
    fraud = _why_not(teller, signal, visit, facts)
    if fraud or signal.step is not SignalStep.IMPRESSION:
        return _Judged(signal.event_id, watcher, signal, fraud)
    # One viewer's, so of the channel that brought the viewer, whichever page load tells of it first.
    watcher = replace(watcher, channel_id=visit["first_channel_id"])
    return _Judged(impression_id(watcher.viewer_id, signal), watcher, signal)


def impression_id(viewer_id: ViewerId, signal: Signal) -> UUID:
    """The same for whatever tells that this viewer saw this card of this push, or saw it beside the pushes."""
    push = "-" if signal.push_seq is None else signal.push_seq
    return UUID(bytes=md5(f"{viewer_id} {signal.card_id} {push}".encode(), usedforsecurity=False).digest())


async def _counted_before(tx: Transaction, broadcast_id: BroadcastId, judged: Sequence[_Judged]) -> frozenset[UUID]:
    """Impressions said again when it is too late, whose first telling counted; by the ids they were sent with."""
    late = {
        one.event_id: impression_id(one.watcher.viewer_id, one.signal)
        for one in judged
        if one.fraud == "too_late" and one.signal.step is SignalStep.IMPRESSION
    }
    if not late:
        return frozenset()
    counted = {
        row["event_id"]
        for row in await tx.fetch(
            "SELECT event_id FROM audience_event WHERE broadcast_id = $1 AND event_id = ANY($2::uuid[])",
            broadcast_id,
            list(late.values()),
        )
    }
    return frozenset(sent for sent, impression in late.items() if impression in counted)


def _why_not(teller: Watcher, signal: Signal, visit: asyncpg.Record, facts: _Facts) -> str | None:
    """Why a signal cannot be true, or None: it is stored either way, and counted only when it can."""
    if signal.card_id not in facts.cards:
        return "no_card"
    if signal.push_seq is not None and (signal.push_seq, signal.card_id) not in facts.pushes:
        return "no_push"
    if signal.at > facts.received_at + CLOCK_SKEW or signal.at < visit["at"] - CLOCK_SKEW:
        return "wrong_time"
    if facts.ended_at and facts.is_late(signal) and facts.received_at > facts.ended_at + LATE_EVENTS:
        return "too_late"
    # A page that has lost its line is looked at all the same: it was there until it, or what tells of it, was last
    # connected. Who only sends requests is connected to nothing.
    told_by = facts.of(teller.visit_id, teller.viewer_id)
    until = max(one["until"] for one in (visit, told_by) if one)
    return None if signal.at <= until + CLOCK_SKEW else "not_there"


def _beside(fresh: Sequence[_Judged], facts: _Facts) -> list[tuple[CardId, ChannelId, int]]:
    """What is counted apart: calls, what arrived after the end, and what is not believed."""
    counted: list[tuple[CardId, ChannelId, int]] = []
    for one in fresh:
        channel = one.watcher.channel_id
        if one.fraud is not None:
            # A signal may name any card at all; what is not believed makes no rows of its own.
            counted.append((WHOLE_SHOW, channel, FRAUD[one.fraud]))
            continue
        if one.signal.step is SignalStep.CALL:
            counted.append((one.signal.card_id, channel, CALL))
        if facts.is_late(one.signal):
            counted.append((WHOLE_SHOW, channel, LATE))
    return counted


async def _insert(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, judged: Sequence[_Judged], facts: _Facts
) -> set[UUID]:
    """The ids of those not stored before."""
    rows = sorted(judged, key=lambda one: one.event_id.int)
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
        facts.received_at,
        [one.event_id for one in rows],
        [one.watcher.viewer_id for one in rows],
        [one.watcher.visit_id for one in rows],
        [one.watcher.channel_id for one in rows],
        [one.signal.card_id for one in rows],
        [one.signal.step.value for one in rows],
        [one.signal.push_seq for one in rows],
        [one.signal.at for one in rows],
        [one.fraud for one in rows],
        [one.fraud is None and facts.is_late(one.signal) for one in rows],
    )
    return {row["event_id"] for row in stored}

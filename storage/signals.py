"""What pages report: judged by what is known of them, stored once, and counted when it can be true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from typing import NamedTuple
from uuid import UUID

import asyncpg
from asyncpg.pgproto.pgproto import UUID as FastUUID

from storage.counting import CALL, FRAUD, LATE, STEPS, counting
from storage.places import share_counting
from storage.pool import Transaction
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Signal, SignalStep, Step, Watcher
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, ChannelId, OrgId, ViewerId, VisitId

# Phones' clocks are set by their page to ours; what is left is travel and rounding.
CLOCK_SKEW = timedelta(minutes=2)
LATE_EVENTS = timedelta(hours=24)

KINDS = {
    SignalStep.IMPRESSION: Step.IMPRESSION.value,
    SignalStep.CLICK: Step.CLICK.value,
    SignalStep.APPLY_START: Step.APPLY_START.value,
    SignalStep.CALL: CALL,
}


class _Judged(NamedTuple):
    """A signal as it is stored, and why it cannot be true; of what can be, the reason is None.

    event_id: what it is stored by; visit_id: the page load it happened in; first_channel_id: the viewer's, where a
    step of the funnel was taken.
    """

    event_id: UUID
    viewer_id: ViewerId
    visit_id: VisitId
    channel_id: ChannelId
    card_id: CardId
    step: SignalStep
    push_seq: int | None
    at: datetime
    fraud: str | None
    late: bool
    counted_as: int
    first_channel_id: ChannelId | None


# Rows of _Judged, from $7 on. A signal may name any card at all: what is not believed is counted for the whole show and
# makes no rows of its own.
STORE = counting(
    f"""
        SELECT viewer_id, CASE WHEN fraud IS NULL THEN card_id ELSE $3 END, counted_as, channel_id, first_channel_id
        FROM told JOIN stored USING (event_id)
        UNION ALL
        SELECT viewer_id, $3, {LATE}, channel_id, NULL FROM told JOIN stored USING (event_id) WHERE late
    """,  # noqa: S608  # a constant of this package
    after="""
    told (event_id, viewer_id, visit_id, channel_id, card_id, step, push_seq, at, fraud, late, counted_as,
        first_channel_id) AS MATERIALIZED (
        SELECT * FROM unnest($7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[], $12::text[], $13::bigint[],
            $14::timestamptz[], $15::text[], $16::boolean[], $17::smallint[], $18::uuid[])
    ), stored AS (
        INSERT INTO audience_event (broadcast_id, org_id, received_at, event_id, viewer_id, visit_id, channel_id,
            card_id, step, push_seq, at, fraud, late)
        SELECT $1, $2, $6, event_id, viewer_id, visit_id, channel_id, card_id, step, push_seq, at, fraud, late FROM told
        ON CONFLICT DO NOTHING RETURNING event_id
    ),""",
)


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
    once = {one.event_id.int: one for one in reversed(judged) if one.event_id not in again}
    if once:
        rows = [once[key] for key in sorted(once)]
        given = broadcast_id, org_id, WHOLE_SHOW, int(Step.VISIT), STEPS, received_at
        await tx.execute(STORE, *given, *zip(*rows, strict=True))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the signals of a batch are judged by; its visits with when each was last known to be connected.

    Visits and cards are found by the numbers that their ids are.
    """

    received_at: datetime
    ended_at: datetime | None
    visits: Mapping[int, asyncpg.Record]
    cards: Mapping[int, CardId]
    pushes: frozenset[tuple[int, CardId]]

    def of(self, visit_id: VisitId, viewer_id: ViewerId) -> asyncpg.Record | None:
        """A visit of this device; nobody may speak for another's."""
        visit = self.visits.get(visit_id.int)
        return visit if visit and visit["viewer_id"].int == viewer_id.int else None

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
    visits = await tx.fetch(VISITS, broadcast_id, sorted(visit_ids, key=lambda id_: id_.int), received_at)
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
        {row["id"].int: row for row in visits},
        {row["id"].int: row["id"] for row in cards},
        frozenset((row["seq"], row["card_id"]) for row in pushes),
    )


def _judged(teller: Watcher, signal: Signal, facts: _Facts) -> _Judged:
    """Under the page load it happened in, which may be an earlier one of the device that tells of it."""
    visit = facts.of(signal.visit_id or teller.visit_id, teller.viewer_id)
    if visit is None:
        return _untrue(signal, "no_visit", teller.viewer_id, teller.visit_id, teller.channel_id)
    viewer_id, visit_id, channel_id = visit["viewer_id"], visit["id"], visit["channel_id"]
    if fraud := _why_not(teller, signal, visit, facts):
        return _untrue(signal, fraud, viewer_id, visit_id, channel_id)
    step, card_id, first = signal.step, facts.cards[signal.card_id.int], visit["first_channel_id"]
    told = card_id, step, signal.push_seq, signal.at, None, facts.is_late(signal), KINDS[step]
    if step is SignalStep.IMPRESSION:
        # One viewer's, so of the channel that brought the viewer, whichever page load tells of it first.
        return _Judged(impression_id(viewer_id, card_id, signal.push_seq), viewer_id, visit_id, first, *told, first)
    return _Judged(signal.event_id, viewer_id, visit_id, channel_id, *told, None if step is SignalStep.CALL else first)


def _untrue(signal: Signal, why: str, viewer_id: ViewerId, visit_id: VisitId, channel_id: ChannelId) -> _Judged:
    of = signal.event_id, viewer_id, visit_id, channel_id
    return _Judged(*of, signal.card_id, signal.step, signal.push_seq, signal.at, why, False, FRAUD[why], None)


def impression_id(viewer_id: ViewerId, card_id: CardId, push_seq: int | None) -> UUID:
    """The same for whatever tells that this viewer saw this card of this push, or saw it beside the pushes."""
    push = "-" if push_seq is None else push_seq
    # Of the driver's kind, as ids from the database are: written out and made in a tenth of the time.
    return FastUUID(md5(f"{viewer_id} {card_id} {push}".encode(), usedforsecurity=False).digest())


async def _counted_before(tx: Transaction, broadcast_id: BroadcastId, judged: Sequence[_Judged]) -> frozenset[UUID]:
    """Impressions said again when it is too late, whose first telling counted; by the ids they were sent with."""
    late = {
        one.event_id: impression_id(one.viewer_id, one.card_id, one.push_seq)
        for one in judged
        if one.fraud == "too_late" and one.step is SignalStep.IMPRESSION
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
    if signal.card_id.int not in facts.cards:
        return "no_card"
    if signal.push_seq is not None and (signal.push_seq, signal.card_id) not in facts.pushes:
        return "no_push"
    if signal.at > facts.received_at + CLOCK_SKEW or signal.at < visit["at"] - CLOCK_SKEW:
        return "wrong_time"
    if facts.ended_at and facts.is_late(signal) and facts.received_at > facts.ended_at + LATE_EVENTS:
        return "too_late"
    # A page that has lost its line is looked at all the same: it was there until it, or what tells of it, was last
    # connected. Who only sends requests is connected to nothing.
    if signal.at <= visit["until"] + CLOCK_SKEW:
        return None
    told_by = facts.of(teller.visit_id, teller.viewer_id)
    return None if told_by and signal.at <= told_by["until"] + CLOCK_SKEW else "not_there"

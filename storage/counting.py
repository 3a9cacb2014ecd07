"""The audience's arithmetic: bits of reach, and the sums that grow by newly set bits only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from storage.pool import Transaction
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, ChannelId, OrgId, ViewerId

# Counted as events beside the funnel, never as a step of it: telephone calls; what arrived after the end; and what
# cannot be true, by its reason.
CALL = 32
LATE = 64
FRAUD = {"no_visit": 128, "no_card": 129, "no_push": 130, "wrong_time": 131, "too_late": 132, "not_there": 133}


@dataclass(frozen=True, slots=True)
class Hit:
    """A viewer took a step, on a card or (a visit) in the whole show, through a channel.

    by_staff: an application recorded for someone, with no device behind it: an event, but nobody's reach.
    """

    viewer_id: ViewerId
    card_id: CardId
    step: Step
    channel_id: ChannelId
    by_staff: bool = False


async def count(
    tx: Transaction,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    hits: Sequence[Hit],
    first_channels: Mapping[ViewerId, ChannelId] | None = None,
) -> None:
    """Adds the hits to reach and step_count, in the caller's transaction; it may know the viewers' first channels."""
    sums: Sums = Counter()
    if seen := [hit for hit in hits if not hit.by_staff]:
        if first_channels is None:
            first_channels = await _first_channels(tx, broadcast_id, seen)
        sums = _viewer_sums(await _reach(tx, org_id, broadcast_id, seen), first_channels)
    for hit in hits:
        for card_id in {hit.card_id, WHOLE_SHOW}:
            sums[(card_id, hit.channel_id, int(hit.step), "events")] += 1
    await _add(tx, org_id, broadcast_id, sums)


async def count_beside(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, events: Iterable[tuple[CardId, ChannelId, int]]
) -> None:
    """Adds (card, channel, CALL or LATE or one of FRAUD) to the events of the card and of the whole show."""
    sums: Sums = Counter()
    for card_id, channel_id, kind in events:
        for place in {card_id, WHOLE_SHOW}:
            sums[(place, channel_id, kind, "events")] += 1
    await _add(tx, org_id, broadcast_id, sums)


Sums = Counter[tuple[CardId, ChannelId, int, str]]


async def _first_channels(tx: Transaction, broadcast_id: BroadcastId, hits: Sequence[Hit]) -> dict[ViewerId, ChannelId]:
    """Unique viewers are counted under the channel that brought them first."""
    rows = await tx.fetch(
        """
        SELECT viewer_id, first_channel_id FROM audience_member
        WHERE broadcast_id = $1 AND viewer_id = ANY($2::uuid[])
        """,
        broadcast_id,
        list({hit.viewer_id for hit in hits}),
    )
    known = {row["viewer_id"]: ChannelId(row["first_channel_id"]) for row in rows}
    return {hit.viewer_id: known.get(hit.viewer_id, hit.channel_id) for hit in hits}


async def _reach(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, hits: Sequence[Hit]
) -> list[asyncpg.Record]:
    """Sets the bits, explicit and implied, of every (viewer, card) once; rows are taken in key order."""
    explicit: dict[tuple[ViewerId, CardId], Step] = {}
    for hit in hits:
        for card_id in (hit.card_id, WHOLE_SHOW):
            key = (hit.viewer_id, card_id)
            explicit[key] = explicit.get(key, Step(0)) | hit.step
    keys = sorted(explicit)
    return await tx.fetch(
        """
        INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
        SELECT $1, viewer_id, card_id, $2, steps, implied
        FROM unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::smallint[]) AS new (viewer_id, card_id, steps, implied)
        ON CONFLICT (broadcast_id, viewer_id, card_id) DO UPDATE SET
            steps = reach.steps | excluded.steps,
            implied = (reach.implied | (excluded.implied & ~reach.steps)) & ~(excluded.steps & ~excluded.implied)
        RETURNING new.viewer_id, new.card_id, coalesce(old.steps, 0) AS steps_before, new.steps AS steps_after,
                  coalesce(old.implied, 0) AS implied_before, new.implied AS implied_after
        """,
        broadcast_id,
        org_id,
        [viewer for viewer, _ in keys],
        [card for _, card in keys],
        [int(all_steps(explicit[key], key[1])) for key in keys],
        [int(all_steps(explicit[key], key[1]) & ~explicit[key]) for key in keys],
    )


def all_steps(explicit: Step, card_id: CardId) -> Step:
    """With the steps before the last of them; a card has no visits of its own."""
    steps = (1 << int(explicit).bit_length()) - 1
    return Step(steps if card_id == WHOLE_SHOW else steps & ~int(Step.VISIT))


def _viewer_sums(changes: Sequence[asyncpg.Record], first_channels: Mapping[ViewerId, ChannelId]) -> Sums:
    sums: Sums = Counter()
    for change in changes:
        place = (change["card_id"], first_channels[change["viewer_id"]])
        for step in Step:
            bit = int(step)
            if change["steps_after"] & ~change["steps_before"] & bit:
                sums[(*place, bit, "viewers")] += 1
            implied = bool(change["implied_after"] & bit) - bool(change["implied_before"] & bit)
            if implied:
                sums[(*place, bit, "implied")] += implied
    return sums


async def _add(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, sums: Sums) -> None:
    keys = sorted({(card, channel, step) for card, channel, step, _ in sums})
    if not keys:
        return
    await tx.execute(
        """
        INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
        SELECT $1, $2, card_id, channel_id, step, viewers, implied, events
        FROM unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[])
             AS new (card_id, channel_id, step, viewers, implied, events)
        ON CONFLICT (broadcast_id, card_id, channel_id, step) DO UPDATE SET
            viewers = step_count.viewers + excluded.viewers,
            implied = step_count.implied + excluded.implied,
            events = step_count.events + excluded.events
        """,
        broadcast_id,
        org_id,
        *(list(column) for column in zip(*keys, strict=True)),
        *([sums[(*key, what)] for key in keys] for what in ("viewers", "implied", "events")),
    )

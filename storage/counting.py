"""The audience's arithmetic: bits of reach, and the sums that grow by newly set bits only."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import asyncpg

from storage.pool import Transaction
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, ChannelId, OrgId, ViewerId

# Telephone calls are counted as events beside the funnel, never as a step of it.
CALL = 32


@dataclass(frozen=True, slots=True)
class Hit:
    """A viewer took a step, on a card or (a visit) in the whole show, through a channel."""

    viewer_id: ViewerId
    card_id: CardId
    step: Step
    channel_id: ChannelId


async def count(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, hits: Sequence[Hit]) -> None:
    """Adds the hits to reach and step_count, in the caller's transaction."""
    if not hits:
        return
    first_channels = await _first_channels(tx, broadcast_id, hits)
    changes = await _reach(tx, org_id, broadcast_id, hits)
    sums = _viewer_sums(changes, first_channels)
    for hit in hits:
        for card_id in {hit.card_id, WHOLE_SHOW}:
            sums[(card_id, hit.channel_id, int(hit.step), "events")] += 1
    await _add(tx, org_id, broadcast_id, sums)


async def count_calls(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, calls: Iterable[tuple[CardId, ChannelId]]
) -> None:
    sums: Sums = Counter()
    for card_id, channel_id in calls:
        for place in {card_id, WHOLE_SHOW}:
            sums[(place, channel_id, CALL, "events")] += 1
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
    """With the steps before them; a card has no visits of its own."""
    steps = Step(0)
    for step in Step:
        if step in explicit:
            steps |= step.with_those_before
    return steps if card_id == WHOLE_SHOW else steps & ~Step.VISIT


def _viewer_sums(changes: Sequence[asyncpg.Record], first_channels: dict[ViewerId, ChannelId]) -> Sums:
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

"""The audience's arithmetic: bits of reach, and the sums that grow by newly set bits only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.pool import Transaction
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, ChannelId, OrgId, ViewerId

# Counted as events beside the funnel, never as a step of it: telephone calls; what arrived after the end; visits by a
# forged link; and what cannot be true, by its reason.
CALL = 32
LATE = 64
FORGED = 65
FRAUD = {"no_visit": 128, "no_card": 129, "no_push": 130, "wrong_time": 131, "too_late": 132, "not_there": 133}


@dataclass(frozen=True, slots=True)
class Hit:
    """A viewer took a step, on a card or (a visit) in the whole show, through a channel.

    is_reach: else an event alone: what has no device behind it, or is counted beside the steps.
    """

    viewer_id: ViewerId
    card_id: CardId
    step: int
    channel_id: ChannelId
    is_reach: bool = True


async def count(
    tx: Transaction,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    hits: Sequence[Hit],
    first_channels: Mapping[ViewerId, ChannelId] | None = None,
) -> None:
    """Adds the hits to reach and step_count, in the caller's transaction, which shares the counting (places.py).

    It may know the viewers' first channels: unique viewers are counted under the channel that brought them first.
    """
    if not hits:
        return
    if first_channels is None:
        first_channels = await _first_channels(tx, broadcast_id, hits)
    await tx.execute(
        COUNT,
        broadcast_id,
        org_id,
        WHOLE_SHOW,
        int(Step.VISIT),
        STEPS,
        [hit.viewer_id for hit in hits],
        [hit.card_id for hit in hits],
        [int(hit.step) for hit in hits],
        [hit.channel_id for hit in hits],
        [first_channels[hit.viewer_id] if hit.is_reach else None for hit in hits],
    )


# Hits of the broadcast $1, organisation $2; $3 stands for the whole show, $4 is the step that no card has, $5 are all
# steps. A hit without a first channel is nobody's reach. A step sets the bits before it too, marked implied, and only
# bits newly set are added to the sums: of the card, its employer, the whole show, and the series the show belongs to.
# What changes nothing is looked at and not written. Rows are taken in key order, here and everywhere: two batches never
# wait for each other. What was reached was fresh, so each has its partner; FULL keeps a planner that expects ten rows
# from comparing each with each.
_MERGED = """
            steps = reach.steps | excluded.steps,
            implied = (reach.implied | (excluded.implied & ~reach.steps)) & ~(excluded.steps & ~excluded.implied)
"""


def counting(hits: str, after: str = "") -> str:
    """The one statement that counts hits: rows (viewer_id, card_id, step, channel_id, first_channel_id) from $6 on.

    after: what the same statement does before, named with a comma behind each.
    """
    return f"""
    WITH {after} hit AS MATERIALIZED (
        SELECT h.viewer_id, h.card_id, h.step::integer AS step, h.channel_id, h.first_channel_id, j.employer_id
        FROM ({hits}) AS h (viewer_id, card_id, step, channel_id, first_channel_id)
        LEFT JOIN card c ON c.broadcast_id = $1 AND c.id = h.card_id LEFT JOIN job j ON j.id = c.job_id
    ), seen AS MATERIALIZED (
        SELECT viewer_id, card_id, first_channel_id AS channel_id, bit_or(step) AS explicit,
            bit_or(2 * step - 1) & ~CASE WHEN card_id = $3 THEN 0 ELSE $4::integer END AS steps
        FROM (
            SELECT viewer_id, $3::uuid AS card_id, first_channel_id, step FROM hit
            UNION ALL SELECT viewer_id, card_id, first_channel_id, step FROM hit WHERE card_id <> $3
            UNION ALL SELECT viewer_id, employer_id, first_channel_id, step FROM hit WHERE employer_id IS NOT NULL
        ) AS at_place WHERE first_channel_id IS NOT NULL GROUP BY viewer_id, card_id, first_channel_id
    ), fresh AS MATERIALIZED (
        SELECT s.viewer_id, s.card_id, s.channel_id, s.explicit, s.steps FROM seen s LEFT JOIN LATERAL (
            SELECT steps, implied FROM reach
            WHERE broadcast_id = $1 AND viewer_id = s.viewer_id AND card_id = s.card_id LIMIT 1
        ) AS r ON true
        WHERE r.steps IS NULL OR s.steps & ~r.steps <> 0 OR s.explicit & r.implied <> 0
    ), reached AS (
        INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
        SELECT $1, viewer_id, card_id, $2, steps, steps & ~explicit FROM fresh ORDER BY viewer_id, card_id
        ON CONFLICT (broadcast_id, viewer_id, card_id) DO UPDATE SET {_MERGED}
        RETURNING new.viewer_id, new.card_id, coalesce(old.steps, 0) AS steps_before, new.steps AS steps_after,
            coalesce(old.implied, 0) AS implied_before, new.implied AS implied_after
    ), reached_together AS (
        INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
        SELECT place, r.viewer_id, $3, $2, r.steps_after, r.implied_after
        FROM reached r JOIN broadcast b ON b.id = $1 AND NOT b.rehearsal
        CROSS JOIN LATERAL unnest(ARRAY[b.org_id, b.series_id]) AS place
        WHERE r.card_id = $3 AND place IS NOT NULL ORDER BY place, r.viewer_id
        ON CONFLICT (broadcast_id, viewer_id, card_id) DO UPDATE SET {_MERGED}
        WHERE excluded.steps & ~reach.steps <> 0 OR reach.implied & excluded.steps & ~excluded.implied <> 0
        RETURNING new.broadcast_id AS place, coalesce(old.steps, 0) AS steps_before, new.steps AS steps_after,
            coalesce(old.implied, 0) AS implied_before, new.implied AS implied_after
    ), grew (broadcast_id, card_id, channel_id, steps_before, steps_after, implied_before, implied_after, viewers) AS (
        SELECT $1::uuid, card_id, channel_id, steps_before, steps_after, implied_before, implied_after, count(*)
        FROM reached FULL JOIN fresh USING (viewer_id, card_id)
        GROUP BY card_id, channel_id, steps_before, steps_after, implied_before, implied_after
        UNION ALL
        SELECT place, $3, $3, steps_before, steps_after, implied_before, implied_after, count(*)
        FROM reached_together GROUP BY place, steps_before, steps_after, implied_before, implied_after
    ), change (broadcast_id, card_id, channel_id, step, viewers, implied, events) AS (
        SELECT broadcast_id, card_id, channel_id, step, viewers * (steps_after & ~steps_before & step <> 0)::integer,
            viewers * ((implied_after & step <> 0)::integer - (implied_before & step <> 0)::integer), 0
        FROM grew CROSS JOIN unnest($5::integer[]) AS step
        UNION ALL
        SELECT $1, $3, channel_id, step, 0, 0, count(*) FROM hit GROUP BY channel_id, step
        UNION ALL
        SELECT $1, card_id, channel_id, step, 0, 0, count(*) FROM hit WHERE card_id <> $3
        GROUP BY card_id, channel_id, step
    )
    INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
    SELECT broadcast_id, $2, card_id, channel_id, step, sum(viewers), sum(implied), sum(events) FROM change
    GROUP BY broadcast_id, card_id, channel_id, step
    HAVING sum(viewers) <> 0 OR sum(implied) <> 0 OR sum(events) <> 0
    ORDER BY broadcast_id, card_id, channel_id, step
    ON CONFLICT (broadcast_id, card_id, channel_id, step) DO UPDATE SET
        viewers = step_count.viewers + excluded.viewers,
        implied = step_count.implied + excluded.implied,
        events = step_count.events + excluded.events
    """  # noqa: S608  # constants of this package


STEPS = [step.value for step in Step]
COUNT = counting("SELECT * FROM unnest($6::uuid[], $7::uuid[], $8::smallint[], $9::uuid[], $10::uuid[])")


async def _first_channels(tx: Transaction, broadcast_id: BroadcastId, hits: Sequence[Hit]) -> dict[ViewerId, ChannelId]:
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

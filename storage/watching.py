"""How many devices watched at once: an exact sweep over connections, several of one device counting once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.audience import BEAT_LASTS
from storage.pool import Transaction
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.timeline import Level, OnAir

# An open connection lasts until now, or until the last beat of a worker that is dead.
LEVELS = """
    WITH connection AS (
        SELECT v.viewer_id, greatest(i.from_at, $2) AS from_at,
            least($3, CASE WHEN i.to_at IS NOT NULL THEN i.to_at WHEN w.beat_at > $4 THEN $3
                           ELSE coalesce(w.beat_at, i.from_at) END) AS to_at
        FROM visit_interval i JOIN visit v ON v.broadcast_id = i.broadcast_id AND v.id = i.visit_id
        LEFT JOIN worker w ON w.id = i.worker_id
        WHERE i.broadcast_id = $1
    ), device AS (
        SELECT viewer_id, range_agg(tstzrange(from_at, to_at)) AS spans FROM connection
        WHERE from_at < to_at GROUP BY viewer_id
    ), span AS MATERIALIZED (
        SELECT unnest(spans) AS span FROM device
    ), change AS (
        SELECT at, sum(step) AS step FROM (
            SELECT lower(span) AS at, 1 AS step FROM span UNION ALL SELECT upper(span), -1 FROM span
        ) AS ends GROUP BY at
    ), level AS MATERIALIZED (
        SELECT at, (sum(step) OVER (ORDER BY at))::bigint AS watching FROM change
    )
    SELECT 'bucket' AS what, width_bucket(at, $5::timestamptz[]) AS nth, max(watching) AS highest,
        (array_agg(watching ORDER BY at DESC))[1] AS last, min(at) AS at
    FROM level GROUP BY 2
    UNION ALL
    SELECT 'stretch', width_bucket(at, $6::timestamptz[]), max(watching), (array_agg(watching ORDER BY at DESC))[1],
        min(at)
    FROM level GROUP BY 2
    UNION ALL
    (SELECT 'peak', 0, watching, 0, at FROM level ORDER BY watching DESC, at LIMIT 1)
    UNION ALL
    SELECT 'total', 0, (SELECT count(*) FROM device),
        (SELECT round(1000 * coalesce(sum(extract(epoch FROM upper(span) - lower(span))), 0))::bigint FROM span), NULL
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """By step of the curve and by stretch of time, each counted from 0; peak_at is the first moment of the peak."""

    buckets: dict[int, Level]
    stretches: dict[int, Level]
    peak: int
    peak_at: datetime | None
    devices: int
    milliseconds: int


NOBODY = Watched({}, {}, 0, None, 0, 0)


async def watched(
    tx: Transaction,
    broadcast_id: BroadcastId,
    on_air: OnAir,
    at: datetime,
    *,
    buckets: Sequence[datetime],
    stretches: Sequence[datetime],
) -> Watched:
    """What happened between the show's start and its end; buckets and stretches by where they begin."""
    rows = await tx.fetch(
        LEVELS, broadcast_id, on_air.from_at, on_air.to_at, at - BEAT_LASTS, list(buckets), list(stretches)
    )
    levels: dict[str, dict[int, Level]] = {"bucket": {}, "stretch": {}}
    peak, peak_at, devices, milliseconds = 0, None, 0, 0
    for row in rows:
        match row["what"]:
            case "peak":
                peak, peak_at = row["highest"], row["at"]
            case "total":
                devices, milliseconds = row["highest"], row["last"]
            case what:
                levels[what][row["nth"] - 1] = Level(row["highest"], row["last"], row["at"])
    return Watched(levels["bucket"], levels["stretch"], peak, peak_at, devices, milliseconds)

"""Who came and who watched, cell by cell of a show's time: exact, several connections of a device counting once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.audience import BEAT_LASTS
from storage.pool import Transaction
from storage.sealed import sealed_cells
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.timeline import BEGINNING, FOR_EVER, Cell, OnAir, fitting, highest_of

# One statement sweeps so much of a show at most.
LONGEST_PART = timedelta(minutes=5)

# Of the broadcast $1, on air from $2 to $3; workers that were silent since $4 are dead, and their open connections
# ended at their last beat. The cells begin at $5, but for the last, which is where the part that is asked for ends. $6
# is how long an effective visit is. A sweep: each device's connections are united, and the number of devices changes by
# one where each of these spans begins and ends. Connections that ended before the part are not read, nor is it asked of
# those that began before it whether they were the first.
_ENDS = "CASE WHEN w.beat_at > $4 THEN $3 ELSE coalesce(w.beat_at, i.from_at) END"
CELLS = f"""
    WITH part AS MATERIALIZED (
        SELECT greatest($2::timestamptz, ($5::timestamptz[])[1]) AS from_at,
            least($3::timestamptz, $5[cardinality($5)]) AS to_at
    ), connection AS MATERIALIZED (
        SELECT v.viewer_id, i.visit_id, greatest(i.from_at, $2) AS from_at, least(i.to_at, $3) AS to_at FROM (
            SELECT i.visit_id, i.from_at, i.to_at FROM visit_interval i, part
            WHERE i.broadcast_id = $1 AND i.to_at > part.from_at AND i.from_at < part.to_at
            UNION ALL
            SELECT i.visit_id, i.from_at, {_ENDS}
            FROM visit_interval i LEFT JOIN worker w ON w.id = i.worker_id, part
            WHERE i.broadcast_id = $1 AND i.to_at IS NULL AND i.from_at < part.to_at
        ) AS i JOIN visit v ON v.broadcast_id = $1 AND v.id = i.visit_id
    ), here AS MATERIALIZED (
        SELECT c.viewer_id, c.visit_id, c.from_at, c.to_at, part.from_at AS part_from, part.to_at AS part_to
        FROM connection c, part WHERE c.from_at < c.to_at AND c.to_at > part.from_at AND c.from_at < part.to_at
    ), span AS MATERIALIZED (
        SELECT unnest(range_agg(tstzrange(greatest(from_at, part_from), least(to_at, part_to)))) AS span
        FROM here GROUP BY viewer_id
    ), level AS MATERIALIZED (
        SELECT at, (sum(sum(step)) OVER (ORDER BY at))::bigint AS watching, lead(at) OVER (ORDER BY at) AS until FROM (
            SELECT lower(span) AS at, 1 AS step FROM span UNION ALL SELECT upper(span), -1 FROM span
            UNION ALL SELECT edge, 0 FROM unnest($5::timestamptz[]) AS edge
        ) AS change GROUP BY at
    ), watched AS (
        SELECT width_bucket(at, $5) AS nth, max(watching) AS highest,
            (array_agg(at ORDER BY watching DESC, at))[1] AS highest_at,
            sum(watching * (extract(epoch FROM until - at) * 1000000)::bigint)::bigint AS microseconds
        FROM level GROUP BY 1
    ), newly AS (
        SELECT width_bucket(d.from_at, $5) AS nth, count(*) AS devices FROM (
            SELECT viewer_id, min(from_at) AS from_at, min(part_from) AS part_from FROM here GROUP BY viewer_id
        ) AS d
        WHERE d.from_at >= d.part_from AND NOT EXISTS (
            SELECT FROM visit v JOIN visit_interval i ON i.broadcast_id = $1 AND i.visit_id = v.id
            LEFT JOIN worker w ON i.to_at IS NULL AND w.id = i.worker_id
            WHERE v.broadcast_id = $1 AND v.viewer_id = d.viewer_id AND greatest(i.from_at, $2) < d.part_from
                AND greatest(i.from_at, $2) < coalesce(i.to_at, {_ENDS})
        ) GROUP BY 1
    ), candidate AS MATERIALIZED (
        SELECT visit_id FROM here GROUP BY visit_id HAVING min(from_at) > min(part_from) - $6::interval
    ), stay AS (
        SELECT i.visit_id, unnest(range_agg(tstzrange(
            greatest(i.from_at, $2),
            greatest($2, i.from_at, least($3, coalesce(i.to_at, {_ENDS})))
        ))) AS span
        FROM candidate c JOIN visit_interval i ON i.broadcast_id = $1 AND i.visit_id = c.visit_id
        LEFT JOIN worker w ON i.to_at IS NULL AND w.id = i.worker_id
        GROUP BY i.visit_id
    ), total AS (
        SELECT visit_id, span,
            sum(upper(span) - lower(span)) OVER (PARTITION BY visit_id ORDER BY lower(span)) AS stayed
        FROM stay
    ), long AS (
        SELECT min(upper(span) - (stayed - $6)) AS at FROM total WHERE stayed >= $6 GROUP BY visit_id
    ), effective AS (
        SELECT width_bucket(at - interval '1 microsecond', $5) AS nth, count(*) AS visits FROM long GROUP BY 1
    ), came AS (
        SELECT v.id, v.viewer_id, v.at FROM visit v
        WHERE v.broadcast_id = $1 AND v.at >= $5[1] AND v.at < $5[cardinality($5)]
    ), visits AS (
        SELECT width_bucket(at, $5) AS nth, count(*) AS visits FROM came GROUP BY 1
    ), newcomers AS (
        SELECT width_bucket(at, $5) AS nth, count(*) AS newcomers
        FROM (SELECT viewer_id, min(at) AS at FROM came GROUP BY viewer_id) AS f
        WHERE NOT EXISTS (
            SELECT FROM visit b WHERE b.broadcast_id = $1 AND b.viewer_id = f.viewer_id AND b.at < $5[1]
        ) GROUP BY 1
    )
    SELECT edge AS from_at, $5[(nth + 1)::integer] AS to_at, coalesce(highest, 0)::integer AS highest,
        coalesce(highest_at, edge) AS highest_at, coalesce(microseconds, 0) AS watch_microseconds,
        coalesce(devices, 0)::integer AS devices, coalesce(effective.visits, 0)::integer AS effective,
        coalesce(visits.visits, 0)::integer AS visits, coalesce(newcomers, 0)::integer AS newcomers
    FROM unnest($5) WITH ORDINALITY AS cell (edge, nth)
    LEFT JOIN watched USING (nth) LEFT JOIN newly USING (nth) LEFT JOIN effective USING (nth)
    LEFT JOIN visits USING (nth) LEFT JOIN newcomers USING (nth)
    WHERE nth < cardinality($5) ORDER BY nth
"""  # noqa: S608  # a constant of this module


@dataclass(frozen=True, slots=True)
class Watched:
    """All of a show's time in cells; peak_at is the first moment of the peak, None when nobody watched."""

    cells: Sequence[Cell]
    peak: int
    peak_at: datetime | None
    devices: int
    effective: int
    milliseconds: int


async def watched(
    tx: Transaction,
    broadcast_id: BroadcastId,
    on_air: OnAir,
    at: datetime,
    edges: Collection[datetime],
    effective_seconds: int,
) -> Watched:
    """Cells that begin wherever one of these edges is: what was summed already, and the rest counted now."""
    wanted = {*edges, on_air.from_at, on_air.to_at}
    done = fitting(await sealed_cells(tx, broadcast_id, on_air, effective_seconds), wanted)
    since = done[-1].to_at if done else BEGINNING
    ends = sorted({since, FOR_EVER, *(edge for edge in wanted if edge > since)})
    left: list[Cell] = []
    for part in _parts(ends):
        left += await counted_cells(tx, broadcast_id, on_air, at, part, effective_seconds)
    return _summed([*done, *left])


def _parts(edges: Sequence[datetime]) -> list[list[datetime]]:
    """Runs of edges that share their ends, none much longer than what one statement may sweep."""
    parts = [[edges[0]]]
    for edge in edges[1:]:
        parts[-1].append(edge)
        if edge - parts[-1][0] >= LONGEST_PART:
            parts.append([edge])
    return [part for part in parts if len(part) > 1]


async def counted_cells(
    tx: Transaction,
    broadcast_id: BroadcastId,
    on_air: OnAir,
    at: datetime,
    edges: Sequence[datetime],
    effective_seconds: int,
    *,
    within: float | None = None,
) -> list[Cell]:
    """From raw rows, as they stand: the cells between these edges. within: seconds, unless those of any statement."""
    long_enough = timedelta(seconds=effective_seconds)
    rows = await tx.fetch(
        CELLS,
        broadcast_id,
        on_air.from_at,
        on_air.to_at,
        at - BEAT_LASTS,
        list(edges),
        long_enough,
        timeout=within,
    )
    return [Cell._make(row) for row in rows]


def _summed(cells: Sequence[Cell]) -> Watched:
    peak = highest_of(cells)
    return Watched(
        cells,
        peak,
        min(cell.highest_at for cell in cells if cell.highest == peak) if peak else None,
        sum(cell.devices for cell in cells),
        sum(cell.effective for cell in cells),
        (sum(cell.watch_microseconds for cell in cells) + 500) // 1000,
    )

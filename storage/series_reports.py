"""Several shows read together: sums where they add up, and distinct devices, people and employers where they do not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from storage.milestones import level, people_by_outcome
from storage.places import Together
from storage.pool import Database, Transaction
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId, SeriesId
from stream_jobs.domain.metrics import FUNNEL, METRICS
from stream_jobs.domain.series import (
    ReportedFigure,
    SeriesBase,
    SeriesFigures,
    SeriesHost,
    SeriesNotFound,
    SeriesReport,
    SeriesRow,
    SeriesShow,
    SeriesStep,
)

LIST = """
    SELECT s.id, s.name, count(b.id) FILTER (WHERE b.started_at IS NOT NULL) AS shows,
        count(b.id) FILTER (WHERE b.status = 'live') AS live,
        min(b.started_at) AS first_at, max(b.started_at) AS last_at
    FROM series s LEFT JOIN broadcast b ON b.series_id = s.id AND NOT b.rehearsal
    WHERE s.org_id = $1 GROUP BY s.id ORDER BY max(b.started_at) DESC NULLS LAST, s.id DESC
"""

SHOWS = """
    SELECT b.id, b.title, b.status, b.started_at, b.ended_at, b.rehearsal, b.base_id, a.name AS base, b.host_name
    FROM broadcast b LEFT JOIN base a ON a.id = b.base_id
    WHERE b.org_id = $1 AND ($2::uuid IS NULL OR b.series_id = $2) ORDER BY b.started_at, b.id
"""

EARLIER = """
    SELECT id FROM broadcast
    WHERE series_id = $1 AND NOT rehearsal AND status = 'ended' AND id <> $2 AND started_at < $3
    ORDER BY started_at DESC, id DESC LIMIT $4
"""

TRAYS = """
    SELECT grouping(b.id, b.base_id, b.host_name) AS of, b.id, b.base_id, b.host_name, count(*) AS cards,
        coalesce(sum(coalesce(j.headcount_max, j.headcount_min)), 0)::bigint AS openings,
        count(DISTINCT j.employer_id) AS employers
    FROM card c JOIN job j ON j.id = c.job_id JOIN broadcast b ON b.id = c.broadcast_id
    WHERE c.broadcast_id = ANY($1) GROUP BY GROUPING SETS ((), (b.id), (b.base_id), (b.host_name))
"""

VISITS = """
    SELECT broadcast_id, sum(events)::bigint AS visits, sum(viewers)::bigint AS visitors FROM step_count
    WHERE broadcast_id = ANY($1) AND card_id = $2 AND step = $3 GROUP BY broadcast_id
"""

APPLIED = f"""
    WITH person AS (
        SELECT grouping(b.id, b.base_id, b.host_name) AS of, b.id, b.base_id, b.host_name,
            max({level("p")}) AS level, count(*) AS applications
        FROM application p JOIN broadcast b ON b.id = p.broadcast_id WHERE p.broadcast_id = ANY($1)
        GROUP BY GROUPING SETS ((p.counted_as), (p.counted_as, b.id), (p.counted_as, b.base_id),
            (p.counted_as, b.host_name))
    )
    SELECT of, id, base_id, host_name, sum(applications)::bigint AS applications, count(*) AS applicants,
        {people_by_outcome()}
    FROM person GROUP BY of, id, base_id, host_name
"""  # noqa: S608  # constants of this package

SUMS_TOGETHER = "SELECT step, viewers FROM step_count WHERE broadcast_id = $1 AND card_id = $2 AND channel_id = $2"

# The sums hold everybody who came to any of the shows, also to one that has not begun and counts nowhere yet: what
# those few did there, and in no show that counts ($3).
TOO_EARLY = """
    WITH early AS MATERIALIZED (
        SELECT r.viewer_id, bit_or(r.steps) AS steps
        FROM broadcast b JOIN reach r ON r.broadcast_id = b.id AND r.card_id = $2
        WHERE (b.series_id = $1 OR b.org_id = $1) AND NOT b.rehearsal AND b.started_at IS NULL GROUP BY r.viewer_id
    )
    SELECT step, count(*) AS viewers FROM early CROSS JOIN LATERAL (
        SELECT coalesce(bit_or(steps), 0) AS steps FROM reach
        WHERE broadcast_id = ANY($3) AND viewer_id = early.viewer_id AND card_id = $2
    ) AS counts CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
    WHERE early.steps & ~counts.steps & step <> 0 GROUP BY step
"""

# Whoever came has a row in each show: a tenth of the rows of reach.
CAME = "SELECT count(DISTINCT viewer_id) FROM audience_member WHERE broadcast_id = ANY($1)"

# A platform's own viewers and peaks do not add up over shows; these do.
REPORTED = """
    SELECT platform, metric, sum(value)::bigint AS value, count(*) AS shows, array_agg(DISTINCT by_name) AS by,
        max(at) AS at
    FROM platform_figure WHERE broadcast_id = ANY($1) AND metric NOT IN ('viewers', 'peak')
    GROUP BY platform, metric ORDER BY platform, metric
"""

STATED_VIEWS = """
    SELECT broadcast_id, platform, value FROM platform_figure
    WHERE broadcast_id = ANY($1) AND metric = 'views' ORDER BY broadcast_id, platform
"""

# More organisations than one server has.
KEPT = 1_000

# grouping() of (show, base, host): a bit for each that is summed over, the last named the lowest.
_ALL, _SHOW, _BASE, _HOST = 0b111, 0b011, 0b101, 0b110
# Whose a figure is: everything's, a show's, a base's, a host's.
Key = tuple[int, UUID | str | None]
EVERYTHING: Key = (_ALL, None)
_KEYS = ("of", "id", "base_id", "host_name")


def counted_shows(shows: Sequence[asyncpg.Record]) -> Sequence[asyncpg.Record]:
    """Those that were started; never a rehearsal."""
    return [show for show in shows if show["started_at"] is not None and not show["rehearsal"]]


async def distinct_viewers(tx: Transaction, of: Together, shows: Sequence[BroadcastId]) -> Mapping[Step, int]:
    """Devices by the steps they took in any of these shows, which are those that count; a device counts once."""
    sums = {row["step"]: row["viewers"] for row in await tx.fetch(SUMS_TOGETHER, of, WHOLE_SHOW)}
    early = {row["step"]: row["viewers"] for row in await tx.fetch(TOO_EARLY, of, WHOLE_SHOW, shows)}
    return {step: sums.get(step.value, 0) - early.get(step.value, 0) for step in Step}


class DistinctVisitors:
    """Of the shows of a base or a host. A device that came stays: they are the same until one of the shows has more."""

    def __init__(self) -> None:
        self._kept: dict[tuple[BroadcastId, ...], tuple[int, int]] = {}

    async def of(self, tx: Transaction, came: Mapping[BroadcastId, int]) -> int:
        """came: the visitors of each of the shows."""
        shows, people = tuple(sorted(came)), sum(came.values())
        if len(shows) == 1:
            return people
        before, visitors = self._kept.get(shows, (None, 0))
        if before != people:
            visitors = await tx.fetchval(CAME, shows)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[shows] = (people, visitors)
        return visitors


class SeriesReportStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._visitors = DistinctVisitors()

    async def listed(self, org_id: OrgId) -> Sequence[SeriesRow]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(LIST, org_id)
        return [SeriesRow.model_validate(dict(row)) for row in rows]

    async def report(self, org_id: OrgId, series_id: SeriesId | None, at: datetime) -> SeriesReport:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            name = await _name(tx, org_id, series_id)
            shows = counted_shows(await tx.fetch(SHOWS, org_id, series_id))
            return await _report(tx, org_id, series_id, name, shows, at, self._visitors)

    async def earlier_shows(
        self, org_id: OrgId, broadcast_id: BroadcastId, *, most: int
    ) -> tuple[SeriesRow | None, Sequence[BroadcastId]]:
        async with self._database.transaction(org_id) as tx:
            show = await tx.fetchrow(
                "SELECT series_id, coalesce(started_at, starts_at) AS at FROM broadcast WHERE id = $1 AND org_id = $2",
                broadcast_id,
                org_id,
            )
            if show is None:
                raise BroadcastNotFound
            if show["series_id"] is None:
                return None, ()
            earlier = await tx.fetch(EARLIER, show["series_id"], broadcast_id, show["at"], most)
        series = {row.id: row for row in await self.listed(org_id)}
        return series[show["series_id"]], [row["id"] for row in earlier]


async def _name(tx: Transaction, org_id: OrgId, series_id: SeriesId | None) -> str:
    name: str | None = await tx.fetchval(
        """
        SELECT CASE WHEN $2::uuid IS NULL THEN (SELECT name FROM organisation WHERE id = $1)
            ELSE (SELECT name FROM series WHERE id = $2 AND org_id = $1) END
        """,
        org_id,
        series_id,
    )
    if name is None:
        raise SeriesNotFound
    return name


async def _report(
    tx: Transaction,
    org_id: OrgId,
    series_id: SeriesId | None,
    name: str,
    shows: Sequence[asyncpg.Record],
    at: datetime,
    distinct: DistinctVisitors,
) -> SeriesReport:
    ids = [show["id"] for show in shows]
    viewers = await distinct_viewers(tx, series_id or org_id, ids)
    figures = await _figures(tx, shows, viewers[Step.VISIT], at, distinct)
    stated = await _stated_views(tx, ids)
    return SeriesReport(
        id=series_id,
        name=name,
        as_of=at,
        figures=figures[EVERYTHING],
        funnel=_funnel(viewers),
        shows=tuple(
            SeriesShow(
                broadcast_id=show["id"],
                figures=figures[_SHOW, show["id"]],
                stated_views=stated.get(show["id"], {}),
                **{name: show[name] for name in ("title", "status", "started_at", "ended_at", "base")},
            )
            for show in shows
        ),
        bases=tuple(
            SeriesBase(base=base, figures=figures[_BASE, base_id])
            for base_id, base in {show["base_id"]: show["base"] for show in shows}.items()
        ),
        hosts=tuple(
            SeriesHost(host=host, figures=figures[_HOST, host])
            for host in dict.fromkeys(show["host_name"] for show in shows)
        ),
        reported=tuple(ReportedFigure.model_validate(dict(row)) for row in await tx.fetch(REPORTED, ids)),
    )


async def _figures(
    tx: Transaction, shows: Sequence[asyncpg.Record], visitors: int, at: datetime, distinct: DistinctVisitors
) -> Mapping[Key, SeriesFigures]:
    ids = [show["id"] for show in shows]
    found: dict[Key, dict[str, int]] = {EVERYTHING: {}}
    for show in shows:
        seconds = (max(show["started_at"], show["ended_at"] or at) - show["started_at"]) // timedelta(seconds=1)
        for key in _keys_of(show):
            _add(found, key, shows=1, on_air_seconds=seconds)
    for row in [*await tx.fetch(TRAYS, ids), *await tx.fetch(APPLIED, ids)]:
        _add(found, _key(row), **{name: row[name] for name in row.keys() if name not in _KEYS})  # noqa: SIM118  # a record's own iteration gives values
    by_id = {show["id"]: show for show in shows}
    for row in await tx.fetch(VISITS, ids, WHOLE_SHOW, Step.VISIT):
        for key in _keys_of(by_id[row["broadcast_id"]]):
            _add(found, key, visits=row["visits"])
        _add(found, (_SHOW, row["broadcast_id"]), visitors=row["visitors"])
    _add(found, EVERYTHING, visitors=visitors)
    for kind, column in ((_BASE, "base_id"), (_HOST, "host_name")):
        for which in {show[column] for show in shows}:
            own = [show["id"] for show in shows if show[column] == which]
            came = {show: found[_SHOW, show].get("visitors", 0) for show in own}
            _add(found, (kind, which), visitors=await distinct.of(tx, came))
    return {key: SeriesFigures(**figures) for key, figures in found.items()}


def _keys_of(show: asyncpg.Record) -> tuple[Key, ...]:
    return EVERYTHING, (_SHOW, show["id"]), (_BASE, show["base_id"]), (_HOST, show["host_name"])


def _key(row: asyncpg.Record) -> Key:
    return row["of"], {_SHOW: row["id"], _BASE: row["base_id"], _HOST: row["host_name"]}.get(row["of"])


def _add(found: dict[Key, dict[str, int]], key: Key, **counts: int) -> None:
    figures = found.setdefault(key, {})
    for name, count in counts.items():
        figures[name] = figures.get(name, 0) + count


async def _stated_views(tx: Transaction, ids: Sequence[BroadcastId]) -> Mapping[UUID, dict[str, int]]:
    stated: dict[UUID, dict[str, int]] = {}
    for row in await tx.fetch(STATED_VIEWS, ids):
        stated.setdefault(row["broadcast_id"], {})[row["platform"]] = row["value"]
    return stated


def _funnel(viewers: Mapping[Step, int]) -> tuple[SeriesStep, ...]:
    """Each step over the one before and over the first."""
    counts = [viewers[step] for step, *_ in FUNNEL]
    return tuple(
        SeriesStep(
            metric=metric,
            count=counts[nth],
            over_previous=METRICS[previous].ratio(counts[nth], counts[nth - 1]) if previous else None,
            over_first=METRICS[first].ratio(counts[nth], counts[0]) if first else None,
        )
        for nth, (_, metric, previous, first) in enumerate(FUNNEL)
    )

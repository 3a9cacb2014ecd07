"""Several shows read together: sums where they add up, and distinct devices, people and employers where they do not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from storage.distinct import DistinctViewers, expect_many, summed_viewers
from storage.milestones import level, people_by_outcome
from storage.pool import Database, Transaction
from storage.reports import midnight
from storage.units import read_tree
from stream_jobs.domain.comparison import Among, ShowGroup
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId, SeriesId, UnitId
from stream_jobs.domain.metrics import FUNNEL, METRICS
from stream_jobs.domain.series import (
    ReportedFigure,
    SeriesFigures,
    SeriesHost,
    SeriesNotFound,
    SeriesReport,
    SeriesRow,
    SeriesShow,
    SeriesStep,
    SeriesUnit,
)
from stream_jobs.domain.units import Held, held_beneath
from stream_jobs.ports.series import EarlierShows, ShowsOf

LIST = """
    SELECT s.id, s.name, count(b.id) FILTER (WHERE b.started_at IS NOT NULL) AS shows,
        count(b.id) FILTER (WHERE b.status = 'live') AS live,
        min(b.started_at) AS first_at, max(b.started_at) AS last_at
    FROM series s LEFT JOIN broadcast b ON b.series_id = s.id AND NOT b.rehearsal
    WHERE s.org_id = $1 GROUP BY s.id ORDER BY max(b.started_at) DESC NULLS LAST, s.id DESC
"""

SHOWS = """
    SELECT b.id, b.title, b.status, b.started_at, b.ended_at, b.unit_id, b.host_name
    FROM broadcast b
    WHERE b.org_id = $1 AND b.started_at IS NOT NULL AND NOT b.rehearsal
        AND ($2::uuid IS NULL OR b.series_id = $2) AND ($3::uuid[] IS NULL OR b.unit_id = ANY($3))
        AND ($4::timestamptz IS NULL OR b.started_at >= $4) AND ($5::timestamptz IS NULL OR b.started_at < $5)
    ORDER BY b.started_at, b.id
"""

STANDS_IN = """
    SELECT b.series_id, s.name AS series, b.unit_id, u.name AS unit, coalesce(b.started_at, b.starts_at) AS at
    FROM broadcast b JOIN organisation u ON u.id = b.unit_id LEFT JOIN series s ON s.id = b.series_id
    WHERE b.id = $1 AND b.org_id = $2
"""

EARLIER = """
    SELECT id FROM broadcast
    WHERE org_id = $1 AND ($2::uuid IS NULL OR series_id = $2) AND ($3::uuid IS NULL OR unit_id = $3)
        AND NOT rehearsal AND status = 'ended' AND id <> $4 AND started_at < $5
    ORDER BY started_at DESC, id DESC LIMIT $6
"""

# Groups of shows: (nth, show), a show in each of the groups it stands in.
_GROUPS = "unnest($1::integer[], $2::uuid[]) AS held (nth, broadcast_id)"

TRAYS = f"""
    SELECT held.nth, count(*) AS cards,
        coalesce(sum(coalesce(j.headcount_max, j.headcount_min)), 0)::bigint AS openings,
        count(DISTINCT j.employer_id) AS employers
    FROM {_GROUPS} JOIN card c USING (broadcast_id) JOIN job j ON j.id = c.job_id GROUP BY held.nth
"""  # noqa: S608  # constants of this package

AUDIENCE = """
    SELECT broadcast_id, coalesce(sum(events) FILTER (WHERE step = $3), 0)::bigint AS visits,
        coalesce(sum(viewers) FILTER (WHERE step = $3), 0)::bigint AS visitors,
        coalesce(sum(events) FILTER (WHERE step = $4), 0)::bigint AS exposures
    FROM step_count WHERE broadcast_id = ANY($1) AND card_id = $2 AND step IN ($3, $4) GROUP BY broadcast_id
"""

APPLIED = f"""
    WITH person AS (
        SELECT held.nth, max({level("p")}) AS level, count(*) AS applications
        FROM {_GROUPS} JOIN application p USING (broadcast_id) GROUP BY held.nth, p.counted_as
    )
    SELECT nth, sum(applications)::bigint AS applications, count(*) AS applicants, {people_by_outcome()}
    FROM person GROUP BY nth
"""  # noqa: S608  # constants of this package

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

# Whose a figure is: all of the shows together, a show's, a unit's with everything beneath it or by itself, a host's.
Key = tuple[str, object]
ALL: Key = ("all", None)


class SeriesReportStore:
    def __init__(self, database: Database, viewers: DistinctViewers | None = None) -> None:
        self._database = database
        self.viewers = viewers or DistinctViewers()

    async def listed(self, org_id: OrgId) -> Sequence[SeriesRow]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(LIST, org_id)
        return [SeriesRow.model_validate(dict(row)) for row in rows]

    async def report(self, org_id: OrgId, shows: ShowsOf, at: datetime) -> SeriesReport:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            await expect_many(tx)
            return await _report(tx, org_id, shows, at, self.viewers)

    async def earlier_shows(self, org_id: OrgId, broadcast_id: BroadcastId, *, most: int) -> EarlierShows:
        async with self._database.transaction(org_id) as tx:
            show = await tx.fetchrow(STANDS_IN, broadcast_id, org_id)
            if show is None:
                raise BroadcastNotFound
            within: list[tuple[Among, UUID | None, UUID | None]] = [
                ("series", show["series_id"], None),
                ("unit", None, show["unit_id"]),
                ("organisation", None, None),
            ]
            for kind, series, unit in within if show["series_id"] else within[1:]:
                rows = await tx.fetch(EARLIER, org_id, series, unit, broadcast_id, show["at"], most)
                group = ShowGroup(kind, show["series_id"], show["series"], show["unit"])
                if rows:
                    break
            return EarlierShows(group, [row["id"] for row in rows])


async def shows_of(tx: Transaction, org_id: OrgId, of: ShowsOf) -> Sequence[BroadcastId]:
    """Those that its report counts, in the order they were held. Raises SeriesNotFound, UnitNotFound."""
    if of.series:
        await _series(tx, org_id, of.series)
    units = [one for one, _ in (await read_tree(tx, org_id)).beneath(of.unit)] if of.unit else None
    return [show["id"] for show in await _shows(tx, org_id, of, units)]


async def _report(tx: Transaction, org_id: OrgId, of: ShowsOf, at: datetime, distinct: DistinctViewers) -> SeriesReport:
    tree = await read_tree(tx, org_id)
    unit = tree[of.unit or tree.top]
    name = await _series(tx, org_id, of.series) if of.series else unit.name
    shows = await _shows(tx, org_id, of, [one for one, _ in tree.beneath(unit.id)] if of.unit else None)
    ids = [show["id"] for show in shows]
    below = held_beneath(tree, unit.id, {show["id"]: show["unit_id"] for show in shows})
    viewers = await _viewers(tx, org_id, of, ids, distinct)
    figures = await _figures(tx, shows, below, viewers[Step.VISIT], at, distinct)
    stated = await _stated_views(tx, ids)
    return SeriesReport(
        id=of.series,
        unit_id=of.unit,
        name=name,
        since=of.since,
        until=of.until,
        as_of=at,
        figures=figures[ALL],
        funnel=_funnel(viewers),
        shows=tuple(
            SeriesShow(
                broadcast_id=show["id"],
                unit=tree[show["unit_id"]].name if show["unit_id"] != tree.top else None,
                figures=figures["show", show["id"]],
                stated_views=stated.get(show["id"], {}),
                **{name: show[name] for name in ("title", "status", "started_at", "ended_at")},
            )
            for show in shows
        ),
        units=tuple(
            SeriesUnit(
                unit_id=one.unit.id,
                kind=one.unit.kind,
                name=one.unit.name,
                depth=one.depth,
                own=one.own,
                figures=figures[_key(one)],
            )
            for one in below
        ),
        hosts=tuple(
            SeriesHost(host=host, figures=figures["host", host])
            for host in dict.fromkeys(show["host_name"] for show in shows)
        ),
        reported=tuple(ReportedFigure.model_validate(dict(row)) for row in await tx.fetch(REPORTED, ids)),
    )


async def _viewers(
    tx: Transaction, org_id: OrgId, of: ShowsOf, ids: Sequence[BroadcastId], distinct: DistinctViewers
) -> Mapping[Step, int]:
    """A series and everything have sums of their own; any unit on any days is read whole."""
    if of.has_sums:
        return await summed_viewers(tx, of.series or org_id, ids)
    return await distinct.by_step(tx, ids)


async def _series(tx: Transaction, org_id: OrgId, series_id: SeriesId) -> str:
    name = await tx.fetchval("SELECT name FROM series WHERE id = $1 AND org_id = $2", series_id, org_id)
    if name is None:
        raise SeriesNotFound
    return str(name)


async def _shows(
    tx: Transaction, org_id: OrgId, of: ShowsOf, units: Sequence[UnitId] | None
) -> Sequence[asyncpg.Record]:
    until = of.until + timedelta(days=1) if of.until else None
    return await tx.fetch(SHOWS, org_id, of.series, units, midnight(of.since), midnight(until))


def _key(held: Held) -> Key:
    return "own" if held.own else "unit", held.unit.id


async def _figures(
    tx: Transaction,
    shows: Sequence[asyncpg.Record],
    below: Sequence[Held],
    visitors: int,
    at: datetime,
    distinct: DistinctViewers,
) -> Mapping[Key, SeriesFigures]:
    """Of each group of the shows; visitors are those of all of them."""
    groups: dict[Key, list[BroadcastId]] = {ALL: [show["id"] for show in shows]}
    groups |= {("show", show["id"]): [show["id"]] for show in shows}
    groups |= {_key(held): list(held.shows) for held in below}
    for show in shows:
        groups.setdefault(("host", show["host_name"]), []).append(show["id"])
    found = {key: {"shows": len(own)} for key, own in groups.items()}
    keys = list(groups)
    held_in = [(nth, show) for nth, key in enumerate(keys) for show in groups[key]]
    nths, ids = [nth for nth, _ in held_in], [show for _, show in held_in]
    for row in [*await tx.fetch(TRAYS, nths, ids), *await tx.fetch(APPLIED, nths, ids)]:
        found[keys[row["nth"]]] |= {name: count for name, count in row.items() if name != "nth"}
    rows = await tx.fetch(AUDIENCE, groups[ALL], WHOLE_SHOW, Step.VISIT, Step.IMPRESSION)
    audience = {row["broadcast_id"]: row for row in rows}
    came = {row["broadcast_id"]: row["visitors"] for row in rows}
    seconds = {
        show["id"]: (max(show["started_at"], show["ended_at"] or at) - show["started_at"]) // timedelta(seconds=1)
        for show in shows
    }
    for key, own in groups.items():
        found[key]["on_air_seconds"] = sum(seconds[show] for show in own)
        for name in ("visits", "exposures"):
            found[key][name] = sum(audience[show][name] for show in own if show in audience)
        found[key]["visitors"] = (
            visitors
            if len(own) == len(shows)
            else await distinct.visitors(tx, {show: came.get(show, 0) for show in own})
        )
    return {key: SeriesFigures(**figures) for key, figures in found.items()}


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

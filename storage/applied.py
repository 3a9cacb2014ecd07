"""Applications of a show and what became of them, by card, employer, channel and time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.milestones import level, people_by_outcome
from storage.pool import Transaction
from stream_jobs.domain.following import MILESTONES, OPEN
from stream_jobs.domain.ids import BroadcastId, CardId
from stream_jobs.domain.report import Applied
from stream_jobs.domain.suppression import hidden, hidden_across, hidden_within, is_small

# Of jobs whose workplace names no part of the country: behind every code.
NOWHERE = "nowhere"

# People first, by each place that has applications; then the places.
APPLIED = f"""
    WITH one AS MATERIALIZED (
        SELECT p.card_id, p.employer_id, p.first_channel_id, p.last_channel_id, p.counted_as, p.state,
            width_bucket(p.at, $2::timestamptz[]) AS stretch,
            coalesce(r.region, '{NOWHERE}') AS region, p.recorded_by IS NOT NULL AS recorded,
            {level("p")} AS level
        FROM application p LEFT JOIN unnest($3::uuid[], $4::text[]) AS r (card_id, region) USING (card_id)
        WHERE p.broadcast_id = $1
    ), person AS (
        SELECT grouping(card_id, employer_id, first_channel_id, last_channel_id, stretch, region) AS of, card_id,
            employer_id, first_channel_id, last_channel_id, stretch, region, max(level) AS level,
            count(*) AS applications, count(*) FILTER (WHERE recorded) AS recorded,
            count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn
        FROM one GROUP BY GROUPING SETS ((counted_as), (counted_as, card_id), (counted_as, employer_id),
            (counted_as, first_channel_id), (counted_as, last_channel_id), (counted_as, stretch), (counted_as, region))
    )
    SELECT of, card_id, employer_id, first_channel_id, last_channel_id, stretch, region, count(*) AS applicants,
        sum(applications)::bigint AS applications, sum(recorded)::bigint AS recorded,
        sum(withdrawn)::bigint AS withdrawn, {people_by_outcome()}
    FROM person GROUP BY of, card_id, employer_id, first_channel_id, last_channel_id, stretch, region
"""  # noqa: S608  # constants of this package

OWNERS = "SELECT DISTINCT card_id, employer_id FROM application WHERE broadcast_id = $1"

# Of a job that went to another employer: each has people of its own.
SHARED = """
    SELECT card_id, employer_id, count(DISTINCT counted_as) AS people FROM application
    WHERE broadcast_id = $1 AND card_id = ANY($2) GROUP BY card_id, employer_id
"""

WAITING = """
    SELECT count(*) AS people, min(since) AS since FROM (
        SELECT counted_as, min(at) FILTER (WHERE state = ANY($2)) AS since
        FROM application p WHERE broadcast_id = $1
        GROUP BY counted_as HAVING bool_or(state = ANY($2)) AND NOT bool_or(contacted_at IS NOT NULL)
    ) AS person
"""

# On air from $2 to $3, null while it is. How long it took is told in whole seconds, of each application.
PACE = """
    WITH one AS MATERIALIZED (
        SELECT p.at, floor(extract(epoch FROM p.at - came.at))::bigint AS apply,
            floor(extract(epoch FROM p.contacted_at - p.at))::bigint AS contact,
            floor(extract(epoch FROM p.hired_at - p.at))::bigint AS hire
        FROM application p
        LEFT JOIN LATERAL (
            SELECT v.at FROM visit v WHERE v.broadcast_id = $1 AND v.viewer_id = p.viewer_id AND v.at <= p.at
            ORDER BY v.at LIMIT 1
        ) AS came ON p.recorded_by IS NULL
        WHERE p.broadcast_id = $1
    )
    SELECT count(*) FILTER (WHERE at >= $2 AND ($3::timestamptz IS NULL OR at < $3)) AS applications_in_live,
        count(*) FILTER (WHERE at >= $3 AND at < $3 + interval '7 days') AS applications_within_7_days,
        percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY apply) AS apply,
        percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY contact) AS contact,
        percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY hire) AS hire
    FROM one
"""

BY_BUCKET = """
    SELECT width_bucket(at, $2::timestamptz[]) AS nth, count(*) AS applications FROM application
    WHERE broadcast_id = $1 AND at < $3 GROUP BY 1
"""

HAND_OVERS = """
    SELECT p.employer_id, count(*) AS to_hand_over, count(DISTINCT p.counted_as) AS people_to_hand_over, h.at,
        count(*) FILTER (WHERE h.at IS NULL OR p.at > h.at) AS since_hand_over
    FROM application p LEFT JOIN (
        SELECT employer_id, max(at) AS at FROM hand_over WHERE broadcast_id = $1 GROUP BY employer_id
    ) h ON h.employer_id = p.employer_id
    WHERE p.broadcast_id = $1 AND p.state <> 'withdrawn' GROUP BY p.employer_id, h.at
"""

# grouping() has a bit for each column that is summed over, the last named the lowest.
_NAMES = ("card_id", "employer_id", "first_channel_id", "last_channel_id", "stretch", "region")
_ALL = 2 ** len(_NAMES) - 1
_COLUMNS = {_ALL & ~(1 << nth): name for nth, name in enumerate(reversed(_NAMES))}
NONE = Applied()


@dataclass(slots=True)
class Applications:
    """Of the whole show, and by what they belong to; stretch counts from 0, before the show."""

    total: Applied = NONE
    by: dict[str, dict[object, Applied]] = field(default_factory=dict)

    def of(self, what: str, key: object) -> Applied:
        return self.by.get(what, {}).get(key, NONE)

    def keys(self, what: str) -> set[UUID]:
        """Those cards, employers or channels that have applications."""
        return {key for key in self.by.get(what, {}) if isinstance(key, UUID)}


async def applications(
    tx: Transaction,
    broadcast_id: BroadcastId,
    stretches: Sequence[datetime],
    regions: Mapping[CardId, str],
    small_group: int,
) -> Applications:
    """stretches by where each begins, without the first; regions by card.

    Of groups with fewer people no outcomes are told.
    """
    found = Applications()
    by_column: dict[str, dict[object, asyncpg.Record]] = {}
    for row in await tx.fetch(APPLIED, broadcast_id, list(stretches), list(regions), list(regions.values())):
        if row["of"] == _ALL:
            found.total = Applied(**_counts(row), **_outcomes(row))
        else:
            column = _COLUMNS[row["of"]]
            by_column.setdefault(column, {})[row[column]] = row
    # By id, which is by when they were made, or by time: an order that figures do not change.
    # Keys of one column are of one kind, which their common type does not say.
    ordered = {column: {key: rows[key] for key in sorted(rows)} for column, rows in by_column.items()}  # type: ignore[type-var]
    people = {column: {key: row["applicants"] for key, row in rows.items()} for column, rows in ordered.items()}
    cards = await _cards(tx, broadcast_id, people.get("card_id", {}))
    untold = _untold(people, cards, regions, small_group)
    for column, rows in ordered.items():
        found.by[column] = {key: _applied(row, key in untold[column], small_group) for key, row in rows.items()}
    return found


async def _cards(
    tx: Transaction, broadcast_id: BroadcastId, people: Mapping[object, int]
) -> dict[object, dict[object, int]]:
    """The people of each card by employer."""
    found: dict[object, dict[object, int]] = {card: {} for card in people}
    for row in await tx.fetch(OWNERS, broadcast_id):
        found[row["card_id"]][row["employer_id"]] = people[row["card_id"]]
    if shared := [card for card, owners in found.items() if len(owners) > 1]:
        for row in await tx.fetch(SHARED, broadcast_id, shared):
            found[row["card_id"]][row["employer_id"]] = row["people"]
    return found


def _untold(
    people: Mapping[str, Mapping[object, int]],
    cards: Mapping[object, Mapping[object, int]],
    regions: Mapping[CardId, str],
    small_group: int,
) -> dict[str, frozenset[object]]:
    """By column: an employer and its cards stand beside each other, a region cuts its cards once more."""
    employers, hidden_cards = hidden_within(people.get("employer_id", {}), cards, small_group)
    placed = {card: (regions[CardId(UUID(str(card)))], own) for card, own in cards.items()}
    across = hidden_across(people.get("region", {}), placed, hidden_cards, employers, small_group)
    rest = {column: hidden(groups, small_group) for column, groups in people.items()}
    return {**rest, "employer_id": employers, "card_id": hidden_cards, "region": across}


def _applied(row: asyncpg.Record, is_hidden: bool, small_group: int) -> Applied:
    outcomes = dict.fromkeys(MILESTONES) if is_hidden else _outcomes(row)
    return Applied(
        **_counts(row),
        **outcomes,
        small=is_small(row["applicants"], small_group),
        hidden_below=small_group if is_hidden else None,
    )


def _counts(row: asyncpg.Record) -> dict[str, int]:
    return {name: row[name] for name in ("applications", "applicants", "recorded", "withdrawn")}


def _outcomes(row: asyncpg.Record) -> dict[str, int]:
    return {name: row[name] for name in MILESTONES}


async def waiting(tx: Transaction, broadcast_id: BroadcastId) -> tuple[int, datetime | None]:
    """People nobody has contacted yet, and since when the first of them waits."""
    row = await tx.fetchrow(WAITING, broadcast_id, OPEN)
    return (row["people"], row["since"]) if row else (0, None)


async def pace(
    tx: Transaction, broadcast_id: BroadcastId, started_at: datetime | None, ended_at: datetime | None
) -> Mapping[str, int | None]:
    """When applications came, and how long it took to apply, to be called and to start work; by the figures' names."""
    row = await tx.fetchrow(PACE, broadcast_id, started_at, ended_at)
    if row is None:
        raise AssertionError("an aggregate has a row")
    found = {name: row[name] for name in ("applications_in_live", "applications_within_7_days")}
    for what in ("apply", "contact", "hire"):
        found[f"{what}_seconds_median"], found[f"{what}_seconds_p90"] = row[what] or (None, None)
    return found


async def applications_by_bucket(
    tx: Transaction, broadcast_id: BroadcastId, starts: Sequence[datetime], until: datetime
) -> tuple[int, ...]:
    rows = await tx.fetch(BY_BUCKET, broadcast_id, list(starts), until)
    by_bucket = {row["nth"] - 1: row["applications"] for row in rows}
    return tuple(by_bucket.get(nth, 0) for nth in range(len(starts)))


async def hand_overs(tx: Transaction, broadcast_id: BroadcastId) -> Mapping[object, asyncpg.Record]:
    """By employer: what a list would hold now, what came since the last one, and when that was."""
    return {row["employer_id"]: row for row in await tx.fetch(HAND_OVERS, broadcast_id)}

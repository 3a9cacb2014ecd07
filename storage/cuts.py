"""Several shows cut by job, employer, place of work and channel; each device and person once in a line."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from storage.distinct import STATEMENT_SECONDS, expect_many
from storage.pool import Database, Transaction
from storage.series_reports import shows_of
from stream_jobs.domain.cuts import CutLine, Cuts
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import NO_CHANNEL, WHOLE_SHOW, BroadcastId, OrgId
from stream_jobs.ports.series import ShowsOf

CARDS = """
    SELECT c.id, c.broadcast_id, j.id AS job_id, j.title, j.workplace, j.employer_id, m.name AS employer,
        coalesce(j.headcount_max, j.headcount_min, 0) AS openings
    FROM card c JOIN job j ON j.id = c.job_id JOIN employer m ON m.id = j.employer_id WHERE c.broadcast_id = ANY($1)
"""
CHANNELS = "SELECT id, broadcast_id, kind, name FROM channel WHERE broadcast_id = ANY($1)"

# By place of a show: a card or an employer in it, or (of the whole show) a channel.
SUMS = """
    SELECT broadcast_id, CASE WHEN card_id = $2 THEN channel_id ELSE card_id END AS place, step,
        sum(viewers)::bigint AS viewers, sum(events)::bigint AS events
    FROM step_count WHERE broadcast_id = ANY($1) AND step <= $3 GROUP BY 1, 2, 3
"""

# A device's steps at all places of a line together: $2 names places, $3 the line of each; $4 is the whole show.
_DEVICES = """
    SELECT nth, count(*) FILTER (WHERE steps & 1 <> 0) AS visitors,
        count(*) FILTER (WHERE steps & 2 <> 0) AS impressions, count(*) FILTER (WHERE steps & 4 <> 0) AS clicks,
        count(*) FILTER (WHERE steps & 8 <> 0) AS apply_starts, count(*) FILTER (WHERE steps & 16 <> 0) AS appliers
    FROM ({}) AS device GROUP BY nth
"""
REACHED = _DEVICES.format("""
    SELECT line.nth, r.viewer_id, bit_or(r.steps) AS steps
    FROM reach r JOIN unnest($2::uuid[], $3::integer[]) AS line (place, nth) ON line.place = r.card_id
    WHERE r.broadcast_id = ANY($1) AND r.card_id <> $4 GROUP BY line.nth, r.viewer_id
""")
CAME_THROUGH = _DEVICES.format("""
    SELECT line.nth, r.viewer_id, bit_or(r.steps) AS steps
    FROM audience_member m
    JOIN unnest($2::uuid[], $3::integer[]) AS line (place, nth) ON line.place = m.first_channel_id
    JOIN reach r ON r.broadcast_id = m.broadcast_id AND r.viewer_id = m.viewer_id AND r.card_id = $4
    WHERE m.broadcast_id = ANY($1) GROUP BY line.nth, r.viewer_id
""")

# An application stays with the employer it was sent to, also when the job goes to another one; an employer has a line
# of the shows its jobs are in now.
APPLIED = """
    SELECT line.nth, count(*) AS applications, count(DISTINCT p.counted_as) AS applicants
    FROM application p CROSS JOIN LATERAL unnest(ARRAY[p.card_id, p.employer_id, p.first_channel_id]) AS at (place)
    JOIN unnest($2::uuid[], $3::uuid[], $4::integer[]) AS line (broadcast_id, place, nth)
        USING (broadcast_id, place)
    WHERE p.broadcast_id = ANY($1) GROUP BY line.nth
"""

STEPS = {Step.VISIT: "visitors", Step.IMPRESSION: "impressions", Step.CLICK: "clicks", Step.APPLY_START: "apply_starts",
    Step.APPLICATION: "appliers"}  # fmt: skip
# More lines than a season has.
KEPT = 20_000

Kind = Literal["job", "employer", "workplace", "channel"]
Place = tuple[BroadcastId, UUID]
"""In a show: a card, an employer, or a channel."""
Figures = Mapping[str, int]


@dataclass(slots=True)
class _Line:
    """places: what it is in each of its shows; cards: those it is of, which say whose devices an employer's are."""

    kind: Kind
    key: str
    name: str | None
    beside: str | None = None
    openings: int = 0
    places: set[Place] = field(default_factory=set)
    cards: set[Place] = field(default_factory=set)

    @property
    def identity(self) -> object:
        """Lines that have this in common were the same devices', as long as nobody did more at one of the places."""
        return frozenset(self.places), frozenset(self.cards)


class DistinctDevices:
    """Of lines in several shows. What devices did stays: a line is the same until one of its places has more."""

    def __init__(self, statement_seconds: float = STATEMENT_SECONDS) -> None:
        self._statement_seconds = statement_seconds
        self._kept: dict[object, tuple[Sequence[Figures], Figures]] = {}

    async def of(self, tx: Transaction, lines: Sequence[_Line], sums: Mapping[Place, Figures]) -> Mapping[int, Figures]:
        """By the line's number."""
        several = {nth: line for nth, line in enumerate(lines) if len(line.places) > 1}
        had = {nth: [sums.get(place, {}) for place in sorted(line.places)] for nth, line in several.items()}
        kept = {nth: self._kept.get(line.identity, ((), {})) for nth, line in several.items()}
        same = {nth: figures for nth, (before, figures) in kept.items() if before == had[nth]}
        found = await _distinct(tx, [nth for nth in several if nth not in same], lines, self._statement_seconds)
        if len(self._kept) > KEPT:
            self._kept.clear()
        self._kept |= {lines[nth].identity: (had[nth], figures) for nth, figures in found.items()}
        return {**same, **found}


class CutStore:
    def __init__(self, database: Database, devices: DistinctDevices | None = None) -> None:
        self._database = database
        self.devices = devices or DistinctDevices()

    async def cuts(self, org_id: OrgId, of: ShowsOf, at: datetime) -> Cuts:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            await expect_many(tx)
            shows = await shows_of(tx, org_id, of)
            sums = await _sums(tx, shows)
            lines = [*await _of_cards(tx, shows), *await _of_channels(tx, shows, sums)]
            devices = await self.devices.of(tx, lines, sums)
            applied = await _applied(tx, shows, lines)
        told: dict[Kind, list[CutLine]] = {kind: [] for kind in get_args(Kind)}
        for nth, line in enumerate(lines):
            told[line.kind].append(_told(line, sums, {**devices.get(nth, {}), **applied.get(nth, {})}))
        return Cuts(as_of=at, shows=len(shows), **{f"{kind}s": _in_order(own) for kind, own in told.items()})


async def _sums(tx: Transaction, shows: Sequence[BroadcastId]) -> Mapping[Place, Figures]:
    sums: dict[Place, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("visits", "exposures", *STEPS.values()), 0))
    for row in await tx.fetch(SUMS, shows, WHOLE_SHOW, max(STEPS)):
        figures = sums[row["broadcast_id"], row["place"]]
        figures[STEPS[Step(row["step"])]] += row["viewers"]
        figures["visits"] += row["events"] if row["step"] == Step.VISIT else 0
        figures["exposures"] += row["events"] if row["step"] == Step.IMPRESSION else 0
    return sums


async def _of_cards(tx: Transaction, shows: Sequence[BroadcastId]) -> Sequence[_Line]:
    lines: dict[tuple[Kind, object], _Line] = {}
    for card in await tx.fetch(CARDS, shows):
        show, job, employer, workplace = card["broadcast_id"], card["job_id"], card["employer_id"], card["workplace"]
        for line, place in (
            (_Line("job", str(job), card["title"], card["employer"]), card["id"]),
            (_Line("employer", str(employer), card["employer"]), employer),
            (_Line("workplace", workplace, workplace), card["id"]),
        ):
            own = lines.setdefault((line.kind, line.key), line)
            own.cards.add((show, card["id"]))
            own.openings += card["openings"]
            own.places.add((show, place))
    return list(lines.values())


async def _of_channels(tx: Transaction, shows: Sequence[BroadcastId], sums: Mapping[Place, Figures]) -> Sequence[_Line]:
    """Of one kind and name, whatever show they were made for; and what came through none."""
    lines: dict[tuple[str, str], _Line] = {}
    for row in await tx.fetch(CHANNELS, shows):
        line = _Line("channel", f"{row['kind']} {row['name']}", row["name"], row["kind"])
        lines.setdefault((row["kind"], row["name"]), line).places.add((row["broadcast_id"], row["id"]))
    none = _Line("channel", "", None, places={(show, NO_CHANNEL) for show in shows if (show, NO_CHANNEL) in sums})
    return [*lines.values(), *([none] if none.places else [])]


async def _distinct(
    tx: Transaction, several: Sequence[int], lines: Sequence[_Line], seconds: float
) -> Mapping[int, Figures]:
    found: dict[int, Figures] = {nth: {} for nth in several}
    for query, is_channel in ((REACHED, False), (CAME_THROUGH, True)):
        own = [nth for nth in several if (lines[nth].kind == "channel") is is_channel]
        shows = {show for nth in own for show, _ in lines[nth].places}
        # An employer, or no channel, is the same place in all of the shows.
        pairs = sorted({(place, nth) for nth in own for _, place in lines[nth].places})
        places, nths = [place for place, _ in pairs], [nth for _, nth in pairs]
        rows = await tx.fetch(query, shows, places, nths, WHOLE_SHOW, timeout=seconds) if own else ()
        found |= {row["nth"]: {name: row[name] for name in STEPS.values()} for row in rows}
    return found


async def _applied(tx: Transaction, shows: Sequence[BroadcastId], lines: Sequence[_Line]) -> Mapping[int, Figures]:
    """By the line's number: applications, and people once."""
    held = [(show, place, nth) for nth, line in enumerate(lines) for show, place in line.places]
    at = [[one[column] for one in held] for column in range(3)]
    rows = await tx.fetch(APPLIED, shows, *at)
    return {row["nth"]: {name: row[name] for name in ("applications", "applicants")} for row in rows}


def _told(line: _Line, sums: Mapping[Place, Figures], figures: Figures) -> CutLine:
    """What adds up from sums, with what was counted of the line; of one place its sums are that."""
    own = [sums[place] for place in line.places if place in sums]
    at_once = own[0] if len(line.places) == 1 and own else {}
    exposures = sum(sums[place]["exposures"] for place in line.cards or line.places if place in sums)
    return CutLine(
        key=line.key,
        name=line.name,
        beside=line.beside,
        shows=len({show for show, _ in line.places}),
        cards=len(line.cards),
        openings=line.openings,
        **{**at_once, "visits": sum(figures["visits"] for figures in own), "exposures": exposures, **figures},
    )


def _in_order(lines: Sequence[CutLine]) -> tuple[CutLine, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.applications, -line.impressions, line.name or "", line.key)))

"""A series: what its viewers reached over all its shows, each viewer counted once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from storage import raw_rows
from storage.pool import Transaction
from storage.raw_rows import rows, together
from stream_jobs.domain.ids import BroadcastId, SeriesId
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import BITS, Sum, up_to
from stream_jobs.verify.places import NOBODY
from stream_jobs.verify.sums import compare_sums

Base = UUID | None
# Under whom a show stands besides itself: its base, and its host.
Under = tuple[str, object]


@dataclass(slots=True)
class Distinct:
    """Devices over the shows that its report counts, by step; and those that came by base and by host, each once."""

    steps: "defaultdict[int, int]" = field(default_factory=lambda: defaultdict(int))
    came: "defaultdict[Under, int]" = field(default_factory=lambda: defaultdict(int))

    def add(self, steps: int, places: set[Under]) -> None:
        for bit in BITS.values():
            self.steps[bit] += bool(steps & bit)
        for place in places:
            self.came[place] += 1


async def check_series(
    tx: Transaction,
    series_id: SeriesId,
    shows: Sequence[BroadcastId],
    counted: Mapping[UUID, set[Under]],
    compared: Comparison,
) -> Distinct:
    """Its reach and sums, against what was stored of all its shows but rehearsals.

    counted: those of them that a report counts, and under whom each stands; returned is what its devices did in them.
    """
    recorded = {row["id"] for row in await rows(tx, raw_rows.RECORDED, shows)}
    sums: dict[tuple[UUID, UUID, int], Sum] = defaultdict(Sum)
    distinct = Distinct()
    async for viewer, (events, reach) in together(tx, series_id, raw_rows.OF_SERIES):
        took = took_in_counted = 0
        places: set[Under] = set()
        for event in events:
            if event["step"] in BITS and event["event_id"] not in recorded:
                took |= BITS[event["step"]]
                if event["broadcast_id"] in counted:
                    took_in_counted |= BITS[event["step"]]
                    places |= counted[event["broadcast_id"]]
        distinct.add(up_to(took_in_counted, visits=True), places)
        steps = up_to(took, visits=True)
        shown = [(row["card_id"], row["steps"], row["implied"]) for row in reach]
        there = [(NOBODY, steps, steps & ~took)] if took else []
        if shown == there:
            compared.compared += 1
        else:
            compared.same("reach", "steps, implied", f"viewer {viewer} series", shown, there)
        for bit in BITS.values():
            if steps & bit:
                sums[NOBODY, NOBODY, bit].viewers += 1
                sums[NOBODY, NOBODY, bit].implied += not took & bit
    await compare_sums(tx, series_id, sums, compared)
    return distinct

"""Several shows as one, a series or everything: what viewers reached over all of them, each viewer counted once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any
from uuid import UUID

from storage import raw_rows
from storage.pool import Transaction
from storage.raw_rows import rows, together
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.cuts import Devices
from stream_jobs.verify.devices import BITS, Sum, up_to
from stream_jobs.verify.places import NOBODY
from stream_jobs.verify.sums import compare_sums

# Under whom a show stands besides itself: the unit that holds it, that unit and all above it, and its host.
Under = tuple[str, object]
Row = Any


@dataclass(slots=True)
class Distinct:
    """Devices over the shows that its report counts, by step; and those that came by unit and by host, each once."""

    steps: "defaultdict[int, int]" = field(default_factory=lambda: defaultdict(int))
    came: "defaultdict[Under, int]" = field(default_factory=lambda: defaultdict(int))

    def add(self, steps: int, places: set[Under]) -> None:
        for bit in BITS.values():
            self.steps[bit] += bool(steps & bit)
        for place in places:
            self.came[place] += 1


@dataclass(slots=True)
class Several:
    """Shows as one; distinct is known once they are counted.

    counted: those of them that a report counts, and under whom each stands; by_line: their jobs, employers and so on;
    kept: whether reach and sums of all of them are kept, under the id, as those of a series and of everything are.
    """

    id: UUID
    shows: Sequence[BroadcastId]
    counted: Mapping[UUID, set[Under]]
    compared: Comparison
    by_line: Devices
    kept: bool = True
    distinct: Distinct = field(default_factory=Distinct)
    sums: "dict[tuple[UUID, UUID, int], Sum]" = field(default_factory=lambda: defaultdict(Sum))

    def add(self, viewer: UUID, events: Sequence[Row], through: Mapping[UUID, UUID], reach: Sequence[Row]) -> None:
        """What one viewer did in these shows, the channel of each that brought it, and the rows that say so."""
        self.by_line.add(events, through)
        took = took_in_counted = 0
        places: set[Under] = set()
        for event in events:
            took |= BITS[event["step"]]
            if event["broadcast_id"] in self.counted:
                took_in_counted |= BITS[event["step"]]
                places |= self.counted[event["broadcast_id"]]
        self.distinct.add(up_to(took_in_counted, visits=True), places)
        if self.kept:
            self._compare_reach(viewer, took, reach)

    def _compare_reach(self, viewer: UUID, took: int, reach: Sequence[Row]) -> None:
        steps = up_to(took, visits=True)
        shown = [(row["card_id"], row["steps"], row["implied"]) for row in reach]
        there = [(NOBODY, steps, steps & ~took)] if took else []
        if shown == there:
            self.compared.compared += 1
        else:
            self.compared.same("reach", "steps, implied", f"viewer {viewer} together", shown, there)
        for bit in BITS.values():
            if steps & bit:
                self.sums[NOBODY, NOBODY, bit].viewers += 1
                self.sums[NOBODY, NOBODY, bit].implied += not took & bit


async def count_together(tx: Transaction, several: Sequence[Several]) -> None:
    """Against what was stored of all their shows but rehearsals, with one look at each event."""
    kept = {one.id: nth for nth, one in enumerate(several) if one.kept}
    of_show: dict[UUID, list[int]] = defaultdict(list)
    for nth, one in enumerate(several):
        for show in one.shows:
            of_show[show].append(nth)
    recorded = {row["id"] for row in await rows(tx, raw_rows.RECORDED, list(of_show))}
    async for viewer, (events, members, reach) in together(tx, list({one.id for one in several}), raw_rows.TOGETHER):
        through = {row["broadcast_id"]: row["first_channel_id"] for row in members}
        did, reached = defaultdict[int, list[Row]](list), defaultdict[int, list[Row]](list)
        for event in events:
            if event["step"] in BITS and event["event_id"] not in recorded:
                for nth in of_show.get(event["broadcast_id"], ()):
                    did[nth].append(event)
        for row in reach:
            if row["broadcast_id"] in kept:
                reached[kept[row["broadcast_id"]]].append(row)
        for nth in did.keys() | reached.keys():
            several[nth].add(viewer, did[nth], through, reached[nth])
    for one in filter(attrgetter("kept"), several):
        await compare_sums(tx, one.id, one.sums, one.compared)

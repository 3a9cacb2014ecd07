"""A series: what its viewers reached over all its shows, each viewer counted once."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from storage import raw_rows
from storage.pool import Transaction
from storage.raw_rows import rows, together
from stream_jobs.domain.ids import BroadcastId, SeriesId
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import BITS, Sum, up_to
from stream_jobs.verify.places import NOBODY
from stream_jobs.verify.sums import compare_sums


async def check_series(
    tx: Transaction, series_id: SeriesId, shows: Sequence[BroadcastId], compared: Comparison
) -> None:
    """Its reach and sums, against what was stored of all its shows but rehearsals."""
    recorded = {row["id"] for row in await rows(tx, raw_rows.RECORDED, shows)}
    sums: dict[tuple[UUID, UUID, int], Sum] = defaultdict(Sum)
    async for viewer, (events, reach) in together(tx, series_id, raw_rows.OF_SERIES):
        took = 0
        for event in events:
            if event["step"] in BITS and event["event_id"] not in recorded:
                took |= BITS[event["step"]]
        steps = up_to(took, visits=True)
        shown = [(row["card_id"], row["steps"], row["implied"]) for row in reach]
        counted = [(NOBODY, steps, steps & ~took)] if took else []
        if shown == counted:
            compared.compared += 1
        else:
            compared.same("reach", "steps, implied", f"viewer {viewer} series", shown, counted)
        for bit in BITS.values():
            if steps & bit:
                sums[NOBODY, NOBODY, bit].viewers += 1
                sums[NOBODY, NOBODY, bit].implied += not took & bit
    await compare_sums(tx, series_id, sums, compared)

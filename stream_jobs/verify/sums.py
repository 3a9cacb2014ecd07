"""The sums that are kept as events are stored, beside what the events add up to."""

from collections.abc import Mapping
from uuid import UUID

from storage import raw_rows
from storage.pool import Transaction
from storage.raw_rows import rows
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import BITS, CALL, FORGED, FRAUD, LATE, Sum
from stream_jobs.verify.places import NOBODY

NAMES = {
    **{bit: step for step, bit in BITS.items()},
    **{number: f"fraud {reason}" for reason, number in FRAUD.items()},
    CALL: "call",
    LATE: "late",
    FORGED: "forged link",
}
PARTS = ("viewers", "implied", "events")


async def compare_sums(
    tx: Transaction,
    of: UUID,
    counted: Mapping[tuple[UUID, UUID, int], Sum],
    compared: Comparison,
) -> None:
    """Every row of step_count of a show, or of several as one, and every one that should be there."""
    stored = {(row["card_id"], row["channel_id"], row["step"]): row for row in await rows(tx, raw_rows.SUMS, of)}
    for key in stored.keys() | counted.keys():
        card, channel, step = key
        place = f"{'show' if card == NOBODY else f'card {card}'}, channel {channel}"
        row, own = stored.get(key), counted.get(key, Sum())
        for part in PARTS:
            shown = row[part] if row else 0
            compared.same("step_count", f"{NAMES.get(step, step)} {part}", place, shown, getattr(own, part))

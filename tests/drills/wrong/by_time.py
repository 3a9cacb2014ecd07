"""The server with another time and one thing wrong: it reads the log of the stage by time instead of by number."""

import sys
from collections.abc import Sequence
from pathlib import Path

from storage import stage_log
from storage.pool import Transaction
from stream_jobs.cli import main
from stream_jobs.domain.events import StageEntry
from stream_jobs.domain.ids import BroadcastId, OrgId
from tests.drills.shifted import shift

entries_after = stage_log.entries_after
LATER = """
    SELECT seq FROM stage_event WHERE broadcast_id = $1
        AND at > coalesce((SELECT at FROM stage_event WHERE broadcast_id = $1 AND seq = $2), '-infinity')
"""


async def newer_than(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, seq: int, limit: int
) -> Sequence[StageEntry]:
    later = {row["seq"] for row in await tx.fetch(LATER, broadcast_id, seq)}
    return [entry for entry in await entries_after(tx, org_id, broadcast_id, seq, limit) if entry.seq in later]


if __name__ == "__main__":
    stage_log.entries_after = newer_than  # this is what is wrong with it
    shift(Path(sys.argv.pop(1)))
    main()

"""Older entries of a stage log, for those who ask for history."""

from collections.abc import Sequence

from realtime.protocol import (
    INTERNAL,
    UNRECOVERABLE_POSITION,
    History,
    encode_fault,
    encode_history,
    stage_publication,
)
from realtime.room import Room
from realtime.tail import first_that_fit
from stream_jobs.actions.stage import PAGE_OF_RECOVERY, StageActions


async def read_history(id_: int, asked: History, room: Room, stage: StageActions) -> bytes:
    """The reply to a history command: at most a page, and what fits; a limit of 0 asks for the position alone."""
    head = room.position
    if head is None:
        return encode_fault(id_, INTERNAL)
    if asked.since and asked.since.epoch not in ("", head.epoch):
        return encode_fault(id_, UNRECOVERABLE_POSITION)
    first, last = _range(asked, head.offset)
    publications = await _between(first, last, room, stage)
    wanted = publications[::-1] if asked.reverse else publications
    return encode_history(id_, head, first_that_fit(wanted, room.most_at_once))


def _range(asked: History, head: int) -> tuple[int, int]:
    """After which offset and up to which one."""
    wanted = PAGE_OF_RECOVERY if asked.limit < 0 else min(asked.limit, PAGE_OF_RECOVERY)
    if asked.reverse:
        last = min(head, asked.since.offset - 1) if asked.since else head
        return max(0, last - wanted), max(0, last)
    first = max(0, asked.since.offset) if asked.since else 0
    return first, min(head, first + wanted)


async def _between(first: int, last: int, room: Room, stage: StageActions) -> Sequence[bytes]:
    if last <= first:
        return []
    remembered = room.publications_after(first)
    if remembered is None:
        entries = await stage.stage_after(room.org_id, room.broadcast_id, first)
        remembered = [stage_publication(entry) for entry in entries]
    return remembered[: last - first]

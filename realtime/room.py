"""One broadcast in one process: who watches, and how far each has been told."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from realtime import forward
from realtime.figures import Figures
from realtime.forward import Forward, Joining
from realtime.parts import RoomParts
from realtime.protocol import (
    INSUFFICIENT_STATE,
    INTERNAL,
    NOT_AVAILABLE,
    REJECT_UNRECOVERED,
    UNKNOWN_CHANNEL,
    UNRECOVERABLE_POSITION,
    Channel,
    Fault,
    Position,
    Subscribe,
    encode_fault,
    encode_push,
    encode_subscribed,
    plain_publication,
    recovered_result,
    snapshot_result,
)
from realtime.row import AT_ONCE
from realtime.seats import Seat, Seats
from realtime.tail import Tail
from realtime.wire import frame
from stream_jobs.actions.stage import PAGE_OF_RECOVERY
from stream_jobs.domain.errors import NotFound, Unavailable
from stream_jobs.domain.events import CardPushed, StageEntry
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.ports import Snapshot, Topic

logger = logging.getLogger(__name__)

TAIL_ENTRIES = 100
SNAPSHOT_SECONDS = 5.0
"""How old the shared snapshot may be when nothing happened on stage: titles and links can change without a seq."""
ENTRIES_TOGETHER = 16
"""In one write: of a few KiB each they fit into what the kernel holds for a viewer."""
SHARE_OF_QUEUE = 2
"""What was missed may fill half of what may wait for a viewer, so that what comes next finds room behind it."""
IDLE_SECONDS = 30.0
SWEEP_SECONDS = 1.0


@dataclass(slots=True)
class SharedSnapshot:
    """A snapshot encoded once, and when it was read."""

    position: Position
    data: bytes
    read_at: float
    first_result: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.first_result = snapshot_result(self.position, self.data, was_recovering=False)


class Room:
    """Follows one stage log and tells everyone in the room, each exactly once and in order.

    Whoever sits has been told everything up to the head, by the answer that seated them or since. The head moves
    before anyone is told, and then those are who sit there at that moment: so an entry reaches a viewer either in
    the answer or afterwards, whatever the loop below was doing meanwhile.
    """

    def __init__(self, org_id: OrgId, broadcast_id: BroadcastId, parts: RoomParts) -> None:
        self.org_id = org_id
        self.broadcast_id = broadcast_id
        self.channel = Channel("broadcast", broadcast_id).name
        self.most_at_once = parts.settings.max_queued_bytes // SHARE_OF_QUEUE
        self._parts = parts
        self._announced = asyncio.Event()
        self._handed: list[StageEntry] = []
        self._must_look = True
        self._waiting: list[Joining] = []
        self._epoch: str | None = None
        self._tail = Tail(TAIL_ENTRIES)
        self._snapshot: SharedSnapshot | None = None
        self.seats = Seats(parts.write_to_each)
        self.figures = Figures(self.org_id, broadcast_id, self.seats, parts)
        self._forward = Forward(self)
        self.empty_since: float | None = None

    # ── joining and leaving ───────────────────────────────────────────────────────────────────────────────────

    def join(self, seat: Seat, command_id: int, subscribe: Subscribe) -> None:
        """Answers the subscribe now if memory can, else after the room's next look."""
        self.empty_since = None
        joining = Joining(seat, command_id, subscribe)
        if not self._answer(joining, stale=False):
            self._waiting.append(joining)
            self.look_soon()

    def leave(self, seat: Seat) -> None:
        seat.wanted = False
        self.seats.remove(seat)
        self._forward.leave(seat)
        self.figures.wake()

    @property
    def is_empty(self) -> bool:
        return not (self.seats or self._waiting or self._forward) and self.figures.is_unwatched

    @property
    def connections(self) -> int:
        """Subscribed connections here, and the devices other workers hold."""
        return len(self.seats) + self.figures.elsewhere

    @property
    def head(self) -> int:
        return self._tail.head

    @property
    def position(self) -> Position | None:
        """The head of the log as known here; None before the first look."""
        return Position(self._tail.head, self._epoch) if self._epoch is not None else None

    def publications_after(self, offset: int) -> Sequence[bytes] | None:
        """From memory; None when they reach further back than that."""
        return self._tail.after(offset) if self._epoch is not None and self._tail.covers(offset) else None

    def announced(self, topic: Topic, entry: StageEntry | None) -> None:
        """Someone says that there is something new: here is the entry, when it was committed by this process."""
        if topic is Topic.STAGE and entry:
            self._handed.append(entry)
            self._announced.set()
        elif topic is Topic.STAGE:
            self.look_soon()
        self.figures.wake(desk=True)

    def look_soon(self) -> None:
        self._must_look = True
        self._announced.set()

    # ── look, tell, wait ──────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Follows the log and the figures until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forward.run())
            group.create_task(self._follow())
            group.create_task(self.figures.run())

    async def _follow(self) -> None:
        """Tells viewers what the stage log says, whether or not anyone announced it."""
        while True:
            self._announced.clear()
            joining, self._waiting = self._waiting, []
            try:
                await self._tell_handed()
                if self._must_look:
                    await self._look()
                await self._admit(joining)
            except Unavailable:
                logger.warning("cannot read the stage; looking again soon", extra={"broadcast": str(self.broadcast_id)})
                self.turn_away(joining, INTERNAL)
            except NotFound:
                self.turn_away(joining, UNKNOWN_CHANNEL)
            except Exception:
                logger.exception("a look at the stage failed", extra={"broadcast": str(self.broadcast_id)})
                self.turn_away(joining, INTERNAL)
            try:
                async with asyncio.timeout(self._parts.poll_seconds):
                    await self._announced.wait()
            except TimeoutError:
                self._must_look = True

    async def _tell_handed(self) -> None:
        """What this process committed itself need not be read again, when nothing is missing before it."""
        handed, self._handed = self._handed, []
        following: list[StageEntry] = []
        for entry in handed:
            known = self._tail.head + len(following)
            if self._epoch is not None and entry.seq == known + 1:
                following.append(entry)
            elif self._epoch is None or entry.seq > known:
                self._must_look = True
        await self._tell(following)

    async def _look(self) -> None:
        self._must_look = False
        if self._epoch is None:
            await self._open()
        while True:
            entries = await self.entries_after(self._tail.head)
            await self._tell(entries)
            if len(entries) < PAGE_OF_RECOVERY:
                return

    async def _open(self) -> None:
        """Takes the room's place in the log, with enough of its past for those who come back."""
        snapshot = await self._parts.stage.snapshot(self.org_id, self.broadcast_id)
        tail = Tail(TAIL_ENTRIES, head=max(0, snapshot.seq - TAIL_ENTRIES))
        for entry in await self.entries_after(tail.head):
            if entry.seq <= snapshot.seq:
                tail.append(entry)
        self._tail = tail
        self._epoch = snapshot.epoch
        self._share(snapshot)

    async def entries_after(self, seq: int) -> Sequence[StageEntry]:
        return await self._parts.stage.stage_after(self.org_id, self.broadcast_id, seq)

    async def _tell(self, entries: Sequence[StageEntry]) -> None:
        """Entries that came while others were told go out together: a room that is behind catches up."""
        for first in range(0, len(entries), ENTRIES_TOGETHER):
            await self._tell_together(entries[first : first + ENTRIES_TOGETHER])

    async def _tell_together(self, entries: Sequence[StageEntry]) -> None:
        ready = b"".join(frame(encode_push(self.channel, self._tail.append(entry))) for entry in entries)
        connected, sitting, late = len(self.seats.viewers), len(self.seats), list[Seat]()

        def otherwise(seat: Seat) -> None:
            if not seat.wire.send(ready):
                late.append(seat)

        try:
            late += await self.seats.tell(ready, otherwise)
        except Exception:
            # Nobody knows who was told: all come back and say how far they are.
            self._send_everyone_back()
            raise
        self._parts.metrics.deliveries.inc((sitting - len(late)) * len(entries))
        for entry in entries:
            if isinstance(entry.event, CardPushed):
                self.figures.report(entry.seq, connected, late)

    # ── admitting those who wait ──────────────────────────────────────────────────────────────────────────────

    async def _admit(self, joining: list[Joining]) -> None:
        """Answers all of them with at most one snapshot read from the database."""
        left = [one for one in joining if not self._answer(one, stale=False)]
        if left:
            await self._begin_anew()
        for count, one in enumerate(left, start=1):
            if not self._answer(one, stale=True):
                self.reject(one, INTERNAL)
            if not count % AT_ONCE:
                await asyncio.sleep(0)

    async def _begin_anew(self) -> None:
        """Reads the snapshot, and tells those who are here what it says beyond what they know."""
        snapshot = await self._parts.stage.snapshot(self.org_id, self.broadcast_id)
        while snapshot.epoch == self._epoch and snapshot.seq > self._tail.head:
            unheard = await self.entries_after(self._tail.head)
            if not unheard:
                break
            await self._tell([entry for entry in unheard if entry.seq <= snapshot.seq])
        self._share(snapshot)

    def turn_away(self, joining: Sequence[Joining], fault: Fault) -> None:
        """Those whom memory can serve get what everyone has; the others are told to try again."""
        for one in joining:
            if not self._answer(one, stale=True):
                self.reject(one, fault)

    def _share(self, snapshot: Snapshot) -> None:
        if snapshot.epoch != self._epoch or snapshot.seq < self._tail.head:
            self._start_over(snapshot)
        position = Position(snapshot.seq, snapshot.epoch)
        read_at = asyncio.get_running_loop().time()
        self._snapshot = SharedSnapshot(position, snapshot.model_dump_json().encode(), read_at)
        if snapshot.seq > self._tail.head:
            self.look_soon()

    def _start_over(self, snapshot: Snapshot) -> None:
        """The log was restored to another past: everyone here comes back and starts from a snapshot."""
        self._epoch = snapshot.epoch
        self._tail = Tail(TAIL_ENTRIES, head=snapshot.seq)
        self._forward.forget()
        self._send_everyone_back()

    def _send_everyone_back(self) -> None:
        for seat in [*self.seats, *self._forward]:
            seat.wire.close(INSUFFICIENT_STATE)

    # ── answers ───────────────────────────────────────────────────────────────────────────────────────────────

    def _answer(self, one: Joining, *, stale: bool) -> bool:
        """Answers from memory if it can; a snapshot may be older than a few seconds only when stale is fine."""
        if one.is_taken or not one.seat.wire.open:
            return True
        if not one.seat.wanted:
            self.reject(one, NOT_AVAILABLE)
            return True
        asked = one.subscribe
        if asked.recover and self._epoch is not None:
            if asked.epoch == self._epoch:
                if self._is_recoverable(asked.offset, stale=stale):
                    self._recover(one)
                    return True
                # Another worker may have told it more than this one has read.
                if asked.offset > self.head and not stale:
                    return False
            if asked.flag & REJECT_UNRECOVERED:
                self.reject(one, UNRECOVERABLE_POSITION)
                return True
        return self._begin(one, stale=stale)

    def _begin(self, one: Joining, *, stale: bool) -> bool:
        shared = self._snapshot
        if shared is None or shared.position.offset != self._tail.head:
            return False
        if not stale and asyncio.get_running_loop().time() - shared.read_at > SNAPSHOT_SECONDS:
            return False
        result = shared.first_result
        if one.subscribe.recover:
            result = snapshot_result(shared.position, shared.data, was_recovering=True)
        self._seat(one, result)
        return True

    def _is_recoverable(self, offset: int, *, stale: bool) -> bool:
        """From memory or, while the database is not away, from there."""
        if stale:
            return self._tail.covers(offset)
        return 0 <= self.head - offset <= forward.MOST_ENTRIES

    def _recover(self, one: Joining) -> None:
        asked = one.subscribe
        missed = self.publications_after(asked.offset)
        if missed is None or sum(map(len, missed)) > self.most_at_once:
            self._forward.bring(one)
        else:
            self._seat(one, recovered_result(Position(asked.offset, asked.epoch), missed))

    def _seat(self, one: Joining, result: bytes) -> None:
        """The answer says everything up to the head."""
        one.is_taken = one.is_answered = True
        self.sit_down(one.seat, frame(encode_subscribed(one.command_id, result)))

    def sit_down(self, seat: Seat, words: bytes) -> None:
        """With these words it has been told everything up to the head."""
        # No await from the words to the seat: nothing can slip between what they say and what is told next.
        self.seats.add(seat)
        counts = encode_push(self.channel, plain_publication(self.figures.counts_for(seat)))
        seat.wire.send(words + frame(counts))
        self.figures.wake()

    def reject(self, one: Joining, fault: Fault) -> None:
        """Does nothing once it is answered."""
        if not one.is_answered:
            one.is_taken = one.is_answered = True
            one.seat.wanted = False
            one.seat.wire.send(frame(encode_fault(one.command_id, fault)))


class Rooms:
    """The rooms of this process; one opens when somebody comes and goes away when nobody is left for a while."""

    def __init__(self, parts: RoomParts) -> None:
        self._parts = parts
        self._rooms: dict[BroadcastId, Room] = {}
        self._tasks: dict[BroadcastId, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None

    def enter(self, org_id: OrgId, broadcast_id: BroadcastId) -> Room:
        room = self._rooms.get(broadcast_id)
        if room is None:
            if self._group is None:
                raise RuntimeError("rooms are not running")
            room = self._rooms[broadcast_id] = Room(org_id, broadcast_id, self._parts)
            self._tasks[broadcast_id] = self._group.create_task(room.run())
            self._parts.metrics.rooms.set(len(self._rooms))
        return room

    def announced(self, broadcast_id: BroadcastId, topic: Topic, entry: StageEntry | None) -> None:
        if room := self._rooms.get(broadcast_id):
            room.announced(topic, entry)

    def look_everywhere(self) -> None:
        """Announcements may have been missed."""
        for room in self._rooms.values():
            room.look_soon()

    def watching_here(self) -> dict[BroadcastId, int]:
        """Distinct viewers in each room."""
        return {id_: len(room.seats.viewers) for id_, room in self._rooms.items()}

    async def run(self) -> None:
        """Keeps the rooms going, and closes those that stay empty, until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            while True:
                await asyncio.sleep(SWEEP_SECONDS)
                self._close_idle(asyncio.get_running_loop().time())

    def _close_idle(self, now: float) -> None:
        for id_, room in list(self._rooms.items()):
            if not room.is_empty:
                room.empty_since = None
            elif room.empty_since is None:
                room.empty_since = now
            elif now - room.empty_since > IDLE_SECONDS:
                # Nobody can enter between here and the end of this step: enter() makes a new room from now on.
                del self._rooms[id_]
                self._tasks.pop(id_).cancel()
        self._parts.metrics.rooms.set(len(self._rooms))

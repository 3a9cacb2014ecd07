"""The numbers of one room: counts for everyone, the desk for the host's side, deliveries for the record."""

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass

from realtime.parts import RoomParts
from realtime.protocol import (
    INTERNAL,
    NOT_AVAILABLE,
    UNKNOWN_CHANNEL,
    Channel,
    Fault,
    desk_for,
    desk_result,
    encode_counts,
    encode_fault,
    encode_push,
    encode_questions,
    encode_subscribed,
    plain_publication,
)
from realtime.row import AT_ONCE
from realtime.seats import Seat, Seats
from realtime.wire import frame
from stream_jobs.domain.errors import NotFound, Unavailable
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.ports import Delivered, Desk
from stream_jobs.tokens import Role

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_NUMBERS = 0.5
"""At most twice a second: figures, not a film."""
NUMBERS_PER_SECOND = 5_000
"""Frames a second that a large room may spend on counts: with 15,000 viewers they come every three seconds."""
SECONDS_BETWEEN_QUESTIONS = 2.0
SECONDS_UNTIL_ELSEWHERE_IS_TOLD = 4.5
"""Less than a beat after another worker's viewers have changed, or it has ended, everyone has been told."""
SECONDS_UNTIL_TRYING_AGAIN = 1.0
MAX_UNREPORTED = 1_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """A push as it went out here: distinct viewers at that moment, and the seats whose frame was still waiting."""

    seq: int
    connected: int
    late: tuple[Seat, ...]


class Figures:
    """Absolute numbers, sent only when they changed; a lost one heals itself with the next."""

    def __init__(self, org_id: OrgId, broadcast_id: BroadcastId, seats: Seats, parts: RoomParts) -> None:
        self._org_id = org_id
        self._broadcast_id = broadcast_id
        self._seats = seats
        self._parts = parts
        self._woken = asyncio.Event()
        self._stage_channel = Channel("broadcast", broadcast_id).name
        self._desk_channel = Channel("desk", broadcast_id).name
        self.elsewhere = 0
        self._elsewhere_asked_at = float("-inf")
        self._questions_encoded = encode_questions({})
        self._questions_stale = True
        self._questions_asked_at = float("-inf")
        self._all_stale_at = time.monotonic()
        self._desk_seats: dict[Seat, None] = {}
        self._desk_joining: list[tuple[Seat, int]] = []
        self._desk_stale = True
        self._desk_sent: dict[Role, bytes] = {}
        self._desk_owed: dict[Seat, None] = {}
        self._deliveries: list[Delivery] = []
        self._counts_told = b""
        self._owed: dict[Seat, None] = {}

    @property
    def watching(self) -> int:
        """Distinct devices here, and those that other workers hold by their last beat."""
        return len(self._seats.viewers) + self.elsewhere

    @property
    def is_unwatched(self) -> bool:
        return not self._desk_seats and not self._desk_joining and not self._deliveries

    def wake(self, *, desk: bool = False) -> None:
        """Something may have changed; with `desk`, also what the database counts."""
        if desk:
            self._desk_stale = self._questions_stale = True
        self._woken.set()

    def join_desk(self, seat: Seat, command_id: int) -> None:
        """Answered with the desk as it is, within the next second or so."""
        self._desk_joining.append((seat, command_id))
        self._woken.set()

    def leave_desk(self, seat: Seat) -> None:
        seat.wanted = False
        self._desk_seats.pop(seat, None)

    def report(self, seq: int, connected: int, late: list[Seat]) -> None:
        """A push went out; it is stored soon, when late frames have had a moment to leave."""
        if connected:
            self._deliveries.append(Delivery(seq, connected, tuple(late)))
            del self._deliveries[:-MAX_UNREPORTED]
        self._woken.set()

    async def run(self) -> None:
        """Looks, tells and waits until cancelled."""
        while True:
            self._woken.clear()
            again = SECONDS_UNTIL_TRYING_AGAIN
            try:
                await self._work()
                again = self._seconds_until_due()
            except Unavailable:
                logger.warning("cannot read numbers; trying again soon", extra={"broadcast": str(self._broadcast_id)})
                self._turn_away(INTERNAL)
            except NotFound:
                self._turn_away(UNKNOWN_CHANNEL)
            except Exception:
                logger.exception("numbers failed", extra={"broadcast": str(self._broadcast_id)})
                self._turn_away(INTERNAL)
            await asyncio.sleep(self._pace)
            with suppress(TimeoutError):
                async with asyncio.timeout(again):
                    await self._woken.wait()
            self._doubt()

    def _doubt(self) -> None:
        """Once in as long as a room polls: that something changed may have been said and not heard."""
        if time.monotonic() - self._all_stale_at >= self._parts.poll_seconds:
            self._all_stale_at = time.monotonic()
            self._desk_stale = self._questions_stale = True

    async def _work(self) -> None:
        await self._ask_elsewhere()
        await self._ask_questions()
        await self._tell_counts()
        await self._tell_desk()
        self._pay_desk()
        await self._store_deliveries()

    @property
    def _pace(self) -> float:
        """Seconds between two numbers."""
        return max(SECONDS_BETWEEN_NUMBERS, len(self._seats) / NUMBERS_PER_SECOND)

    @property
    def _elsewhere_due_at(self) -> float:
        # Whoever is due while the last numbers go out waits for that.
        return self._elsewhere_asked_at + max(0.0, SECONDS_UNTIL_ELSEWHERE_IS_TOLD - self._pace)

    def _seconds_until_due(self) -> float:
        due = min(self._elsewhere_due_at, self._all_stale_at + self._parts.poll_seconds)
        if self._questions_stale:
            due = min(due, self._questions_asked_at + SECONDS_BETWEEN_QUESTIONS)
        if self._owed or self._desk_owed:
            due = min(due, time.monotonic() + SECONDS_UNTIL_TRYING_AGAIN)
        return min(self._parts.poll_seconds, max(0.0, due - self._pace - time.monotonic()))

    # ── counts ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ask_elsewhere(self) -> None:
        if time.monotonic() < self._elsewhere_due_at:
            return
        self.elsewhere = await self._parts.watching.watching_elsewhere(self._broadcast_id, self._parts.worker_id)
        self._elsewhere_asked_at = time.monotonic()

    async def _ask_questions(self) -> None:
        if not self._questions_stale or time.monotonic() - self._questions_asked_at < SECONDS_BETWEEN_QUESTIONS:
            return
        self._questions_stale = False
        self._questions_asked_at = time.monotonic()
        try:
            asked = await self._parts.watching.questions(self._org_id, self._broadcast_id)
            self._questions_encoded = encode_questions(asked)
        except BaseException:
            self._questions_stale = True
            raise

    def counts_for(self, newcomer: Seat) -> bytes:
        """How many watch and ask at this moment; told again when that passes before the others hear of it."""
        counts = self._counts()
        if counts != self._counts_told:
            self._owed[newcomer] = None
        return counts

    def _counts(self) -> bytes:
        return encode_counts(self.watching, self._questions_encoded)

    async def _tell_counts(self) -> None:
        counts = self._counts()
        ready = frame(encode_push(self._stage_channel, plain_publication(counts)))
        if counts != self._counts_told:
            self._counts_told = counts
            self._desk_stale = True
            self._owed = {}
            await self._seats.tell(ready, self._owe)
        elif self._owed:
            owed, self._owed = list(self._owed), {}
            await self._tell_who_are_owed(owed, ready)

    def _owe(self, seat: Seat) -> None:
        """Whoever has not taken what was sent before is told later, and then the latest only."""
        if seat.wanted and seat.wire.open:
            self._owed[seat] = None

    async def _tell_who_are_owed(self, seats: list[Seat], ready: bytes) -> None:
        for count, seat in enumerate(seats, start=1):
            if seat.wanted and seat.wire.drained:
                seat.wire.send(ready)
            else:
                self._owe(seat)
            if not count % AT_ONCE:
                await asyncio.sleep(0)

    # ── the desk ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _tell_desk(self) -> None:
        if not self._desk_joining and not (self._desk_seats and self._desk_stale):
            return
        self._desk_stale = False
        try:
            desk = await self._parts.stage.desk(self._org_id, self._broadcast_id)
        except BaseException:
            self._desk_stale = True
            raise
        watching = self.watching
        desk = desk.model_copy(update={"watching": watching, "peak": max(desk.peak, watching)})
        self._push_desk(desk)
        self._admit_to_desk(desk)

    def _push_desk(self, desk: Desk) -> None:
        for role in {seat.role for seat in self._desk_seats}:
            body = desk_for(role, desk).model_dump_json().encode()
            if body != self._desk_sent.get(role):
                self._desk_sent[role] = body
                self._desk_owed |= dict.fromkeys(seat for seat in self._desk_seats if seat.role == role)

    def _pay_desk(self) -> None:
        """Whoever has not taken what was sent before is told later, and then the latest only."""
        owed, self._desk_owed = [seat for seat in self._desk_owed if seat.wanted and seat.wire.open], {}
        for seat in owed:
            if seat.wire.drained:
                body = plain_publication(self._desk_sent[seat.role])
                seat.wire.send(frame(encode_push(self._desk_channel, body)))
            else:
                self._desk_owed[seat] = None

    def _admit_to_desk(self, desk: Desk) -> None:
        joining, self._desk_joining = self._desk_joining, []
        for seat, command_id in joining:
            if not seat.wanted:
                seat.wire.send(frame(encode_fault(command_id, NOT_AVAILABLE)))
            elif seat.wire.open:
                body = desk_for(seat.role, desk).model_dump_json().encode()
                self._desk_seats[seat] = None
                seat.wire.send(frame(encode_subscribed(command_id, desk_result(body))))

    def _turn_away(self, fault: Fault) -> None:
        joining, self._desk_joining = self._desk_joining, []
        for seat, command_id in joining:
            seat.wanted = False
            seat.wire.send(frame(encode_fault(command_id, fault)))

    # ── deliveries ────────────────────────────────────────────────────────────────────────────────────────────

    async def _store_deliveries(self) -> None:
        if not self._deliveries:
            return
        counted = list(self._deliveries)
        await self._parts.stage.record_deliveries(
            self._org_id, self._broadcast_id, self._parts.worker_id, [self._delivered(one) for one in counted]
        )
        stored = {one.seq for one in counted}
        self._deliveries = [one for one in self._deliveries if one.seq not in stored]

    def _delivered(self, push: Delivery) -> Delivered:
        still = {seat for seat in push.late if not (seat.wanted and seat.wire.open and seat.wire.drained)}
        return Delivered(push.seq, push.connected, push.connected - self._seats.viewers_not_reached(still))

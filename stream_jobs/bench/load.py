"""Many phones, each on a socket of its own, that do not give up: what was not answered is said again, key and all.

A small protocol object a phone and nothing awaited per call, so that the machine is left to what is measured.
"""

import asyncio
import base64
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from random import Random
from typing import cast

from websockets.frames import Frame, Opcode

from stream_jobs.bench.calls import Call, hello

TEXT = 0x81
PONG = Frame(Opcode.TEXT, b"{}").serialize(mask=True)
CONNECTING_AT_ONCE = 100
TICK_SECONDS = 0.002
AGAIN_SECONDS = (0.2, 1.0)
"""A page waits about so long before it dials again, or says again what was refused for the moment."""


class Mishap(Enum):
    """How a phone loses its line around a call."""

    HALF_SAID = "half of the call left the phone"
    SAID = "the call left, its answer found nobody"
    HEARD = "the answer was on its way"


class Phone(asyncio.Protocol):
    """One viewer: dials, says hello, says one call at a time; dials again when the line is lost."""

    __slots__ = ("_address", "_call", "_crowd", "_half", "_hello", "_is_welcome", "_mishap", "_transport", "_upgraded")

    def __init__(self, crowd: "Crowd", token: str, address: str) -> None:
        self._crowd = crowd
        self._hello = hello(token)
        self._address = address
        self._call: Call | None = None
        self._mishap: Mishap | None = None
        self._hung_up()

    def _hung_up(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._half = b""
        self._upgraded = self._is_welcome = False

    # ── the line ──────────────────────────────────────────────────────────────────────────────────────────────

    async def dial(self) -> None:
        """Does nothing when nobody answers: the crowd has it dial again."""
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: self, "127.0.0.1", self._crowd.port(), local_addr=(self._address, 0)
            )
        except OSError:
            self._crowd.lost(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(secrets.token_bytes(16))
        self._transport.write(
            b"GET /connection/websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % key
        )

    def data_received(self, data: bytes) -> None:
        data, self._half = self._half + data, b""
        if not self._upgraded:
            head, done, rest = data.partition(b"\r\n\r\n")
            if not done:
                self._half = head
                return
            self._upgraded, data = True, rest
            self._tell(self._hello)
        while data:
            start, end = _frame(data)
            if len(data) < end:
                self._half = data
                return
            self._heard(data[0], data[start:end])
            data = data[end:]

    def connection_lost(self, exc: Exception | None) -> None:
        self._hung_up()
        self._crowd.lost(self)

    def _tell(self, frame: bytes) -> None:
        if self._transport is not None:
            self._transport.write(frame)

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # ── what is said ──────────────────────────────────────────────────────────────────────────────────────────

    def say(self, call: Call, mishap: Mishap | None = None) -> None:
        """The crowd is told when it is answered; a mishap loses the line once."""
        self._call, self._mishap = call, mishap
        self.say_again()

    def say_again(self) -> None:
        if self._call is None or not self._is_welcome:
            return
        self._call.tries += 1
        frame = self._call.frame
        if self._mishap is Mishap.HALF_SAID:
            frame = frame[: len(frame) // 2]
        self._tell(frame)
        if self._mishap in (Mishap.HALF_SAID, Mishap.SAID):
            self._lose_line()

    def _lose_line(self) -> None:
        self._mishap = None
        self.hang_up()

    def _heard(self, first: int, payload: bytes) -> None:
        if first != TEXT:
            self.hang_up()
        elif payload == b"{}":
            self._tell(PONG)
        elif payload.startswith(b'{"id":1,'):
            self._is_welcome = b'"connect"' in payload
            self._crowd.welcomed(self)
            self.say_again()
        elif payload.startswith(b'{"id":') and self._call is not None:
            self._answered(self._call, payload)

    def _answered(self, call: Call, payload: bytes) -> None:
        if self._mishap is Mishap.HEARD:
            self._lose_line()
        elif _is_for_the_moment(payload):
            self._crowd.later(self.say_again)
        else:
            self._call = None
            call.answered, call.answer = time.monotonic(), payload
            self._crowd.answered(self)


class Crowd:
    """All phones of a run, and whose turn it is."""

    def __init__(self, port: Callable[[], int], tokens: Sequence[str], *, seed: int = 1) -> None:
        """port is asked at each dialling: a server may come back elsewhere."""
        self.port = port
        self._dice = Random(seed)
        # Each from an address of its own, as phones have; a limit by address sees what it would see.
        self._phones = [Phone(self, token, _address(nth)) for nth, token in enumerate(tokens)]
        self._free = deque(self._phones)
        self._welcomed: set[Phone] = set()
        self._dialling: set[asyncio.Task[None]] = set()
        self._happened = asyncio.Event()
        self._in_flight = self._answers = 0
        self._is_over = False

    async def connect(self, seconds: float) -> None:
        """Until every phone is welcome. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            for start in range(0, len(self._phones), CONNECTING_AT_ONCE):
                await asyncio.gather(*(phone.dial() for phone in self._phones[start : start + CONNECTING_AT_ONCE]))
            while len(self._welcomed) < len(self._phones):
                await self._something()

    async def run(
        self,
        calls: Sequence[Call],
        *,
        at_once: int,
        seconds: float,
        offsets: Sequence[float] | None = None,
        mishaps: float = 0.0,
    ) -> float:
        """Says the calls, each when it is due and at most so many at once; returns how long all answers took.

        offsets are when each is due, in seconds from now and rising, whatever became of those before; without them each
        is due when its turn comes. mishaps is the share of calls whose line is lost. Raises TimeoutError.
        """
        began = time.monotonic()
        for nth, call in enumerate(calls):
            call.due = began + offsets[nth] if offsets else 0.0
        waiting = deque(calls)
        async with asyncio.timeout(seconds):
            while waiting or self._in_flight:
                now = time.monotonic()
                while waiting and self._free and self._in_flight < at_once and waiting[0].due <= now:
                    self._in_flight += 1
                    call = waiting.popleft()
                    call.due = call.due or now
                    self._free.popleft().say(call, self._a_mishap(mishaps))
                await self._something(TICK_SECONDS if waiting and self._in_flight < at_once else None)
        return time.monotonic() - began

    async def has_answered(self, number: int) -> None:
        """Waits until so many calls of this run's crowd were answered."""
        while self._answers < number:  # noqa: ASYNC110  # as often as the run itself looks
            await asyncio.sleep(TICK_SECONDS)

    async def close(self) -> None:
        self._is_over = True
        for task in self._dialling:
            task.cancel()
        for phone in self._phones:
            phone.hang_up()
        await asyncio.gather(*self._dialling, return_exceptions=True)

    async def _something(self, seconds: float | None = None) -> None:
        """Until a phone has news, or so long."""
        self._happened.clear()
        if seconds is not None:
            await asyncio.sleep(seconds)
        else:
            await self._happened.wait()

    def _a_mishap(self, share: float) -> Mishap | None:
        return self._dice.choice(list(Mishap)) if share and self._dice.random() < share else None

    # ── what the phones say of themselves ─────────────────────────────────────────────────────────────────────

    def welcomed(self, phone: Phone) -> None:
        self._welcomed.add(phone)
        self._happened.set()

    def answered(self, phone: Phone) -> None:
        self._in_flight -= 1
        self._answers += 1
        self._free.append(phone)
        self._happened.set()

    def lost(self, phone: Phone) -> None:
        self._welcomed.discard(phone)
        self.later(lambda: self._dial(phone))

    def later(self, act: Callable[[], None]) -> None:
        if not self._is_over:
            asyncio.get_running_loop().call_later(self._dice.uniform(*AGAIN_SECONDS), act)

    def _dial(self, phone: Phone) -> None:
        if not self._is_over:
            task = asyncio.get_running_loop().create_task(phone.dial())
            self._dialling.add(task)
            task.add_done_callback(self._dialling.discard)


def _frame(data: bytes) -> tuple[int, int]:
    """Where the payload of the first frame begins and ends; servers mask nothing, and ours says nothing over 64 KiB."""
    if len(data) < 4:
        return 2, 2 + (data[1] if len(data) > 1 else 2)
    return (4, 4 + int.from_bytes(data[2:4], "big")) if data[1] == 126 else (2, 2 + data[1])


def _is_for_the_moment(answer: bytes) -> bool:
    """Whether saying it again can help: the server is away or busy."""
    return b'"temporary":true' in answer or b'"code":"too_many"' in answer


def _address(nth: int) -> str:
    """Every address of 127.0.0.0/8 is this machine."""
    return f"127.{1 + nth // 62_500}.{nth // 250 % 250}.{1 + nth % 250}"

"""A proxy that breaks the line after every single byte of an application, and of its answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from websockets.exceptions import ConnectionClosed

from tests.builders import a_watcher
from tests.drills.crowd import a_call, a_line, a_token, reply, said
from tests.drills.drill import Bench, Drill, Found
from tests.drills.show import Show, a_show

Way = Literal["call", "answer"]
LANES = 4


class Cutter:
    """A line to the server; once armed it lets that many more bytes of one direction through, and breaks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._left: dict[Way, int | None] = {"call": None, "answer": None}
        self.passed: dict[Way, int] = {"call": 0, "answer": 0}
        self.url = ""

    def arm(self, way: Way, after: int) -> None:
        self._left[way] = after

    def rest(self) -> None:
        """Lets everything through again, and counts from here."""
        self._left = {"call": None, "answer": None}
        self.passed = {"call": 0, "answer": 0}

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ends = (writer.transport, there_writer.transport)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump("call", reader, there_writer, ends))
                group.create_task(self._pump("answer", there_reader, writer, ends))
        finally:
            for end in ends:
                end.abort()

    async def _pump(
        self,
        way: Way,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ends: tuple[asyncio.WriteTransport, ...],
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                left = self._left[way]
                data = data if left is None else data[:left]
                self.passed[way] += len(data)
                writer.write(data)
                await writer.drain()
                if left is not None:
                    self._left[way] = left - len(data)
                    if left == len(data):
                        break
        # What was let through arrives before the line is gone.
        writer.close()
        for end in ends:
            end.close()


@asynccontextmanager
async def a_cutter(port: int) -> AsyncIterator[Cutter]:
    cutter = Cutter(port)
    server = await asyncio.start_server(cutter.carry, "127.0.0.1", 0)
    cutter.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/connection/websocket"
    try:
        yield cutter
    finally:
        server.close()


@dataclass(frozen=True)
class Lengths:
    """Of one application on the wire, and of its answer, in bytes."""

    call: int
    answer: int


async def _lengths(show: Show, consent: str) -> Lengths:
    token = a_token(show.store, show.broadcast)
    async with a_cutter(show.server.port) as cutter, a_line(cutter.url, token) as socket:
        cutter.rest()
        call = a_call(show.job, consent)
        answer = await said(socket, 2, call)
        show.ledger.tell(UUID(call["key"]), UUID(answer["application_id"]))
        return Lengths(cutter.passed["call"], cutter.passed["answer"])


async def cut(bench: Bench, *, believing: bool = False) -> Found:
    """believing: the viewer takes what it has sent for stored, and never says it again."""
    async with a_show(bench) as show:
        consent = (await show.store.actions.applying.consent(show.store.org, show.broadcast, show.job)).text_sha256
        lengths = await _lengths(show, consent)
        step = bench.of(1, 40)
        cuts: list[tuple[Way, int]] = [("call", n) for n in range(1, lengths.call + 1, step)]
        cuts += [("answer", n) for n in range(1, lengths.answer + 1, step)]
        waiting = iter(cuts)
        sent: list[UUID] = []

        async def lane() -> None:
            async with a_cutter(show.server.port) as cutter:
                for way, after in waiting:
                    sent.append(await _cut_one(show, cutter, consent, way, after, believing=believing))

        async with asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(lane())
        if believing:
            await _believe(show, sent)
        found = await show.audit()
    kept = found.clean and found.told == found.applications == len(cuts) + 1
    return Found(len(cuts), kept, f"{found}; {lengths.call} bytes of call and {lengths.answer} of answer")


async def _cut_one(show: Show, cutter: Cutter, consent: str, way: Way, after: int, *, believing: bool) -> UUID:
    token, call = a_token(show.store, show.broadcast, watcher=a_watcher()), a_call(show.job, consent)
    cutter.rest()
    with suppress(ConnectionClosed, TimeoutError):
        async with a_line(cutter.url, token) as socket:
            cutter.arm(way, after)
            await socket.send(json.dumps({"id": 2, "rpc": {"method": "apply", "data": call}}))
            await reply(socket, 2)
    if not believing:
        async with a_line(show.server.socket_url, token) as socket:
            answer = await said(socket, 2, call)
            show.ledger.tell(UUID(call["key"]), UUID(answer["application_id"]))
    return UUID(call["key"])


async def _believe(show: Show, sent: list[UUID]) -> None:
    """Each counts as told; those that were stored at least under the right id."""
    async with show.store.database.transaction(show.store.org) as tx:
        stored = {row["key"]: row["id"] for row in await tx.fetch("SELECT key, id FROM receipt")}
    for key in sent:
        show.ledger.tell(key, stored.get(key, UUID(int=0)))


DRILLS = (
    Drill(
        "line cut after n bytes", "Wherever a line breaks, an application said again is stored once",
        cut, "takes sent for stored", lambda bench: cut(bench, believing=True), quick=True, deadline_seconds=240,
    ),
)  # fmt: skip

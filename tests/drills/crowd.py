"""Viewers that apply and do not give up, and a record of what they were told."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from stream_jobs.bench.server import Server
from stream_jobs.clock import utc_now
from stream_jobs.domain.errors import TooMany
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import BroadcastId, JobId
from stream_jobs.tokens import Identity
from tests.builders import Store, a_watcher
from tests.drills.in_clear import CANARY, a_canary_phone, keep_answer
from tests.drills.messages import Messages

PATIENCE_SECONDS = 60.0
ANSWER_SECONDS = 5.0
ABNORMAL = 1006
_phones = itertools.count(1)


@dataclass
class Ledger:
    """What applicants were told: receipt by key; and how their lines ended, by close code.

    unproven: how often the code that came was worth nothing.
    """

    told: dict[UUID, UUID] = field(default_factory=dict)
    unproven: int = 0
    closes: Counter[int] = field(default_factory=Counter)
    _grew: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, key: UUID, receipt: UUID) -> None:
        self.told[key] = receipt
        self._grew.set()

    async def grows_by(self, more: int, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Until that many more have been told."""
        wanted = len(self.told) + more
        async with asyncio.timeout(seconds):
            while len(self.told) < wanted:
                self._grew.clear()
                await self._grew.wait()


async def applicants(
    store: Store, server: Server, broadcast: BroadcastId, job: JobId, ledger: Ledger, *, count: int
) -> None:
    """That many people applying for others all day, each with a new key, until cancelled.

    Where a show wants to know first who holds a number, they prove it.
    """
    consent = (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256
    messages = Messages(server.log)
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(_applicant(store, server, broadcast, job, consent, ledger, messages))


async def _applicant(
    store: Store, server: Server, broadcast: BroadcastId, job: JobId, consent: str, ledger: Ledger, messages: Messages
) -> None:
    token = a_token(store, broadcast)
    call: dict[str, Any] | None = None
    while True:
        try:
            async with a_line(server.socket_url, token) as socket:
                numbers = itertools.count(2)
                while True:
                    # What was not answered before the line broke is sent again, key and all.
                    call = call or a_call(job, consent)
                    answer = await said(socket, next(numbers), call)
                    if answer.get("type") == "stored":
                        ledger.tell(UUID(call["key"]), UUID(answer["application_id"]))
                        call = None
                    elif answer.get("code") == "phone_unverified" and not await prove(
                        socket, numbers, call["contact"]["phone"], messages
                    ):
                        ledger.unproven += 1
                        call = None
        except ConnectionClosed as closed:
            ledger.closes[closed.rcvd.code if closed.rcvd else ABNORMAL] += 1
            keep_answer(str(closed))
        except (OSError, WebSocketException, TimeoutError):
            pass
        await asyncio.sleep(0.05)


@asynccontextmanager
async def crowded(
    store: Store, server: Server, broadcast: BroadcastId, job: JobId, ledger: Ledger, *, count: int
) -> AsyncIterator[None]:
    """They apply for as long as the block lasts."""
    crowd = asyncio.create_task(applicants(store, server, broadcast, job, ledger, count=count))
    try:
        yield
    finally:
        crowd.cancel()
        with suppress(asyncio.CancelledError):
            await crowd


def a_token(store: Store, broadcast: BroadcastId, *, watcher: Watcher | None = None, hours: float = 12) -> str:
    watcher = watcher or a_watcher()
    now = utc_now()
    identity = Identity("viewer", store.org, broadcast, str(watcher.viewer_id), now + timedelta(hours=hours), watcher)
    return store.tokens.connection_token(identity, now)


@asynccontextmanager
async def a_line(url: str, token: str) -> AsyncIterator[ClientConnection]:
    """Connected, and let in."""
    async with connect(url, open_timeout=ANSWER_SECONDS, close_timeout=1, ping_interval=None) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
        await reply(socket, 1)
        yield socket


Told = asyncio.Queue[dict[str, Any]]


@asynccontextmanager
async def a_watching(store: Store, server: Server, broadcast: BroadcastId) -> AsyncIterator[Told]:
    """A viewer on the stage's channel, and the bodies it is told; pings are answered however rarely somebody looks."""
    async with a_line(server.socket_url, a_token(store, broadcast)) as socket:
        await socket.send(json.dumps({"id": 2, "subscribe": {"channel": f"broadcast:{broadcast}"}}))
        await reply(socket, 2)
        told: Told = asyncio.Queue()
        listening = asyncio.create_task(_listen(socket, told))
        try:
            yield told
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


async def _listen(socket: ClientConnection, told: Told) -> None:
    async for message in socket:
        for line in str(message).split("\n"):
            heard = json.loads(line)
            if heard == {}:
                await socket.send("{}")
            elif body := heard.get("push", {}).get("pub", {}).get("data"):
                told.put_nowait(body)


async def told_of(told: Told, type_: str) -> dict[str, Any]:
    """The next body of this type."""
    while (body := await told.get()).get("type") != type_:
        pass
    return body


def a_call(job: JobId, consent: str) -> dict[str, Any]:
    """An application of somebody new."""
    return {
        "key": str(uuid4()),
        "job_id": str(job),
        "contact": {"phone": a_canary_phone(next(_phones)), "name": CANARY},
        "consent": {"text_sha256": consent},
    }


async def said(socket: ClientConnection, number: int, call: dict[str, Any]) -> dict[str, Any]:
    """What an application was answered; empty when the protocol refused it."""
    return await called(socket, number, "apply", call)


async def prove(socket: ClientConnection, numbers: Iterator[int], phone: str, messages: Messages) -> bool:
    """Whether the device was told that it has this phone now."""
    await called(socket, next(numbers), "ask_code", {"phone": phone})
    return await proven(socket, next(numbers), phone, messages.code(phone))


async def proven(socket: ClientConnection, number: int, phone: str, code: str) -> bool:
    answer = await called(socket, number, "confirm_code", {"phone": phone, "code": code})
    return answer.get("type") == "phone_verified"


async def called(socket: ClientConnection, number: int, method: str, data: dict[str, Any]) -> dict[str, Any]:
    """What was answered, once it is not too early any more; empty when the protocol refused it."""
    while True:
        await socket.send(json.dumps({"id": number, "rpc": {"method": method, "data": data}}))
        answer: dict[str, Any] = (await reply(socket, number)).get("rpc", {}).get("data", {})
        if answer.get("code") != TooMany.code:
            return answer
        await asyncio.sleep(answer["retry_after_seconds"])


async def reply(socket: ClientConnection, id_: int) -> dict[str, Any]:
    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            for line in str(await socket.recv()).split("\n"):
                heard: dict[str, Any] = json.loads(line)
                if heard.get("id") == id_:
                    _keep_if_refused(heard)
                    return heard


def _keep_if_refused(heard: dict[str, Any]) -> None:
    if "error" in heard or heard.get("rpc", {}).get("data", {}).get("type") == "refused":
        keep_answer(json.dumps(heard, ensure_ascii=False))

"""Simulated viewers: real pages' calls over HTTP and WebSocket, so that the demo's numbers move."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any
from uuid import UUID, uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from realtime.protocol import Apply, Ask, Call, Command, Connect, ConsentGiven, Contact, Report, Rpc, Subscribe
from stream_jobs.clock import utc_now
from stream_jobs.demo.outcomes import invented_name
from stream_jobs.domain.events import QuestionKind, Signal, SignalStep
from stream_jobs.domain.ids import BroadcastId, CardId, JobId, uuid7

logger = logging.getLogger(__name__)

JOIN_SECONDS = 6.0
STAY_SECONDS = 240.0
AWAY_SECONDS = 30.0
LOOK_SECONDS = 6.0
ANSWER_SECONDS = 10.0
# Their telephone numbers end in 2001, 2002 …
FIRST_NUMBER = 2001
# A desk full of them would hide what people do by hand.
MOST_APPLICATIONS = 120
CHANCES = {"see": 0.9, "open": 0.22, "begin": 0.25, "apply": 0.35, "ask": 0.06}
# What a line of the server or a lost one can look like from here.
GONE = (OSError, TimeoutError, ClientError, WebSocketException, ValueError, KeyError, TypeError)


@dataclass(slots=True)
class Simulation:
    """What all simulated viewers share."""

    base_url: str
    socket_url: str
    broadcast_id: BroadcastId
    channels: Sequence[str]
    http: ClientSession
    dice: Random = field(default_factory=Random)
    numbers: "count[int]" = field(default_factory=lambda: count(FIRST_NUMBER))
    applications: int = 0

    @property
    def api(self) -> str:
        return f"{self.base_url}/api/v1/broadcasts/{self.broadcast_id}"

    def happens(self, what: str) -> bool:
        return self.dice.random() < CHANCES[what]


async def watch(
    base_url: str, socket_url: str, broadcast_id: BroadcastId, channels: Sequence[str], viewers: int
) -> None:
    """Viewers join within seconds, stay for minutes, leave and come back, until cancelled.

    channels are codes of links. A server that goes away is waited for; nothing is raised.
    """
    jar = DummyCookieJar()
    async with ClientSession(cookie_jar=jar, timeout=ClientTimeout(total=ANSWER_SECONDS)) as http:
        simulation = Simulation(base_url, socket_url, broadcast_id, channels, http)
        async with asyncio.TaskGroup() as group:
            for _ in range(viewers):
                group.create_task(Device(simulation).live())


class Device:
    """One phone: the same pseudonym for as long as it runs, a new visit each time it opens the page."""

    def __init__(self, simulation: Simulation) -> None:
        self._all = simulation
        self._cookie: str | None = None
        self._channel = simulation.dice.choice([*simulation.channels, None])
        self._applied: set[UUID] = set()

    async def live(self) -> None:
        await asyncio.sleep(self._all.dice.uniform(0, JOIN_SECONDS))
        while True:
            try:
                async with asyncio.timeout(self._all.dice.expovariate(1 / STAY_SECONDS)):
                    await self._visit()
            except GONE:
                pass
            except Exception:
                logger.exception("a simulated viewer stumbled")
            await asyncio.sleep(self._all.dice.uniform(1, 2 * AWAY_SECONDS))

    async def _visit(self) -> None:
        token = await self._token(uuid4())
        async with self._connected(token) as page:
            async for seq, card in page.pushes():
                await self._look(page, seq, card)

    async def _token(self, visit_id: UUID) -> str:
        wanted = {"visit_id": str(visit_id), "channel": self._channel}
        headers = {"Cookie": self._cookie} if self._cookie else {}
        async with self._all.http.post(f"{self._all.api}/connection-token", json=wanted, headers=headers) as response:
            response.raise_for_status()
            if response.cookies:
                self._cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in response.cookies.items())
            return str((await response.json())["token"])

    @asynccontextmanager
    async def _connected(self, token: str) -> "AsyncIterator[Page]":
        async with connect(
            self._all.socket_url, ping_interval=None, compression=None, proxy=None, close_timeout=1, max_size=None
        ) as socket:
            page = Page(socket)
            await page.tell(connect=Connect(token=token))
            await page.tell(subscribe=Subscribe(channel=f"broadcast:{self._all.broadcast_id}"))
            yield page

    async def _look(self, page: "Page", seq: int, card: dict[str, Any]) -> None:
        """Sees the card on stage, and with falling chances opens it, begins and applies."""
        for step, what in (
            (SignalStep.IMPRESSION, "see"),
            (SignalStep.CLICK, "open"),
            (SignalStep.APPLY_START, "begin"),
        ):
            if not self._all.happens(what):
                return
            await page.read_for(self._all.dice.uniform(0.2, 1) * LOOK_SECONDS)
            await page.call(Report(signals=[_signal(step, card, seq)]))
            if step is SignalStep.IMPRESSION and self._all.happens("ask"):
                await page.call(Ask(card_id=card["id"], kind=self._all.dice.choice(list(QuestionKind))))
        if self._all.happens("apply"):
            await self._apply(page, seq, card)

    async def _apply(self, page: "Page", seq: int, card: dict[str, Any]) -> None:
        """Once per job, and only for jobs that take applications."""
        job = card.get("job")
        if not job or card["state"] != "open" or self._all.applications >= MOST_APPLICATIONS:
            return
        job_id = JobId(UUID(job["id"]))
        if job_id in self._applied:
            return
        self._applied.add(job_id)
        self._all.applications += 1
        await page.read_for(self._all.dice.uniform(1, 2) * LOOK_SECONDS)
        number = next(self._all.numbers)
        await page.call(
            Apply(
                key=uuid4(),
                job_id=job_id,
                push_seq=seq,
                contact=Contact(phone=f"1380000{number:04}", name=invented_name(number)),
                consent=ConsentGiven(text_sha256=await self._consent(job_id)),
            )
        )

    async def _consent(self, job_id: JobId) -> str:
        async with self._all.http.get(f"{self._all.api}/consent", params={"job_id": str(job_id)}) as response:
            response.raise_for_status()
            return str((await response.json())["text_sha256"])


class Page:
    """One open page's socket: answers pings, and keeps the newest card until somebody looks at it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._newest: tuple[int, dict[str, Any]] | None = None

    async def tell(self, **command: Any) -> None:
        said = Command(id=next(self._ids), **command)
        await self._socket.send(said.model_dump_json(exclude_none=True))

    async def call(self, call: Call) -> None:
        said = call.model_dump(mode="json")
        await self.tell(rpc=Rpc(method=said.pop("method"), data=said))

    async def pushes(self) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """Each card that comes on stage, until the line is lost; only the newest of those missed meanwhile."""
        while True:
            while self._newest is None:
                await self._read()
            newest, self._newest = self._newest, None
            yield newest

    async def read_for(self, seconds: float) -> None:
        """Goes on listening for this long."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self._read()
        except TimeoutError:
            return

    async def _read(self) -> None:
        for line in str(await self._socket.recv()).split("\n"):
            said = json.loads(line)
            if not said:
                await self._socket.send("{}")
            self._notice(said)

    def _notice(self, said: dict[str, Any]) -> None:
        """The card on stage, from the snapshot of a subscribe or from a push."""
        snapshot = said.get("subscribe", {}).get("data") or {}
        pushed = said.get("push", {}).get("pub", {}).get("data") or {}
        if on_stage := snapshot.get("on_stage"):
            self._newest = on_stage["seq"], on_stage["card"]
        elif pushed.get("type") == "card_pushed":
            self._newest = pushed["seq"], pushed["card"]


def _signal(step: SignalStep, card: dict[str, Any], seq: int) -> Signal:
    now = utc_now()
    return Signal(event_id=uuid7(now), step=step, card_id=CardId(UUID(card["id"])), push_seq=seq, at=now)

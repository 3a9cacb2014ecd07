"""A server that can be killed, viewers that do not give up, and the audit that compares what they were told."""

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from stream_jobs.app import utc_now
from stream_jobs.domain.ids import BroadcastId, JobId
from stream_jobs.embedded import Servers
from stream_jobs.keys import Keys
from stream_jobs.tokens import Identity
from tests.builders import Store, a_phone, a_watcher

START_SECONDS = 20.0
ANSWER_SECONDS = 5.0
_phones = itertools.count(1)


@dataclass
class Server:
    """`stream-jobs serve` in a process of its own, on one port through all its lives."""

    command: list[str]
    environment: dict[str, str]
    port: int = 0
    ops_url: str = ""
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            "--port",
            str(self.port),
            "--json",
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            said = json.loads(await self.process.stdout.readline())
        self.port, self.ops_url = int(said["base_url"].rpartition(":")[2]), said["ops_url"]

    async def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/connection/websocket"


@asynccontextmanager
async def a_server(
    servers: Servers, database_url: str, keys: Keys, folder: Path, *, program: tuple[str, ...] = ("-m", "stream_jobs")
) -> AsyncIterator[Server]:
    """Serving the test's own database with the test's own keys."""
    for name in ("signing", "master", "pepper"):
        (folder / f"{name}.key").write_text(getattr(keys, name).hex())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STREAM_JOBS_")}
    environment |= {
        "STREAM_JOBS_DATABASE_URL": database_url,
        "STREAM_JOBS_VALKEY_URL": servers.valkey_url,
        "STREAM_JOBS_KEYS": str(folder),
        # A few devices of one machine stand for all the world's.
        **{
            f"STREAM_JOBS_APPLY_PER_{whose}_PER_MINUTE": "10000000" for whose in ("DEVICE", "PHONE", "PREFIX", "TENANT")
        },
    }
    server = Server([sys.executable, *program, "serve"], environment)
    await server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.returncode is None:
            await server.kill()


@dataclass
class Ledger:
    """What applicants were told: receipt by key."""

    told: dict[UUID, UUID] = field(default_factory=dict)
    _grew: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, key: UUID, receipt: UUID) -> None:
        self.told[key] = receipt
        self._grew.set()

    async def grows_by(self, more: int) -> None:
        """Until that many more have been told."""
        wanted = len(self.told) + more
        async with asyncio.timeout(START_SECONDS):
            while len(self.told) < wanted:
                self._grew.clear()
                await self._grew.wait()


async def applicants(
    store: Store, server: Server, broadcast: BroadcastId, job: JobId, ledger: Ledger, *, count: int
) -> None:
    """That many people applying for others all day, each with a new key, until cancelled."""
    consent = (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(_applicant(store, server, broadcast, job, consent, ledger))


async def _applicant(
    store: Store, server: Server, broadcast: BroadcastId, job: JobId, consent: str, ledger: Ledger
) -> None:
    token = _a_token(store, broadcast)
    call: dict[str, object] | None = None
    while True:
        with suppress(OSError, WebSocketException, TimeoutError):
            async with connect(server.socket_url, open_timeout=ANSWER_SECONDS, ping_interval=None) as socket:
                await socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
                await _reply(socket, 1)
                for number in itertools.count(2):
                    # What was not answered before the line broke is sent again, key and all.
                    call = call or _new_call(job, consent)
                    await socket.send(json.dumps({"id": number, "rpc": {"method": "apply", "data": call}}))
                    reply = await _reply(socket, number)
                    answer = reply.get("rpc", {}).get("data", {})
                    if answer.get("type") == "stored":
                        ledger.tell(UUID(str(call["key"])), UUID(answer["application_id"]))
                        call = None
        await asyncio.sleep(0.05)


def _a_token(store: Store, broadcast: BroadcastId) -> str:
    watcher = a_watcher()
    identity = Identity("viewer", store.org, broadcast, str(watcher.viewer_id), utc_now() + timedelta(hours=1), watcher)
    return store.tokens.connection_token(identity, utc_now())


@asynccontextmanager
async def a_watching(store: Store, server: Server, broadcast: BroadcastId) -> AsyncIterator[ClientConnection]:
    """A viewer on the stage's channel."""
    async with connect(server.socket_url, open_timeout=ANSWER_SECONDS, ping_interval=None) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": _a_token(store, broadcast)}}))
        await socket.send(json.dumps({"id": 2, "subscribe": {"channel": f"broadcast:{broadcast}"}}))
        await _reply(socket, 2)
        yield socket


async def told_of(socket: ClientConnection, type_: str) -> None:
    """Reads on until a publication of this type."""
    while True:
        for line in str(await socket.recv()).split("\n"):
            if json.loads(line).get("push", {}).get("pub", {}).get("data", {}).get("type") == type_:
                return


def _new_call(job: JobId, consent: str) -> dict[str, object]:
    return {
        "key": str(uuid4()),
        "job_id": str(job),
        "contact": {"phone": a_phone(next(_phones)), "name": "王师傅"},
        "consent": {"text_sha256": consent},
    }


async def _reply(socket: ClientConnection, id_: int) -> dict[str, dict[str, dict[str, str]]]:
    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            for line in str(await socket.recv()).split("\n"):
                said = json.loads(line)
                if said.get("id") == id_:
                    return said  # type: ignore[no-any-return]  # JSON


@dataclass(frozen=True)
class Audit:
    """What the database holds beside what people were told."""

    told: int
    lost: int
    doubled: int
    applications: int
    events: int
    counted: int


async def audit(store: Store, broadcast: BroadcastId, ledger: Ledger) -> Audit:
    """Of one moment: whoever was still being answered when the drill stopped may be stored while it is read."""
    async with store.database.transaction(store.org, one_moment=True) as tx:
        rows = await tx.fetch("SELECT key, id FROM receipt WHERE broadcast_id = $1", broadcast)
        doubled = await tx.fetchval(
            """
            SELECT count(*) FROM (SELECT FROM application WHERE broadcast_id = $1
                                  GROUP BY job_id, person_id HAVING count(*) > 1) twice
            """,
            broadcast,
        )
        applications = await tx.fetchval("SELECT count(*) FROM application WHERE broadcast_id = $1", broadcast)
        events = await tx.fetchval(
            "SELECT count(*) FROM audience_event WHERE broadcast_id = $1 AND step = 'application'", broadcast
        )
        counted = await tx.fetchval(
            "SELECT coalesce(sum(events), 0) FROM step_count WHERE broadcast_id = $1 AND step = 16 AND card_id = $2",
            broadcast,
            UUID(int=0),
        )
    stored = {row["key"]: row["id"] for row in rows}
    lost = sum(stored.get(key) != receipt for key, receipt in ledger.told.items())
    return Audit(len(ledger.told), lost, int(doubled), int(applications), int(events), int(counted))

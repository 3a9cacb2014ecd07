"""What is measured: servers in a folder of their own, the real server in a process of its own, one show on air."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from storage.migrate import migrate
from storage.objects import open_objects
from storage.pool import Database, open_database
from storage.stores import Stores, stores_over
from stream_jobs.actions.stage import StageActions
from stream_jobs.bench.cpu import family, parent
from stream_jobs.demo.past import Silent
from stream_jobs.domain.errors import StartError
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, EmployerId, JobId, OrgId, ViewerId, VisitId, uuid7
from stream_jobs.embedded import Servers, embedded_servers
from stream_jobs.keys import Keys, load_keys
from stream_jobs.ports import By, JobFacts, NewBroadcast, NewEmployer, NewJob, NewOrganisation
from stream_jobs.settings import PREFIX
from stream_jobs.tokens import Identity, Tokens

START_SECONDS = 60.0
STOP_SECONDS = 30.0
JOBS = 10
RETENTION_DAYS = 365
PROGRAM = ("-m", "stream_jobs")
BY = By(None, "测速")


@dataclass(slots=True)
class Server:
    """`serve` in a process of its own, on one port through all its lives."""

    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    port: int = 0
    ops_url: str = ""
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                "--port",
                str(self.port),
                "--json",
                env=self.environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = await self.process.stdout.readline()
        if not line:
            raise StartError(f"The server did not start: {self.log.read_text(errors='replace').strip()[-300:]}")
        said = json.loads(line)
        self.port, self.ops_url = int(said["base_url"].rpartition(":")[2]), said["ops_url"]

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Waits until it is gone; does nothing when it is gone already."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid


@dataclass(frozen=True, slots=True)
class Show:
    """A broadcast on air; consents are the hashes of the texts a page would show, by job."""

    org_id: OrgId
    broadcast_id: BroadcastId
    jobs: tuple[JobId, ...]
    consents: dict[JobId, str]


@dataclass(frozen=True, slots=True)
class Rig:
    """Everything that runs, and a way past the server to count what is stored.

    rival is a second show, for what is measured beside the server and must not be counted with it.
    """

    servers: Servers
    server: Server
    database: Database
    stores: Stores
    keys: Keys
    show: Show
    rival: Show
    postmaster: int

    def token(self, watcher: Watcher | None = None) -> str:
        """What a viewer of the show connects with; of a new device unless one is named."""
        watcher = watcher or Watcher(ViewerId(uuid4()), VisitId(uuid4()), NO_CHANNEL)
        now = _now()
        return Tokens(self.keys.signing).connection_token(
            Identity(
                role="viewer",
                org_id=self.show.org_id,
                broadcast_id=self.show.broadcast_id,
                subject=str(watcher.viewer_id),
                expires_at=now + timedelta(hours=6),
                watcher=watcher,
            ),
            now,
        )

    def database_pids(self) -> list[int]:
        return family(self.postmaster)


@asynccontextmanager
async def rigged(*, program: Sequence[str] = PROGRAM, jobs: int = JOBS) -> AsyncIterator[Rig]:
    """Until the block ends; nothing of it is left then."""
    with tempfile.TemporaryDirectory(prefix="stream-jobs-bench-") as name:
        folder = Path(name)
        async with embedded_servers(folder) as servers:
            keys = load_keys(folder / "keys")
            await migrate(servers.database_url)
            async with open_database(servers.database_url, size=4) as database:
                stores = stores_over(
                    database, keys, open_objects(folder / "files", None), retention_days=RETENTION_DAYS
                )
                show, rival = await _a_show(stores, jobs, "测速"), await _a_show(stores, jobs, "对照")
                server = Server(
                    [sys.executable, *program, "serve"], _environment(servers, folder), folder / "server.log"
                )
                await server.start()
                try:
                    yield Rig(servers, server, database, stores, keys, show, rival, await _postmaster(database))
                finally:
                    with suppress(ProcessLookupError):
                        await server.stop()


def _environment(servers: Servers, folder: Path) -> dict[str, str]:
    """Nobody's settings but these: a figure must not depend on who asked for it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | {
        "STREAM_JOBS_DATABASE_URL": servers.database_url,
        "STREAM_JOBS_VALKEY_URL": servers.valkey_url,
        "STREAM_JOBS_KEYS": str(folder / "keys"),
        "STREAM_JOBS_DATA": str(folder / "server"),
        "STREAM_JOBS_RETENTION_DAYS": str(RETENTION_DAYS),
        # One machine stands for all the world's: its limits are asked, and let everybody in.
        **{
            f"STREAM_JOBS_APPLY_PER_{whose}_PER_MINUTE": "100000000"
            for whose in ("DEVICE", "PHONE", "PREFIX", "TENANT")
        },
    }


async def _postmaster(database: Database) -> int:
    async with database.transaction(None) as tx:
        return parent(await tx.fetchval("SELECT pg_backend_pid()"))


async def _a_show(stores: Stores, jobs: int, name: str) -> Show:
    """An organisation, one employer, that many postings without a limit, on air."""
    now = _now()
    org, broadcast = OrgId(uuid7(now)), BroadcastId(uuid7(now))
    await stores.organisations.add(
        NewOrganisation(org, name, "county", service_phone="0000-1200000", keeper_contact="0000-1200000"), now
    )
    made = await _some_jobs(stores, org, jobs, now)
    show = NewBroadcast(broadcast, org, f"{name}专场", now, epoch=uuid4().hex[:8])
    await stores.broadcasts.create(show, now)
    await stores.trays.add_cards(org, broadcast, made, [], at=now, by=BY)
    await StageActions(stores.broadcasts, stores.trays, stores.desks, Silent(), _now).start(org, broadcast, BY, uuid4())
    consents = {job: (await stores.applications.consent(org, broadcast, job, now)).text_sha256 for job in made}
    return Show(org, broadcast, tuple(made), consents)


async def _some_jobs(stores: Stores, org: OrgId, count: int, now: datetime) -> list[JobId]:
    employer = EmployerId(uuid7(now))
    today = now.date()
    await stores.jobs.add_employer(
        NewEmployer(
            employer, org, "示例·注塑", "示例·注塑有限公司", contact_name="招聘部", contact_phone="0000-1000003",
            calls_within="1–3个工作日", verified_at=today, verified_until=today + timedelta(days=365),
        ),
        now,
    )  # fmt: skip
    jobs = [JobId(uuid7(now)) for _ in range(count)]
    facts = [JobFacts(f"操作工{nth}", "24元/小时", "东莞塘厦", 40, 40) for nth in range(1, count + 1)]
    postings = [NewJob(job, org, employer, said) for job, said in zip(jobs, facts, strict=True)]
    await stores.jobs.add_jobs(org, postings, now)
    return jobs


def _now() -> datetime:
    return datetime.now(UTC)

"""What is measured: a server, its database and Valkey in a folder of their own, one show on air."""

import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from storage.migrate import migrate
from storage.objects import open_objects
from storage.pool import Database, open_database
from storage.stores import Stores
from stream_jobs.actions.stage import StageActions
from stream_jobs.bench.cpu import family, parent
from stream_jobs.bench.server import PROGRAM, Server, a_server
from stream_jobs.clock import utc_now
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, EmployerId, JobId, OrgId, ViewerId, VisitId, uuid7
from stream_jobs.embedded import Servers, embedded_servers
from stream_jobs.keys import Keys, load_keys
from stream_jobs.ports import By, JobFacts, NewBroadcast, NewEmployer, NewJob, NewOrganisation
from stream_jobs.silent import Silent
from stream_jobs.tokens import Identity, Tokens

JOBS = 10
RETENTION_DAYS = 365
BY = By(None, "测速")
AUDIT_SECONDS = 120.0
"""For one statement: the last one compares all that a whole storm has left."""


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
        now = utc_now()
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
async def rigged(
    *,
    program: Sequence[str] = PROGRAM,
    jobs: int = JOBS,
    workers: int = 1,
    io_uring: bool = True,
    folder: Path | None = None,
) -> AsyncIterator[Rig]:
    """Until the block ends; nothing of it is left then, but what lies in a folder that was named."""
    with nullcontext(folder) if folder else _a_folder() as folder:
        data = folder / "server"
        async with embedded_servers(folder) as servers:
            keys = load_keys(data / "keys")
            await migrate(servers.database_url)
            async with open_database(servers.database_url, size=4, statement_seconds=AUDIT_SECONDS) as database:
                objects = open_objects(data / "files", None)
                stores = Stores(database, keys, objects, retention_days=RETENTION_DAYS)
                show, rival = await a_show(stores, jobs, "测速"), await a_show(stores, jobs, "对照")
                settings = {"retention_days": str(RETENTION_DAYS), "io_uring": str(io_uring)}
                async with a_server(servers, data, program=program, settings=settings, workers=workers) as server:
                    yield Rig(servers, server, database, stores, keys, show, rival, await _postmaster(database))


@contextmanager
def _a_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="stream-jobs-bench-") as name:
        yield Path(name)


async def _postmaster(database: Database) -> int:
    async with database.transaction(None) as tx:
        return parent(await tx.fetchval("SELECT pg_backend_pid()"))


async def a_show(stores: Stores, jobs: int, name: str, *, employers: int = 1) -> Show:
    """An organisation, so many employers and postings without a limit, on air."""
    now = utc_now()
    org = OrgId(uuid7(now))
    await stores.organisations.add(
        NewOrganisation(org, name, "county", service_phone="0000-1200000", keeper_contact="0000-1200000"), now
    )
    return await another_show(stores, org, await _some_jobs(stores, org, jobs, employers, now), name)


async def another_show(stores: Stores, org: OrgId, made: Sequence[JobId], name: str) -> Show:
    """Of an organisation and postings that are there."""
    now = utc_now()
    broadcast = BroadcastId(uuid7(now))
    show = NewBroadcast(broadcast, org, f"{name}专场", now, epoch=uuid4().hex[:8])
    await stores.broadcasts.create(show, by=BY, at=now)
    await stores.trays.add_cards(org, broadcast, made, [], at=now, by=BY)
    await StageActions(stores.broadcasts, stores.trays, stores.desks, Silent(), utc_now).start(
        org, broadcast, BY, uuid4()
    )
    consents = {job: (await stores.applications.consent(org, broadcast, job, now)).text_sha256 for job in made}
    return Show(org, broadcast, tuple(made), consents)


async def _some_jobs(stores: Stores, org: OrgId, count: int, employers: int, now: datetime) -> list[JobId]:
    hiring = [EmployerId(uuid7(now)) for _ in range(employers)]
    today = now.date()
    for nth, employer in enumerate(hiring):
        name = f"示例·注塑{nth or ''}"
        await stores.jobs.add_employer(
            NewEmployer(
                employer, org, name, f"{name}有限公司", contact_name="招聘部", contact_phone="0000-1000003",
                calls_within="1–3个工作日", verified_at=today, verified_until=today + timedelta(days=365),
            ),
            now,
        )  # fmt: skip
    jobs = [JobId(uuid7(now)) for _ in range(count)]
    facts = [JobFacts(f"操作工{nth}", "24元/小时", "东莞塘厦", 40, 40) for nth in range(1, count + 1)]
    whose = [hiring[nth % employers] for nth in range(count)]
    postings = [NewJob(job, org, one, said) for job, one, said in zip(jobs, whose, facts, strict=True)]
    await stores.jobs.add_jobs(org, postings, now)
    return jobs

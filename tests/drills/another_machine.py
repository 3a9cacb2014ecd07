"""A machine that is lost with everything on it, and its backup restored on an empty one, by the commands alone."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from storage.objects import open_objects
from storage.pool import Database, open_database
from stream_jobs.actions.person import PersonActions
from stream_jobs.bench.server import PROGRAM, UNLIMITED, Server, environment_of
from stream_jobs.domain.ids import BroadcastId, JobId, PersonId
from stream_jobs.embedded import running_database_url
from stream_jobs.keys import load_keys
from stream_jobs.notebooks import ErasureNotebook
from stream_jobs.silent import Silent
from tests.builders import Store, a_broadcast, a_store, jobs_of
from tests.drills.audit import audit
from tests.drills.crowd import Ledger, crowded
from tests.drills.drill import Bench, Drill, Found
from tests.drills.in_clear import search
from tests.drills.show import RealClock
from tests.program import command, done

APPLICANTS = 10
LOOKS = (("verify", "--all"), ("audit", "verify"), ("keys", "check"))
ERASED = {"people without a key": 1}
"""Of the audit: the one person who was erased."""


@dataclass(frozen=True)
class Machine:
    """A data folder with its own PostgreSQL and Valkey, served."""

    data: Path
    server: Server
    database: Database
    store: Store


@dataclass(frozen=True)
class Lost:
    """What is remembered of the machine that is gone: what people were told before its backup, who was erased after."""

    store: Store
    broadcast: BroadcastId
    job: JobId
    ledger: Ledger
    epoch: str
    erased: PersonId


async def moved(bench: Bench) -> Found:
    return await _move(bench, brings_erasures=True)


async def forgotten(bench: Bench) -> Found:
    return await _move(bench, brings_erasures=False)


def _delete(folder: Path) -> None:
    """PostgreSQL may be deleting the last files of its own."""
    while folder.exists():
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)


async def _move(bench: Bench, *, brings_erasures: bool) -> Found:
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    here, safe, there = folder / "here", folder / "safe", folder / "there"
    lost = await _lose(here, safe, bench.of(500, 100))
    bench.in_clear += await search(here)
    await asyncio.to_thread(_delete, here)
    shutil.copytree(safe / "keys", there / "keys")
    if not brings_erasures:
        (safe / "backups" / "erasures.jsonl").unlink()
    (backup,) = (path for path in (safe / "backups").iterdir() if (path / "manifest.json").exists())
    restored = json.loads((await done("restore", str(backup), "--data", str(there), "--json")).printed)
    looks = [(await command(*look, "--data", str(there))).status for look in LOOKS]
    return await _found(there, lost, restored["erased_again"], looks)


async def _lose(data: Path, safe: Path, told: int) -> Lost:
    """Backs up while people apply and erases one of them; then the machine is killed."""
    async with a_machine(data, backups=str(safe / "backups")) as machine:
        store = machine.store
        broadcast = await a_broadcast(store)
        job, ledger = (await jobs_of(store, broadcast))[0], Ledger()
        async with crowded(store, machine.server, broadcast, job, ledger, count=APPLICANTS):
            await ledger.grows_by(told)
            before = Ledger(dict(ledger.told))
            away = ("--with-keys", str(safe / "keys"))
            await done("backup", str(safe / "backups"), *away, "--data", str(data))
        async with store.database.transaction(store.org) as tx:
            erased = PersonId(await tx.fetchval("SELECT id FROM person ORDER BY id LIMIT 1"))
        notebook = ErasureNotebook.of(data)
        await PersonActions(store.stores.persons, Silent(), store.clock, notebook.remember).erase(store.org, erased)
        await _copied(ErasureNotebook.of(safe / "backups"))
        epoch = (await store.actions.stage.snapshot(store.org, broadcast)).epoch
    await _ended(data)
    return Lost(store, broadcast, job, before, epoch, erased)


async def _copied(notebook: ErasureNotebook) -> None:
    """By the server, who was told where its backups are."""
    async with asyncio.timeout(60):
        while not notebook.read():  # noqa: ASYNC110  # nobody says when it has
            await asyncio.sleep(0.5)


async def _ended(data: Path) -> None:
    """The machine's server was killed, and PostgreSQL and Valkey go with it."""
    async with asyncio.timeout(30):
        while running_database_url(data):  # noqa: ASYNC110  # nobody says when they have
            await asyncio.sleep(0.05)


async def _found(data: Path, lost: Lost, erased_again: int, looks: list[int]) -> Found:
    async with a_machine(data) as machine:
        objects = open_objects(data / "files", None)
        found = await audit(
            machine.database, machine.store.keys, lost.store.org, lost.broadcast, lost.ledger.told, objects
        )
        store, again = replace(machine.store, org=lost.store.org), Ledger()
        renewed = (await store.actions.stage.snapshot(store.org, lost.broadcast)).epoch != lost.epoch
        async with machine.database.maintenance() as tx:
            readable = await tx.fetchval(
                "SELECT EXISTS (SELECT FROM keys.person_key WHERE person_id = $1)", lost.erased
            )
        async with crowded(store, machine.server, lost.broadcast, lost.job, again, count=APPLICANTS):
            await again.grows_by(20)
    kept = found.faults == ERASED and renewed and not readable and not any(looks)
    said = f"{found}; {erased_again} erased again, still readable: {readable}; epoch renewed: {renewed}; looks: {looks}"
    return Found(len(lost.ledger.told), kept, said)


@asynccontextmanager
async def a_machine(data: Path, **settings: str) -> AsyncIterator[Machine]:
    """Served from that folder as `stream-jobs serve` does by itself; killed at the end."""
    environment = environment_of({**UNLIMITED, **settings})
    server = Server([sys.executable, *PROGRAM, "serve", "--data", str(data)], environment, data.with_suffix(".log"))
    await server.start()
    try:
        url = running_database_url(data)
        assert url
        async with open_database(url, size=4) as database:
            yield Machine(data, server, database, await a_store(database, load_keys(data / "keys"), RealClock()))
            await server.keep_metrics(data / "metrics")
    finally:
        await server.kill()


DRILLS = (
    Drill(
        "another machine", "A lost machine's backup is whole on an empty one, and who was erased since stays erased",
        moved, "leaves the list of who was erased behind", forgotten, deadline_seconds=300,
    ),
)  # fmt: skip

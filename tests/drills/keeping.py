"""The audit chain tampered with in the database, and a backup taken while people apply."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import asyncpg

import storage.audit
from storage.audit import AuditStore, write_audit
from storage.pool import Database, open_database
from storage.stores import Stores
from stream_jobs.app import at_work
from stream_jobs.bench.server import PROGRAM
from stream_jobs.clock import utc_now
from stream_jobs.custody import keep_notes
from stream_jobs.domain.audit import AuditFault, AuditHead, AuditRow, ChainCheck
from stream_jobs.domain.ids import OrgId
from stream_jobs.notebooks import AuditNotebook
from stream_jobs.settings import Settings
from tests.builders import an_organisation, in_memory
from tests.drills.audit import audit
from tests.drills.drill import Bench, Drill, Found
from tests.drills.place import Place, name_of
from tests.drills.show import KEYS, RealClock, Show, a_show
from tests.program import command, done
from tests.site import SYSTEM
from tests.unit.test_audit_chain import CHAIN, HEAD, NOTED, noticed_by_numbers_alone, thousand

COLUMNS = [field.name for field in fields(AuditRow)]
SOON = 5.0
CUT = """
    WITH gone AS (DELETE FROM audit a USING audit_head h WHERE a.org_id = h.org_id AND a.number = h.number)
    UPDATE audit_head h SET number = a.number, hash = a.hash FROM audit a
    WHERE a.org_id = h.org_id AND a.number = h.number - 1
"""

# ── the audit ─────────────────────────────────────────────────────────────────────────────────────────────────


async def tampered(bench: Bench) -> Found:
    """Every change is written past the walls, as by somebody who holds the database, and then looked for."""
    changes = thousand()[: bench.of(1000, 100)]
    async with bench.place() as place:
        url = await place.new_database()
        async with open_database(url, size=2) as database:
            tampering = await place.superuser(name_of(url))
            try:
                await tampering.execute("SET session_replication_role = replica")
                await _write(tampering, CHAIN, HEAD)
                if await _noticed(database):
                    return Found(0, False, "a whole chain was found fault with")
                found = 0
                for rows, head in changes:
                    await _write(tampering, rows, head)
                    found += await _noticed(database)
            finally:
                await tampering.close()
        cuts = bench.of(20, 5)
        found += await _cuts_found(bench, place, cuts)
    trials = len(changes) + cuts
    return Found(trials, found == trials, f"{found} of {trials} found, {cuts} of them the last act, cut off soon after")


async def _cuts_found(bench: Bench, place: Place, cuts: int) -> int:
    """Of so many chains the newest act is cut off as soon as a server has noted it, or has had the time to."""
    url, settings = await place.new_database(), Settings(data=bench.folder / "noted")
    notebook = AuditNotebook.of(settings.data)
    async with open_database(url, size=3) as database:
        stores = Stores(database, KEYS, in_memory(), retention_days=365)
        chains = [await an_organisation(stores, RealClock()) for _ in range(cuts)]
        async with at_work(keep_notes(stores, settings, utc_now)):
            for act in range(2):
                for org in chains:
                    await _act(database, org, act)
                await _noted(notebook, await stores.audit.heads())
        tampering = await place.superuser(name_of(url))
        try:
            await tampering.execute("SET session_replication_role = replica")
            await tampering.execute(CUT)
        finally:
            await tampering.close()
        faults = (await stores.audit.verify(notebook.read()))[1]
    return len({fault.org_id for fault in faults})


async def _act(database: Database, org: OrgId, act: int) -> None:
    async with database.transaction(org) as tx:
        await write_audit(
            tx, org, by=SYSTEM, action="reveal", subject=str(act), purpose="contact", detail={}, at=utc_now()
        )


async def _noted(notebook: AuditNotebook, heads: Iterable[AuditHead]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(SOON):
            while not {*heads} <= {*notebook.read()}:  # noqa: ASYNC110  # what is waited for lies in a file
                await asyncio.sleep(0.05)


async def _write(connection: "asyncpg.Connection[asyncpg.Record]", rows: Any, head: Any) -> None:
    await connection.execute("DELETE FROM audit; DELETE FROM audit_head")
    records = [
        tuple(json.dumps(value, ensure_ascii=False) if name == "detail" else value for name, value in said.items())
        for said in ({name: getattr(row, name) for name in COLUMNS} for row in rows)
    ]
    await connection.copy_records_to_table("audit", records=records, columns=COLUMNS)
    if head is not None:
        await connection.copy_records_to_table(
            "audit_head", records=[astuple(head)], columns=["org_id", "number", "hash"]
        )


async def _noticed(database: Database) -> bool:
    return bool((await AuditStore(database).verify(NOTED))[1])


class Counting(ChainCheck):
    """One that looks at numbers alone."""

    def __init__(self, org_id: OrgId, anchors: Iterable[AuditHead] = ()) -> None:
        super().__init__(org_id, anchors)
        self.rows: list[AuditRow] = []

    def add(self, row: AuditRow) -> None:
        self.rows.append(row)

    def end(self, head: AuditHead | None) -> list[AuditFault]:
        wrong = noticed_by_numbers_alone(self.rows, head)
        return [AuditFault(CHAIN[0].org_id, 0, "missing")] if wrong else []


async def counted_alone(bench: Bench) -> Found:
    """The same changes in the same database."""
    with patch.object(storage.audit, "ChainCheck", Counting):
        return await tampered(bench)


# ── backups ───────────────────────────────────────────────────────────────────────────────────────────────────

APPLICANTS = 20
UNSHARED = ("-m", "tests.drills.wrong.unshared")


async def backed_up(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """By the commands, from under a running server, onto an empty database with keys alone.

    program: what makes the backup.
    """
    times, whole, said = bench.of(5, 1), 0, ""
    async with bench.place() as place, a_show(bench, place=place) as show:
        async with show.crowd(APPLICANTS):
            for nth in range(times):
                await show.ledger.grows_by(200)
                before = dict(show.ledger.told)
                folder = bench.folder / f"backup{nth}"
                await done("backup", str(folder), environment=show.server.environment, program=program)
                is_whole, said = await _restored(place, show, folder, before)
                whole += is_whole
        ended = await show.audit()
    return Found(times, whole == times and ended.clean, f"{whole} of {times} whole; the last: {said}")


async def _restored(place: Place, show: Show, folder: Path, before: dict[UUID, UUID]) -> tuple[bool, str]:
    """Whether it is whole, and what was seen; what `restore` refuses is not."""
    url = await place.empty_database()
    environment = {**show.server.environment, "STREAM_JOBS_DATABASE_URL": url}
    ended = await command("restore", str(_newest(folder)), environment=environment)
    if ended.status:
        return False, " ".join(ended.complained.split())[-300:]
    async with open_database(url, size=2) as database:
        found = await audit(database, show.store.keys, show.store.org, show.broadcast, before)
    return found.clean and found.applications >= len(before), str(found)


def _newest(folder: Path) -> Path:
    (backup,) = (path for path in folder.iterdir() if (path / "manifest.json").exists())
    return backup


async def of_several_moments(bench: Bench) -> Found:
    return await backed_up(replace(bench, quick=True), UNSHARED)


DRILLS = (
    Drill(
        "audit tampering", "Every change to a recorded act is found: columns, rows, order, heads, chains made anew",
        tampered, "counts without a chain", counted_alone, quick=True,
    ),
    Drill(
        "backup under load", "A backup taken while people apply is one moment, and restores on an empty database",
        backed_up, "each part is of a moment of its own", of_several_moments, deadline_seconds=300,
    ),
)  # fmt: skip

"""Restoring a backup: into an empty database, with everybody erased again who has been erased since."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.copies import counts, erasures_so_far, is_empty, make_room, settle
from storage.installation import claim
from storage.migrate import migrate
from storage.objects import open_objects
from storage.pool import Database, open_database
from storage.stores import Stores
from stream_jobs.actions.person import PersonActions
from stream_jobs.backup.manifest import CHUNK, DUMP, FILES, Manifest, key_file_of, must_be_whole, read_manifest
from stream_jobs.backup.programs import WANTS_DIRECT, load
from stream_jobs.database import database_url
from stream_jobs.domain.audit import AuditHead
from stream_jobs.domain.errors import (
    FilesUnavailable,
    KeysMismatch,
    PersonNotFound,
    RestoreFailed,
    RestoreRefused,
    StreamJobsError,
)
from stream_jobs.domain.ids import OrgId
from stream_jobs.keys import NAMES, Keys, load_keys
from stream_jobs.notebooks import AuditNotebook, ErasureNotebook
from stream_jobs.ports import By, Clock
from stream_jobs.ports.objects import Objects
from stream_jobs.settings import Settings
from stream_jobs.silent import Silent

BY_RESTORE = By(None, "stream-jobs restore")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did; keys is false when the persons' keys of that day are gone, and nobody can be read."""

    made_at: datetime
    rows: int
    applications: int
    shows: int
    keys: bool
    erased_again: int
    audit_rows_lost: int


async def restore(
    settings: Settings,
    source: Path,
    *,
    clock: Clock,
    replace: bool = False,
    key_file: Path | None = None,
) -> Restored:
    """Raises RestoreRefused, KeysMismatch and FilesUnavailable, having changed nothing that counts; RestoreFailed, and
    then it must be done again, and nobody is served from this database before it was.

    replace: over a database that holds something. key_file: where it is not beside the backup.
    """
    source = await asyncio.to_thread(source.resolve)
    manifest = read_manifest(source)
    beside = key_file or (key_file_of(source) if key_file_of(source).exists() else None)
    await asyncio.to_thread(must_be_whole, source, manifest, beside)
    keys = _right_keys(settings, manifest)
    notebook = ErasureNotebook.of(settings.data)
    async with database_url(settings) as url:
        async with open_database(url, size=2) as database:
            for path in (source, source.parent):
                notebook.note(*ErasureNotebook.of(path).read())
            await _begin(database, settings, source, notebook, replace=replace)
        with _failing():
            # Connections of now: what one of before knows of the tables is of no use.
            async with open_database(url, size=2) as database:
                await _load(url, database, source, manifest, beside)
            # Raises the walls as well, for the owner that the database has here: no dump holds them.
            await migrate(url, restoring=True)
            async with open_database(url, size=2) as database:
                await claim(database, keys)
                return await _settle(database, settings, keys, manifest, clock, with_keys=beside is not None)


@contextmanager
def _failing() -> Iterator[None]:
    """What was there before is gone: whatever is raised now says so."""
    try:
        yield
    except RestoreFailed:
        raise
    except Exception as error:
        reason = error.code if isinstance(error, StreamJobsError) else type(error).__name__
        raise RestoreFailed(f"{RestoreFailed().message.rstrip('.')} ({reason})") from error


async def _begin(
    database: Database, settings: Settings, source: Path, notebook: ErasureNotebook, *, replace: bool
) -> None:
    """Brings the files, then empties the database; whatever refuses or fails does so before that."""
    if database.pooled:
        raise RestoreRefused(WANTS_DIRECT, field="STREAM_JOBS_DATABASE_URL")
    holds_something = not await is_empty(database)
    if holds_something and not replace:
        raise RestoreRefused("The database is not empty; --replace throws away what it holds", field="replace")
    async with _brought(open_objects(settings.files_folder, settings.files_url), source / FILES):
        if holds_something:
            notebook.note(*await erasures_so_far(database))
        await make_room(database)


@asynccontextmanager
async def _brought(objects: Objects, folder: Path) -> AsyncIterator[None]:
    """The files are there; should the block fail, or one of them, those that were not there before are gone again."""
    paths = await asyncio.to_thread(lambda: [path for path in sorted(folder.rglob("*")) if path.is_file()])
    before = {one.key async for one in objects.listed()} if paths else set()
    brought: set[str] = set()
    try:
        for path in paths:
            key = str(path.relative_to(folder))
            await objects.put(key, _chunks(path))
            brought.add(key)
        yield
    except BaseException:
        with suppress(FilesUnavailable):
            await objects.delete(*brought - before)
        raise


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


def _right_keys(settings: Settings, manifest: Manifest) -> Keys:
    """Those of the keys folder, which is never made anew here. Raises KeysMismatch."""
    folder = settings.keys_folder
    if not any((folder / f"{name}.key").exists() for name in NAMES):
        raise KeysMismatch(f"Put the keys folder of that installation to {folder} first", field="keys")
    keys = load_keys(folder)
    if bytes.fromhex(manifest.keys_fingerprint) not in keys.fingerprints.values():
        raise KeysMismatch(f"The keys in {folder} are not those of the backup", field="keys")
    return keys


async def _load(url: str, database: Database, source: Path, manifest: Manifest, key_file: Path | None) -> None:
    await load(url, source / DUMP)
    if key_file:
        await load(url, key_file)
    found = await counts(database)
    wanted = {table: 0 if not key_file and table.startswith("keys.") else n for table, n in manifest.counts.items()}
    if found != wanted:
        different = sorted(table for table in {*found, *wanted} if found.get(table) != wanted.get(table))
        raise RestoreFailed(f"Not as many rows as were backed up: {', '.join(different)}")


async def _settle(
    database: Database, settings: Settings, keys: Keys, manifest: Manifest, clock: Clock, *, with_keys: bool
) -> Restored:
    objects = open_objects(settings.files_folder, settings.files_url)
    stores = Stores(database, keys, objects, retention_days=settings.retention_days)
    erased = await _erase_again(stores, settings, clock)
    lost = _start_notes_over(AuditNotebook.of(settings.data), await stores.audit.heads(), clock())
    shows = await settle(database, at=clock(), by=BY_RESTORE)
    AuditNotebook.of(settings.data).note(await stores.audit.heads(), clock())
    return Restored(
        made_at=manifest.at,
        rows=sum(manifest.counts.values()),
        applications=manifest.counts["public.application"],
        shows=shows,
        keys=with_keys,
        erased_again=erased,
        audit_rows_lost=lost,
    )


async def _erase_again(stores: Stores, settings: Settings, clock: Clock) -> int:
    """Who has been erased since the backup, and who has no key any more, so that their phones are free again."""
    notebook = ErasureNotebook.of(settings.data)
    person = PersonActions(stores.persons, Silent(), clock, notebook.remember)
    known = {erasure.person_id for erasure in await stores.custody.erasures()}
    erased = 0
    for erasure in notebook.read():
        if erasure.person_id not in known:
            with suppress(PersonNotFound):  # they came after the backup
                await person.erase(erasure.org_id, erasure.person_id, by=BY_RESTORE.name)
                erased += 1
    for org_id, person_id in await stores.custody.keyless():
        await person.erase(org_id, person_id, why="no_key", by=BY_RESTORE.name)
        erased += 1
    return erased


def _start_notes_over(notebook: AuditNotebook, heads: Sequence[AuditHead], at: datetime) -> int:
    """The chain is as long as it was then: what was noted since is put aside. Returns the rows that are lost."""
    now = {head.org_id: head.number for head in heads}
    before: dict[OrgId, int] = {}
    for head in notebook.read():
        before[head.org_id] = max(head.number, before.get(head.org_id, 0))
    if notebook.path.exists():
        notebook.path.rename(notebook.path.with_name(f"{notebook.path.name}.before-{at:%Y%m%dT%H%M%S%f}"))
    return sum(max(0, number - now.get(org_id, 0)) for org_id, number in before.items())

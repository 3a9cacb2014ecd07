"""Looks at everything a server needs, and says what to do about what is missing."""

import os
import resource
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass

from asyncpg import UndefinedTableError

from realtime.trying import try_out
from storage.migrate import check_migrated, missing
from storage.objects import open_objects, why
from storage.pool import open_database
from storage.work import WorkStore
from stream_jobs.backup.making import old_keys
from stream_jobs.backup.manifest import KEYS
from stream_jobs.clock import utc_now
from stream_jobs.domain.errors import BackupKeysKept, FileGone, FilesUnavailable, StartError, StorageUnavailable
from stream_jobs.embedded import find_binaries
from stream_jobs.keys import load_keys
from stream_jobs.settings import Settings

# For 19,000 viewers in one process, and what else it holds open.
FILES_WANTED = 20_000
FREE_BYTES_WANTED = 1 << 30
PROBE = b"stream-jobs doctor"


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    ok: bool
    said: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """One finding a subject, in the order they matter; changes nothing but a missing keys folder.

    In a store of files elsewhere one small object is put, and taken away again; Valkey is told and counts for nobody.
    """
    return [finding async for finding in _examine(settings)]


async def _examine(settings: Settings) -> AsyncIterator[Finding]:
    yield await _try("keys", lambda: _keys(settings))
    if settings.database_url:
        url = settings.database_url
        yield await _try("database", lambda: _database(url))
        yield await _try("migrations", lambda: _migrations(url))
        yield await _try("background work", lambda: _work(url))
    else:
        yield await _try("embedded servers", _embedded)
    if settings.valkey_url:
        valkey_url = settings.valkey_url
        yield await _try("valkey", lambda: _valkey(valkey_url))
    if settings.files_url:
        yield await _try("store of files", lambda: _store(settings))
    yield await _try("backups", lambda: _backups(settings))
    yield _port(settings)
    yield _files()
    yield _disk(settings)
    yield _public_url(settings)


async def _try(what: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(what, True, await look())
    except (StartError, StorageUnavailable) as error:
        return Finding(what, False, f"{error.code}: {error.message}")


async def _keys(settings: Settings) -> str:
    load_keys(settings.keys_folder)
    return f"in {settings.keys_folder}; back this folder up apart from the database"


async def _database(url: str) -> str:
    async with open_database(url, size=2) as database:
        pooled = "; behind a connection pooler: backup and restore need PostgreSQL itself" if database.pooled else ""
        return f"reachable, new enough, and durable{pooled}"


async def _migrations(url: str) -> str:
    behind = await missing(url)
    if behind:
        raise StartError(f"{len(behind)} to apply: run `stream-jobs migrate`")
    await check_migrated(url)
    return "all applied"


async def _work(url: str) -> str:
    async with open_database(url, size=2) as database:
        try:
            found = await WorkStore(database).figures(utc_now())
        except UndefinedTableError:
            raise StartError("no queue yet: run `stream-jobs migrate`") from None
    if found.held:
        raise StartError(f"{found.held} held after failing too often: see `stream-jobs work`")
    return f"{found.waiting} waiting, none held"


async def _embedded() -> str:
    find_binaries()
    return "PostgreSQL and Valkey found; fine for a try, not for production"


async def _valkey(url: str) -> str:
    await try_out(url)
    return "hears, says and counts"


async def _store(settings: Settings) -> str:
    objects = open_objects(settings.files_folder, settings.files_url)
    key = objects.new_key()
    try:
        await objects.put(key, _probe())
        try:
            kept = b"".join([chunk async for chunk in objects.get(key)])
        finally:
            await objects.delete(key)
    except FileGone:
        raise StartError("does not have what was just put there") from None
    except FilesUnavailable as error:
        reason = why(error.__cause__)
        raise StartError(f"cannot be written, read and deleted in{f': {reason}' if reason else ''}") from None
    if kept != PROBE:
        raise StartError("does not give back what was put there")
    return "written, read and deleted in"


async def _backups(settings: Settings) -> str:
    """A server that may not write there, and this command may, is known by what lies there too long."""
    if settings.backups is None:
        return "not named (STREAM_JOBS_BACKUPS): throw their files of keys away yourself, after 30 days at most"
    overdue = old_keys(settings.backups, at=utc_now(), days=settings.backup_keys_days + 1)
    keys = settings.backups / KEYS
    if overdue:
        raise BackupKeysKept(f"{len(overdue)} files of keys should be gone: let the server list and write {keys}")
    folder = keys if keys.exists() else settings.backups
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise BackupKeysKept(f"let the server list and write {folder}")
    return f"in {settings.backups}; their files of keys are thrown away after {settings.backup_keys_days} days"


async def _probe() -> AsyncIterator[bytes]:
    yield PROBE


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Finding("port", False, f"{settings.port} cannot be listened on: {error.strerror}")
    return Finding("port", True, f"{settings.port} is free on {settings.host}")


def _files() -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    ok = soft >= FILES_WANTED or soft == resource.RLIM_INFINITY
    said = f"{soft} open files allowed"
    return Finding("open files", ok, said if ok else f"{said}; raise the limit to {FILES_WANTED} (docs/deploy.md)")


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.data, *settings.data.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    return Finding("disk", free >= FREE_BYTES_WANTED, f"{free >> 20} MiB free for {settings.data}")


def _public_url(settings: Settings) -> Finding:
    if settings.public_url is None:
        return Finding("public URL", True, "not set: links name this machine's address (STREAM_JOBS_PUBLIC_URL)")
    ok = settings.public_url.startswith(("https://", "http://"))
    return Finding("public URL", ok, settings.public_url if ok else "must begin with https:// or http://")

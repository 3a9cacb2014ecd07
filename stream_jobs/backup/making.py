"""Making a backup: one moment of the database, its files, and the persons' keys apart."""

import asyncio
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from storage.copies import one_moment
from stream_jobs.backup.manifest import DUMP, FILES, KEYS, MANIFEST, Manifest, key_file_of, sha256, sums
from stream_jobs.backup.programs import WANTS_DIRECT, dump
from stream_jobs.database import Place
from stream_jobs.domain.errors import BackupFailed, BackupKeysKept, FileGone
from stream_jobs.notebooks import AuditNotebook, ErasureNotebook
from stream_jobs.ports.objects import Objects

STAMP = "%Y-%m-%dT%H%M%S.%fZ"
# What is old enough is thrown away when somebody looks: so much earlier than it must be gone.
BETWEEN_LOOKS = timedelta(hours=6)


async def back_up(place: Place, target: Path, *, at: datetime, keys_to: Path | None = None) -> tuple[Path, Manifest]:
    """A folder below target that is there only when it is whole, and the day's keys below target/keys.

    Files of keys there that are too old are thrown away afterwards. keys_to: where to put a copy of the keys folder,
    which is otherwise not in it. Raises BackupFailed; BackupKeysKept when the backup is made, and old ones stay.
    """
    if place.database.pooled:
        # What pg_dump has to say about its connection goes no further than the pooler, and without it it reads no row.
        raise BackupFailed(WANTS_DIRECT, field="STREAM_JOBS_DATABASE_URL")
    whole = target / at.astimezone(UTC).strftime(STAMP)
    unfinished, key_file = whole.with_name(f"{whole.name}.unfinished"), key_file_of(whole)
    try:
        unfinished.mkdir(mode=0o700, parents=True)
        key_file.parent.mkdir(mode=0o700, exist_ok=True)
        manifest = await _write(place, unfinished, key_file, at)
        if keys_to:
            await asyncio.to_thread(_copy_keys, place.settings.keys_folder, keys_to)
        unfinished.rename(whole)
    except BaseException as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        key_file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise BackupFailed(f"{target} cannot be written: {error.strerror}", field="target") from error
        raise
    try:
        drop_old_keys(target, at=at, days=place.settings.backup_keys_days)
    except BackupKeysKept as error:
        raise BackupKeysKept(f"{whole.name} is made. {error.message}", field="target") from error
    return whole, manifest


async def _write(place: Place, folder: Path, key_file: Path, at: datetime) -> Manifest:
    async with one_moment(place.database) as moment:
        await dump(place.url, moment.name, folder / DUMP, "--exclude-table-data=keys.*")
        await dump(place.url, moment.name, key_file, "--data-only", "--schema=keys")
    # After the database: what it names was there before it, and what has come since harms nobody.
    await _copy_files(place.stores.objects, folder / FILES)
    ErasureNotebook.of(folder).note(*await place.stores.custody.erasures())
    AuditNotebook.of(folder).note(await place.stores.audit.heads(), at)
    manifest = Manifest(
        at=at,
        keys_fingerprint=place.keys.fingerprint.hex(),
        migrations=moment.migrations,
        counts=moment.counts,
        sha256=await asyncio.to_thread(lambda: {**sums(folder), KEYS: sha256(key_file)}),
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), "utf-8")
    await asyncio.to_thread(os.sync)
    return manifest


async def _copy_files(objects: Objects, folder: Path) -> None:
    """Wherever they are kept; one that is deleted meanwhile was not wanted."""
    async for one in objects.listed():
        to = folder / one.key
        try:
            with _fresh(to) as file:
                async for chunk in objects.get(one.key):
                    file.write(chunk)
        except FileGone:
            os.unlink(to)


def _fresh(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.open("xb")


def _copy_keys(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in source.glob("*.key"):
        to = target / path.name
        to.touch(mode=0o600)
        shutil.copyfile(path, to)


def drop_old_keys(target: Path, *, at: datetime, days: int) -> list[str]:
    """Throws away the files of keys before they are older; whoever was erased since is then in no backup either.

    Raises BackupKeysKept.
    """
    gone = old_keys(target, at=at, days=days)
    try:
        for path in gone:
            path.unlink()
    except OSError as error:
        raise _kept(error) from error
    return [path.name for path in gone]


def old_keys(target: Path, *, at: datetime, days: int) -> list[Path]:
    """The files of keys that are older before the next look, oldest first.

    Raises BackupKeysKept where nobody can tell.
    """
    oldest = at - timedelta(days=days) + BETWEEN_LOOKS
    try:
        # Not glob, which finds nothing where it may not look.
        names = os.listdir(target / KEYS)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _kept(error) from error
    return [target / KEYS / name for name in sorted(names) if _made(name, at) < oldest]


def _made(name: str, at: datetime) -> datetime:
    """When; what is no file of keys was made now."""
    try:
        return datetime.strptime(name, f"{STAMP}.dump").replace(tzinfo=UTC)
    except ValueError:
        return at


def _kept(error: OSError) -> BackupKeysKept:
    return BackupKeysKept(f"{BackupKeysKept().message.rstrip('.')} ({error.strerror})", field="STREAM_JOBS_BACKUPS")

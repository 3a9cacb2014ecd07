"""What whoever runs the server does about keys, legal holds, retention and the audit; and what it does by itself."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.stores import Stores
from storage.wrapping import wrap_with
from stream_jobs.actions.accounts import normal_login
from stream_jobs.backup.making import BETWEEN_LOOKS, drop_old_keys
from stream_jobs.database import Place
from stream_jobs.domain.audit import AuditFault, AuditHead
from stream_jobs.domain.errors import AccountNotFound, BadInput, KeysMismatch, Unavailable
from stream_jobs.domain.ids import OrgId
from stream_jobs.keys import add_master, drop_master, load_keys
from stream_jobs.notebooks import OF_NOTES, AuditNotebook, ErasureNotebook
from stream_jobs.ports import By, Clock
from stream_jobs.ports.audit import AuditEntry, AuditFilter
from stream_jobs.settings import Settings

logger = logging.getLogger(__name__)

BY_PURGE = By(None, "stream-jobs purge")
# What is taken from the end of an audit chain is noticed if it is older than this.
NOTE_SECONDS = 2.0
LOOK_SECONDS = 600.0
COPY_SECONDS = 10.0


# ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Rotated:
    """version: of the master key that wraps now; left: keys by the version of the older ones that still wrap some."""

    version: int
    rewrapped: int
    left: Mapping[int, int]


def prepare(place: Place) -> int:
    """A new master key, to be copied to every machine before anything is wrapped with it; returns its version."""
    return add_master(place.settings.keys_folder).version


async def rotate(place: Place) -> Rotated:
    """Wraps every key with a new master key, or with the newest where that was begun or prepared; servers go on.

    Stopped anywhere, it goes on where it was when it is run again. Raises KeysMismatch where another machine has done
    the same, with a key that is not here; what this call made is gone then, before anybody copies it over that one. A
    key of that version that was prepared here wraps nothing: it is to be removed before the other folder is copied.
    """
    folder = place.settings.keys_folder
    used = await place.stores.custody.wrapped_by()
    if makes_one := not used or set(used) == {load_keys(folder).version}:
        add_master(folder)
    keys = load_keys(folder)
    custody = Stores(place.database, keys, place.stores.objects, retention_days=place.settings.retention_days).custody
    try:
        await wrap_with(place.database, keys)
    except KeysMismatch:
        if makes_one:
            drop_master(folder, keys.version)
        raise
    rewrapped = await custody.rewrap(keys.version)
    left = {version: n for version, n in (await custody.wrapped_by()).items() if version < keys.version}
    return Rotated(keys.version, rewrapped, left)


# ── periods ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ended:
    """holds: held keys that were destroyed; key_files: of old backups, thrown away."""

    holds: int
    key_files: Sequence[str]


async def end_periods(stores: Stores, settings: Settings, clock: Clock) -> Ended:
    """What the purge of people leaves: holds that are over, and old backups' files of keys."""
    holds = await stores.custody.end_holds(clock(), by=BY_PURGE)
    if settings.backups is None:
        return Ended(holds, ())
    return Ended(holds, drop_old_keys(settings.backups, at=clock(), days=settings.backup_keys_days))


# ── the audit ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AuditVerified:
    rows: Mapping[OrgId, int]
    noted: int
    faults: Sequence[AuditFault]


async def verify_audit(place: Place, *elsewhere: Path) -> AuditVerified:
    """Every row of every chain against its hash, and against what was noted outside the database.

    elsewhere: files of such notes besides that of the data folder, from where they were kept. Raises BadInput where one
    of them holds none: whoever named it by mistake would take the end for proven.
    """
    own = AuditNotebook.of(place.settings.data).read()
    anchors = {*own, *(head for path in elsewhere for head in _kept(path))}
    rows, faults = await place.stores.audit.verify(anchors)
    return AuditVerified(rows, len(anchors), faults)


def _kept(path: Path) -> Sequence[AuditHead]:
    if heads := AuditNotebook(path).read():
        return heads
    raise BadInput(f"{path} holds no audit notes", expected=OF_NOTES)


async def read_audit(
    place: Place, *, subject: str | None, login: str | None, since: datetime | None, limit: int
) -> list[tuple[OrgId, AuditEntry]]:
    """What was done in every organisation, the newest first. Raises AccountNotFound."""
    found = await place.stores.accounts.by_login(normal_login(login)) if login else None
    if login and found is None:
        raise AccountNotFound(field="account", expected="what somebody signs in with")
    wanted = AuditFilter(subject=subject, account_id=found[0].id if found else None, since=since)
    return await place.stores.audit_reading.everywhere(wanted, limit=limit)


# ── by itself ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class AuditNotes:
    """How far each audit chain has come, outside the database. known: what this one has noted; well: the last time."""

    stores: Stores
    settings: Settings
    clock: Clock
    known: frozenset[AuditHead] = frozenset()
    well: bool = True

    async def write(self) -> None:
        """What is not known yet; on disk when it returns, or logged, once, that it cannot be."""
        try:
            heads = frozenset(await self.stores.audit.heads())
            if fresh := heads - self.known:
                notebook = AuditNotebook.of(self.settings.data)
                await asyncio.to_thread(notebook.note, fresh, self.clock())
            self.known, self.well = heads, True
        except (Unavailable, OSError) as error:
            if self.well:
                logger.warning("cannot note the audit now", extra={"reason": type(error).__name__})
            self.well = False


async def keep_notes(stores: Stores, settings: Settings, clock: Clock) -> None:
    """Notes how far each audit chain has come, as soon as it has, until cancelled, and then what came last."""
    notes = AuditNotes(stores, settings, clock)
    try:
        while True:
            await notes.write()
            await asyncio.sleep(NOTE_SECONDS)
    finally:
        await notes.write()


async def keep_erasures(stores: Stores, settings: Settings) -> None:
    """Notes outside the database who was erased by a server that died before it could, until cancelled."""
    while True:
        try:
            await ErasureNotebook.of(settings.data).remember(*await stores.custody.erasures())
        except Unavailable:
            logger.warning("cannot look who was erased; trying again later")
        await asyncio.sleep(LOOK_SECONDS)


async def keep_copy(data: Path, backups: Path | None) -> None:
    """Notes beside the backups who was erased, until cancelled: a lost machine takes its own notes along."""
    if backups is None:
        return
    here, there, size = ErasureNotebook.of(data), ErasureNotebook.of(backups), 0
    while True:
        now = here.path.stat().st_size if here.path.exists() else 0
        if now != size:
            await there.remember(*here.read())
            size = now
        await asyncio.sleep(COPY_SECONDS)


async def keep_holds(stores: Stores, settings: Settings, clock: Clock) -> None:
    """Ends periods at once and every few hours, until cancelled; each time it says what it did."""
    while True:
        try:
            ended = await end_periods(stores, settings, clock)
            if ended.holds or ended.key_files:
                logger.info("periods ended", extra={"holds": ended.holds, "key_files": len(ended.key_files)})
        except Unavailable:
            logger.warning("cannot end periods now; trying again later")
        except Exception:
            logger.exception("ending periods failed")
        await asyncio.sleep(BETWEEN_LOOKS.total_seconds())

"""A backup is one moment, taken while people apply; restored elsewhere it is that, less who was erased since."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace as changed
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from storage.migrate import check_migrated, migrate, missing
from storage.pool import Database, open_database
from storage.stores import Stores
from stream_jobs.app import at_work
from stream_jobs.assembly import actions_over
from stream_jobs.backup import back_up, restore
from stream_jobs.backup.making import drop_old_keys
from stream_jobs.backup.manifest import key_file_of
from stream_jobs.clock import utc_now
from stream_jobs.custody import keep_copy, keep_erasures, verify_audit
from stream_jobs.database import Place, the_place
from stream_jobs.doctor import examine
from stream_jobs.domain.errors import (
    BackupKeysKept,
    FilesUnavailable,
    KeysMismatch,
    PersonNotFound,
    RestoreFailed,
    RestoreRefused,
    RestoreUnfinished,
    StorageUnavailable,
)
from stream_jobs.domain.ids import ViewerId
from stream_jobs.embedded import Servers
from stream_jobs.keys import Keys, load_keys
from stream_jobs.notebooks import ErasureNotebook
from stream_jobs.settings import Settings
from tests.builders import Clock, Store, a_broadcast, a_phone, a_store, a_visit, apply, batching, in_memory, jobs_of
from tests.clients import eventually
from tests.databases import a_database, url_of
from tests.integration.test_person import figures, person_of

AUDIT = {
    "A1 acknowledged and not there": """
        SELECT count(*) FROM unnest($1::uuid[]) AS told (id)
        WHERE NOT EXISTS (SELECT FROM receipt r WHERE r.id = told.id)
    """,
    "A2 twice": """
        SELECT count(*) FROM (SELECT FROM application WHERE $1::uuid[] IS NOT NULL
                              GROUP BY broadcast_id, job_id, person_id HAVING count(*) > 1) twice
    """,
    "A3 without its event": """
        SELECT abs((SELECT count(*) FROM application)
                 - (SELECT count(*) FROM audience_event WHERE step = 'application')) WHERE $1::uuid[] IS NOT NULL
    """,
    "A4 sums that differ": """
        SELECT abs(coalesce((SELECT sum(events) FROM step_count
                             WHERE step = 16 AND card_id = '00000000-0000-0000-0000-000000000000'), 0)
                 - (SELECT count(*) FROM application))::bigint WHERE $1::uuid[] IS NOT NULL
    """,
    "A5 names without an application": """
        SELECT count(*) FROM vault.application w WHERE $1::uuid[] IS NOT NULL
            AND NOT EXISTS (SELECT FROM application a WHERE a.id = w.application_id)
    """,
}


NOWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


@asynccontextmanager
async def an_installation(folder: Path, database_url: str) -> AsyncIterator[tuple[Place, Store, Clock]]:
    """A database with keys in a folder of its own, and everything one can do with it."""
    settings = Settings(data=folder, database_url=database_url)
    clock = Clock()
    async with the_place(settings) as place, open_database(database_url, size=6) as database:
        yield place, await a_store(database, place.keys, clock), clock


@pytest.fixture
async def empty_url(servers: Servers) -> AsyncIterator[str]:
    """A database in which nothing was ever made: another machine's."""
    async with a_database(servers) as name:
        yield url_of(servers, name)


def elsewhere(place: Place, folder: Path, url: str) -> Settings:
    """Another machine to which the keys folder was brought."""
    keys = folder / "keys"
    keys.mkdir(parents=True)
    for path in place.settings.keys_folder.glob("*.key"):
        (keys / path.name).write_bytes(path.read_bytes())
    return Settings(data=folder, database_url=url)


async def faults(url: str, acknowledged: list[object]) -> dict[str, int]:
    async with open_database(url, size=1) as database, database.maintenance() as tx:
        return {what: await tx.fetchval(query, acknowledged) or 0 for what, query in AUDIT.items()}


async def test_a_backup_under_load_is_one_moment_and_restores_on_an_empty_machine(
    tmp_path: Path, database_url: str, empty_url: str
) -> None:
    """Everybody thanked before it began is in it; rows, events and sums agree; names are read; watchers start over."""
    before: list[object] = []
    async with an_installation(tmp_path / "here", database_url) as (place, store, clock):
        broadcast = await a_broadcast(store, jobs=2)
        jobs = await jobs_of(store, broadcast)
        watcher = await a_visit(store, broadcast)
        stop = asyncio.Event()

        async def keep_applying(lane: int) -> int:
            number = 0
            while not stop.is_set():
                told = await apply(store, broadcast, jobs[lane % 2], phone=a_phone(lane * 100_000 + number))
                number += 1
                if not started.is_set():
                    before.append(told.receipt_id)
            return number

        started = asyncio.Event()
        (place.settings.data / "files").mkdir(exist_ok=True)
        (place.settings.data / "files" / "abc").write_bytes(b"sealed")
        async with batching(store):
            await apply(store, broadcast, jobs[0], watcher=watcher, phone=a_phone(9_900_000), name="恢复后可读")
            applying = [asyncio.create_task(keep_applying(lane)) for lane in range(8)]
            while len(before) < 100:  # noqa: ASYNC110  # they say nothing when they have
                await asyncio.sleep(0.01)
            started.set()
            folder, manifest = await back_up(place, tmp_path / "backups", at=clock())
            stop.set()
            total = sum(await asyncio.gather(*applying)) + 1
        epoch = (await store.actions.stage.snapshot(store.org, broadcast)).epoch
        told_by = {"here": await faults(database_url, before)}

    there = elsewhere(place, tmp_path / "there", empty_url)
    restored = await restore(there, folder, clock=Clock())

    assert len(before) + 1 <= restored.applications <= total
    told_by["there"] = await faults(empty_url, before)
    assert told_by == {where: dict.fromkeys(AUDIT, 0) for where in ("here", "there")}
    assert (restored.keys, restored.shows, restored.erased_again, restored.audit_rows_lost) == (True, 1, 0, 0)
    assert (there.data / "files" / "abc").read_bytes() == b"sealed"
    async with the_place(there) as copy:
        listed = await copy.stores.applicants.listed(store.org, broadcast, None)
        assert len(listed) == manifest.counts["public.application"]
        assert "恢**" in {line.name_masked for line in listed}
        assert (await copy.stores.broadcasts.snapshot(store.org, broadcast)).epoch != epoch
        assert (await verify_audit(copy)).faults == []
        assert (await copy.stores.custody.damage())[1] == []
    # A control: without its walls raised anew, the restored database would be open to every organisation.
    async with open_database(empty_url, size=1) as database, database.transaction(None) as tx:
        assert await tx.fetchval("SELECT count(*) FROM application") == 0


async def test_whoever_was_erased_after_the_backup_is_erased_again(
    tmp_path: Path, database_url: str, empty_url: str
) -> None:
    """By the lists beside database and backups, onto an empty machine and over the old one alike; no figure moves."""
    async with an_installation(tmp_path / "here", database_url) as (place, store, clock):
        broadcast = await a_broadcast(store)
        async with batching(store):
            for number in range(3):
                await apply(store, broadcast, (await jobs_of(store, broadcast))[0], phone=a_phone(number))
        folder, _ = await back_up(place, tmp_path / "backups", at=clock())
        counted = await figures(store, broadcast)
        gone = await person_of(store, a_phone(1))
        erasure = await store.actions.person.erase(store.org, gone)
        async with at_work(keep_erasures(place.stores, place.settings)):
            await eventually(lambda: _noted(place.settings.data))
        assert ErasureNotebook.of(place.settings.data).read() == [erasure]

    there = elsewhere(place, tmp_path / "there", empty_url)
    assert (await restore(there, folder, clock=clock)).erased_again == 0
    async with the_place(there) as copy:  # a control: without the list they would be back
        assert await copy.stores.persons.export(store.org, ViewerId(uuid4()), gone, clock())
    copying = asyncio.create_task(keep_copy(place.settings.data, folder.parent))
    await eventually(lambda: _noted(folder.parent))
    copying.cancel()
    assert (await restore(there, folder, clock=clock, replace=True)).erased_again == 1
    with pytest.raises(RestoreRefused, match="not empty"):
        await restore(place.settings, folder, clock=clock)
    for path in (place.settings.data, folder.parent):  # what is replaced still knows
        ErasureNotebook.of(path).path.unlink()
    assert (await restore(place.settings, folder, clock=clock, replace=True)).erased_again == 1

    for settings in (there, place.settings):
        async with the_place(settings) as copy, open_database(copy.url, size=4) as database:
            again = as_restored(store, database, copy.keys)
            assert await figures(again, broadcast) == counted
            with pytest.raises(PersonNotFound):
                await copy.stores.persons.export(store.org, ViewerId(uuid4()), gone, clock())
            async with batching(again):
                assert (await apply(again, broadcast, (await jobs_of(again, broadcast))[0], phone=a_phone(1))).counted


async def test_a_restore_that_fails_in_its_last_step_is_not_served(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said that nothing was changed, and who had been erased since was there again for everybody."""
    async with an_installation(tmp_path / "here", database_url) as (place, store, clock):
        broadcast = await a_broadcast(store)
        async with batching(store):
            await apply(store, broadcast, (await jobs_of(store, broadcast))[0], phone=a_phone(1))
        folder, _ = await back_up(place, tmp_path / "backups", at=clock())
        gone = await person_of(store, a_phone(1))
        await store.actions.person.erase(store.org, gone)
    settings = place.settings

    async def away(*_: object) -> int:
        raise StorageUnavailable

    with monkeypatch.context() as broken:
        broken.setattr("stream_jobs.backup.restoring._erase_again", away)
        with pytest.raises(RestoreFailed, match=r"restore again with --replace \(storage_unavailable\)"):
            await restore(settings, folder, clock=clock, replace=True)
    for refuses in (migrate(database_url), missing(database_url), check_migrated(database_url), _opened(settings)):
        with pytest.raises(RestoreUnfinished):
            await refuses
    with pytest.raises(RestoreRefused, match="not empty"):
        await restore(settings, folder, clock=clock)

    assert (await restore(settings, folder, clock=clock, replace=True)).erased_again == 1
    async with the_place(settings) as place:
        with pytest.raises(PersonNotFound):
            await place.stores.persons.export(store.org, ViewerId(uuid4()), gone, clock())


async def _noted(folder: Path) -> bool:
    return bool(ErasureNotebook.of(folder).read())


async def _opened(settings: Settings) -> None:
    async with the_place(settings):
        pass


async def test_without_the_days_file_of_keys_nobody_can_be_read_and_all_can_apply(
    tmp_path: Path, database_url: str, empty_url: str
) -> None:
    """Thirty days later the file is gone, and with it whoever has been erased since."""
    async with an_installation(tmp_path / "here", database_url) as (place, store, clock):
        broadcast = await a_broadcast(store)
        async with batching(store):
            await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
        folder, _ = await back_up(place, tmp_path / "backups", at=clock())
        counted = await figures(store, broadcast)
    a_look_early = clock() + timedelta(days=30, hours=-6)
    assert drop_old_keys(tmp_path / "backups", at=a_look_early, days=30) == []
    gone = drop_old_keys(tmp_path / "backups", at=a_look_early + timedelta(seconds=1), days=30)
    assert gone == [key_file_of(folder).name]

    restored = await restore(elsewhere(place, tmp_path / "there", empty_url), folder, clock=clock)

    assert (restored.keys, restored.erased_again) == (False, 1)
    async with open_database(empty_url, size=4) as database:
        again = as_restored(store, database, place.keys)
        assert [line.phone_masked for line in await again.actions.applying.listed(store.org, broadcast)] == ["***"]
        assert await figures(again, broadcast) == counted
        async with batching(again):
            assert (await apply(again, broadcast, (await jobs_of(again, broadcast))[0])).counted


async def test_a_backup_throws_away_the_files_of_keys_that_are_too_old(tmp_path: Path, database_url: str) -> None:
    """Whoever makes them by a timer, and tells no server where, keeps nobody readable for ever."""
    async with an_installation(tmp_path / "here", database_url) as (place, _, clock):
        first, _ = await back_up(place, tmp_path / "backups", at=clock() - timedelta(days=31))
        second, _ = await back_up(place, tmp_path / "backups", at=clock())

    assert [key_file_of(folder).exists() for folder in (first, second)] == [False, True]


async def test_files_of_keys_that_cannot_be_thrown_away_are_no_silence(tmp_path: Path) -> None:
    """A server that was not let into the folder found nothing old in it, and said so for months."""
    settings = Settings(data=tmp_path / "data", backups=tmp_path, port=0)

    async def doctors() -> tuple[bool, str]:
        return next((one.ok, one.said) for one in await examine(settings) if one.what == "backups")

    assert (drop_old_keys(tmp_path, at=utc_now(), days=30), (await doctors())[0]) == ([], True)
    (tmp_path / "keys").touch()  # whoever it is, it cannot be listed
    with pytest.raises(BackupKeysKept, match="Not a directory"):
        drop_old_keys(tmp_path, at=utc_now(), days=30)
    assert not (await doctors())[0]
    (tmp_path / "keys").unlink()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "2026-01-01T030000.000000Z.dump").touch()
    assert await doctors() == (
        False,
        f"backup_keys_kept: 1 files of keys should be gone: let the server list and write {tmp_path}/keys",
    )

    assert drop_old_keys(tmp_path, at=utc_now(), days=30) == ["2026-01-01T030000.000000Z.dump"]
    assert (await doctors())[0]


async def test_what_does_not_fit_is_refused_before_anything_changes(
    tmp_path: Path, database_url: str, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another installation's keys, none at all, a store that is away, a damaged dump, something that is no backup."""
    async with an_installation(tmp_path / "here", database_url) as (place, store, clock):
        await a_broadcast(store)
        for name in ("abc", "kept"):
            (place.settings.files_folder / name).write_bytes(b"sealed")
        folder, _ = await back_up(place, tmp_path / "backups", at=clock(), keys_to=tmp_path / "apart")
    assert sorted(path.name for path in (tmp_path / "apart").iterdir()) == ["master.key", "pepper.key", "signing.key"]
    assert not list((tmp_path / "backups").rglob("*.key"))

    without = Settings(data=tmp_path / "without", database_url=empty_url)
    with pytest.raises(KeysMismatch):
        await restore(without, folder, clock=clock)
    load_keys(without.keys_folder)
    with pytest.raises(KeysMismatch):
        await restore(without, folder, clock=clock)
    there = elsewhere(place, tmp_path / "there", empty_url)
    with pytest.raises(RestoreRefused):
        await restore(there, tmp_path, clock=clock)
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(FilesUnavailable):
        await restore(there.model_copy(update={"files_url": "s3://files/there"}), folder, clock=clock)
    (there.files_folder / "kept").mkdir(parents=True)  # in its way: nothing can be put there
    (there.files_folder / "kept" / "a").touch()
    with pytest.raises(FilesUnavailable):
        await restore(there, folder, clock=clock)
    assert [path.name for path in there.files_folder.rglob("*") if path.is_file()] == ["a"]
    dump = folder / "database.dump"
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(RestoreRefused, match="damaged"):
        await restore(there, folder, clock=clock)
    async with open_database(empty_url, size=1) as database, database.maintenance() as tx:
        assert await tx.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0


def as_restored(store: Store, database: Database, keys: Keys) -> Store:
    """The same organisation, over another database with the same keys."""
    stores = Stores(database, keys, in_memory(), retention_days=365)
    actions = actions_over(stores, store.bus, store.tokens, store.clock, Settings())
    return changed(store, database=database, stores=stores, actions=actions)

"""Master keys are replaced, holds kept, periods ended and the audit proven, while the server goes on."""

import asyncio
import gzip
import os
import shutil
from dataclasses import replace as changed
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from storage.custody import NOBODY, WRAPPED
from storage.erasing import erase
from storage.installation import claim
from storage.keeping import SEALED
from storage.pool import Database
from storage.stores import Stores
from storage.wrapping import share_wrapping
from stream_jobs import custody, keys
from stream_jobs.app import at_work
from stream_jobs.assembly import purging_over
from stream_jobs.database import Place
from stream_jobs.domain.audit import AuditHead
from stream_jobs.domain.errors import (
    ApplicationNotFound,
    BadInput,
    DataDamaged,
    KeysMismatch,
    PersonNotFound,
    StorageUnavailable,
)
from stream_jobs.domain.ids import ApplicationId, OrgId
from stream_jobs.keys import add_master, load_keys
from stream_jobs.notebooks import AuditNotebook, ErasureNotebook
from stream_jobs.ports import ApplicationBody, By
from stream_jobs.ports.purging import PurgeClass
from stream_jobs.ports.recruiting import NewFollowUp
from stream_jobs.settings import Settings
from tests.builders import (
    BY,
    Clock,
    Store,
    a_broadcast,
    a_phone,
    a_store,
    a_watcher,
    apply,
    batching,
    in_memory,
    jobs_of,
    until_waiting,
)
from tests.clients import eventually
from tests.integration.test_person import figures, person_of, rows_of

DUTY = By(None, "值班员")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
async def place(database: Database, database_url: str, settings: Settings) -> Place:
    keys = load_keys(settings.keys_folder)
    return Place(settings, database_url, keys, database, Stores(database, keys, in_memory(), retention_days=365))


@pytest.fixture
async def store(place: Place, clock: Clock) -> Store:
    """As everywhere, with keys that lie in a folder."""
    return await a_store(place.database, place.keys, clock)


async def some_people(store: Store, people: int) -> list[ApplicationId]:
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]
    async with batching(store):
        told = [await apply(store, broadcast, job, phone=a_phone(n), name=f"甲{n}") for n in range(people)]
    return [ApplicationId(one.receipt_id) for one in told]


async def phone_of(store: Store, application: ApplicationId) -> str:
    return (await store.actions.applying.reveal(store.org, application, purpose="contact", by=BY))[1]


# ── rotation ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_master_key_wraps_everything_while_people_apply(store: Store, place: Place) -> None:
    """A server that runs takes the new key up by itself; nobody is unreadable at any moment."""
    applications = await some_people(store, 20)
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]

    async with batching(store):
        rotated, told = await asyncio.gather(
            custody.rotate(place),
            asyncio.gather(*(apply(store, broadcast, job, phone=a_phone(n)) for n in range(10, 40))),
        )

    assert (rotated.version, rotated.left) == (2, {})
    assert set(await store.stores.custody.wrapped_by()) == {2}
    assert [await phone_of(store, one) for one in applications] == [f"+86{a_phone(n)}" for n in range(20)]
    assert all(one.counted for one in told)
    (place.settings.keys_folder / "master.key").unlink()
    assert load_keys(place.settings.keys_folder).version == 2
    assert await phone_of(store, applications[0]) == f"+86{a_phone(0)}"


async def test_who_was_wrapped_with_the_old_key_and_is_not_yet_committed_is_waited_for(
    store: Store, place: Place
) -> None:
    """A person stored while the rotation looked was left behind, and unreadable once the old key was thrown away."""
    phone = f"+86{a_phone(0)}"
    people, at = store.stores.custody._people, store.clock()
    async with asyncio.TaskGroup() as tasks, place.database.transaction(store.org) as tx:
        wraps = await share_wrapping(tx, people.vault)
        hmac = people.vault.phone_hmac(store.org, phone)
        await people.make(tx, store.org, {phone: hmac}, at, wraps=wraps)
        rotation = tasks.create_task(custody.rotate(place))
        await until_waiting(store, 1)

    assert (rotation.result().rewrapped, rotation.result().left) == (1, {})
    assert set(await store.stores.custody.wrapped_by()) == {2}


async def test_nobody_who_applies_waits_behind_a_rotation_that_waits(store: Store, place: Place) -> None:
    """While a long list was read, applicants queued up behind the rotation that waited for it."""
    people = store.stores.custody._people
    async with asyncio.TaskGroup() as tasks, place.database.transaction(store.org) as long_list:
        await share_wrapping(long_list, people.vault)
        rotation = tasks.create_task(custody.rotate(place))
        await until_waiting(store, 1)
        async with asyncio.timeout(5), place.database.transaction(store.org) as applying:
            await share_wrapping(applying, people.vault)
        assert not rotation.done()

    assert rotation.result().version == 2


async def test_nothing_is_wrapped_with_the_old_key_once_it_was_replaced(store: Store, place: Place) -> None:
    """A server that had looked at its keys a moment ago went on with the old one for a second."""
    await custody.rotate(place)

    await some_people(store, 3)

    assert await store.stores.custody.wrapped_by() == {2: 3}


async def test_a_key_that_is_only_prepared_wraps_nothing(store: Store, place: Place) -> None:
    """It may not have been copied to the other machines yet: what it wrapped could not be read there."""
    await claim(place.database, place.keys)
    custody.prepare(place)

    await some_people(await a_store(place.database, load_keys(place.settings.keys_folder), store.clock), 2)

    assert await store.stores.custody.wrapped_by() == {1: 2}
    assert (await custody.rotate(place)).rewrapped == 2


async def test_a_machine_without_the_key_that_wraps_stores_nobody(
    store: Store, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """They are told to come again, and whoever runs it what is missing."""
    await custody.rotate(place)
    (place.settings.keys_folder / "master.2.key").rename(place.settings.keys_folder / "elsewhere")

    with pytest.raises(StorageUnavailable):
        await some_people(store, 1)
    assert "copy it" in caplog.text
    (place.settings.keys_folder / "elsewhere").rename(place.settings.keys_folder / "master.2.key")
    assert len(await some_people(store, 1)) == 1


async def test_who_is_erased_under_a_hold_while_keys_are_wrapped_anew_keeps_the_new_one(
    store: Store, place: Place
) -> None:
    """Whichever comes first: the key that is held is the one that was wrapped last."""
    (application,) = await some_people(store, 1)
    person, at = await person_of(store, a_phone(0)), store.clock()
    await store.stores.custody.hold(application, reason="仲裁", until=at.date(), by=DUTY, at=at)
    keys = add_master(place.settings.keys_folder)
    rewrapping = Stores(place.database, keys, in_memory(), retention_days=365).custody
    async with asyncio.TaskGroup() as tasks, place.database.maintenance() as tx:
        await rewrapping._rewrap_some(tx, WRAPPED[0], NOBODY, 2)
        tasks.create_task(store.actions.person.erase(store.org, person))
        await until_waiting(store, 1)

    assert await store.stores.custody.wrapped_by() == {2: 1}


async def test_a_rotation_that_was_stopped_goes_on_where_it_was(
    store: Store, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old and new are read meanwhile, and no third key is made."""
    monkeypatch.setattr("storage.custody.KEYS_AT_ONCE", 4)
    applications = await some_people(store, 10)
    add_master(place.settings.keys_folder)
    half = Stores(place.database, load_keys(place.settings.keys_folder), in_memory(), retention_days=365).custody
    async with place.database.maintenance() as tx:
        await half._rewrap_some(tx, WRAPPED[0], NOBODY, 2)

    assert await store.stores.custody.wrapped_by() == {1: 6, 2: 4}
    assert [await phone_of(store, one) for one in applications] == [f"+86{a_phone(n)}" for n in range(10)]
    rotated = await custody.rotate(place)

    assert (rotated.version, rotated.rewrapped, rotated.left) == (2, 6, {})


async def test_two_machines_that_rotate_at_once_do_not_make_two_keys_of_one_version(
    store: Store, place: Place, tmp_path: Path
) -> None:
    """Both reported success; when their folders were copied, one key wrote over the other, and its people were lost."""
    await some_people(store, 3)
    await claim(place.database, place.keys)
    folder = shutil.copytree(place.settings.keys_folder, tmp_path / "other" / "keys")
    settings = Settings(data=tmp_path / "other")
    other = changed(place, settings=settings, keys=load_keys(settings.keys_folder))

    first, second = await asyncio.gather(custody.rotate(place), custody.rotate(other), return_exceptions=True)

    (done,) = (one for one in (first, second) if isinstance(one, custody.Rotated))
    (refused,) = (one for one in (first, second) if isinstance(one, KeysMismatch))
    assert "Another machine" in refused.message
    assert (done.rewrapped, done.left) == (3, {})
    left = [path for path in (folder, place.settings.keys_folder) if (path / "master.2.key").exists()]
    assert len(left) == 1
    afresh = Stores(place.database, load_keys(left[0]), in_memory(), retention_days=365)
    assert await afresh.custody.damage() == (6, [])


async def test_a_machine_that_was_left_behind_does_not_bring_the_old_key_back(
    store: Store, place: Place, tmp_path: Path
) -> None:
    """It knew the first key alone, and everything would have been wrapped with that again."""
    await some_people(store, 2)
    settings = Settings(data=tmp_path / "other")
    shutil.copytree(place.settings.keys_folder, settings.keys_folder)
    other = changed(place, settings=settings, keys=load_keys(settings.keys_folder))
    await custody.rotate(place)

    with pytest.raises(KeysMismatch):
        await custody.rotate(other)
    assert await store.stores.custody.wrapped_by() == {2: 2}


async def test_what_a_newer_key_wraps_is_not_wrapped_with_an_older_one(store: Store, place: Place) -> None:
    """A rotation that was overtaken by the next one went on and undid it."""
    await some_people(store, 2)
    for _ in range(2):
        await custody.rotate(place)
    overtaken = Stores(place.database, load_keys(place.settings.keys_folder), in_memory(), retention_days=365)

    assert await overtaken.custody.rewrap(2) == 0
    assert await overtaken.custody.wrapped_by() == {3: 2}


def test_a_key_that_is_there_is_never_written_over(settings: Settings) -> None:
    """Two rotations at one folder made the same file, and what the first had wrapped was lost."""
    folder = settings.keys_folder
    made = add_master(folder)

    keys._write(folder / "master.2.key")

    assert load_keys(folder).master == made.master
    assert sorted(path.name for path in folder.iterdir()) == [
        "master.2.key", "master.key", "pepper.key", "signing.key"
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


async def test_the_database_remembers_the_new_key_when_the_old_one_is_gone(store: Store, place: Place) -> None:
    """Neither a server with both keys nor one with the new key alone is refused."""
    await some_people(store, 1)
    await custody.rotate(place)

    async with place.database.maintenance() as tx:
        known = await tx.fetchval("SELECT keys_fingerprint FROM installation")
    assert known in (None, load_keys(place.settings.keys_folder).fingerprint)


async def test_a_key_without_its_master_key_is_damage_and_no_failure(store: Store, place: Place) -> None:
    """As when an old master key was taken away too early."""
    (application,) = await some_people(store, 1)
    await custody.rotate(place)
    (place.settings.keys_folder / "master.2.key").unlink()
    afresh = Stores(place.database, load_keys(place.settings.keys_folder), in_memory(), retention_days=365)

    with pytest.raises(DataDamaged):
        await afresh.applicants.reveal(
            store.org, application, purpose="contact", by=BY, at=store.clock(), employer_id=None
        )
    assert len((await afresh.custody.damage())[1]) == 2


async def test_everything_sealed_is_opened_to_look_for_damage(store: Store) -> None:
    """And what was moved is named by its table and row, never by what it says."""
    one, other = await some_people(store, 2)
    assert await store.stores.custody.damage() == (4, [])
    async with store.database.maintenance() as tx:
        await tx.execute(
            "UPDATE vault.application SET name = (SELECT name FROM vault.application WHERE application_id = $1) "
            "WHERE application_id = $2",
            one,
            other,
        )

    total, damaged = await store.stores.custody.damage()

    assert (total, [(found.table, found.row) for found in damaged]) == (4, [("vault.application", other)])


async def test_every_column_of_the_vault_is_known_to_whoever_erases_and_checks(database: Database) -> None:
    """A new one must join the list, or it would outlive its person."""
    async with database.maintenance() as tx:
        rows = await tx.fetch(
            """
            SELECT format('%s.%s.%s', table_schema, table_name, column_name) AS name FROM information_schema.columns
            WHERE table_schema = 'vault' AND data_type = 'bytea'
            """
        )

    # Lists of people have keys of their own, and a keeper that takes those away.
    lists = {"vault.people_import.content", "vault.people_import_row.said"}
    # Of a text that says nothing of anybody; its row has a keeper too.
    consents = {"vault.priority_group.text_sha256"}
    assert {row["name"] for row in rows} == {sealed.name for sealed in SEALED} | lists | consents


# ── legal holds ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_held_person_is_erased_for_everyone_but_break_glass(store: Store) -> None:
    """The key goes to where only break-glass and purge look; the phone is free, and no figure moves."""
    (application,) = await some_people(store, 1)
    person = await person_of(store, a_phone(0))
    broadcasts = [line.broadcast_id for line in await listed(store)]
    await store.stores.custody.hold(
        application, reason="仲裁案", until=store.clock().date() + timedelta(days=90), by=DUTY, at=store.clock()
    )
    before = await figures(store, *broadcasts)

    await store.actions.person.erase(store.org, person)

    assert await figures(store, *broadcasts) == before
    assert (await rows_of(store, person))["keys.person_key"] == 0
    with pytest.raises(ApplicationNotFound):
        await phone_of(store, application)
    with pytest.raises(PersonNotFound):
        await store.actions.person.export(store.org, a_watcher().viewer_id, person)
    assert [line.phone_masked for line in await listed(store)] == ["***"]
    contact = await store.stores.custody.break_glass(application, purpose="仲裁庭要求", by=DUTY, at=store.clock())
    assert (contact.name, contact.phone) == ("甲0", f"+86{a_phone(0)}")
    assert await recorded(store) == ["hold", "erase", "break_glass"]


async def test_what_was_said_of_a_held_person_is_kept_and_read_by_nobody(store: Store, place: Place) -> None:
    """It may be what the dispute is about; it goes with the hold."""
    (application,) = await some_people(store, 1)
    recruiting = store.actions.recruiting
    await recruiting.follow_up(store.org, NewFollowUp(application, "called", "说工资没有发"), DUTY, employer=None)
    await store.stores.custody.hold(
        application, reason="仲裁案", until=store.clock().date() + timedelta(days=9), by=DUTY, at=store.clock()
    )

    await store.actions.person.erase(store.org, await person_of(store, a_phone(0)))

    async with store.database.transaction(store.org) as tx:
        kept = await tx.fetchval("SELECT count(*) FROM vault.follow_up")
    opened = await recruiting.open(store.org, application, DUTY, employer=None)
    assert [one.said for one in opened.follow_ups] == [None]
    await store.stores.custody.lift(application, by=DUTY, at=store.clock())
    assert (kept, await end_periods(store, place)) == (1, 1)
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT count(*) FROM vault.follow_up") == 0


async def test_a_hold_that_is_over_leaves_nothing(store: Store, place: Place) -> None:
    """Lifted or past its day: the next purge destroys the key and what it sealed."""
    first, second = await some_people(store, 2)
    people = [await person_of(store, a_phone(n)) for n in range(2)]
    for application in (first, second):
        await store.stores.custody.hold(
            application, reason="x", until=store.clock().date() + timedelta(days=9), by=DUTY, at=store.clock()
        )
    for person in people:
        await store.actions.person.erase(store.org, person)

    assert await end_periods(store, place) == 0
    assert await store.stores.custody.lift(first, by=DUTY, at=store.clock()) == 1
    assert await end_periods(store, place) == 1
    store.clock.forward(days=11)
    assert await end_periods(store, place) == 1
    for application in (first, second):
        with pytest.raises(ApplicationNotFound):
            await store.stores.custody.break_glass(application, purpose="x", by=DUTY, at=store.clock())
    assert [set((await rows_of(store, person)).values()) for person in people] == [{0}, {0}]


async def test_whom_there_is_nothing_left_of_cannot_be_held(store: Store) -> None:
    """Not even when the hold was asked for while the erasing was on its way: nobody is told that something is kept."""
    (application,) = await some_people(store, 1)
    until = store.clock().date() + timedelta(days=9)
    person = await person_of(store, a_phone(0))
    async with store.database.transaction(store.org) as tx:
        await erase(tx, store.org, person, why="asked", by="applicant", at=store.clock())
        holding = asyncio.create_task(
            store.stores.custody.hold(application, reason="x", until=until, by=DUTY, at=store.clock())
        )
        await until_waiting(store, 1)

    with pytest.raises(ApplicationNotFound):
        await holding


# ── retention ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_purge_erases_whom_no_consent_allows_to_be_kept_and_no_one_else(store: Store, place: Place) -> None:
    """A year after the last application; run again it finds nothing."""
    await some_people(store, 3)
    broadcasts = {line.broadcast_id for line in await listed(store)}
    store.clock.forward(days=200)
    again = await a_broadcast(store)
    async with batching(store):
        await apply(store, again, (await jobs_of(store, again))[0], phone=a_phone(2))
    store.clock.forward(days=200)
    before = await figures(store, *broadcasts, again)

    purged = await purge(store, place)

    assert (purged, await purge(store, place)) == (2, 0)
    assert await figures(store, *broadcasts, again) == before
    assert await person_of(store, a_phone(2))
    async with at_work(custody.keep_erasures(store.stores, place.settings)):
        await eventually(lambda: people_noted(place, 2))


# ── the audit ─────────────────────────────────────────────────────────────────────────────────────────────────

TAMPERING = {
    "a changed account": "UPDATE audit SET account_id = '00000000-0000-0000-0000-000000000001' WHERE number = 2",
    "a changed purpose": "UPDATE audit SET purpose = 'duplicate' WHERE number = 2",
    "a changed detail": """UPDATE audit SET detail = '{"count": 1}' WHERE number = 2""",
    "a removed row": "DELETE FROM audit WHERE number = 2",
    "a cut end": "WITH gone AS (DELETE FROM audit a USING audit_head h WHERE a.number = h.number) UPDATE audit_head h "
    "SET number = a.number, hash = a.hash FROM audit a WHERE a.org_id = h.org_id AND a.number = h.number - 1",
    "everything gone": "WITH gone AS (DELETE FROM audit) DELETE FROM audit_head",
    "a changed head": "UPDATE audit_head SET number = number + 1",
}


@pytest.mark.parametrize("tampering", TAMPERING)
async def test_what_was_done_to_the_audit_in_the_database_is_found(store: Store, place: Place, tampering: str) -> None:
    """By whoever owns the database and takes its guard away."""
    for application in await some_people(store, 3):
        await phone_of(store, application)
    await noted(store, place)
    assert (await custody.verify_audit(place)).faults == []
    await tamper(store, TAMPERING[tampering])

    assert (await custody.verify_audit(place)).faults


async def test_what_replaces_a_cut_end_does_not_hide_it(
    store: Store, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once as many acts had followed as were cut off, the note of the first was as if it had never been."""
    monkeypatch.setattr(custody, "NOTE_SECONDS", 0.02)
    (application,) = await some_people(store, 1)
    async with at_work(custody.keep_notes(store.stores, place.settings, store.clock)):
        await phone_of(store, application)
        await until_noted(store, place)
        await tamper(store, TAMPERING["a cut end"])
        store.clock.forward(seconds=1)
        await phone_of(store, application)
        await until_noted(store, place)

    assert [fault.wrong for fault in (await custody.verify_audit(place)).faults] == ["anchor"]


async def test_what_was_done_just_before_a_stop_is_noted(
    store: Store, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was in no note at all until the next start."""
    monkeypatch.setattr(custody, "NOTE_SECONDS", 60)
    (application,) = await some_people(store, 1)
    async with at_work(custody.keep_notes(store.stores, place.settings, store.clock)):
        await until_noted(store, place)
        await phone_of(store, application)

    assert {*await store.stores.audit.heads()} <= {*AuditNotebook.of(place.settings.data).read()}


async def test_notes_that_were_kept_elsewhere_tell_what_those_of_the_machine_do_not(
    store: Store, place: Place, tmp_path: Path
) -> None:
    """Whoever may write database and data folder takes the end off both."""
    (application,) = await some_people(store, 1)
    await phone_of(store, application)
    await noted(store, place)
    kept = AuditNotebook.of(place.settings.data).path.rename(tmp_path / "kept")
    await tamper(store, TAMPERING["a cut end"])
    await noted(store, place)

    assert (await custody.verify_audit(place)).faults == []
    assert [fault.wrong for fault in (await custody.verify_audit(place, kept)).faults] == ["anchor"]


async def test_a_file_without_audit_notes_is_refused(place: Place, tmp_path: Path) -> None:
    """An empty one counted as a copy that agrees, and others ended in a traceback."""
    for content in (b"", b'{"org": "x", "person": "y"}\n', b"3\n", gzip.compress(b"{}")):
        (tmp_path / "kept").write_bytes(content)

        with pytest.raises(BadInput, match="audit notes"):
            await custody.verify_audit(place, tmp_path / "kept")


async def test_the_audit_of_before_the_account_was_hashed_still_holds(store: Store, place: Place) -> None:
    """A chain that began under the first rule goes on under the second."""
    from storage import audit

    (application,) = await some_people(store, 1)
    with pytest.MonkeyPatch.context() as before:
        before.setattr(audit, "RULE", 1)
        await phone_of(store, application)
    await phone_of(store, application)

    assert (await custody.verify_audit(place)).faults == []


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
async def test_not_even_the_owner_changes_the_audit_by_mistake(store: Store, statement: str) -> None:
    for application in await some_people(store, 1):
        await phone_of(store, application)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added"):
        async with store.database.maintenance() as tx:
            await tx.execute(statement)


async def test_a_line_cut_off_by_a_crash_is_no_line(tmp_path: Path) -> None:
    """What is noted afterwards is still read."""
    notebook = AuditNotebook.of(tmp_path)
    notebook.path.write_text('{"org": "000')

    notebook.note([], Clock()())
    assert notebook.read() == []


def test_what_a_disk_takes_piece_by_piece_is_noted_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part was taken for all of it, and never written again."""
    write, heads = os.write, [AuditHead(OrgId(uuid4()), number, bytes(32)) for number in range(3)]
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:100]))

    AuditNotebook.of(tmp_path).note(heads, Clock()())

    assert AuditNotebook.of(tmp_path).read() == heads


async def noted(store: Store, place: Place) -> None:
    """As the server does by itself."""
    async with at_work(custody.keep_notes(store.stores, place.settings, store.clock)):
        await until_noted(store, place)


async def people_noted(place: Place, count: int) -> bool:
    return len(ErasureNotebook.of(place.settings.data).read()) == count


async def until_noted(store: Store, place: Place) -> None:
    heads, notebook = set(await store.stores.audit.heads()), AuditNotebook.of(place.settings.data)

    async def all_there() -> bool:
        return heads <= set(notebook.read())

    await eventually(all_there)


async def tamper(store: Store, statement: str) -> None:
    async with store.database.maintenance() as tx:
        await tx.execute("ALTER TABLE audit DISABLE TRIGGER audit_only_grows")
        await tx.execute(statement)


async def listed(store: Store) -> list[ApplicationBody]:
    async with store.database.transaction(store.org) as tx:
        shows = await tx.fetch("SELECT DISTINCT broadcast_id AS id FROM application")
    return [line for show in shows for line in await store.actions.applying.listed(store.org, show["id"])]


async def recorded(store: Store) -> list[str]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action FROM audit WHERE action NOT LIKE 'unit%' ORDER BY number")
    return [row["action"] for row in rows]


async def end_periods(store: Store, place: Place) -> int:
    return (await custody.end_periods(store.stores, place.settings, store.clock)).holds


async def purge(store: Store, place: Place) -> int:
    """How many people were erased."""
    counts = await purging_over(store.stores, place.settings, store.clock).purge()
    return next(count.done for count in counts if count.kind is PurgeClass.PEOPLE)

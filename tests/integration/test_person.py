"""What a person may do with what is kept about them, and that no figure moves when they do."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest

from storage.keeper import Keeper
from storage.keeping import KEEPERS
from storage.pool import Transaction
from stream_jobs.actions.person import PersonActions
from stream_jobs.domain.errors import ApplicationNotFound, DataDamaged, KeyReused, PersonNotFound
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, PersonId
from stream_jobs.ports import By, Erasure, NewFollowUp, Resume
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    a_phone,
    a_visit,
    a_watcher,
    an_organisation,
    apply,
    batching,
    jobs_of,
    prove_phone,
    until_waiting,
)
from tests.report_builders import a_state

# Everything that is counted, whoever counts it. An application's person is a pseudonym and may change hands.
COUNTED = (
    "SELECT * FROM audience_event ORDER BY broadcast_id, event_id",
    "SELECT * FROM reach ORDER BY broadcast_id, viewer_id, card_id",
    "SELECT * FROM step_count ORDER BY broadcast_id, card_id, channel_id, step",
    "SELECT * FROM visit ORDER BY id",
    "SELECT * FROM audience_member ORDER BY viewer_id",
    "SELECT id, broadcast_id, job_id, card_id, employer_id, counted_as, viewer_id, number, state, at FROM application "
    "ORDER BY id",
)
SEALED = ("vault.person", "vault.application", "vault.receipt", "vault.resume", "keys.person_key")


async def person_of(store: Store, phone: str) -> PersonId:
    async with store.database.transaction(store.org) as tx:
        people = await store.stores.persons._people.find(tx, store.org, [f"+86{phone}"])
    return people[f"+86{phone}"].id


async def figures(store: Store, *broadcasts: BroadcastId) -> list[str]:
    """Every report, and every row that anybody could count again, as text."""
    reports = [(await store.actions.report.report_now(store.org, show)).model_dump_json() for show in broadcasts]
    async with store.database.transaction(store.org) as tx:
        rows = [[tuple(row) for row in await tx.fetch(query)] for query in COUNTED]
    return [*reports, *(repr(part) for part in rows)]


async def rows_of(store: Store, person: PersonId) -> dict[str, int]:
    async with store.database.transaction(store.org) as tx:
        counts = {table: f"SELECT count(*) FROM {table} WHERE person_id = $1" for table in SEALED}  # noqa: S608  # ours
        return {table: await tx.fetchval(query, person) for table, query in counts.items()}


async def events_of(store: Store, application: UUID) -> list[str]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch(
            "SELECT kind FROM application_event WHERE application_id = $1 ORDER BY at, id", application
        )
    return [row["kind"] for row in rows]


async def a_show_with_people(store: Store) -> BroadcastId:
    """Seven people, some with several applications, one contacted, one withdrawn, one with a résumé."""
    broadcast = await a_broadcast(store)
    jobs = await jobs_of(store, broadcast)
    for number in range(7):
        watcher = await a_visit(store, broadcast)
        for job in jobs[: number % 3 + 1]:
            store.clock.forward(seconds=5)
            receipt = await apply(store, broadcast, job, watcher=watcher, phone=a_phone(number), name=f"示例{number}")
        if number == 3:
            await store.actions.applying.withdraw(store.org, broadcast, watcher.viewer_id, receipt.receipt_id)
        if number == 0:
            await store.actions.applying.save_resume(
                store.org, broadcast, watcher.viewer_id, receipt.receipt_id, Resume(experience="焊工五年")
            )
    newest = (await store.actions.applying.listed(store.org, broadcast))[0]
    await a_state(store, newest.id, "contacted")
    return broadcast


# ── erasing ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_erasing_takes_the_person_and_leaves_every_figure(store: Store) -> None:
    """The whole report and every counted row, before and after, are the same text."""
    async with batching(store):
        broadcast = await a_show_with_people(store)
        person = await person_of(store, a_phone(0))
        before = await figures(store, broadcast)

        erasure = await store.actions.person.erase(store.org, person)

    assert await figures(store, broadcast) == before
    assert set((await rows_of(store, person)).values()) == {0}
    assert (erasure.person_id, erasure.at) == (person, store.clock())
    assert {row.phone_masked for row in await store.actions.applying.listed(store.org, broadcast)} >= {"***"}
    with pytest.raises(PersonNotFound):
        await store.actions.person.export(store.org, a_watcher().viewer_id, person)


async def test_the_same_phone_applies_again_as_a_new_person(store: Store) -> None:
    """Erasing frees the phone, also for the very job it had applied for."""
    async with batching(store):
        broadcast = await a_broadcast(store)
        job = (await jobs_of(store, broadcast))[0]
        first = await apply(store, broadcast, job)
        before = await person_of(store, "13800000001")
        await store.actions.person.erase(store.org, before)

        again = await apply(store, broadcast, job)

    after = await person_of(store, "13800000001")
    assert again.counted
    assert (again.receipt_id != first.receipt_id, after != before) == (True, True)


async def test_an_erased_person_can_be_revealed_to_nobody_and_is_no_gap_in_a_list(store: Store) -> None:
    """An employer's list says that somebody was erased, instead of missing a number."""
    async with batching(store):
        broadcast = await a_broadcast(store)
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
    (line,) = await store.actions.applying.listed(store.org, broadcast)
    await store.actions.person.erase(store.org, await person_of(store, "13800000001"))

    with pytest.raises(ApplicationNotFound):
        await store.actions.applying.reveal(store.org, line.id, purpose="contact", by=BY)
    _, lines = await store.actions.applying.hand_over(
        store.org, broadcast, line.employer_id, purpose="联系", receiver="招聘部", by=BY
    )
    assert [(one.number, one.name, one.phone) for one in lines] == [("0001", None, "")]


async def test_erasing_twice_is_once_and_recorded_once(store: Store) -> None:
    async with batching(store):
        broadcast = await a_broadcast(store)
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
    person = await person_of(store, "13800000001")

    first = await store.actions.person.erase(store.org, person)
    store.clock.forward(hours=1)
    second = await store.actions.person.erase(store.org, person)

    async with store.database.transaction(store.org) as tx:
        recorded = await tx.fetch("SELECT subject FROM audit WHERE action = 'erase'")
        kept = await tx.fetch("SELECT person_id, why FROM erasure")
    assert first == second
    assert [row["subject"] for row in recorded] == [str(person)]
    assert [tuple(row) for row in kept] == [(person, "asked")]


async def test_another_organisations_person_is_not_there(store: Store) -> None:
    async with batching(store):
        broadcast = await a_broadcast(store)
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
    person = await person_of(store, "13800000001")
    foreign = await an_organisation(store.stores, store.clock, "另一个县")

    for tried in (
        store.actions.person.erase(foreign, person),
        store.actions.person.export(foreign, a_watcher().viewer_id, person),
        store.actions.person.correct(foreign, a_watcher().viewer_id, person, name="别人"),
    ):
        with pytest.raises(PersonNotFound):
            await tried
    assert (await rows_of(store, person))["keys.person_key"] == 1


async def test_whoever_applies_while_being_erased_is_erased_or_new_and_never_half(store: Store) -> None:
    """Every acknowledged application is readable, or was erased with its person."""
    async with batching(store):
        broadcast = await a_broadcast(store, jobs=8)
        jobs = await jobs_of(store, broadcast)
        for job in jobs:
            await apply(store, broadcast, jobs[0])
            person = await person_of(store, "13800000001")
            await asyncio.gather(
                apply(store, broadcast, job, name="并发"), store.actions.person.erase(store.org, person)
            )

    async with store.database.transaction(store.org) as tx:
        half = await tx.fetch(
            """
            SELECT p.id FROM application p LEFT JOIN keys.person_key k ON k.person_id = p.person_id
            LEFT JOIN erasure e ON e.person_id = p.person_id LEFT JOIN vault.application w ON w.application_id = p.id
            WHERE (k.person_id IS NULL) <> (e.person_id IS NOT NULL) OR (k.person_id IS NULL) <> (w.name IS NULL)
            """
        )
    assert half == []


async def test_every_part_that_keeps_something_is_told_to_forget(store: Store) -> None:
    """In the same transaction: what cannot be forgotten leaves everything as it was."""
    told: list[PersonId] = []

    async def forget(tx: Transaction, org: OrgId, person: PersonId) -> None:
        told.append(person)
        if len(told) == 1:
            raise RuntimeError

    KEEPERS.append(keeper := Keeper(forget=forget))
    try:
        async with batching(store):
            broadcast = await a_broadcast(store)
            await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
        person = await person_of(store, "13800000001")
        with pytest.raises(RuntimeError):
            await store.actions.person.erase(store.org, person)
        assert (await rows_of(store, person))["keys.person_key"] == 1
        await store.actions.person.erase(store.org, person)
    finally:
        KEEPERS.remove(keeper)

    assert told == [person, person]


# ── a copy of everything ──────────────────────────────────────────────────────────────────────────────────────


async def test_the_copy_holds_what_was_said_agreed_and_disclosed(store: Store) -> None:
    """Applications with their states, consents and notes, who saw the number, and the résumé: as JSON."""
    watcher = a_watcher()
    async with batching(store):
        broadcast = await a_broadcast(store)
        receipt = await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=watcher)
    await store.actions.applying.save_resume(
        store.org, broadcast, watcher.viewer_id, receipt.receipt_id, Resume(skills="叉车证")
    )
    (line,) = await store.actions.applying.listed(store.org, broadcast)
    await store.actions.applying.reveal(store.org, line.id, purpose="contact", by=By(None, "示例组织者"))
    await store.actions.applying.hand_over(
        store.org, broadcast, line.employer_id, purpose="联系应聘者", receiver="招聘部", by=BY
    )
    day, words = store.actions.recruiting.today(), "他爱人示例女士（13900000009）接的，下周一来"
    note = NewFollowUp(line.id, "no_answer", words, next_on=day, sets_next=True)
    await store.actions.recruiting.follow_up(store.org, note, By(None, "小安"), employer=line.employer_id)

    data = await store.actions.person.export(store.org, watcher.viewer_id, await person_of(store, "13800000001"))

    said = json.loads(data.model_dump_json())
    (application,) = said["applications"]
    assert (said["phone"], application["name"], application["state"]) == ("+8613800000001", "王师傅", "applied")
    assert (application["broadcast"], application["job"]) == ("就业暖心季·东莞专场", "岗位1")
    assert [event["kind"] for event in application["events"]] == ["applied", "viewed"]
    assert application["consents"][0]["employer"] == application["employer"]
    assert {(one["how"], one["receiver"]) for one in application["disclosed"]} == {
        ("reveal", None),
        ("hand_over", "招聘部"),
    }
    assert [(one["kind"], one["by"], one["said"]) for one in application["contacts"]] == [
        ("no_answer", "小安", "他爱人示例女士（…）接的，下周一来")
    ]
    assert application["next_on"] == day.isoformat()
    assert [resume["resume"]["skills"] for resume in said["resumes"]] == ["叉车证"]
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT count(*) FROM audit WHERE action = 'export_own'") == 1


# ── correcting ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_phone_belongs_to_the_same_person(store: Store) -> None:
    async with batching(store):
        broadcast = await a_broadcast(store)
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
        person = await person_of(store, "13800000001")
        before = await figures(store, broadcast)

        await store.actions.person.correct(
            store.org, a_watcher().viewer_id, person, name="欧阳师傅", phone="13900000009"
        )

        assert await figures(store, broadcast) == before
        assert await person_of(store, "13900000009") == person
        stranger = await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
    (line, first) = await store.actions.applying.listed(store.org, broadcast)
    assert stranger.counted
    assert line.phone_masked == "138****0001"
    assert await store.actions.applying.reveal(store.org, first.id, purpose="contact", by=BY) == (
        "欧阳师傅",
        "+8613900000009",
    )


async def two_people(store: Store) -> tuple[list[BroadcastId], list[ApplicationId], PersonId, PersonId]:
    """Both applied for the first two jobs, the other one first at one of them; a third job is the other's.

    In another show they never met.
    """
    broadcast, apart = await a_broadcast(store), await a_broadcast(store)
    jobs = await jobs_of(store, broadcast)
    ids = []
    for job, phone, name in (
        (jobs[0], "13800000002", "早的"),
        (jobs[0], "13800000001", "晚的"),
        (jobs[1], "13800000001", "早的二"),
        (jobs[1], "13800000002", "晚的二"),
        (jobs[2], "13800000002", "只有一个"),
    ):
        store.clock.forward(seconds=1)
        receipt = await apply(store, broadcast, job, phone=phone, name=name)
        ids.append(ApplicationId(receipt.receipt_id))
    for job, phone in zip(await jobs_of(store, apart), ("13800000001", "13800000002"), strict=False):
        await apply(store, apart, job, phone=phone)
    return [broadcast, apart], ids, await person_of(store, "13800000001"), await person_of(store, "13800000002")


async def test_a_phone_that_exists_merges_the_people_and_changes_no_figure(store: Store) -> None:
    """Of two applications for the same job of a show the earlier stays; the later says that it is the same."""
    async with batching(store):
        shows, ids, person, other = await two_people(store)
        before = await figures(store, *shows)

        await store.actions.person.correct(store.org, a_watcher().viewer_id, person, phone="13800000002")

        assert await figures(store, *shows) == before
    data = await store.actions.person.export(store.org, a_watcher().viewer_id, person)
    assert [(one.id, one.name) for one in data.applications if one.id in ids] == [
        (ids[0], "早的"),
        (ids[2], "早的二"),
        (ids[4], "只有一个"),
    ]
    assert data.phone == "+8613800000002"
    assert await person_of(store, "13800000002") == person
    assert set((await rows_of(store, other)).values()) == {0}
    assert [("duplicate" in await events_of(store, id_)) for id_ in ids] == [False, True, False, True, False]


async def test_whoever_became_an_erased_person_is_erased_by_a_restore_too(store: Store) -> None:
    """A backup of before they became one still knows both."""
    async with batching(store):
        _, _, person, other = await two_people(store)
        await store.actions.person.correct(store.org, a_watcher().viewer_id, person, phone="13800000002")

        await store.actions.person.erase(store.org, person)

    assert {erasure.person_id for erasure in await store.stores.custody.erasures()} == {person, other}


async def test_who_only_proved_a_number_before_becoming_somebody_is_erased_by_a_restore_too(store: Store) -> None:
    """Such a person had no application that could name them; neither had one whose every application was a duplicate.

    And whoever became one of them before.
    """
    first, second, watcher = a_phone(1), a_phone(2), a_watcher()
    async with batching(store):
        broadcast = await a_broadcast(store)
        for phone in (first, second):
            await apply(store, broadcast, (await jobs_of(store, broadcast))[0], phone=phone, watcher=watcher)
    for number in (3, 4):
        await prove_phone(store, watcher.viewer_id, a_phone(number))
    people = [await person_of(store, a_phone(number)) for number in (1, 2, 3, 4)]
    correct = store.actions.person.correct
    await correct(store.org, watcher.viewer_id, people[2], phone=a_phone(4))
    await correct(store.org, watcher.viewer_id, people[0], phone=a_phone(4))
    await correct(store.org, watcher.viewer_id, people[0], phone=second)

    told: list[Erasure] = []

    async def remember(erasure: Erasure) -> None:
        told.append(erasure)

    await PersonActions(store.stores.persons, store.bus, store.clock, remember).erase(store.org, people[0])

    assert {erasure.person_id for erasure in await store.stores.custody.erasures()} == set(people)
    assert {erasure.person_id for erasure in told} == set(people)


async def test_a_number_somebody_applies_with_for_the_first_time_meanwhile_can_be_taken(store: Store) -> None:
    """It was nobody's when the correction began; it used to fail, and they are one now."""
    async with batching(store):
        broadcast = await a_broadcast(store)
        jobs = await jobs_of(store, broadcast)
        await apply(store, broadcast, jobs[0])
    person = await person_of(store, "13800000001")
    newcomer = f"+86{a_phone(9)}"
    async with store.database.transaction(store.org) as tx:
        people = store.stores.persons._people
        await people.make(
            tx, store.org, {newcomer: people.vault.phone_hmac(store.org, newcomer)}, store.clock(), wraps=1
        )
        correcting = asyncio.create_task(
            store.actions.person.correct(store.org, a_watcher().viewer_id, person, phone=a_phone(9))
        )
        await until_waiting(store, 1)
    await correcting

    assert await person_of(store, a_phone(9)) == person


# ── sent once more ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sent_by", [1, 2])
async def test_what_was_sent_before_people_became_one_is_known_when_it_is_sent_again(
    store: Store, sent_by: int
) -> None:
    """The same key and body is the same application, whichever of the numbers is left; another body is refused."""
    watcher, key = a_watcher(), uuid4()
    async with batching(store):
        broadcast = await a_broadcast(store)
        job, other = (await jobs_of(store, broadcast))[:2]
        sent = {"watcher": watcher, "key": key, "phone": a_phone(sent_by), "name": "王师傅"}
        first = await apply(store, broadcast, job, **sent)  # type: ignore[arg-type]  # as `apply` takes them
        for number in (1, 2, 3):
            await apply(store, broadcast, other, phone=a_phone(number), name=f"师傅{number}")
        person = await person_of(store, a_phone(1))
        # Twice, so that a key has to come along; and a name that was not sent.
        for number in (2, 3):
            await store.actions.person.correct(store.org, watcher.viewer_id, person, phone=a_phone(number), name="欧阳")

        again = await apply(store, broadcast, job, **sent)  # type: ignore[arg-type]  # likewise

        assert (again.receipt_id, again.number, again.repeated) == (first.receipt_id, first.number, True)
        with pytest.raises(KeyReused):
            await apply(store, broadcast, job, **{**sent, "name": "欧阳"})  # type: ignore[arg-type]  # likewise
        await store.actions.person.erase(store.org, person)
        with pytest.raises(KeyReused):
            await apply(store, broadcast, job, **sent)  # type: ignore[arg-type]  # likewise
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT count(*) FROM vault.former_key") == 0


async def test_who_became_another_without_leaving_a_key_sends_again_under_a_new_one(store: Store) -> None:
    """As before keys of those who vanish were kept: what was sent is not known again, and still not stored twice."""
    watcher, key = a_watcher(), uuid4()
    async with batching(store):
        broadcast = await a_broadcast(store)
        job, other = (await jobs_of(store, broadcast))[:2]
        sent = {"watcher": watcher, "phone": a_phone(2), "name": "王师傅"}
        first = await apply(store, broadcast, job, key=key, **sent)  # type: ignore[arg-type]  # as `apply` takes them
        await apply(store, broadcast, other, phone=a_phone(1))
        await store.actions.person.correct(
            store.org, watcher.viewer_id, await person_of(store, a_phone(1)), phone=a_phone(2)
        )
        async with store.database.transaction(store.org) as tx:
            await tx.execute("DELETE FROM vault.former_key")

        with pytest.raises(KeyReused):
            await apply(store, broadcast, job, key=key, **sent)  # type: ignore[arg-type]  # likewise
        again = await apply(store, broadcast, job, key=uuid4(), **sent)  # type: ignore[arg-type]  # likewise

    assert (again.receipt_id, again.number, again.repeated) == (first.receipt_id, first.number, True)
    assert len(await store.actions.applying.listed(store.org, broadcast)) == 2


async def test_two_who_correct_themselves_to_each_other_are_one_in_the_end(store: Store) -> None:
    """Neither waits for the other for ever, and nothing is lost."""
    async with batching(store):
        shows, ids, person, other = await two_people(store)
        viewer = a_watcher().viewer_id
        before = await figures(store, *shows)

        done = await asyncio.gather(
            store.actions.person.correct(store.org, viewer, person, phone="13800000002"),
            store.actions.person.correct(store.org, viewer, other, phone="13800000001"),
            return_exceptions=True,
        )

        assert await figures(store, *shows) == before
    assert [type(one) for one in done if one is not None] in ([], [PersonNotFound])
    assert {ids[0], ids[2], ids[4]} <= {line.id for line in await store.actions.applying.listed(store.org, shows[0])}


# ── damage ────────────────────────────────────────────────────────────────────────────────────────────────────

MOVES = {
    "to another row": "UPDATE vault.application SET name = (SELECT name FROM vault.application "
    "WHERE application_id = $1) WHERE application_id = $2",
    "to another person": "UPDATE vault.person SET phone = (SELECT phone FROM vault.person v JOIN application a "
    "USING (person_id) WHERE a.id = $1) WHERE person_id = (SELECT person_id FROM application WHERE id = $2)",
    "to another column": "UPDATE vault.application SET name = (SELECT phone FROM vault.person v JOIN application a "
    "USING (person_id) WHERE a.id = $2) WHERE application_id = $2 AND $1::uuid IS NOT NULL",
    "a key of another person": "UPDATE keys.person_key SET wrapped = (SELECT wrapped FROM keys.person_key k "
    "JOIN application a USING (person_id) WHERE a.id = $1) "
    "WHERE person_id = (SELECT person_id FROM application WHERE id = $2)",
    "cut short": "UPDATE vault.application SET name = substr(name, 1, 5) "
    "WHERE application_id = $2 AND $1::uuid IS NOT NULL",
}


@pytest.mark.parametrize("move", MOVES)
async def test_what_was_moved_or_damaged_does_not_open_and_is_said_to_be_damaged(
    store: Store, caplog: pytest.LogCaptureFixture, move: str
) -> None:
    """Ciphertext is bound to its person, table, row and column; lists go on, and nobody is shown somebody else."""
    async with batching(store):
        broadcast = await a_broadcast(store)
        jobs = await jobs_of(store, broadcast)
        good = (await apply(store, broadcast, jobs[0], name="好的")).receipt_id
        bad = (await apply(store, broadcast, jobs[1], phone="13800000002", name="坏的")).receipt_id
    async with store.database.transaction(store.org) as tx:
        assert await tx.execute(MOVES[move], good, bad) == "UPDATE 1"

    lines = {line.id: line for line in await store.actions.applying.listed(store.org, broadcast)}

    assert (lines[ApplicationId(good)].name_masked, lines[ApplicationId(bad)].name_masked) == ("好**", "")
    assert "personal data is damaged" in caplog.text
    with pytest.raises(DataDamaged):
        await store.actions.applying.reveal(store.org, ApplicationId(bad), purpose="contact", by=BY)

"""Applying on a real PostgreSQL: exactly once, told to the right device, and only while the job takes people."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from stream_jobs.domain.errors import (
    ApplicationNotFound,
    ConsentMissing,
    JobClosed,
    JobFull,
    JobNotFound,
    JobPaused,
    KeyReused,
    PhoneInvalid,
)
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import AccountId, ChannelId, JobId, VisitId
from stream_jobs.domain.model import CardState
from stream_jobs.ports import Resume
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    a_job,
    a_phone,
    a_visit,
    a_watcher,
    an_organisation,
    apply,
    batching,
    cards_of,
    jobs_of,
)


async def _rows(store: Store, table: str) -> int:
    async with store.database.transaction(store.org) as tx:
        return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608  # names in this test


async def _counted(store: Store) -> int:
    async with store.database.transaction(store.org) as tx:
        return int(
            await tx.fetchval(
                "SELECT coalesce(sum(events), 0) FROM step_count WHERE step = 16 AND card_id = $1", UUID(int=0)
            )
        )


async def test_an_application_is_stored_and_counted_once(store: Store) -> None:
    """One row, one event, one in the sum, with a number of four digits to show."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]

    async with batching(store):
        receipt = await apply(store, broadcast, job)

    assert (receipt.number, receipt.repeated, receipt.at) == (1, False, store.clock())
    assert (await _rows(store, "application"), await _counted(store)) == (1, 1)


async def test_the_same_key_again_is_the_same_application(store: Store) -> None:
    """A retry after a lost answer gets that answer."""
    broadcast = await a_broadcast(store)
    job, watcher, key = (await jobs_of(store, broadcast))[0], a_watcher(), uuid4()

    async with batching(store):
        first = await apply(store, broadcast, job, watcher=watcher, key=key)
        store.clock.forward(minutes=3)
        again = await apply(store, broadcast, job, watcher=watcher, key=key)

    assert (again.receipt_id, again.number, again.at) == (first.receipt_id, first.number, first.at)
    assert again.repeated
    assert (await _rows(store, "application"), await _counted(store)) == (1, 1)


async def test_the_same_key_with_another_body_is_refused(store: Store) -> None:
    """Nothing changes."""
    broadcast = await a_broadcast(store)
    job, watcher, key = (await jobs_of(store, broadcast))[0], a_watcher(), uuid4()

    async with batching(store):
        await apply(store, broadcast, job, watcher=watcher, key=key)
        for other in ({"phone": "13800000002"}, {"name": "李师傅"}):
            with pytest.raises(KeyReused):
                await apply(
                    store,
                    broadcast,
                    job,
                    watcher=watcher,
                    key=key,
                    phone=other.get("phone", "13800000001"),
                    name=other.get("name", "王师傅"),
                )

    assert await _rows(store, "application") == 1


async def test_fifty_copies_at_once_are_one_application(store: Store) -> None:
    """Whatever races, every copy is told the same."""
    broadcast = await a_broadcast(store)
    job, watcher, key = (await jobs_of(store, broadcast))[0], a_watcher(), uuid4()

    async with batching(store):
        told = await asyncio.gather(*(apply(store, broadcast, job, watcher=watcher, key=key) for _ in range(50)))

    assert len({(receipt.receipt_id, receipt.number) for receipt in told}) == 1
    assert (await _rows(store, "application"), await _rows(store, "receipt"), await _counted(store)) == (1, 1, 1)


async def test_applying_twice_with_new_keys_is_counted_once(store: Store) -> None:
    """The device is told when it applied first."""
    broadcast = await a_broadcast(store)
    job, watcher = (await jobs_of(store, broadcast))[0], a_watcher()

    async with batching(store):
        first = await apply(store, broadcast, job, watcher=watcher)
        store.clock.forward(minutes=5)
        again = await apply(store, broadcast, job, watcher=watcher)

    assert (again.receipt_id, again.at, again.repeated) == (first.receipt_id, first.at, True)
    assert (await _rows(store, "application"), await _counted(store)) == (1, 1)


async def test_another_device_cannot_find_out_whether_a_colleague_applied(store: Store) -> None:
    """It gets what a new applicant gets, and sees nothing of the other's name or state afterwards."""
    broadcast = await a_broadcast(store)
    job, mine, stranger = (await jobs_of(store, broadcast))[0], a_watcher(), a_watcher()
    async with batching(store):
        first = await apply(store, broadcast, job, watcher=mine, name="王师傅")
        store.clock.forward(minutes=5)

        told = await apply(store, broadcast, job, watcher=stranger, name="某人")

    assert told.receipt_id != first.receipt_id
    assert (told.repeated, told.at, told.number) == (False, store.clock(), 2)
    [seen] = await store.actions.applying.mine(store.org, broadcast, stranger.viewer_id)
    # As it would be shown its own application, by the name typed here.
    assert (seen.receipt_id, seen.state, seen.contact_masked) == (told.receipt_id, "applied", "某** 138****0001")
    assert (await _rows(store, "application"), await _counted(store)) == (1, 1)


async def test_taking_it_back_and_applying_again_tells_a_stranger_nothing(store: Store) -> None:
    """The answers are those of somebody who applied for himself: same shape, step by step."""
    broadcast = await a_broadcast(store)
    job, stranger, himself = (await jobs_of(store, broadcast))[0], a_watcher(), a_watcher()
    told: dict[Watcher, list[tuple[bool, bool, bool]]] = {stranger: [], himself: []}
    async with batching(store):
        await apply(store, broadcast, job, phone=a_phone(1))
        for watcher, phone in ((stranger, a_phone(1)), (himself, a_phone(2))):
            first = await apply(store, broadcast, job, watcher=watcher, phone=phone)
            await store.actions.applying.withdraw(store.org, broadcast, watcher.viewer_id, first.receipt_id)
            store.clock.forward(minutes=1)

            for _ in range(2):
                again = await apply(store, broadcast, job, watcher=watcher, phone=phone)

                same = again.receipt_id == first.receipt_id
                told[watcher].append((same, again.repeated, again.at == store.clock()))

    assert told[stranger] == told[himself]


async def test_a_resume_is_read_only_by_the_device_that_wrote_it(store: Store) -> None:
    """Applying with somebody's number, even first for another job, neither shows nor changes what they wrote."""
    broadcast = await a_broadcast(store)
    first, second, _ = await jobs_of(store, broadcast)
    owner, stranger = a_watcher(), a_watcher()
    applying = store.actions.applying
    async with batching(store):
        mine = await apply(store, broadcast, first, watcher=owner)
        await applying.save_resume(
            store.org, broadcast, owner.viewer_id, mine.receipt_id, Resume(experience="电子厂三年")
        )
        later = await apply(store, broadcast, second, watcher=owner)
        for job in (first, second, (await jobs_of(store, broadcast))[2]):
            told = await apply(store, broadcast, job, watcher=stranger)
            seen = await applying.resume_of(store.org, broadcast, stranger.viewer_id, told.receipt_id)
            assert seen == Resume()
        forged = Resume(experience="没有经验")
        await applying.save_resume(store.org, broadcast, stranger.viewer_id, told.receipt_id, forged)

    kept = await applying.resume_of(store.org, broadcast, owner.viewer_id, later.receipt_id)
    assert kept == Resume(experience="电子厂三年")
    assert await applying.resume_of(store.org, broadcast, stranger.viewer_id, told.receipt_id) == forged


async def test_who_is_refused_leaves_nothing_behind(store: Store) -> None:
    """Without consent, or for a job that takes nobody, not even a number under a key of its own is kept."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]
    watcher, key = a_watcher(), uuid4()
    async with batching(store):
        await apply(store, broadcast, job, watcher=watcher, key=key, phone=a_phone(1))
        with pytest.raises(KeyReused):
            await apply(store, broadcast, job, watcher=watcher, key=key, phone=a_phone(2))
        with pytest.raises(ConsentMissing):
            await store.actions.applying.submit(
                store.org,
                broadcast,
                a_watcher(),
                key=uuid4(),
                job=job,
                phone=a_phone(3),
                name=None,
                consent_sha256="0" * 64,
                push_seq=None,
            )
        card = (await cards_of(store, broadcast))[0]
        await store.actions.stage.set_card_state(store.org, broadcast, card, CardState.FULL, BY)
        with pytest.raises(JobFull):
            await apply(store, broadcast, job, phone=a_phone(4))

        assert (await apply(store, broadcast, job, watcher=watcher, key=key, phone=a_phone(1))).repeated

    assert [await _rows(store, table) for table in ("person", "vault.person", "keys.person_key")] == [1, 1, 1]


async def test_while_the_show_runs_only_the_posting_itself_closes_it(store: Store) -> None:
    """A show that takes applications for no day after its end takes them during it, also for jobs with a last day."""
    broadcast = await a_broadcast(store, jobs=0, apply_days=0)
    job = await a_job(store, valid_until=date(2026, 11, 22))
    await store.stores.trays.add_cards(store.org, broadcast, [job], [], at=store.clock(), by=BY)

    async with batching(store):
        store.clock.forward(hours=1)
        await apply(store, broadcast, job, phone=a_phone(1))
        store.clock.forward(days=2)
        with pytest.raises(JobClosed):
            await apply(store, broadcast, job, phone=a_phone(2))


async def test_a_posting_valid_to_the_end_of_time_is_shown_and_takes_people(store: Store) -> None:
    """Workbooks write 长期有效 as 9999-12-31; one such job used to keep the whole tray from being read."""
    broadcast = await a_broadcast(store, jobs=0)
    job = await a_job(store, valid_until=date.max)
    await store.stores.trays.add_cards(store.org, broadcast, [job], [], at=store.clock(), by=BY)

    async with batching(store):
        await apply(store, broadcast, job)

    [card] = (await store.actions.stage.tray(store.org, broadcast)).cards
    assert card.job is not None
    assert card.job.apply_until == store.clock() + timedelta(days=7)


async def test_a_stranger_withdrawing_takes_back_nothing_of_the_applicants(store: Store) -> None:
    """Only the device that applied can take an application back."""
    broadcast = await a_broadcast(store)
    job, mine, stranger = (await jobs_of(store, broadcast))[0], a_watcher(), a_watcher()
    async with batching(store):
        first = await apply(store, broadcast, job, watcher=mine)
        decoy = await apply(store, broadcast, job, watcher=stranger)

    await store.actions.applying.withdraw(store.org, broadcast, stranger.viewer_id, decoy.receipt_id)

    [seen] = await store.actions.applying.mine(store.org, broadcast, stranger.viewer_id)
    [kept] = await store.actions.applying.mine(store.org, broadcast, mine.viewer_id)
    assert (seen.state, kept.state) == ("withdrawn", "applied")
    with pytest.raises(ApplicationNotFound):
        await store.actions.applying.withdraw(store.org, broadcast, stranger.viewer_id, first.receipt_id)


async def test_applying_again_after_withdrawing_opens_the_same_application(store: Store) -> None:
    """An event, no new count."""
    broadcast = await a_broadcast(store)
    job, watcher = (await jobs_of(store, broadcast))[0], a_watcher()
    async with batching(store):
        first = await apply(store, broadcast, job, watcher=watcher)
        await store.actions.applying.withdraw(store.org, broadcast, watcher.viewer_id, first.receipt_id)

        again = await apply(store, broadcast, job, watcher=watcher)

    [mine] = await store.actions.applying.mine(store.org, broadcast, watcher.viewer_id)
    assert (mine.state, mine.receipt_id, mine.number) == ("applied", first.receipt_id, first.number)
    assert (again.receipt_id, again.number, again.repeated) == (first.receipt_id, first.number, False)
    async with store.database.transaction(store.org) as tx:
        kinds = [row["kind"] for row in await tx.fetch("SELECT kind FROM application_event ORDER BY at, id")]
    assert sorted(kinds) == ["applied", "applied_again", "withdrawn"]
    assert (await _rows(store, "application"), await _counted(store)) == (1, 1)


async def test_two_people_may_apply_from_one_phone(store: Store) -> None:
    """换个人: both are applications of their own."""
    broadcast = await a_broadcast(store)
    job, watcher = (await jobs_of(store, broadcast))[0], a_watcher()

    async with batching(store):
        await apply(store, broadcast, job, watcher=watcher, phone=a_phone(1))
        await apply(store, broadcast, job, watcher=watcher, phone=a_phone(2), name=None)

    mine = await store.actions.applying.mine(store.org, broadcast, watcher.viewer_id)
    assert {row.contact_masked for row in mine} == {"王** 138****0001", "138****0002"}
    assert await _counted(store) == 2


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(CardState.PAUSED, JobPaused), (CardState.FULL, JobFull), (CardState.CLOSED, JobClosed)],
)
async def test_a_job_that_takes_nobody_refuses(store: Store, state: CardState, refusal: type[Exception]) -> None:
    """Nothing is written, and the others of the tray still take people."""
    broadcast = await a_broadcast(store)
    first, second, _ = await jobs_of(store, broadcast)
    await store.actions.stage.set_card_state(store.org, broadcast, (await cards_of(store, broadcast))[0], state, BY)

    async with batching(store):
        with pytest.raises(refusal):
            await apply(store, broadcast, first)
        await apply(store, broadcast, second)

    assert await _rows(store, "application") == 1


async def test_applying_goes_on_for_days_after_the_show_and_then_ends(store: Store) -> None:
    """Seven days after the end by default."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    store.clock.forward(days=6, hours=23)
    async with batching(store):
        await apply(store, broadcast, job, phone=a_phone(1))
        store.clock.forward(hours=1)
        with pytest.raises(JobClosed):
            await apply(store, broadcast, job, phone=a_phone(2))


async def test_applying_works_before_the_show(store: Store) -> None:
    """A published show takes applications at once."""
    broadcast = await a_broadcast(store, live=False)

    async with batching(store):
        receipt = await apply(store, broadcast, (await jobs_of(store, broadcast))[0])

    assert receipt.number == 1


async def test_a_posting_takes_people_until_the_end_of_its_last_day(store: Store) -> None:
    """In China's time."""
    broadcast = await a_broadcast(store, jobs=0)
    job = await a_job(store, valid_until=store.clock().date())
    await store.stores.trays.add_cards(store.org, broadcast, [job], [], at=store.clock(), by=BY)
    store.clock.now = store.clock.now.replace(hour=15, minute=59)
    async with batching(store):
        await apply(store, broadcast, job, phone=a_phone(1))
        store.clock.forward(minutes=1)
        with pytest.raises(JobClosed):
            await apply(store, broadcast, job, phone=a_phone(2))


async def test_consent_to_an_old_text_is_refused(store: Store) -> None:
    """What was agreed to must be what is kept."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]

    async with batching(store):
        with pytest.raises(ConsentMissing):
            await store.actions.applying.submit(
                store.org,
                broadcast,
                a_watcher(),
                key=uuid4(),
                job=job,
                phone=a_phone(1),
                name=None,
                consent_sha256="0" * 64,
                push_seq=None,
            )


async def test_a_text_shown_before_midnight_of_a_months_end_is_still_good(store: Store) -> None:
    """The month it names has changed meanwhile."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]
    store.clock.now = store.clock.now.replace(day=30, hour=15, minute=59)
    shown = await store.actions.applying.consent(store.org, broadcast, job)
    store.clock.forward(minutes=2)

    async with batching(store):
        await store.actions.applying.submit(
            store.org,
            broadcast,
            a_watcher(),
            key=uuid4(),
            job=job,
            phone=a_phone(1),
            name=None,
            consent_sha256=shown.text_sha256,
            push_seq=None,
        )

    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT until FROM consent") == shown.until


async def test_a_phone_that_is_none_and_a_foreign_job_are_refused(store: Store) -> None:
    """The field is named, the number is not echoed."""
    broadcast = await a_broadcast(store)
    async with batching(store):
        with pytest.raises(PhoneInvalid) as refused:
            await apply(store, broadcast, (await jobs_of(store, broadcast))[0], phone="1380000")
        with pytest.raises(JobNotFound):
            await apply(store, broadcast, JobId(uuid4()))
    assert refused.value.field == "contact.phone"
    assert "1380000" not in str(refused.value)


async def test_one_bad_row_harms_only_itself(store: Store) -> None:
    """A batch that holds a refusal stores the others."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]

    async with batching(store):
        told = await asyncio.gather(
            *(apply(store, broadcast, job, phone=a_phone(n)) for n in range(1, 21)),
            *(apply(store, broadcast, JobId(uuid4())) for _ in range(3)),
            return_exceptions=True,
        )

    assert sum(isinstance(answer, JobNotFound) for answer in told) == 3
    assert await _counted(store) == 20


async def test_names_and_phones_are_nowhere_in_clear(store: Store) -> None:
    """Every column of every table is searched."""
    broadcast = await a_broadcast(store)
    watcher = a_watcher()
    async with batching(store):
        receipt = await apply(
            store,
            broadcast,
            (await jobs_of(store, broadcast))[0],
            watcher=watcher,
            phone="13812345678",
            name="欧阳金丝雀",
        )
    resume = Resume(experience="金丝雀工厂三年")
    await store.actions.applying.save_resume(store.org, broadcast, watcher.viewer_id, receipt.receipt_id, resume)

    async with store.database.maintenance() as tx:
        tables = await tx.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'vault', 'keys')"
        )
        for table in tables:
            rows = await tx.fetch(f"SELECT t::text AS said FROM {table[0]}.{table[1]} t")  # noqa: S608  # catalogue
            said = "".join(row["said"] for row in rows)
            for clear in ("13812345678", "欧阳金丝雀", "金丝雀工厂", b"13812345678".hex(), "金丝雀".encode().hex()):
                assert clear not in said, table["tablename"]
    kept = await store.actions.applying.resume_of(store.org, broadcast, watcher.viewer_id, receipt.receipt_id)
    assert kept == resume


async def test_ciphertext_moved_to_another_row_cannot_be_read(store: Store) -> None:
    """Names are bound to the row they were written for."""
    broadcast = await a_broadcast(store)
    first, second, _ = await jobs_of(store, broadcast)
    async with batching(store):
        await apply(store, broadcast, first, name="甲")
        await apply(store, broadcast, second, name="乙")
    async with store.database.transaction(store.org) as tx:
        await tx.execute(
            """
            UPDATE vault.application v SET name = o.name FROM vault.application o
            WHERE v.application_id <> o.application_id
            """
        )

    listed = await store.actions.applying.listed(store.org, broadcast)
    assert [line.name_masked for line in listed] == ["", ""]


async def test_handing_over_a_list_is_recorded_and_holds_who_did_not_withdraw(store: Store) -> None:
    """One act, with purpose and receiver, in the audit chain."""
    broadcast = await a_broadcast(store)
    job, gone = (await jobs_of(store, broadcast))[0], a_watcher()
    async with batching(store):
        await apply(store, broadcast, job, phone=a_phone(1), name="王师傅")
        withdrawn = await apply(store, broadcast, job, watcher=gone, phone=a_phone(2))
    await store.actions.applying.withdraw(store.org, broadcast, gone.viewer_id, withdrawn.receipt_id)
    employer = (await store.actions.applying.listed(store.org, broadcast))[0].employer_id

    act, lines = await store.actions.applying.hand_over(
        store.org, broadcast, employer, purpose="联系应聘者", receiver="招聘部", by=BY
    )

    assert [(line.number, line.name, line.phone) for line in lines] == [("0001", "王师傅", "+8613800000001")]
    assert (act.count, act.by) == (1, "场控小李")
    async with store.database.transaction(store.org) as tx:
        audit = await tx.fetchrow("SELECT action, purpose, detail FROM audit WHERE action NOT LIKE 'unit%'")
    assert audit is not None
    assert (audit["action"], audit["purpose"]) == ("hand_over", "联系应聘者")
    assert audit["detail"] == {"broadcast": str(broadcast), "receiver": "招聘部", "count": 1}


@pytest.mark.parametrize("column", ["broadcast_id", "org_id"])
async def test_no_row_says_of_an_application_what_its_card_does_not(store: Store, column: str) -> None:
    """The show and the organisation are the card's: the database keeps them together."""
    broadcast, another = await a_broadcast(store), await a_broadcast(store)
    async with batching(store):
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
    other = another if column == "broadcast_id" else await an_organisation(store.stores, store.clock, "另一个局")

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with store.database.maintenance() as tx:
            await tx.execute(f"UPDATE application SET {column} = $1", other)  # noqa: S608  # named above


async def test_first_and_last_channel_are_kept(store: Store) -> None:
    """The poster that brought someone first, and the link they came back by."""
    broadcast = await a_broadcast(store)
    job, watcher = (await jobs_of(store, broadcast))[0], a_watcher()
    poster, group = ChannelId(uuid4()), ChannelId(uuid4())
    await a_visit(store, broadcast, Watcher(watcher.viewer_id, watcher.visit_id, poster))
    back = Watcher(watcher.viewer_id, VisitId(uuid4()), group)
    await a_visit(store, broadcast, back)

    async with batching(store):
        await apply(store, broadcast, job, watcher=back)

    async with store.database.transaction(store.org) as tx:
        row = await tx.fetchrow("SELECT first_channel_id, last_channel_id FROM application")
    assert row is not None
    assert (row["first_channel_id"], row["last_channel_id"]) == (poster, group)


async def test_staff_record_an_application_for_someone(store: Store) -> None:
    """代录: masked like all others, and noting how consent was given."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]
    by = type(BY)(await _an_account(store), "驿站小陈")

    async with batching(store):
        await store.actions.applying.record_for(
            store.org,
            broadcast,
            by,
            key=uuid4(),
            job=job,
            phone=a_phone(7),
            name="陈师傅",
            channel=None,
            consent_given="by_telephone",
        )

    [listed] = await store.actions.applying.listed(store.org, broadcast)
    assert (listed.name_masked, listed.phone_masked, listed.recorded_by) == ("陈**", "138****0007", "驿站小陈")
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT given FROM consent") == "by_telephone"


async def _an_account(store: Store) -> AccountId:
    account = AccountId(uuid4())
    async with store.database.transaction(store.org) as tx:
        await tx.execute(
            """
            INSERT INTO account (id, org_id, role, login, name, password_hash, created_at)
            VALUES ($1, $2, 'operator', $3, '驿站小陈', '-', $4)
            """,
            account,
            store.org,
            account.hex,
            store.clock(),
        )
    return account


async def test_a_failing_database_acknowledges_nothing(store: Store, database_url: str) -> None:
    """Every waiting caller is told that nothing was stored, and may try again."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]
    killer = await asyncpg.connect(database_url)
    await killer.execute("ALTER TABLE application RENAME TO application_away")

    async with batching(store):
        told = await asyncio.gather(
            *(apply(store, broadcast, job, phone=a_phone(n)) for n in range(5)), return_exceptions=True
        )
    await killer.execute("ALTER TABLE application_away RENAME TO application")
    await killer.close()

    assert all(isinstance(answer, Exception) for answer in told)
    assert (await _rows(store, "application"), await _rows(store, "receipt"), await _counted(store)) == (0, 0, 0)

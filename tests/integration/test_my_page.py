"""The applicant's own page: what a device may see and change, with and without a proven number."""

import asyncio
from uuid import uuid4

import pytest

from stream_jobs.domain.errors import ApplicationNotFound, PersonNotFound
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.following import State, Told
from stream_jobs.domain.ids import AccountId, ApplicationId, BroadcastId, ViewerId
from stream_jobs.domain.phone_code import PhoneUnverified
from stream_jobs.ports import AccountRole, ApplicantFilter, By, Move
from stream_jobs.ports.my_page import MyPage
from tests.builders import Store, a_broadcast, a_phone, a_watcher, apply, batching, jobs_of, prove_phone, until_waiting
from tests.site import PASSWORD, SYSTEM, a_site, accounts_over

PHONE, OTHER = "13800000001", "13800000002"


async def prove(store: Store, watcher: Watcher, phone: str = PHONE) -> None:
    """As after the right code."""
    await prove_phone(store, watcher.viewer_id, phone)


async def page_of(store: Store, watcher: Watcher) -> MyPage:
    return await store.actions.my_page.page(store.org, watcher.viewer_id)


async def recorded_by_staff(store: Store, broadcast: BroadcastId, phone: str = PHONE, name: str = "王建国") -> None:
    await store.actions.applying.record_for(
        store.org,
        broadcast,
        By(await _staff(store), "驿站小陈"),
        key=uuid4(),
        job=(await jobs_of(store, broadcast))[1],
        phone=phone,
        name=name,
        channel=None,
        consent_given="by_telephone",
    )


async def _staff(store: Store) -> AccountId:
    account = await accounts_over(store).create_account(
        store.org,
        role=AccountRole.OPERATOR,
        login=f"op-{uuid4().hex[:6]}",
        password=PASSWORD,
        name="驿站小陈",
        employer=None,
        by=SYSTEM,
    )
    return account.id


async def states(store: Store, broadcast: BroadcastId) -> list[str]:
    """Of all applications, oldest first, as staff see them."""
    page = await store.actions.applying.page(store.org, broadcast, ApplicantFilter())
    return [one.state for one in reversed(page.applications)]


async def test_a_device_sees_over_all_shows_what_it_was_told_masked(store: Store) -> None:
    """Newest first; another device's application for the same person stays at what this one did."""
    here, elsewhere = a_watcher(), a_watcher()
    first, second = await a_broadcast(store), await a_broadcast(store)
    async with batching(store):
        await apply(store, first, (await jobs_of(store, first))[0], watcher=elsewhere, name="王建国")
        await apply(store, first, (await jobs_of(store, first))[0], watcher=here, name="老王")
        store.clock.forward(hours=1)
        await apply(store, second, (await jobs_of(store, second))[1], watcher=here, name="小李", phone=OTHER)

    mine = await page_of(store, here)

    assert [(one.broadcast_id, one.state, one.card_label) for one in mine.applications] == [
        (second, "applied", "2号"),
        (first, "applied", "1号"),
    ]
    assert [(person.name, person.phone, person.verified) for person in mine.people] == [
        ("小**", "138****0002", False),
        ("老**", "138****0001", False),
    ]
    assert (await page_of(store, a_watcher())).applications == ()


async def test_a_name_for_a_person_tells_devices_apart(store: Store) -> None:
    """What names a person here names nobody elsewhere, and says nothing of when they were first known."""
    broadcast, devices = await a_broadcast(store), [a_watcher(), a_watcher()]
    async with batching(store):
        for device in devices:
            await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=device)
    refs = [(await page_of(store, device)).people[0].ref for device in devices]

    assert refs[0] != refs[1]
    with pytest.raises(PersonNotFound):
        await store.actions.my_page.erase(store.org, devices[0].viewer_id, refs[1])


async def test_a_person_recorded_by_staff_sees_and_withdraws_it_once_the_number_is_proven(store: Store) -> None:
    """From a phone that never applied itself; before that it looks like nothing."""
    broadcast, mine = await a_broadcast(store), a_watcher()
    async with batching(store):
        await recorded_by_staff(store, broadcast)
    recorded = (await store.actions.applying.page(store.org, broadcast, ApplicantFilter())).applications[0]
    with pytest.raises(ApplicationNotFound):
        await store.actions.my_page.withdraw(store.org, mine.viewer_id, recorded.id)

    await prove(store, mine)
    seen = await page_of(store, mine)
    at = await store.actions.my_page.withdraw(store.org, mine.viewer_id, seen.applications[0].application_id)

    assert (seen.applications[0].recorded_by_staff, seen.people[0].name) == (True, "王建国")
    assert seen.people[0].phone == f"+86{PHONE}"
    assert at == store.clock()
    assert await states(store, broadcast) == ["withdrawn"]
    assert (await page_of(store, mine)).applications[0].state == "withdrawn"


async def test_in_the_show_too_a_proven_number_tells_how_it_stands(store: Store) -> None:
    """What another device applied for first: only once the number is proven, for as long as that lasts, and no more."""
    first, mine = a_watcher(), a_watcher()
    async with batching(store):
        broadcast = await a_broadcast(store)
        jobs = await jobs_of(store, broadcast)
        made = await apply(store, broadcast, jobs[0], watcher=first, name="王建国")
        told = await apply(store, broadcast, jobs[0], watcher=mine, name="老王")
        await apply(store, broadcast, jobs[1], watcher=first)
    await store.actions.recruiting.move(
        store.org, [Move(ApplicationId(made.receipt_id), State.INTERVIEW)], SYSTEM, employer=None
    )
    applying = store.actions.applying
    before = await applying.mine(store.org, broadcast, mine.viewer_id)

    await prove(store, mine)
    (after,) = await applying.mine(store.org, broadcast, mine.viewer_id)
    store.clock.forward(days=91)
    later = await applying.mine(store.org, broadcast, mine.viewer_id)

    assert [row.state for row in before] == [row.state for row in later] == [Told.APPLIED]
    assert after.state == Told.INTERVIEW
    assert before[0].model_copy(update={"state": after.state}) == after
    assert (after.receipt_id, after.number) == (told.receipt_id, told.number)
    await prove(store, mine)
    await applying.withdraw(store.org, broadcast, mine.viewer_id, told.receipt_id)
    assert (await states(store, broadcast))[0] == "withdrawn"


async def test_without_the_number_proven_another_devices_application_is_not_withdrawn(store: Store) -> None:
    """The page says so all the same: nobody learns that somebody else applied."""
    broadcast, mine = await a_broadcast(store), a_watcher()
    async with batching(store):
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=mine)
    one = (await page_of(store, mine)).applications[0]

    await store.actions.my_page.withdraw(store.org, mine.viewer_id, one.application_id)

    assert (await page_of(store, mine)).applications[0].state == "withdrawn"
    assert await states(store, broadcast) == ["applied"]
    await prove(store, mine)
    assert (await page_of(store, mine)).applications[0].state == "applied"


async def test_copy_and_correction_need_the_number_proven(store: Store) -> None:
    """A phone may be shared: having typed a number is not holding it."""
    broadcast, mine = await a_broadcast(store), a_watcher()
    async with batching(store):
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=mine)
        await recorded_by_staff(store, broadcast)
    actions, ref = store.actions.my_page, (await page_of(store, mine)).people[0].ref
    for refused in (
        actions.data(store.org, mine.viewer_id, ref),
        actions.correct(store.org, mine.viewer_id, ref, name="王大力"),
    ):
        with pytest.raises(PhoneUnverified):
            await refused

    await prove(store, mine)
    data = (await actions.data(store.org, mine.viewer_id, ref)).data
    await actions.correct(store.org, mine.viewer_id, ref, name="王大力")

    assert (data.phone, len(data.applications)) == (f"+86{PHONE}", 2)
    assert "phone_verified_at" in data.more
    assert (await page_of(store, mine)).people[0].name == "王大力"


async def test_another_phone_must_be_proven_too_and_then_the_people_are_one(store: Store) -> None:
    """Otherwise anybody could take over anybody's applications."""
    broadcast, mine = await a_broadcast(store), a_watcher()
    async with batching(store):
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=mine)
        await recorded_by_staff(store, broadcast, phone=OTHER)
    await prove(store, mine)
    ref = (await page_of(store, mine)).people[0].ref
    with pytest.raises(PhoneUnverified) as refused:
        await store.actions.my_page.correct(store.org, mine.viewer_id, ref, phone=OTHER)

    await prove(store, mine, OTHER)
    await store.actions.my_page.correct(store.org, mine.viewer_id, ref, phone=OTHER)
    seen = await page_of(store, mine)

    assert refused.value.field == "phone"
    assert [person.phone for person in seen.people] == [f"+86{OTHER}"]
    assert len(seen.applications) == 2
    assert {one.person for one in seen.applications} == {ref}


async def test_who_has_proven_the_number_given_up_has_not_proven_the_new_one(store: Store) -> None:
    """A number given up may be somebody else's by now."""
    broadcast, mine, left = await a_broadcast(store), a_watcher(), a_watcher()
    async with batching(store):
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=mine)
    for watcher, phone in ((mine, PHONE), (left, PHONE), (mine, OTHER)):
        await prove(store, watcher, phone)
    ref = next(one.ref for one in (await page_of(store, mine)).people if one.phone.endswith(PHONE))

    await store.actions.my_page.correct(store.org, mine.viewer_id, ref, phone=OTHER)

    pages = store.stores.my_pages
    proven = [await pages.has_verified(store.org, one.viewer_id, f"+86{OTHER}", store.clock()) for one in (mine, left)]
    assert proven == [True, False]
    assert (await page_of(store, left)).people == ()


async def test_erasing_with_the_number_proven_erases_everything(store: Store) -> None:
    """What staff recorded too; the counts stay, and the same number may come again."""
    broadcast, mine = await a_broadcast(store), a_watcher()
    async with batching(store):
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=mine)
        await recorded_by_staff(store, broadcast)
        await prove(store, mine)
        ref = (await page_of(store, mine)).people[0].ref

        await store.actions.my_page.erase(store.org, mine.viewer_id, ref)

        seen = await page_of(store, mine)
        assert (seen.people, seen.applications) == ((), ())
        assert len(await states(store, broadcast)) == 2
        assert await _kept(store) == (0, 0, 0)
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=mine)
        assert len((await page_of(store, mine)).applications) == 1


@pytest.mark.parametrize("known_elsewhere", [False, True])
async def test_erasing_without_proof_takes_back_what_this_device_typed(store: Store, known_elsewhere: bool) -> None:
    """Of somebody known elsewhere the rest stays, and this device cannot tell the difference."""
    broadcast, mine, elsewhere = await a_broadcast(store), a_watcher(), a_watcher()
    async with batching(store):
        if known_elsewhere:
            await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=elsewhere, name="王建国")
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=mine, name="老王")
        await apply(store, broadcast, (await jobs_of(store, broadcast))[1], watcher=mine, name="老王")
    ref = (await page_of(store, mine)).people[0].ref

    await store.actions.my_page.erase(store.org, mine.viewer_id, ref)

    seen = await page_of(store, mine)
    assert (seen.people, seen.applications) == ((), ())
    assert await store.actions.applying.mine(store.org, broadcast, mine.viewer_id) == []
    with pytest.raises(PersonNotFound):
        await store.actions.my_page.erase(store.org, mine.viewer_id, ref)
    # The person's key, the phone, the names: with the other device's own words left where there is one.
    assert await _kept(store) == ((1, 1, 1) if known_elsewhere else (0, 0, 0))
    if known_elsewhere:
        assert await states(store, broadcast) == ["applied", "withdrawn"]
        assert (await page_of(store, elsewhere)).people[0].name == "王**"


async def test_who_applies_elsewhere_while_this_device_erases_stays(store: Store) -> None:
    """Known by this device alone when it asked, and no more when everything was to go."""
    broadcast, mine, elsewhere = await a_broadcast(store), a_watcher(), a_watcher()
    jobs = await jobs_of(store, broadcast)
    async with batching(store):
        await apply(store, broadcast, jobs[0], watcher=mine, name="老王")
        ref = (await page_of(store, mine)).people[0].ref
        async with store.database.transaction(store.org) as tx:
            # As a batch that is storing an application of theirs.
            await tx.execute("SELECT FROM person FOR KEY SHARE")
            erasing = asyncio.create_task(store.actions.my_page.erase(store.org, mine.viewer_id, ref))
            await until_waiting(store, 1)
            await apply(store, broadcast, jobs[1], watcher=elsewhere, name="王建国")
        await erasing

    assert await states(store, broadcast) == ["withdrawn", "applied"]
    assert await _kept(store) == (1, 1, 1)


async def _kept(store: Store) -> tuple[int, int, int]:
    async with store.database.transaction(store.org) as tx:
        names = """
            SELECT (SELECT count(*) FROM vault.application WHERE name IS NOT NULL)
                + (SELECT count(*) FROM vault.receipt)
        """
        return (
            await tx.fetchval("SELECT count(*) FROM keys.person_key"),
            await tx.fetchval("SELECT count(*) FROM vault.person"),
            await tx.fetchval(names),
        )


async def test_what_another_device_opened_again_is_not_taken_back(store: Store) -> None:
    """This one withdrew it before; since then it is the other's."""
    broadcast, mine, elsewhere = await a_broadcast(store), a_watcher(), a_watcher()
    job = (await jobs_of(store, broadcast))[0]
    async with batching(store):
        await apply(store, broadcast, job, watcher=mine)
        one = (await page_of(store, mine)).applications[0]
        await store.actions.my_page.withdraw(store.org, mine.viewer_id, one.application_id)
        await apply(store, broadcast, job, watcher=elsewhere)

    await store.actions.my_page.withdraw(store.org, mine.viewer_id, one.application_id)
    await store.actions.my_page.erase(store.org, mine.viewer_id, one.person)

    assert await states(store, broadcast) == ["applied"]


async def test_foreign_and_made_up_applications_look_the_same(store: Store) -> None:
    """Ids lead nowhere for whoever has no business there."""
    broadcast, mine = await a_broadcast(store), a_watcher()
    async with batching(store):
        receipt = await apply(store, broadcast, (await jobs_of(store, broadcast))[0])

    for id_ in (ApplicationId(receipt.receipt_id), ApplicationId(uuid4())):
        with pytest.raises(ApplicationNotFound):
            await store.actions.my_page.withdraw(store.org, mine.viewer_id, id_)


async def test_the_page_comes_in_by_the_last_show_of_its_device(store: Store) -> None:
    """Else by the newest show there is, so that whoever was recorded by staff gets in too."""
    first = await a_broadcast(store)
    store.clock.forward(minutes=1)
    newest = await a_broadcast(store)
    mine = a_watcher()
    async with batching(store), a_site(store) as site:
        await apply(store, first, (await jobs_of(store, first))[0], watcher=mine, phone=a_phone(5))
        cookie = {"Cookie": f"device={store.tokens.device_cookie(ViewerId(mine.viewer_id))}"}
        own = await (await site.ask("GET", "/me", headers=cookie)).text()
        strangers = await (await site.ask("GET", "/me")).text()
        asked = await (await site.ask("GET", f"/me?show={first}")).text()

    assert [str(first) in page for page in (own, strangers, asked)] == [True, False, True]
    assert str(newest) in strangers

"""One-time codes: who holds a number is known only from a code that came to it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest

from storage.people import People
from storage.phone_codes import PhoneCodeStore
from stream_jobs.actions.purging import PurgeActions
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.phone_code import CODE_LASTS, VERIFIED_FOR, CodeWrong, PhoneCheck, PhoneUnverified
from stream_jobs.ports import ApplicantFilter
from stream_jobs.ports.purging import Periods, PurgeClass, PurgeCount
from tests.builders import BY, Store, a_broadcast, a_phone, a_watcher, apply, batching, jobs_of, prove_phone
from tests.clients import a_connected, running_gateway
from tests.site import Site, a_site

PHONE = "13800000001"
PERIODS = Periods(*[timedelta(days=365)] * 4)
NO_VALKEY = "redis://127.0.0.1:1"


async def a_show(store: Store, check: PhoneCheck) -> BroadcastId:
    broadcast = await a_broadcast(store)
    await store.actions.programme.edit_show(store.org, broadcast, {"phone_check": check}, BY)
    return broadcast


async def test_the_code_that_came_verifies_once(store: Store) -> None:
    """As typed, full-width digits and spaces too; used up then."""
    phones, viewer = store.phones, a_watcher().viewer_id
    await phones.ask_code(store.org, viewer, "+86 138 0000 0001")
    code = store.notices.code

    at = await phones.confirm(store.org, viewer, PHONE, f"{code[:3]} {code[3:]}")

    assert at == store.clock()
    assert store.notices.told[-1][1] == "+8613800000001"
    with pytest.raises(CodeWrong):
        await phones.confirm(store.org, viewer, PHONE, code)


async def test_a_code_is_not_used_up_where_nothing_comes_of_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was gone when the server died after it: whoever had typed it had to wait for another message."""
    phones, viewer = store.phones, a_watcher().viewer_id
    await phones.ask_code(store.org, viewer, PHONE)
    with monkeypatch.context() as dying:
        dying.setattr(People, "make", AsyncMock(side_effect=StorageUnavailable))
        with pytest.raises(StorageUnavailable):
            await phones.confirm(store.org, viewer, PHONE, store.notices.code)

    assert await phones.confirm(store.org, viewer, PHONE, store.notices.code) == store.clock()


async def test_five_wrong_codes_and_the_right_one_is_worth_nothing(store: Store) -> None:
    """Also when they are tried all at once; nothing tells that the tries are over."""
    phones, viewer = store.phones, a_watcher().viewer_id
    await phones.ask_code(store.org, viewer, PHONE)
    right = store.notices.code
    wrong = [code for code in (f"{n:06}" for n in range(30)) if code != right]

    told = await asyncio.gather(
        *(phones.confirm(store.org, viewer, PHONE, code) for code in wrong), return_exceptions=True
    )
    with pytest.raises(CodeWrong) as last:
        await phones.confirm(store.org, viewer, PHONE, right)

    assert {str(error) for error in told} == {str(last.value)}
    await phones.ask_code(store.org, viewer, PHONE)
    await phones.confirm(store.org, viewer, PHONE, store.notices.code)


async def test_a_code_is_worth_nothing_on_another_device_or_for_another_phone(store: Store) -> None:
    """And somebody else's tries do not use it up."""
    phones, mine, other = store.phones, a_watcher().viewer_id, a_watcher().viewer_id
    await phones.ask_code(store.org, mine, PHONE)
    code = store.notices.code

    for viewer, phone in ((other, PHONE), (mine, a_phone(2)), *([(other, PHONE)] * 6)):
        with pytest.raises(CodeWrong):
            await phones.confirm(store.org, viewer, phone, code)

    await phones.confirm(store.org, mine, PHONE, code)


async def test_of_two_who_bring_the_right_code_at_once_one_has_used_it_up(store: Store) -> None:
    """A code proves once, however often it is sent."""
    viewer = a_watcher().viewer_id
    await store.phones.ask_code(store.org, viewer, PHONE)

    told = await asyncio.gather(
        *(store.phones.confirm(store.org, viewer, PHONE, store.notices.code) for _ in range(8)), return_exceptions=True
    )

    assert [type(one) for one in told if one != store.clock()] == [CodeWrong] * 7


async def test_a_code_is_worth_something_for_five_minutes_and_purged_then(store: Store) -> None:
    """To the second, by the clock all stored times come from."""
    early, late = a_watcher().viewer_id, a_watcher().viewer_id
    purge = PurgeActions(store.stores.purges, PERIODS, store.clock)
    await store.phones.ask_code(store.org, early, PHONE)
    code = store.notices.code
    await store.phones.ask_code(store.org, late, PHONE)
    store.clock.forward(seconds=(CODE_LASTS - timedelta(seconds=1)).total_seconds())
    await store.phones.confirm(store.org, early, PHONE, code)
    kept = await purge.purge()
    store.clock.forward(seconds=1)
    with pytest.raises(CodeWrong):
        await store.phones.confirm(store.org, late, PHONE, store.notices.code)
    store.clock.forward(seconds=1)

    gone = await purge.purge()

    assert [_codes(counts) for counts in (kept, gone)] == [0, 1]


def _codes(counts: Sequence[PurgeCount]) -> int:
    return next(count.done for count in counts if count.kind is PurgeClass.PHONE_CODES)


async def test_before_refuses_until_the_very_phone_is_verified_on_the_very_device(store: Store) -> None:
    """Nothing is kept of whoever was refused; staff have asked the person themselves."""
    broadcast = await a_show(store, PhoneCheck.BEFORE)
    job, watcher = (await jobs_of(store, broadcast))[0], a_watcher()
    async with batching(store):
        with pytest.raises(PhoneUnverified) as refused:
            await apply(store, broadcast, job, watcher=watcher)
        async with store.database.transaction(store.org) as tx:
            assert await tx.fetchval("SELECT count(*) FROM person") == 0
        await prove_phone(store, watcher.viewer_id, PHONE)

        receipt = await apply(store, broadcast, job, watcher=watcher)
        for other in (a_watcher(), watcher):
            with pytest.raises(PhoneUnverified):
                await apply(store, broadcast, job, watcher=other, phone=PHONE if other is not watcher else a_phone(7))
        again = await apply(store, broadcast, job, watcher=watcher)

    assert refused.value.field == "contact.phone"
    assert (receipt.counted, again.receipt_id) == (True, receipt.receipt_id)


async def test_a_verification_lasts_ninety_days(store: Store) -> None:
    """By then the number may be somebody else's."""
    broadcast = await a_show(store, PhoneCheck.BEFORE)
    jobs, watcher = await jobs_of(store, broadcast), a_watcher()
    await prove_phone(store, watcher.viewer_id, PHONE)
    async with batching(store):
        store.clock.forward(seconds=(VERIFIED_FOR - timedelta(seconds=1)).total_seconds())
        await apply(store, broadcast, jobs[0], watcher=watcher)
        store.clock.forward(seconds=1)
        with pytest.raises(PhoneUnverified):
            await apply(store, broadcast, jobs[1], watcher=watcher)


async def test_staff_see_which_numbers_are_proven(store: Store) -> None:
    """By the device that applied: a colleague's verified number does not vouch for whoever typed it."""
    broadcast = await a_show(store, PhoneCheck.AFTER)
    job, mine = (await jobs_of(store, broadcast))[0], a_watcher()
    async with batching(store):
        await apply(store, broadcast, job, watcher=mine)
        await apply(store, broadcast, (await jobs_of(store, broadcast))[1], watcher=a_watcher())
    assert await _proven(store, broadcast) == [False, False]

    await prove_phone(store, mine.viewer_id, PHONE)

    assert await _proven(store, broadcast) == [False, True]


async def _proven(store: Store, broadcast: BroadcastId) -> list[bool]:
    """Newest first."""
    page = await store.actions.applying.page(store.org, broadcast, ApplicantFilter())
    return [application.phone_verified for application in page.applications]


async def test_the_same_over_the_socket_and_over_http(store: Store) -> None:
    """One action: asked over one, confirmed over the other; Valkey need not be there."""
    broadcast = await a_broadcast(store)
    watcher = a_watcher()
    async with running_gateway(store, NO_VALKEY) as running:
        token = running.token(broadcast, watcher=watcher)
        async with await a_connected(running, token) as viewer:
            sent = await viewer.rpc("ask_code", phone=PHONE)
            wrong = await viewer.rpc("confirm_code", phone=PHONE, code="nonsense")
            soon = await viewer.rpc("ask_code", phone=PHONE)
        async with a_site(store) as site:
            verified = await site.ask(
                "POST",
                f"/api/v1/broadcasts/{broadcast}/phone-codes/confirm",
                json={"phone": PHONE, "code": store.notices.code},
                headers={"Authorization": f"Bearer {token}"},
            )

    assert sent == {"type": "code_sent", "valid_seconds": 300, "resend_seconds": 60}
    assert (wrong["type"], wrong["code"], wrong["field"]) == ("refused", "code_wrong", "code")
    assert (soon["code"], soon["retry_after_seconds"]) == ("too_many", 60)
    assert verified.status == 200


async def test_asking_for_a_code_is_answered_alike_for_known_and_unknown_numbers(store: Store) -> None:
    """The same bytes, and as many messages; so is an application that wants a verified number."""
    broadcast = await a_show(store, PhoneCheck.OFF)
    job = (await jobs_of(store, broadcast))[0]
    async with batching(store):
        await apply(store, broadcast, job, phone=PHONE)
    await store.actions.programme.edit_show(store.org, broadcast, {"phone_check": PhoneCheck.BEFORE}, BY)
    known, unknown = PHONE, a_phone(99)
    consent = (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256
    async with batching(store), a_site(store) as site:
        answers = [
            [await _answers(site, broadcast, job, consent, phone) for _ in range(1)] for phone in (known, unknown)
        ]

    assert answers[0] == answers[1]
    assert len(store.notices.told) == 2


async def _answers(site: Site, broadcast: BroadcastId, job: object, consent: str, phone: str) -> list[object]:
    headers = await site.viewer(broadcast)
    base = f"/api/v1/broadcasts/{broadcast}"
    asked = (
        ("/phone-codes", {"phone": phone}),
        ("/phone-codes/confirm", {"phone": phone, "code": "000000"}),
        (
            "/applications",
            {
                "key": "00000000-0000-4000-8000-000000000001",
                "job_id": str(job),
                "contact": {"phone": phone},
                "consent": {"text_sha256": consent},
            },
        ),
    )
    told: list[object] = []
    for path, body in asked:
        response = await site.ask("POST", base + path, json=body, headers=headers)
        said = await response.json()
        said.pop("request_id", None)
        told.append((response.status, said))
    return told


async def test_what_is_kept_of_a_code_says_nothing_and_is_of_one_installation(store: Store) -> None:
    """Keyed hashes: whoever reads them learns no code, number or device, and without the key nobody makes one."""
    stranger = PhoneCodeStore(store.database, type(store.keys)(b"s" * 32, b"m" * 32, b"q" * 32))
    codes, viewer, phone, code = store.stores.phone_codes, a_watcher().viewer_id, "+8613800000001", "123456"
    await codes.keep(store.org, viewer, phone, code, until=store.clock() + CODE_LASTS)

    async with store.database.transaction(store.org) as tx:
        kept = b"".join(await tx.fetchval("SELECT ARRAY[whose, mac] FROM phone_code"))
        assert not [secret for secret in (phone, PHONE, code) if secret.encode() in kept] and viewer.bytes not in kept
        assert not await stranger.take(tx, store.org, viewer, phone, code, store.clock())
        assert await codes.take(tx, store.org, viewer, phone, code, store.clock())

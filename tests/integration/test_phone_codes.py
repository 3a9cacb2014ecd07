"""One-time codes: who holds a number is known only from a code that came to it."""

import asyncio
from datetime import timedelta

import pytest

from realtime.codes import ValkeyCodes
from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.ids import BroadcastId, ViewerId
from stream_jobs.domain.phone_code import VERIFIED_FOR, CodeWrong, PhoneCheck, PhoneUnverified
from stream_jobs.embedded import Servers
from stream_jobs.ports import ApplicantFilter
from tests.builders import BY, Store, a_broadcast, a_phone, a_watcher, apply, batching, jobs_of
from tests.clients import a_connected, running_gateway
from tests.site import NO_VALKEY, Site, a_site

PHONE = "13800000001"


async def a_show(store: Store, check: PhoneCheck) -> BroadcastId:
    broadcast = await a_broadcast(store)
    await store.actions.programme.edit_show(store.org, broadcast, {"phone_check": check}, BY)
    return broadcast


async def verify(store: Store, servers: Servers, viewer: ViewerId, phone: str = PHONE) -> None:
    phones = store.phones(servers.valkey_url)
    await phones.ask_code(store.org, viewer, phone)
    await phones.confirm(store.org, viewer, phone, store.notices.code)


async def test_the_code_that_came_verifies_once(store: Store, servers: Servers) -> None:
    """As typed, full-width digits and spaces too; used up then."""
    phones, viewer = store.phones(servers.valkey_url), a_watcher().viewer_id
    await phones.ask_code(store.org, viewer, "+86 138 0000 0001")
    code = store.notices.code

    at = await phones.confirm(store.org, viewer, PHONE, f"{code[:3]} {code[3:]}")

    assert at == store.clock()
    assert store.notices.told[-1][1] == "+8613800000001"
    with pytest.raises(CodeWrong):
        await phones.confirm(store.org, viewer, PHONE, code)


async def test_five_wrong_codes_and_the_right_one_is_worth_nothing(store: Store, servers: Servers) -> None:
    """Also when they are tried all at once; nothing tells that the tries are over."""
    phones, viewer = store.phones(servers.valkey_url), a_watcher().viewer_id
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


async def test_a_code_is_worth_nothing_on_another_device_or_for_another_phone(store: Store, servers: Servers) -> None:
    """And somebody else's tries do not use it up."""
    phones, mine, other = store.phones(servers.valkey_url), a_watcher().viewer_id, a_watcher().viewer_id
    await phones.ask_code(store.org, mine, PHONE)
    code = store.notices.code

    for viewer, phone in ((other, PHONE), (mine, a_phone(2)), *([(other, PHONE)] * 6)):
        with pytest.raises(CodeWrong):
            await phones.confirm(store.org, viewer, phone, code)

    await phones.confirm(store.org, mine, PHONE, code)


async def test_without_valkey_codes_wait_and_before_stays_before(store: Store) -> None:
    """An outage never weakens the check."""
    phones, watcher = store.phones(NO_VALKEY), a_watcher()
    broadcast = await a_show(store, PhoneCheck.BEFORE)
    job = (await jobs_of(store, broadcast))[0]

    with pytest.raises(Unavailable):
        await phones.ask_code(store.org, watcher.viewer_id, PHONE)
    with pytest.raises(Unavailable):
        await phones.confirm(store.org, watcher.viewer_id, PHONE, "123456")
    async with batching(store):
        with pytest.raises(PhoneUnverified):
            await apply(store, broadcast, job, watcher=watcher)
    assert store.notices.told == []


async def test_before_refuses_until_the_very_phone_is_verified_on_the_very_device(
    store: Store, servers: Servers
) -> None:
    """Nothing is kept of whoever was refused; staff have asked the person themselves."""
    broadcast = await a_show(store, PhoneCheck.BEFORE)
    job, watcher = (await jobs_of(store, broadcast))[0], a_watcher()
    async with batching(store):
        with pytest.raises(PhoneUnverified) as refused:
            await apply(store, broadcast, job, watcher=watcher)
        async with store.database.transaction(store.org) as tx:
            assert await tx.fetchval("SELECT count(*) FROM person") == 0
        await verify(store, servers, watcher.viewer_id)

        receipt = await apply(store, broadcast, job, watcher=watcher)
        for other in (a_watcher(), watcher):
            with pytest.raises(PhoneUnverified):
                await apply(store, broadcast, job, watcher=other, phone=PHONE if other is not watcher else a_phone(7))
        again = await apply(store, broadcast, job, watcher=watcher)

    assert refused.value.field == "contact.phone"
    assert (receipt.counted, again.receipt_id) == (True, receipt.receipt_id)


async def test_a_verification_lasts_ninety_days(store: Store, servers: Servers) -> None:
    """By then the number may be somebody else's."""
    broadcast = await a_show(store, PhoneCheck.BEFORE)
    jobs, watcher = await jobs_of(store, broadcast), a_watcher()
    await verify(store, servers, watcher.viewer_id)
    async with batching(store):
        store.clock.forward(seconds=(VERIFIED_FOR - timedelta(seconds=1)).total_seconds())
        await apply(store, broadcast, jobs[0], watcher=watcher)
        store.clock.forward(seconds=1)
        with pytest.raises(PhoneUnverified):
            await apply(store, broadcast, jobs[1], watcher=watcher)


async def test_staff_see_which_numbers_are_proven(store: Store, servers: Servers) -> None:
    """By the device that applied: a colleague's verified number does not vouch for whoever typed it."""
    broadcast = await a_show(store, PhoneCheck.AFTER)
    job, mine = (await jobs_of(store, broadcast))[0], a_watcher()
    async with batching(store):
        await apply(store, broadcast, job, watcher=mine)
        await apply(store, broadcast, (await jobs_of(store, broadcast))[1], watcher=a_watcher())
    assert await _proven(store, broadcast) == [False, False]

    await verify(store, servers, mine.viewer_id)

    assert await _proven(store, broadcast) == [False, True]


async def _proven(store: Store, broadcast: BroadcastId) -> list[bool]:
    """Newest first."""
    page = await store.actions.applying.page(store.org, broadcast, ApplicantFilter())
    return [application.phone_verified for application in page.applications]


async def test_the_same_over_the_socket_and_over_http(store: Store, servers: Servers) -> None:
    """One action: asked over one, confirmed over the other."""
    broadcast = await a_broadcast(store)
    watcher = a_watcher()
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(broadcast, watcher=watcher)
        async with await a_connected(running, token) as viewer:
            sent = await viewer.rpc("ask_code", phone=PHONE)
            wrong = await viewer.rpc("confirm_code", phone=PHONE, code="nonsense")
            soon = await viewer.rpc("ask_code", phone=PHONE)
        async with a_site(store, phones=store.phones(servers.valkey_url)) as site:
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


async def test_asking_for_a_code_is_answered_alike_for_known_and_unknown_numbers(
    store: Store, servers: Servers
) -> None:
    """The same bytes, and as many messages; so is an application that wants a verified number."""
    broadcast = await a_show(store, PhoneCheck.OFF)
    job = (await jobs_of(store, broadcast))[0]
    async with batching(store):
        await apply(store, broadcast, job, phone=PHONE)
    await store.actions.programme.edit_show(store.org, broadcast, {"phone_check": PhoneCheck.BEFORE}, BY)
    known, unknown = PHONE, a_phone(99)
    consent = (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256
    async with batching(store), a_site(store, phones=store.phones(servers.valkey_url)) as site:
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


async def test_codes_of_two_installations_are_not_exchangeable(store: Store, servers: Servers) -> None:
    """They are keyed hashes: whoever can write to Valkey cannot make one."""
    codes = ValkeyCodes(servers.valkey_url, store.keys)
    stranger = ValkeyCodes(servers.valkey_url, type(store.keys)(b"s" * 32, b"m" * 32, b"q" * 32))
    viewer = a_watcher().viewer_id
    await stranger.keep(store.org, viewer, "+8613800000001", "123456")

    assert not await codes.matches(store.org, viewer, "+8613800000001", "123456")

"""A show over HTTP: running it from the host's side, applying to it from a viewer's."""

import asyncio
import re
from uuid import uuid4

import pytest

from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, ChannelId
from tests.builders import Store, a_broadcast, batching, cards_of, jobs_of
from tests.report_builders import a_channel
from tests.site import Site

API = "/api/v1/broadcasts"


# ── the stage ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_show_is_run_over_http(site: Site, store: Store) -> None:
    """A command sent again is the same command."""
    broadcast = await a_broadcast(store, jobs=2, live=False)
    card, headers, key = (await cards_of(store, broadcast))[0], await site.host(), str(uuid4())
    start = {**headers, "Idempotency-Key": str(uuid4())}
    started = (await (await site.ask("POST", f"{API}/{broadcast}/start", json={}, headers=start)).json())["seq"]

    pushes = [
        await site.ask(
            "POST",
            f"{API}/{broadcast}/push",
            json={"card_id": str(card), "expected_seq": started},
            headers={**headers, "Idempotency-Key": key},
        )
        for _ in range(2)
    ]

    assert [(await push.json())["seq"] for push in pushes] == [started + 1] * 2
    snapshot = await (await site.ask("GET", f"{API}/{broadcast}")).json()
    assert (snapshot["seq"], snapshot["on_stage"]["card"]["id"]) == (started + 1, str(card))


async def test_two_consoles_pressing_next_push_once(site: Site, store: Store) -> None:
    """“Next” names its card, so the second press finds it on stage."""
    broadcast, headers = await a_broadcast(store, jobs=2), await site.host()
    card = (await cards_of(store, broadcast))[0]
    seq = (await store.actions.stage.snapshot(store.org, broadcast)).seq

    async def press() -> int:
        key = {"Idempotency-Key": str(uuid4())}
        answer = await site.ask(
            "POST",
            f"{API}/{broadcast}/next",
            json={"card_id": str(card), "expected_seq": seq},
            headers={**headers, **key},
        )
        return answer.status

    assert list(await asyncio.gather(press(), press())) == [200, 200]
    assert (await store.actions.stage.snapshot(store.org, broadcast)).seq == seq + 1


async def test_remote_acts_without_signing_in_under_its_own_name(site: Site, store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)
    card = (await cards_of(store, broadcast))[0]
    code = await site.accounts.page_code(store.org, broadcast, "remote")
    headers = {"X-Page-Code": code, "Idempotency-Key": str(uuid4())}

    pushed = await site.ask("POST", f"{API}/{broadcast}/push", json={"card_id": str(card)}, headers=headers)
    desk = await site.ask("GET", f"{API}/{broadcast}/desk", headers=headers)

    assert pushed.status == 200
    assert (await desk.json())["last_action"]["by"] == "遥控器"


@pytest.mark.parametrize("key", [None, "1", "{01990000-0000-7000-8000-000000000001}"])
async def test_command_without_a_good_idempotency_key_does_nothing(site: Site, store: Store, key: str | None) -> None:
    broadcast, headers = await a_broadcast(store, jobs=1), await site.host()
    given = {"Idempotency-Key": key} if key else {}

    answer = await site.ask("POST", f"{API}/{broadcast}/end", json={}, headers={**headers, **given})

    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["field"]) == (422, "Idempotency-Key")
    assert (await (await site.ask("GET", f"{API}/{broadcast}")).json())["broadcast"]["status"] == "live"


async def test_links_of_a_show_open_its_pages(site: Site, store: Store) -> None:
    """The codes to scan lead to pages that are there."""
    broadcast, headers = await a_broadcast(store, jobs=1), await site.host()

    links = await (await site.ask("GET", f"{API}/{broadcast}/links", headers=headers)).json()

    assert links["remote_qr"].startswith("data:image/svg+xml")
    for name in ("viewer", "remote", "prompter", "overlay"):
        page = await site.ask("GET", links[name].removeprefix("http://127.0.0.1:8000"))
        assert page.status == 200, name


# ── viewers ───────────────────────────────────────────────────────────────────────────────────────────────────


async def consent_of(site: Site, broadcast: BroadcastId, job: object) -> str:
    answer = await site.ask("GET", f"{API}/{broadcast}/consent", params={"job_id": str(job)})
    return str((await answer.json())["text_sha256"])


async def test_viewer_applies_over_http_once(site: Site, store: Store) -> None:
    """The same action as on the socket: durable, once, listed, withdrawn."""
    broadcast = await a_broadcast(store, jobs=1)
    job, headers = (await jobs_of(store, broadcast))[0], await site.viewer(broadcast)
    wanted = {
        "key": str(uuid4()),
        "job_id": str(job),
        "contact": {"phone": "138 0000 0001", "name": "王师傅"},
        "consent": {"text_sha256": await consent_of(site, broadcast, job)},
    }

    async with batching(store):
        answers = [
            await site.ask("POST", f"{API}/{broadcast}/applications", json=wanted, headers=headers) for _ in range(2)
        ]
    first, second = [await answer.json() for answer in answers]
    base = f"{API}/{broadcast}/applications/{first['application_id']}"
    resume = await site.ask("PUT", f"{base}/resume", json={"skills": "叉车证\u0000"}, headers=headers)
    kept = await (await site.ask("GET", f"{base}/resume", headers=headers)).json()
    withdrawn = await site.ask("POST", f"{base}/withdraw", headers=headers)
    mine = await (await site.ask("GET", f"{API}/{broadcast}/applications/mine", headers=headers)).json()

    assert first["application_id"] == second["application_id"] and re.fullmatch(r"\d{4}", first["number"])
    assert (resume.status, kept["skills"], withdrawn.status) == (204, "叉车证", 200)
    assert [one["state"] for one in mine["applications"]] == ["withdrawn"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"contact": {"phone": "12345"}}, "phone_invalid", "contact.phone"),
        ({"contact": {}}, "phone_invalid", "contact.phone"),
        ({"consent": None}, "consent_missing", "consent"),
        ({"consent": {"text_sha256": "0" * 64}}, "consent_missing", None),
        ({"nickname": "x"}, "bad_input", "nickname"),
    ],
)
async def test_application_that_cannot_be_taken_says_why(
    site: Site, store: Store, changes: dict[str, object], code: str, field: str | None
) -> None:
    broadcast = await a_broadcast(store, jobs=1)
    job, headers = (await jobs_of(store, broadcast))[0], await site.viewer(broadcast)
    given: dict[str, object] = {
        "key": str(uuid4()),
        "job_id": str(job),
        "contact": {"phone": "13800000001"},
        "consent": {"text_sha256": await consent_of(site, broadcast, job)},
    }
    wanted = {name: value for name, value in {**given, **changes}.items() if value is not None}

    async with batching(store):
        answer = await site.ask("POST", f"{API}/{broadcast}/applications", json=wanted, headers=headers)

    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (422, code)
    assert field is None or problem["field"] == field


async def test_device_keeps_its_pseudonym_by_cookie(site: Site, store: Store) -> None:
    """Two page loads of one device are one viewer; a forged cookie is a new one."""
    broadcast = await a_broadcast(store, jobs=1)
    path = f"{API}/{broadcast}/connection-token"

    first = await site.ask("POST", path, json={"visit_id": str(uuid4())})
    cookie = first.cookies["device"].value
    again = await site.ask("POST", path, json={"visit_id": str(uuid4())}, headers={"Cookie": f"device={cookie}"})
    forged = await site.ask("POST", path, json={"visit_id": str(uuid4())}, headers={"Cookie": f"device=A{cookie}"})

    subjects = [
        store.tokens.read_connection_token((await answer.json())["token"], store.clock()).subject
        for answer in (first, again, forged)
    ]
    assert subjects[0] == subjects[1] != subjects[2]
    assert "device" not in again.cookies and "device" in forged.cookies


async def test_viewers_token_costs_no_query(site: Site, store: Store) -> None:
    """When the database is away, whoever watches can still come back."""
    broadcast = await a_broadcast(store, jobs=1)
    await site.viewer(broadcast)
    await store.database.close()

    answer = await site.ask("POST", f"{API}/{broadcast}/connection-token", json={"visit_id": str(uuid4())})

    assert answer.status == 200


async def test_channel_of_a_signed_code_is_in_the_token(site: Site, store: Store) -> None:
    """A made-up code, one of another show, or one that was revoked, keeps nobody out and attributes nothing."""
    broadcast, other = await a_broadcast(store, jobs=1), await a_broadcast(store, jobs=1)
    channel, foreign = await a_channel(store, broadcast, "海报"), await a_channel(store, other, "海报")

    async def come_by(code: str) -> tuple[ChannelId, bool]:
        body = {"visit_id": str(uuid4()), "channel": code}
        answer = await site.ask("POST", f"{API}/{broadcast}/connection-token", json=body)
        identity = store.tokens.read_connection_token((await answer.json())["token"], store.clock())
        assert identity.watcher
        return identity.watcher.channel_id, identity.watcher.forged_link

    revoked = await a_channel(store, broadcast, "旧海报")
    await store.actions.programme.revoke_channel(store.org, broadcast, revoked)
    assert await come_by(store.tokens.channel_code(channel)) == (channel, False)
    ours = [store.tokens.channel_code(one) for one in (foreign, revoked, ChannelId(uuid4()))]
    for code in ("made-up", "假的", *ours):
        assert await come_by(code) == (NO_CHANNEL, True)


async def test_staff_record_an_application_under_a_channel_of_this_show_alone(site: Site, store: Store) -> None:
    """Another show's station is no channel here; nothing is stored."""
    broadcast, other = await a_broadcast(store, jobs=1), await a_broadcast(store, jobs=1)
    own, foreign = await a_channel(store, broadcast, "驿站"), await a_channel(store, other, "驿站")
    headers, path = await site.host(), f"{API}/{broadcast}/staff-applications"
    body = {
        "job_id": str((await jobs_of(store, broadcast))[0]),
        "contact": {"phone": "13800000001"},
        "consent_given": "in_person",
    }

    async def recorded(channel: ChannelId) -> tuple[int, str | None]:
        key = {**headers, "Idempotency-Key": str(uuid4())}
        answer = await site.ask("POST", path, json={**body, "channel_id": str(channel)}, headers=key)
        return answer.status, (await answer.json()).get("code")

    async with batching(store):
        assert await recorded(foreign) == (404, "channel_not_found")
        assert await recorded(own) == (200, None)


async def test_tray_of_a_version_may_be_kept_and_another_may_not(site: Site, store: Store) -> None:
    """A cache between us and a thousand phones answers for us, and never with the wrong tray."""
    broadcast = await a_broadcast(store, jobs=2)
    version = (await (await site.ask("GET", f"{API}/{broadcast}")).json())["tray_version"]

    right = await site.ask("GET", f"{API}/{broadcast}/tray", params={"version": str(version)})
    early = await site.ask("GET", f"{API}/{broadcast}/tray", params={"version": str(version + 1)})
    plain = await site.ask("GET", f"{API}/{broadcast}/tray")

    assert right.headers["Cache-Control"] == "public, max-age=60"
    assert early.headers["Cache-Control"] == plain.headers["Cache-Control"] == "no-cache"
    assert len((await right.json())["cards"]) == 2

"""The HTTP side as a browser and a program meet it: sign-in, commands, applying, pages, files, bad requests."""

import asyncio
import gzip
import logging
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from admin.ops import build_ops_app
from admin.parts import Draining
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, ChannelId
from stream_jobs.ports import AccountRole
from tests.builders import Store, a_broadcast, batching, cards_of, jobs_of
from tests.report_builders import a_channel
from tests.site import PASSWORD, Site, a_site

API = "/api/v1/broadcasts"


@pytest_asyncio.fixture
async def site(store: Store) -> AsyncIterator[Site]:
    async with a_site(store) as running:
        yield running


async def host(site: Site) -> dict[str, str]:
    return await site.signed_in(await site.account(AccountRole.HOST))


# ── signing in ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_signing_in_sets_a_cookie_that_scripts_cannot_read(site: Site) -> None:
    account = await site.account(AccountRole.ORGANISER)

    answer = await site.ask("POST", "/api/v1/sign-in", json={"login": account.login, "password": PASSWORD})

    cookie = answer.cookies["session"]
    assert (await answer.json())["role"] == "organiser"
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/" and not cookie["secure"]
    me = await site.ask("GET", "/api/v1/me", headers={"Cookie": f"session={cookie.value}"})
    assert (await me.json())["login"] == account.login


async def test_cookies_are_host_only_and_secure_over_https(store: Store) -> None:
    """RFC 6265bis: __Host- needs Secure, a path of / and no domain."""
    async with a_site(store, public_url=lambda: "https://jobs.example.cn") as site:
        account = await site.account(AccountRole.HOST)

        answer = await site.ask("POST", "/api/v1/sign-in", json={"login": account.login, "password": PASSWORD})

        cookie = answer.cookies["__Host-session"]
        assert cookie["secure"] and cookie["path"] == "/" and not cookie["domain"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_guessing_passwords_is_slowed_down(site: Site) -> None:
    """After a few tries the answer is 429 with when to come back, for the right password too."""
    account = await site.account(AccountRole.HOST)

    for _ in range(10):
        wrong = await site.ask("POST", "/api/v1/sign-in", json={"login": account.login, "password": "wrong"})
        assert wrong.status == 401
    refused = await site.ask("POST", "/api/v1/sign-in", json={"login": account.login, "password": PASSWORD})

    problem = await refused.json(content_type="application/problem+json")
    assert (refused.status, problem["code"]) == (429, "too_many")
    assert 0 < int(refused.headers["Retry-After"]) <= 6


async def test_signing_out_forgets_the_cookie(site: Site) -> None:
    headers = await host(site)

    out = await site.ask("POST", "/api/v1/sign-out", headers=headers)
    again = await site.ask("GET", "/api/v1/me", headers=headers)

    assert (out.status, again.status) == (204, 401)
    assert out.cookies["session"].value == ""


# ── the stage ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_show_is_run_over_http(site: Site, store: Store) -> None:
    """A command sent again is the same command."""
    broadcast = await a_broadcast(store, jobs=2, live=False)
    card, headers, key = (await cards_of(store, broadcast))[0], await host(site), str(uuid4())
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
    broadcast, headers = await a_broadcast(store, jobs=2), await host(site)
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
    broadcast, headers = await a_broadcast(store, jobs=1), await host(site)
    given = {"Idempotency-Key": key} if key else {}

    answer = await site.ask("POST", f"{API}/{broadcast}/end", json={}, headers={**headers, **given})

    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["field"]) == (422, "Idempotency-Key")
    assert (await (await site.ask("GET", f"{API}/{broadcast}")).json())["broadcast"]["status"] == "live"


async def test_links_of_a_show_open_its_pages(site: Site, store: Store) -> None:
    """The codes to scan lead to pages that are there."""
    broadcast, headers = await a_broadcast(store, jobs=1), await host(site)

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
    await store.database._pool.close()

    answer = await site.ask("POST", f"{API}/{broadcast}/connection-token", json={"visit_id": str(uuid4())})

    assert answer.status == 200


async def test_channel_of_a_signed_code_is_in_the_token(site: Site, store: Store) -> None:
    """A made-up code, or a code of another show, keeps nobody out and attributes nothing."""
    broadcast, other = await a_broadcast(store, jobs=1), await a_broadcast(store, jobs=1)
    channel, foreign = await a_channel(store, broadcast, "海报"), await a_channel(store, other, "海报")

    async def channel_of(code: str) -> ChannelId:
        body = {"visit_id": str(uuid4()), "channel": code}
        answer = await site.ask("POST", f"{API}/{broadcast}/connection-token", json=body)
        identity = store.tokens.read_connection_token((await answer.json())["token"], store.clock())
        assert identity.watcher
        return identity.watcher.channel_id

    assert await channel_of(store.tokens.channel_code(channel)) == channel
    for code in ("made-up", "假的", store.tokens.channel_code(foreign), store.tokens.channel_code(ChannelId(uuid4()))):
        assert await channel_of(code) == NO_CHANNEL


async def test_staff_record_an_application_under_a_channel_of_this_show_alone(site: Site, store: Store) -> None:
    """Another show's station is no channel here; nothing is stored."""
    broadcast, other = await a_broadcast(store, jobs=1), await a_broadcast(store, jobs=1)
    own, foreign = await a_channel(store, broadcast, "驿站"), await a_channel(store, other, "驿站")
    headers, path = await host(site), f"{API}/{broadcast}/staff-applications"
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


# ── bad requests ──────────────────────────────────────────────────────────────────────────────────────────────


async def problem_of(site: Site, method: str, path: str, **more: Any) -> tuple[int, str]:
    answer = await site.ask(method, path, **more)
    problem = await answer.json(content_type="application/problem+json")
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return answer.status, problem["code"]


async def test_bad_requests_are_problems_with_codes(site: Site) -> None:
    """Whatever is wrong, the answer is in one form."""
    json_type = {"Content-Type": "application/json"}
    sign_in = "/api/v1/sign-in"

    assert await problem_of(site, "GET", "/api/v1/nothing") == (404, "path_not_found")
    assert await problem_of(site, "GET", f"{API}/1/tray") == (404, "broadcast_not_found")
    assert await problem_of(site, "GET", f"{API}/{uuid4()}") == (404, "broadcast_not_found")
    assert await problem_of(site, "DELETE", "/api/v1/me") == (405, "method_not_allowed")
    assert await problem_of(site, "POST", sign_in, data=b"{", headers=json_type) == (422, "bad_input")
    assert await problem_of(site, "POST", sign_in, data=b"\xff", headers=json_type) == (422, "bad_input")
    assert await problem_of(site, "POST", sign_in, data=b"[" * 5000, headers=json_type) == (422, "bad_input")
    assert await problem_of(site, "POST", sign_in, data=b"x=1") == (415, "content_type_refused")
    assert await problem_of(site, "POST", sign_in, data=b" " * 70_000, headers=json_type) == (413, "body_too_large")


async def test_compressed_requests_are_refused(site: Site) -> None:
    """A small request cannot become a large one here."""
    bomb = gzip.compress(b" " * 10_000_000)

    async with site.client.post(
        site.base + "/api/v1/sign-in",
        data=bomb,
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    ) as answer:
        problem = await answer.json(content_type="application/problem+json")

    assert (answer.status, problem["code"]) == (415, "content_encoding_refused")


async def test_endless_body_is_cut_off(site: Site) -> None:
    """A body without a length is counted while it is read."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b" " * 10_000

    async with site.client.post(
        site.base + "/api/v1/sign-in", data=endless(), headers={"Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 413


async def test_other_sites_pages_change_nothing(site: Site, store: Store) -> None:
    broadcast, headers = await a_broadcast(store, jobs=1), await host(site)
    from_elsewhere = {**headers, "Sec-Fetch-Site": "cross-site", "Idempotency-Key": str(uuid4())}

    answer = await site.ask("POST", f"{API}/{broadcast}/end", json={}, headers=from_elsewhere)

    assert (answer.status, (await answer.json(content_type=None))["code"]) == (403, "cross_site")


async def test_unexpected_failure_says_only_its_number(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the answer nor the log repeats what an exception may carry."""

    async def fails(*_: object) -> None:
        raise RuntimeError("secret 13812345678")

    monkeypatch.setattr(site.accounts, "sign_in", fails)
    with caplog.at_level(logging.INFO):
        answer = await site.ask("POST", "/api/v1/sign-in", json={"login": "li", "password": "x"})

    said = await answer.text()
    assert answer.status == 500 and "internal_error" in said and "secret" not in said
    assert "secret" not in caplog.text
    assert any(getattr(r, "request_id", "") == answer.headers["X-Request-Id"] for r in caplog.records)


async def test_database_that_is_away_is_a_503_to_try_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StorageUnavailable(retry_after_seconds=1)

    monkeypatch.setattr(site.store.stores.broadcasts, "org_of", away)

    answer = await site.ask("GET", f"{API}/{uuid4()}")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


async def test_log_names_routes_and_nothing_of_anyone(
    site: Site, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """No id, code, query, token or address gets into the log."""
    broadcast = await a_broadcast(store, jobs=1)
    code = await site.accounts.page_code(store.org, broadcast, "remote")

    with caplog.at_level(logging.INFO):
        await site.ask("GET", f"/r/{code}", params={"phone": "13812345678"})

    [record] = [record for record in caplog.records if record.name == "admin.server"]
    assert vars(record)["route"] == "/r/{code}"
    logged = str(vars(record))
    assert code not in logged and "13812345678" not in logged and "127.0.0.1" not in logged


# ── pages and files ───────────────────────────────────────────────────────────────────────────────────────────


async def test_viewers_page_can_be_read_before_any_script(site: Site, store: Store) -> None:
    """The card on stage and all jobs are in the page itself."""
    broadcast = await a_broadcast(store, jobs=3, policies=1)
    await store.actions.stage.push(
        store.org, broadcast, (await cards_of(store, broadcast))[1], (await site.account(AccountRole.HOST)).by, uuid4()
    )

    answer = await site.ask("GET", f"/b/{broadcast}")
    page = re.sub(r"<script.*?</script>", "", await answer.text(), flags=re.S)

    assert answer.status == 200 and answer.content_type == "text/html"
    for word in ("2号岗位", "正在讲解", "岗位1", "岗位3", "政1", "24", "元/小时", "0000-1200000"):
        assert word in page, word
    assert 'id="boot"' in await answer.text()


async def test_viewers_page_speaks_english_when_asked(site: Site, store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)

    page = await (await site.ask("GET", f"/b/{broadcast}", params={"lang": "en"})).text()

    assert '<html lang="en"' in page


async def test_page_of_a_job_with_markup_in_its_title_shows_it_as_text(site: Site, store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE job SET title = $1", "</script><img src=x onerror=alert(1)>")

    page = await (await site.ask("GET", f"/b/{broadcast}")).text()

    assert "<img src=x" not in page and "&lt;img src=x" in page


@pytest.mark.parametrize("path", ["/b/1", "/b/01990000-0000-7000-8000-000000000001", "/s/nothing", "/s/假的"])
async def test_wrong_viewer_link_is_a_friendly_page(site: Site, path: str) -> None:
    answer = await site.ask("GET", path)

    assert (answer.status, answer.content_type) == (404, "text/html")
    assert "没有找到这场直播。请核对链接。" in await answer.text()


async def test_channel_link_opens_its_show_until_it_is_revoked(site: Site, store: Store) -> None:
    broadcast, channel = await a_broadcast(store, jobs=1), ChannelId(uuid4())
    async with store.database.transaction(store.org) as tx:
        await tx.execute(
            "INSERT INTO channel (id, org_id, broadcast_id, kind, name, created_at, revoked_at) "
            "VALUES ($1, $2, $3, 'poster', '海报', $4, NULL), ($5, $2, $3, 'poster', '旧海报', $4, $4)",
            channel,
            store.org,
            broadcast,
            store.clock(),
            (revoked := ChannelId(uuid4())),
        )
    code = store.tokens.channel_code(channel)

    page = await site.ask("GET", f"/s/{code}")
    gone = await site.ask("GET", f"/s/{store.tokens.channel_code(revoked)}")

    assert page.status == 200 and code in await page.text() and str(broadcast) in await page.text()
    assert gone.status == 404


async def test_rehearsals_are_not_listed(site: Site, store: Store) -> None:
    shown, hidden = await a_broadcast(store, jobs=1), await a_broadcast(store, jobs=1, rehearsal=True)

    page = await (await site.ask("GET", "/")).text()

    assert str(shown) in page and str(hidden) not in page


async def test_host_finds_the_shows_to_run_and_no_others(site: Site, store: Store) -> None:
    """Signing in leads to a list of what this account may act on."""
    own, reserved = await a_broadcast(store, jobs=1), await a_broadcast(store, jobs=1)
    somebody = await site.account(AccountRole.HOST)
    await site.accounts.reserve(store.org, reserved, [somebody.id])

    page = await (await site.ask("GET", "/host", headers=await host(site))).text()

    assert f"/host/{own}" in page and str(reserved) not in page


async def test_page_for_staff_asks_to_sign_in_and_leads_back(site: Site) -> None:
    answer = await site.ask("GET", "/organiser/imports", params={"x": "1"})

    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/organiser/imports%3Fx%3D1")


async def test_answer_to_a_question_must_say_something(site: Site, store: Store) -> None:
    """Characters nobody can see are no answer."""
    broadcast, headers = await a_broadcast(store, jobs=1), await host(site)
    said = {"card_id": str((await cards_of(store, broadcast))[0]), "kind": "rest", "answer": "\u0000\u200b "}

    answer = await site.ask("POST", f"{API}/{broadcast}/questions/answer", json=said, headers=headers)

    assert (answer.status, (await answer.json(content_type=None))["field"]) == (422, "answer")


async def test_every_answer_carries_the_security_headers(site: Site, store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)

    for path in ("/", f"/b/{broadcast}", "/api/v1/nothing", "/static/css/base.css", "/nothing"):
        headers = (await site.ask("GET", path)).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Server"] == "stream_jobs"
    assert (await site.ask("GET", f"{API}/{broadcast}")).headers["Cache-Control"] == "no-store"


async def test_pages_take_along_only_files_of_ours_that_exist(site: Site, store: Store) -> None:
    """Every address in the shell answers, and is kept for ever under its version."""
    broadcast = await a_broadcast(store, jobs=1)
    page = await (await site.ask("GET", f"/b/{broadcast}")).text()

    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert addresses
    for address in addresses:
        answer = await site.ask("GET", address, headers={"Accept-Encoding": "gzip"})
        assert answer.status == 200 and "immutable" in answer.headers["Cache-Control"], address
        assert answer.headers["Content-Encoding"] == "gzip"
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


async def test_unchanged_file_is_not_sent_again(site: Site) -> None:
    first = await site.ask("GET", "/static/css/base.css")

    again = await site.ask("GET", "/static/css/base.css", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.headers["Cache-Control"], again.status) == ("no-cache", 304)


@pytest.mark.parametrize(
    "path", ["../server.py", "%2e%2e/server.py", "..%2fserver.py", "css", "nothing.js", "/etc/passwd"]
)
async def test_only_files_of_the_folder_are_served(site: Site, path: str) -> None:
    answer = await site.ask("GET", f"/static/{path}")

    assert answer.status == 404


# ── the socket's address, and operations ──────────────────────────────────────────────────────────────────────


async def test_upgrade_on_a_used_connection_is_handed_over_whole(site: Site) -> None:
    """HTTP first, then a WebSocket on the same connection: nothing of ours is written in between."""
    host_, port = site.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host_, int(port))
    writer.write(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    await reader.readexactly(int(length[1]) if length else 0)

    writer.write(
        b"GET /connection/websocket?a=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answered = await reader.readuntil(b"taken over")

    assert answered == b"HTTP/1.1 101 Switching Protocols\r\n\r\ntaken over"
    [taken] = site.taken.heads
    assert taken.startswith(b"GET /connection/websocket?a=1 HTTP/1.1\r\n") and taken.endswith(b"\r\n\r\n")
    assert b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" in taken
    assert not site.taken.transports[0].is_closing()
    site.taken.transports[0].abort()
    writer.close()


async def test_socket_address_without_upgrade_is_nothing(site: Site) -> None:
    assert await problem_of(site, "GET", "/connection/websocket") == (404, "path_not_found")


async def test_requests_are_counted_by_route(site: Site, store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)

    await site.ask("GET", f"{API}/{broadcast}")

    metrics = generate_latest(site.registry).decode()
    assert 'route="/api/v1/broadcasts/{broadcast_id}"' in metrics and str(broadcast) not in metrics


async def test_ops_server_says_what_is_not_ready() -> None:
    """Alive, but not to be sent work: each part by name."""
    draining, up = Draining(), {"valkey": True}

    async def database() -> bool:
        return True

    async def valkey() -> bool:
        if not up["valkey"]:
            raise StorageUnavailable
        return True

    app = build_ops_app(CollectorRegistry(), {"database": database, "valkey": valkey}, draining)
    async with TestServer(app) as server, ClientSession() as client:

        async def asked(path: str) -> tuple[int, object]:
            async with client.get(server.make_url(path)) as answer:
                return answer.status, await answer.json()

        ready = await asked("/readyz")
        up["valkey"] = False
        without_valkey = await asked("/readyz")
        up["valkey"], draining.begun = True, True
        leaving = await asked("/readyz")
        alive = await asked("/livez")

    assert ready == (200, {"ready": True, "checks": {"database": True, "valkey": True, "not_draining": True}})
    assert without_valkey == (
        503,
        {"ready": False, "checks": {"database": True, "valkey": False, "not_draining": True}},
    )
    assert leaving[0] == 503 and alive == (200, {"live": True})

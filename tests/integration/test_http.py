"""The HTTP side whatever is asked: sign-in, bad requests, what is logged, the socket's address, operations."""

import asyncio
import gzip
import logging
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from admin.ops import build_ops_app
from admin.parts import Check, Draining
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.ports import AccountRole
from tests.builders import Store, a_broadcast
from tests.site import PASSWORD, Site, a_site

API = "/api/v1/broadcasts"


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
    headers = await site.host()

    out = await site.ask("POST", "/api/v1/sign-out", headers=headers)
    again = await site.ask("GET", "/api/v1/me", headers=headers)

    assert (out.status, again.status) == (204, 401)
    assert out.cookies["session"].value == ""


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
    broadcast, headers = await a_broadcast(store, jobs=1), await site.host()
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


async def test_the_document_of_the_interface_tells_of_every_route(site: Site) -> None:
    """It is drawn for the first who asks, and is of all routes but its own; the second is given the same."""
    first, second = [await site.ask("GET", "/api/v1/openapi.json") for _ in range(2)]

    routes = {route.path for route in site.table if route.is_api}
    assert routes - (await first.json())["paths"].keys() == {"/api/v1/openapi.json"}
    assert await first.text() == await second.text()


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
    """Alive, but not to be sent work: each part by name. What it does without is told, and turns nobody away."""
    draining, up = Draining(), {"database": True, "valkey": True}

    def check(name: str) -> Check:
        async def passes() -> bool:
            if not up[name]:
                raise StorageUnavailable
            return True

        return passes

    app = build_ops_app(CollectorRegistry(), {name: check(name) for name in up}, draining)
    async with TestServer(app) as server, ClientSession() as client:

        async def asked(path: str) -> tuple[int, object]:
            async with client.get(server.make_url(path)) as answer:
                return answer.status, await answer.json()

        ready = await asked("/readyz")
        up["valkey"] = False
        without_valkey = await asked("/readyz")
        up["database"] = False
        without_both = await asked("/readyz")
        up |= {"database": True, "valkey": True}
        draining.begun = True
        leaving = await asked("/readyz")
        alive = await asked("/livez")

    def said(*, ready: bool = True, degraded: bool = False, **checks: bool) -> tuple[int, object]:
        checks = {"database": True, "valkey": True, "not_draining": True} | checks
        return 200 if ready else 503, {"ready": ready, "degraded": degraded, "checks": checks}

    assert (ready, without_valkey) == (said(), said(degraded=True, valkey=False))
    assert without_both == said(ready=False, database=False, valkey=False)
    assert leaving == said(ready=False, not_draining=False)
    assert alive == (200, {"live": True})

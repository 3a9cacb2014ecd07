"""Limits kept together in Valkey, and what becomes of them without it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from realtime.shared_limits import FUNCTION, SharedLimits
from stream_jobs.domain.errors import TooMany
from stream_jobs.domain.pace import Pace, Rule
from stream_jobs.embedded import Servers
from stream_jobs.keys import Keys
from stream_jobs.limits import Quotas
from stream_jobs.settings import read_settings
from tests.builders import Store, a_broadcast, a_phone, a_watcher, jobs_of
from tests.clients import Forwarder, Viewer, a_connected, eventually, running_gateway
from tests.integration.test_bus import _open
from tests.integration.test_trying_valkey import a_user
from tests.site import a_site

RULE = Rule("test", {"device": Pace(3, 60), "tenant": Pace(5, 60)})


@asynccontextmanager
async def a_worker(url: str) -> AsyncIterator[SharedLimits]:
    limits = SharedLimits(url)
    running = asyncio.create_task(limits.run())
    await eventually(lambda: _is(limits, works=True))
    yield limits
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_workers_share_one_bucket(servers: Servers) -> None:
    """Asking another worker gives nothing more; what is refused uses nothing up."""
    scope, device = uuid4().hex, uuid4().hex
    async with a_worker(servers.valkey_url) as one, a_worker(servers.valkey_url) as other:
        for worker in (one, other, one):
            await worker.take(RULE, scope, [device, ""])
        with pytest.raises(TooMany) as caught:
            await other.take(RULE, scope, [device, ""])

        assert 55 <= (caught.value.retry_after_seconds or 0) <= 60
        for _ in range(2):
            await one.take(RULE, scope, [uuid4().hex, ""])
        with pytest.raises(TooMany):
            await other.take(RULE, scope, [uuid4().hex, ""])


async def test_many_at_once_are_let_in_exactly_as_often_as_the_rule_says(servers: Servers) -> None:
    """Decided in a few calls, each request for itself, and every one answered."""
    rule = Rule("many", {"device": Pace(1, 60), "tenant": Pace(100, 60)})
    scope = uuid4().hex
    async with a_worker(servers.valkey_url) as limits:
        told = await asyncio.gather(
            *(limits.take(rule, scope, [str(n), ""]) for n in range(500)), return_exceptions=True
        )

    assert told.count(None) == 100
    assert sum(isinstance(answer, TooMany) for answer in told) == 400


async def test_a_valkey_that_was_emptied_gets_the_function_again(servers: Servers) -> None:
    """And nobody is let in or kept out by the repair."""
    scope, device = uuid4().hex, uuid4().hex
    async with a_worker(servers.valkey_url) as limits, Redis.from_url(servers.valkey_url) as valkey:
        await limits.take(RULE, scope, [device, ""])
        await valkey.function_flush("SYNC")

        for _ in range(2):
            await limits.take(RULE, scope, [device, ""])
        with pytest.raises(TooMany):
            await limits.take(RULE, scope, [device, ""])
        assert limits.works
        assert FUNCTION in str(await valkey.function_list())


async def test_while_valkey_is_away_a_worker_limits_by_itself(servers: Servers) -> None:
    """At once, not after a timeout each; and together again when it is back."""
    line = Forwarder(lambda: _open(servers.valkey_url))
    await line.mend()
    scope, device = uuid4().hex, uuid4().hex
    async with a_worker(f"redis://127.0.0.1:{line.port}") as limits:
        await limits.take(RULE, scope, [device, ""])
        await line.cut()

        for _ in range(3):
            await limits.take(RULE, scope, [device, ""])
        with pytest.raises(TooMany):
            await limits.take(RULE, scope, [device, ""])
        assert not limits.works
        await line.mend()
        await eventually(lambda: _is(limits, works=True))
        for _ in range(2):
            await limits.take(RULE, scope, [device, ""])
        with pytest.raises(TooMany):
            await limits.take(RULE, scope, [device, ""])
    await line.cut()


async def test_a_worker_that_may_touch_no_bucket_in_valkey_never_counts_there(
    servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    """It may load the function, and nothing else: with every request it was away, and back half a second later."""

    async def is_said() -> bool:
        return "valkey is away" in caplog.text

    async with a_user(servers, "+@all", "~other:*", "&*") as url:
        limits = SharedLimits(url)
        running = asyncio.create_task(limits.run())
        await eventually(is_said)
        assert not limits.works
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_valkey_holds_no_number_device_or_address(servers: Servers, store: Store, keys: Keys) -> None:
    """Only keyed hashes and times; everything goes by itself."""
    phone, watcher, address = "13912345678", a_watcher(), "192.0.2.0/24"
    async with a_worker(servers.valkey_url) as limits, Redis.from_url(servers.valkey_url) as valkey:
        quotas = Quotas(read_settings({}, apply_per_prefix_per_minute=10, apply_per_tenant_per_minute=10), limits, keys)
        await quotas.apply(store.org, watcher.viewer_id, address, phone)
        await quotas.send_code(store.org, watcher.viewer_id, address, phone)

        kept = {
            key: await valkey.dump(key)
            async for key in valkey.scan_iter("*")
            if store.org.hex in key.decode() or str(store.org) in key.decode()
        }
        lives = [await valkey.pttl(key) for key in kept]

    written = repr(kept)
    assert len(kept) == 9
    assert not [secret for secret in (phone, watcher.viewer_id.hex, address) if secret in written]
    assert all(0 < life <= 3_600_000 for life in lives)


async def test_forged_addresses_share_a_bucket_over_http_and_over_the_socket(store: Store, servers: Servers) -> None:
    """A thousand X-Forwarded-For open no second bucket: the thirtieth password is the last."""
    began = monotonic()
    async with a_site(store, limits=store.quotas(sign_in_per_login_per_minute=1000)) as site:
        statuses = [
            (
                await site.ask(
                    "POST",
                    "/api/v1/sign-in",
                    json={"login": f"nobody{n}", "password": "wrong"},
                    headers={"X-Forwarded-For": f"{n % 250}.{n // 250}.1.1"},
                )
            ).status
            for n in range(1000)
        ]
    # One more for every two seconds that the thousand took.
    assert 30 <= statuses.count(401) <= 31 + (monotonic() - began) / 2
    assert statuses.count(401) + statuses.count(429) == 1000

    async with running_gateway(store, servers.valkey_url, ask_per_prefix_per_minute=5) as running:
        broadcast = await a_broadcast(running.store)
        card = (await running.store.actions.stage.tray(store.org, broadcast)).cards[0].id
        told = [await _asked_from(running.socket_url, running.token(broadcast), card, f"9.9.{n}.9") for n in range(7)]

    assert told == ["asked"] * 5 + ["too_many"] * 2


async def _asked_from(url: str, token: str, card: object, address: str) -> str:
    headers = {"X-Forwarded-For": address}
    async with Viewer(await connect(url, ping_interval=None, additional_headers=headers)) as viewer:
        await viewer.ask(connect={"token": token})
        answer = await viewer.rpc("ask", card_id=card, kind="couple_room")
        return str(answer.get("code") or answer["type"])


async def test_an_applicant_who_is_too_fast_is_told_when_to_come_back(store: Store, servers: Servers) -> None:
    """Answered, not failed: the page says how long to wait."""
    async with running_gateway(store, servers.valkey_url, apply_per_device_per_minute=2) as running:
        broadcast = await a_broadcast(running.store)
        job = (await jobs_of(running.store, broadcast))[0]
        consent = {"text_sha256": (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256}
        async with await a_connected(running, running.token(broadcast)) as viewer:
            answers = [
                await viewer.rpc(
                    "apply", key=uuid4(), job_id=job, contact={"phone": a_phone(n), "name": None}, consent=consent
                )
                for n in range(3)
            ]

    assert [answer["type"] for answer in answers] == ["stored", "stored", "refused"]
    assert (answers[2]["code"], answers[2]["retry_after_seconds"]) == ("too_many", 30)


async def test_links_tried_in_vain_are_limited_and_those_that_open_are_not(store: Store) -> None:
    """Nobody guesses a code; whoever has one is never kept waiting."""
    broadcast = await a_broadcast(store)
    async with a_site(store, limits=store.quotas(link_tries_per_prefix_per_minute=3)) as site:
        code = await site.accounts.page_code(store.org, broadcast, "prompter")
        wrong = [(await site.ask("GET", f"/prompter/{'a' * 35}")).status for _ in range(5)]
        right = [(await site.ask("GET", f"/prompter/{code}")).status for _ in range(5)]

    assert wrong == [404, 404, 404, 429, 429]
    assert right == [200] * 5


async def _is(limits: SharedLimits, *, works: bool) -> bool:
    return limits.works is works

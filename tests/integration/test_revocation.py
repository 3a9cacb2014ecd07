"""Who may no longer is out within five seconds, on every process, with Valkey and without."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from stream_jobs.actions.accounts import AccountActions, SignedIn
from stream_jobs.domain.errors import ApplicationNotFound
from stream_jobs.domain.ids import ApplicationId, BroadcastId
from stream_jobs.embedded import Servers
from stream_jobs.ports import AccountRole
from stream_jobs.tokens import Identity
from tests.builders import BY, Store, a_broadcast, a_watcher, apply, batching, jobs_of
from tests.clients import Running, Viewer, a_connected, a_socket, a_viewer, eventually, running_gateway
from tests.site import CHEAP, a_site

NOWHERE = "redis://127.0.0.1:1"
AT_MOST_SECONDS = 5.0
PASSWORD = "correct horse"


def accounts_of(running: Running) -> AccountActions:
    store = running.store
    return AccountActions(
        store.stores.accounts,
        store.stores.broadcasts,
        store.tokens,
        running.bus,
        store.clock,
        session_hours=12,
        hasher=CHEAP,
    )


async def a_console(running: Running, broadcast: BroadcastId, accounts: AccountActions) -> tuple[Viewer, SignedIn]:
    """Somebody signed in, with an open console."""
    account = await accounts.create_account(
        running.store.org,
        role=AccountRole.HOST,
        login=f"host-{uuid4().hex[:8]}",
        password=PASSWORD,
        name="主播",
        by=BY,
    )
    signed_in = await accounts.sign_in(account.login, PASSWORD)
    identity = Identity(
        role="host",
        org_id=running.store.org,
        broadcast_id=broadcast,
        subject=str(account.id),
        expires_at=signed_in.session.expires_at,
        account_id=account.id,
        session=str(signed_in.session.id),
    )
    return await a_connected(running, running.store.tokens.connection_token(identity, running.store.clock())), signed_in


@pytest.mark.parametrize("valkey", ["there", "away"])
async def test_logout_role_change_disabling_and_ban_close_sockets_of_every_process(
    store: Store, servers: Servers, valkey: str
) -> None:
    """Done on one process, felt on the other; nobody else is touched."""
    url = servers.valkey_url if valkey == "there" else NOWHERE

    async def access(identity: Identity) -> bool:
        return await store.actions.accounts.still_allowed(identity)

    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(running_gateway(store, url, access=access))
        there = await stack.enter_async_context(running_gateway(store, url, access=access))
        broadcast = await a_broadcast(here.store)
        accounts, watcher = accounts_of(here), a_watcher()
        applied = await apply(here.store, broadcast, (await jobs_of(here.store, broadcast))[0], watcher=watcher)
        consoles = [await a_console(there, broadcast, accounts) for _ in range(4)]
        viewer, other = await a_viewer(there, broadcast, watcher=watcher), await a_viewer(there, broadcast)
        for socket in (*(console for console, _ in consoles), viewer, other):
            stack.push_async_callback(socket.socket.close)
        (_, leaving), (_, changing), (_, disabled), (staying, _) = consoles

        async def ban() -> object:
            return await here.store.actions.bans.ban(
                store.org, broadcast, ApplicationId(applied.receipt_id), reason="刷屏", by=BY
            )

        acts: list[tuple[Viewer, Callable[[], Awaitable[object]]]] = [
            (consoles[0][0], lambda: accounts.sign_out(leaving.token)),
            (
                consoles[1][0],
                lambda: accounts.set_role(store.org, changing.session.account.id, AccountRole.OPERATOR, BY),
            ),
            (consoles[2][0], lambda: accounts.disable(store.org, disabled.session.account.id, BY)),
            (viewer, ban),
        ]
        started = time.monotonic()
        for _, act in acts:
            await act()
        codes = await asyncio.gather(*(socket.close_code() for socket, _ in acts))
        took = time.monotonic() - started

        assert codes == [4500] * 4
        assert took < (2 if valkey == "there" else AT_MOST_SECONDS), took
        assert "subscribe" in await staying.ask(subscribe={"channel": f"desk:{broadcast}"})
        assert "presence_stats" in await other.ask(presence_stats={"channel": f"broadcast:{broadcast}"})


async def test_a_banned_device_stays_out_until_it_is_let_back_in(store: Store, servers: Servers) -> None:
    """It neither connects nor acts in the show, its ban is recorded with its reason; its applications are its own."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        watcher, actions = a_watcher(), running.store.actions.bans
        applied = await apply(running.store, broadcast, (await jobs_of(running.store, broadcast))[0], watcher=watcher)
        token = running.token(broadcast, watcher=watcher)

        banned = await actions.ban(store.org, broadcast, ApplicationId(applied.receipt_id), reason="刷屏", by=BY)
        again = await actions.ban(store.org, broadcast, ApplicationId(applied.receipt_id), reason="再次", by=BY)

        async with await a_socket(running) as socket:
            assert (await socket.ask(connect={"token": token}))["error"]["code"] == 103
        async with a_site(running.store) as site:
            bearer = {"Authorization": f"Bearer {token}"}
            base = f"/api/v1/broadcasts/{broadcast}"
            signals = {"signals": [{"event_id": str(uuid4()), "step": "visit", "at": store.clock().isoformat()}]}
            assert (await site.ask("POST", f"{base}/signals", json=signals, headers=bearer)).status == 403
            assert (await site.ask("GET", f"{base}/applications/mine", headers=bearer)).status == 200
            assert (await site.ask("GET", f"{base}/me", headers=bearer)).status == 200
            taken_back = f"{base}/applications/{applied.receipt_id}/withdraw"
            assert (await site.ask("POST", taken_back, json={}, headers=bearer)).status == 200
            await actions.lift(store.org, broadcast, banned.id, BY)
            assert (await site.ask("POST", f"{base}/signals", json=signals, headers=bearer)).status != 403

        async def may_connect() -> bool:
            async with await a_socket(running) as socket:
                return "connect" in await socket.ask(connect={"token": token})

        await eventually(may_connect)
        assert (again.id, again.reason) == (banned.id, "刷屏")
        (listed,) = await actions.listed(store.org, broadcast)
        assert (listed.by, listed.lifted_by, listed.number) == (BY.name, BY.name, "0001")


async def test_staff_ban_over_http_and_only_in_their_own_show(store: Store) -> None:
    """By the application that a device made; another show's application bans nobody."""
    async with batching(store), a_site(store) as site:
        broadcast, other = await a_broadcast(store), await a_broadcast(store)
        applied = await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
        host = await site.signed_in(await site.account(AccountRole.HOST))
        body = {"application_id": str(applied.receipt_id), "reason": "辱骂"}

        wrong = await site.ask("POST", f"/api/v1/broadcasts/{other}/bans", json=body, headers=host)
        made = await site.ask("POST", f"/api/v1/broadcasts/{broadcast}/bans", json=body, headers=host)
        path = f"/api/v1/broadcasts/{broadcast}/bans/{(await made.json())['id']}"
        lifted = await site.ask("DELETE", path, headers=host)
        listed = await site.ask("GET", f"/api/v1/broadcasts/{broadcast}/bans", headers=host)

    assert (wrong.status, made.status, lifted.status) == (404, 200, 204)
    assert [(one["reason"], bool(one["lifted_at"])) for one in (await listed.json())["bans"]] == [("辱骂", True)]
    with pytest.raises(ApplicationNotFound):
        await store.actions.bans.ban(store.org, broadcast, ApplicationId(uuid4()), reason="x", by=BY)


async def test_a_device_kept_out_is_told_so_by_its_token_and_by_the_page(store: Store) -> None:
    """So that its page reads why, and does not come back for ever; everyone else's page stays as it was."""
    async with batching(store), a_site(store) as site:
        broadcast, watcher = await a_broadcast(store), a_watcher()
        applied = await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=watcher)
        theirs = {"Cookie": f"device={store.tokens.device_cookie(watcher.viewer_id)}"}
        wanted, token = {"visit_id": str(uuid4())}, f"/api/v1/broadcasts/{broadcast}/connection-token"
        actions, page, said = store.actions.bans, f"/b/{broadcast}", "主播已把这台手机请出这场直播"

        before = await site.ask("POST", token, json=wanted, headers=theirs)
        ban = await actions.ban(store.org, broadcast, ApplicationId(applied.receipt_id), reason="刷屏", by=BY)
        after = await site.ask("POST", token, json=wanted, headers=theirs)
        shown, shown_to_others = await site.ask("GET", page, headers=theirs), await site.ask("GET", page)
        await actions.lift(store.org, broadcast, ban.id, BY)
        lifted = await site.ask("POST", token, json=wanted, headers=theirs)
        shown_again = await site.ask("GET", page, headers=theirs)

        assert [(await answer.json())["kept_out"] for answer in (before, after, lifted)] == [False, True, False]
        pages = (shown, shown_to_others, shown_again)
        told = [f'<h2 class="type-title">{said}' in await page.text() for page in pages]
        assert told == [True, False, False]

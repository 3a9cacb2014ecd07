"""The HTTP side on a free port over a real database, and people who use it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from aiohttp import ClientResponse, ClientSession, DummyCookieJar
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry

from admin.declare import Route
from admin.parts import Draining, Parts
from admin.server import TABLE, build_app
from stream_jobs.actions.accounts import AccountActions
from stream_jobs.domain.ids import BroadcastId, EmployerId, OrgId
from stream_jobs.ports import Account, AccountRole, By
from stream_jobs.settings import Settings
from tests.builders import Store

# The least argon2 takes, so that a test that signs many people in stays short.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"
SYSTEM = By(None, "测试")


@dataclass
class Taken:
    """What was handed over instead of answered."""

    heads: list[bytes] = field(default_factory=list)
    transports: list[asyncio.Transport] = field(default_factory=list)

    def __call__(self, transport: asyncio.Transport, head: bytes) -> None:
        self.heads.append(head)
        self.transports.append(transport)
        transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\ntaken over")


@dataclass
class Site:
    store: Store
    accounts: AccountActions
    base: str
    client: ClientSession
    table: tuple[Route, ...]
    taken: Taken
    registry: CollectorRegistry

    async def ask(
        self, method: str, path: str, *, json: object = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> ClientResponse:
        """The answer, read to its end."""
        async with self.client.request(
            method, self.base + path, json=json, headers=headers, allow_redirects=False, **more
        ) as response:
            await response.read()
            return response

    async def account(
        self, role: AccountRole, *, org: OrgId | None = None, employer: EmployerId | None = None
    ) -> Account:
        return await self.accounts.create_account(
            org or self.store.org,
            role=role,
            login=f"{role}-{uuid4().hex[:8]}",
            password=PASSWORD,
            name="场控小李",
            employer=employer,
            by=SYSTEM,
        )

    async def signed_in(self, account: Account) -> dict[str, str]:
        """Headers of someone signed in to this account."""
        signed_in = await self.accounts.sign_in(account.login, PASSWORD)
        return {"Cookie": f"session={signed_in.token}"}

    async def host(self) -> dict[str, str]:
        """Headers of a host."""
        return await self.signed_in(await self.account(AccountRole.HOST))

    async def viewer(self, broadcast: BroadcastId, *, visit: UUID | None = None) -> dict[str, str]:
        """Headers of a viewer on a device of their own."""
        response = await self.ask(
            "POST",
            f"/api/v1/broadcasts/{broadcast}/connection-token",
            json={"visit_id": str(visit or uuid4()), "channel": None},
        )
        return {"Authorization": f"Bearer {(await response.json())['token']}"}


async def nothing_waits() -> None:
    """There is no gateway whose visits could wait."""


def parts_over(store: Store, accounts: AccountActions, **changes: Any) -> Parts:
    given: dict[str, Any] = {
        "actions": replace(store.actions, accounts=accounts),
        "phones": store.phones,
        "limits": store.quotas(),
        "broadcasts": store.stores.broadcasts,
        "tokens": store.tokens,
        "settings": Settings(),
        "clock": store.clock,
        "public_url": lambda: "http://127.0.0.1:8000",
        "take_over": Taken(),
        "visits_written": nothing_waits,
        "registry": CollectorRegistry(),
        "draining": Draining(),
    }
    return Parts(**{**given, **changes})


def accounts_over(store: Store) -> AccountActions:
    return AccountActions(
        store.stores.accounts,
        store.stores.broadcasts,
        store.tokens,
        store.bus,
        store.clock,
        session_hours=12,
        hasher=CHEAP,
    )


@asynccontextmanager
async def a_site(store: Store, **changes: Any) -> AsyncIterator[Site]:
    """Answers on 127.0.0.1 for as long as the block lasts."""
    accounts = accounts_over(store)
    parts = parts_over(store, accounts, **changes)
    server = TestServer(build_app(parts))
    async with server, ClientSession(cookie_jar=DummyCookieJar()) as client:
        base = str(server.make_url("")).rstrip("/")
        taken = parts.take_over
        if not isinstance(taken, Taken):
            raise AssertionError("the site records what it hands over")
        yield Site(store, accounts, base, client, server.app[TABLE], taken, parts.registry)

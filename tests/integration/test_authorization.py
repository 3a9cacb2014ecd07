"""Every route of the table, tried as everyone; what is expected is read from the route's own declaration."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientResponse

from admin.assets import Assets
from admin.declare import Anyone, PageLink, Route, SignedIn, ViewerToken
from admin.html import Html
from admin.routes import all_routes
from stream_jobs.actions.accounts import PAGES, Page
from stream_jobs.domain.ids import AccountId, BroadcastId, ChannelId
from stream_jobs.ports import Account, AccountRole
from tests.builders import Store, a_broadcast, an_employer, an_organisation
from tests.site import SYSTEM, Site, a_site

ROUTES = {f"{route.method} {route.path}": route for route in all_routes(Html(Assets()))}
NOWHERE = "a" * 35
STAFF = {AccountRole.HOST, AccountRole.OPERATOR}


@dataclass(frozen=True)
class Person:
    """Someone who asks, and what is true of them."""

    name: str
    role: AccountRole | None = None
    is_signed_in: bool = False
    own_organisation: bool = True
    reserved_elsewhere: bool = False
    page: Page | None = None
    link_opens: Literal["this show", "another", "nothing"] = "this show"
    viewer_of_this: bool | None = None
    kept_out: bool = False


PEOPLE = (
    Person("anonymous"),
    Person("viewer", viewer_of_this=True),
    Person("viewer who is kept out", viewer_of_this=True, kept_out=True),
    Person("other viewer", viewer_of_this=False),
    Person("host", AccountRole.HOST, is_signed_in=True),
    Person("operator", AccountRole.OPERATOR, is_signed_in=True),
    Person("other show's host", AccountRole.HOST, is_signed_in=True, reserved_elsewhere=True),
    Person("organiser", AccountRole.ORGANISER, is_signed_in=True),
    Person("other organisation's organiser", AccountRole.ORGANISER, is_signed_in=True, own_organisation=False),
    Person("recruiter", AccountRole.RECRUITER, is_signed_in=True),
    Person("expired"),
    Person("revoked"),
    Person("disabled"),
    Person("remote", page="remote"),
    Person("prompter", page="prompter"),
    Person("overlay", page="overlay"),
    Person("other show's remote", page="remote", link_opens="another"),
    Person("remote of a rotated link", page="remote", link_opens="nothing"),
)

ALLOWED, LOGIN = "allowed", "sent to the login page"


def expected(route: Route, person: Person) -> object:
    """What the declaration promises: allowed, sent to sign in, or the status of a refusal."""
    declared = {type(caller): caller for caller in route.callers}
    link = declared.get(PageLink)
    if isinstance(link, PageLink) and (person.page or "{code}" in route.path):
        # A link that is the address itself opens its own show; elsewhere it must be the show the path names.
        opens = {"this show"} if "{broadcast_id}" in route.path else {"this show", "another"}
        return ALLOWED if person.page in link.pages and person.link_opens in opens else 404
    if Anyone in declared:
        return ALLOWED
    viewer = declared.get(ViewerToken)
    if isinstance(viewer, ViewerToken):
        if person.kept_out and not viewer.kept_out:
            return 403
        return 401 if person.viewer_of_this is None else (ALLOWED if person.viewer_of_this else 404)
    return _expected_of_staff(route, person, declared[SignedIn])


def _expected_of_staff(route: Route, person: Person, declared: object) -> object:
    if not isinstance(declared, SignedIn):
        raise AssertionError(f"a new kind of caller: {declared}")
    if not person.is_signed_in:
        return LOGIN if route.page else 401
    if person.role not in declared.roles:
        return 403
    is_foreign = not person.own_organisation or person.reserved_elsewhere
    return 404 if is_foreign and "{broadcast_id}" in route.path else ALLOWED


class World:
    """One show with everyone around it."""

    def __init__(self, site: Site, store: Store) -> None:
        self.site, self.store = site, store
        self.broadcast = BroadcastId(uuid4())
        self.channel_path = ""
        self.codes: dict[str, str] = {}
        self.accounts: dict[str, Account] = {}
        self.other = BroadcastId(uuid4())

    async def settle(self) -> None:
        self.broadcast = await a_broadcast(self.store, jobs=1)
        self.other = await a_broadcast(self.store, jobs=1)
        await self._channel()
        await self._accounts()
        await self._reserve("host", "operator", broadcast=self.broadcast)
        await self._reserve("other show's host", broadcast=self.other)
        await self._links()

    async def headers(self, person: Person) -> dict[str, str]:
        """Fresh for each question, so that nobody signs out for the next."""
        if person.viewer_of_this is not None:
            viewer = await self.site.viewer(self.broadcast if person.viewer_of_this else self.other)
            if person.kept_out:
                await self._keep_out(viewer)
            return viewer
        if person.page:
            return {"X-Page-Code": self.codes[person.name]}
        if person.name in ("expired", "revoked", "disabled"):
            return await self._ended(person.name)
        return await self.site.signed_in(self.accounts[person.name]) if person.is_signed_in else {}

    def path(self, route: Route, person: Person, **changes: str) -> str:
        named = {
            "broadcast_id": str(self.broadcast),
            "channel_path": self.channel_path,
            "code": self.codes.get(person.name, NOWHERE),
            "section": "jobs",
            "view": "report",
            **changes,
        }
        path = route.path.replace("{path:.+}", "css/base.css").replace(":.+}", "}")
        while "{" in path:
            before, _, rest = path.partition("{")
            name, _, after = rest.partition("}")
            path = before + named.get(name, str(uuid4())) + after
        return path

    async def ask(self, route: Route, person: Person, **changes: str) -> ClientResponse:
        body: dict[str, object] | None = {} if route.method != "GET" else None
        headers = await self.headers(person)
        return await self.site.ask(route.method, self.path(route, person, **changes), json=body, headers=headers)

    async def _keep_out(self, viewer: dict[str, str]) -> None:
        token = viewer["Authorization"].removeprefix("Bearer ")
        device = self.store.tokens.read_connection_token(token, self.store.clock()).subject
        async with self.store.database.transaction(self.store.org) as tx:
            await tx.execute(
                """
                INSERT INTO ban (id, org_id, broadcast_id, viewer_id, reason, by_name, at)
                VALUES ($1, $2, $3, $4, '刷屏', '测试', $5)
                """,
                uuid4(),
                self.store.org,
                self.broadcast,
                UUID(device),
                self.store.clock(),
            )
        await self.store.actions.bans.look()

    async def _accounts(self) -> None:
        foreign = await an_organisation(self.store.stores, self.store.clock, "另一个县")
        employer = await an_employer(self.store)
        for person in PEOPLE:
            if person.role:
                self.accounts[person.name] = await self.site.account(
                    person.role,
                    org=None if person.own_organisation else foreign,
                    employer=employer if person.role is AccountRole.RECRUITER else None,
                )

    async def _reserve(self, *names: str, broadcast: BroadcastId) -> None:
        accounts: list[AccountId] = [self.accounts[name].id for name in names]
        await self.site.accounts.reserve(self.store.org, broadcast, accounts)

    async def _links(self) -> None:
        old = await self.site.accounts.page_code(self.store.org, self.broadcast, "remote")
        async with self.store.database.transaction(self.store.org) as tx:
            await tx.execute("UPDATE broadcast SET link_secret = $2 WHERE id = $1", self.broadcast, uuid4())
        self.codes = {page: await self.site.accounts.page_code(self.store.org, self.broadcast, page) for page in PAGES}
        self.codes["remote of a rotated link"] = old
        self.codes["other show's remote"] = await self.site.accounts.page_code(self.store.org, self.other, "remote")

    async def _channel(self) -> None:
        channel = ChannelId(uuid4())
        async with self.store.database.transaction(self.store.org) as tx:
            await tx.execute(
                """
                INSERT INTO channel (id, org_id, broadcast_id, kind, name, created_at)
                VALUES ($1, $2, $3, 'poster', '海报', $4)
                """,
                channel,
                self.store.org,
                self.broadcast,
                self.store.clock(),
            )
        self.channel_path = self.store.tokens.channel_path(self.broadcast, channel)

    async def _ended(self, how: str) -> dict[str, str]:
        account = await self.site.account(AccountRole.ORGANISER)
        signed_in = await self.site.accounts.sign_in(account.login, "correct horse")
        if how == "revoked":
            await self.site.accounts.sign_out(signed_in.token)
        elif how == "disabled":
            await self.site.accounts.disable(self.store.org, account.id, SYSTEM)
        else:
            async with self.store.database.transaction(self.store.org) as tx:
                await tx.execute(
                    "UPDATE session SET expires_at = $2 WHERE account_id = $1", account.id, self.store.clock()
                )
        return {"Cookie": f"session={signed_in.token}"}


@pytest_asyncio.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(a_site(store))
        world = World(site, store)
        await world.settle()
        yield world


def outcome(response: ClientResponse, code: str | None) -> object:
    if response.status == 303 and response.headers["Location"].startswith("/login"):
        return LOGIN
    if response.status in (401, 403):
        return response.status
    # Behind the door a handler may still miss what the made-up ids of this test name.
    unknown = response.status == 404 and code in (None, "broadcast_not_found")
    return 404 if unknown else ALLOWED


async def code_of(response: ClientResponse) -> str | None:
    if response.content_type != "application/problem+json":
        return None
    code: str = (await response.json(content_type=None))["code"]
    return code


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
async def test_everyone_gets_where_the_table_says_and_nowhere_else(world: World, person: Person) -> None:
    """Made from the table: a route that is added is tried as everyone the same day."""
    found, wanted = {}, {}

    for name, route in ROUTES.items():
        response = await world.ask(route, person)
        assert response.status < 500, (name, await response.text())
        found[name] = outcome(response, await code_of(response))
        wanted[name] = expected(route, person)

    assert found == wanted


@pytest.mark.parametrize("who", ["other organisation's organiser", "other show's host"])
async def test_foreign_broadcast_looks_exactly_like_a_missing_one(world: World, who: str) -> None:
    """Nobody can find out whether a broadcast that is not theirs exists."""
    person = next(person for person in PEOPLE if person.name == who)
    refused = [route for route in ROUTES.values() if "{broadcast_id}" in route.path and expected(route, person) == 404]

    for route in refused:
        foreign = await world.ask(route, person)
        missing = await world.ask(route, person, broadcast_id=str(uuid4()))
        assert foreign.status == missing.status == 404, route.path
        assert await _said(foreign) == await _said(missing), route.path

    assert refused


async def _said(response: ClientResponse) -> object:
    if response.content_type != "application/problem+json":
        return await response.text()
    return {**await response.json(content_type=None), "request_id": None}


async def test_foreign_account_looks_exactly_like_a_missing_one(world: World) -> None:
    """An organiser manages the accounts of one organisation."""
    headers = await world.site.signed_in(world.accounts["other organisation's organiser"])

    async def disabled(account: UUID) -> object:
        return await _said(
            await world.site.ask("POST", f"/api/v1/accounts/{account}/disable", json={}, headers=headers)
        )

    assert await disabled(world.accounts["host"].id) == await disabled(uuid4())
    listed = await world.site.ask("GET", "/api/v1/accounts", headers=headers)
    assert [a["id"] for a in (await listed.json())["accounts"]] == [
        str(world.accounts["other organisation's organiser"].id)
    ]


async def test_viewer_sees_no_other_viewers_application(world: World) -> None:
    """A receipt is only its own device's: another's looks like none."""
    one, other = await world.site.viewer(world.broadcast), await world.site.viewer(world.broadcast)

    for headers in (one, other):
        mine = await world.site.ask("GET", f"/api/v1/broadcasts/{world.broadcast}/applications/mine", headers=headers)
        assert await mine.json() == {"applications": []}


async def test_host_token_is_no_viewers_bearer(world: World) -> None:
    """What opens the console's socket applies for nobody."""
    headers = await world.site.signed_in(world.accounts["host"])
    token = await world.site.ask(
        "POST", f"/api/v1/broadcasts/{world.broadcast}/connection-token", json={"role": "host"}, headers=headers
    )
    bearer = {"Authorization": f"Bearer {(await token.json())['token']}"}

    answer = await world.site.ask("GET", f"/api/v1/broadcasts/{world.broadcast}/applications/mine", headers=bearer)

    assert (answer.status, await code_of(answer)) == (401, "token_invalid")


async def test_host_token_needs_a_session_that_may_act_here(world: World) -> None:
    """Asking for a host's token as anyone else is refused, whoever asks."""
    path = f"/api/v1/broadcasts/{world.broadcast}/connection-token"
    people = [person for person in PEOPLE if person.name not in ("host", "operator", "organiser") and not person.page]

    answers = [
        (await world.site.ask("POST", path, json={"role": "host"}, headers=await world.headers(person))).status
        for person in people
    ]

    assert set(answers) == {401}


@pytest.mark.parametrize(("page", "role"), [("remote", "prompter"), ("prompter", "prompter"), ("overlay", "overlay")])
async def test_page_link_gives_a_token_that_reads_and_never_one_that_hosts(world: World, page: str, role: str) -> None:
    person = next(person for person in PEOPLE if person.name == page)

    answer = await world.site.ask(
        "POST",
        f"/api/v1/broadcasts/{world.broadcast}/connection-token",
        json={"role": "host"},
        headers=await world.headers(person),
    )

    identity = world.store.tokens.read_connection_token((await answer.json())["token"], world.store.clock())
    assert (identity.role, identity.broadcast_id, identity.account_id) == (role, world.broadcast, None)
    assert await world.site.accounts.still_allowed(identity)

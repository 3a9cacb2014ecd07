"""Accounts and sessions on a real database: signing in, ending sessions, who may still act."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest
import pytest_asyncio
from argon2 import Parameters, PasswordHasher, extract_parameters

from stream_jobs.actions.accounts import AccountActions
from stream_jobs.domain.errors import (
    AccountNotFound,
    BadInput,
    BroadcastNotFound,
    Conflict,
    EmployerNotFound,
    LoginTaken,
    WrongPassword,
)
from stream_jobs.domain.ids import AccountId, BroadcastId, EmployerId
from stream_jobs.ports import Account, AccountRole, Topic
from stream_jobs.tokens import Identity
from tests.builders import Store, a_broadcast, an_employer, an_organisation
from tests.site import CHEAP, PASSWORD, SYSTEM, accounts_over


@pytest_asyncio.fixture
async def accounts(store: Store) -> AccountActions:
    return accounts_over(store)


async def an_account(
    store: Store, accounts: AccountActions, role: AccountRole = AccountRole.HOST, login: str | None = None
) -> Account:
    return await accounts.create_account(
        store.org, role=role, login=login or f"li-{uuid4().hex[:8]}", password=PASSWORD, name="小李", by=SYSTEM
    )


async def test_right_password_opens_a_session(store: Store, accounts: AccountActions) -> None:
    """Whoever signs in is known by the token until the session's end."""
    account = await an_account(store, accounts)

    signed_in = await accounts.sign_in(account.login, PASSWORD)

    assert await accounts.who(signed_in.token) == account
    assert signed_in.session.expires_at == store.clock() + timedelta(hours=12)


async def test_login_is_the_same_however_it_is_typed(store: Store, accounts: AccountActions) -> None:
    """Capitals, full-width letters and spaces around it are not the person's mistake."""
    account = await an_account(store, accounts, login="Host.Li")

    assert (await accounts.sign_in("  ＨＯＳＴ.li ", PASSWORD)).session.account == account


@pytest.mark.parametrize("login", ["nobody", "", "\x00", "x" * 300])
async def test_unknown_login_is_answered_as_a_wrong_password(
    store: Store, accounts: AccountActions, login: str
) -> None:
    """Nobody can find out which logins exist."""
    account = await an_account(store, accounts)

    with pytest.raises(WrongPassword) as unknown:
        await accounts.sign_in(login, PASSWORD)
    with pytest.raises(WrongPassword) as wrong:
        await accounts.sign_in(account.login, "wrong")

    assert (unknown.value.message, unknown.value.field) == (wrong.value.message, wrong.value.field)


class CountingHasher(PasswordHasher):
    """The real one, remembering with which parameters it verified."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.verified: list[Parameters] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified.append(extract_parameters(str(hash)))
        return super().verify(hash, password)


async def test_unknown_login_costs_the_same_work_as_a_wrong_password(store: Store) -> None:
    """One hash of the same parameters each, so that the time of an answer does not tell whether the login exists."""
    accounts, hasher = accounts_over(store), CountingHasher()
    accounts._hasher = hasher
    account = await an_account(store, accounts)

    for login in (account.login, "nobody"):
        with pytest.raises(WrongPassword):
            await accounts.sign_in(login, "wrong")

    known, unknown = hasher.verified
    assert known == unknown


async def test_token_itself_is_not_stored(store: Store, accounts: AccountActions) -> None:
    """A stolen database opens no session."""
    account = await an_account(store, accounts)
    token = (await accounts.sign_in(account.login, PASSWORD)).token

    async with store.database.transaction(store.org) as tx:
        stored = await tx.fetchval("SELECT token_sha256 FROM session WHERE account_id = $1", account.id)

    assert stored == hashlib.sha256(token.encode()).digest()


async def test_signing_in_again_ends_the_session_it_replaces(store: Store, accounts: AccountActions) -> None:
    """Rotation: a token known before signing in is worth nothing after it."""
    account = await an_account(store, accounts)
    first = await accounts.sign_in(account.login, PASSWORD)

    second = await accounts.sign_in(account.login, PASSWORD, replaces=first.token)

    assert await accounts.who(first.token) is None
    assert await accounts.who(second.token) == account


async def test_session_ends_by_itself(store: Store, accounts: AccountActions) -> None:
    account = await an_account(store, accounts)
    token = (await accounts.sign_in(account.login, PASSWORD)).token

    store.clock.forward(hours=12)

    assert await accounts.who(token) is None


async def test_signing_out_ends_this_session_alone(store: Store, accounts: AccountActions) -> None:
    account = await an_account(store, accounts)
    here, there = [(await accounts.sign_in(account.login, PASSWORD)).token for _ in range(2)]

    await accounts.sign_out(here)
    await accounts.sign_out(here)
    await accounts.sign_out("never was")

    assert await accounts.who(here) is None
    assert await accounts.who(there) == account


async def test_disabled_account_is_out_at_once_and_stays_out(store: Store, accounts: AccountActions) -> None:
    account = await an_account(store, accounts)
    token = (await accounts.sign_in(account.login, PASSWORD)).token

    await accounts.disable(store.org, account.id, SYSTEM)

    assert await accounts.who(token) is None
    with pytest.raises(WrongPassword):
        await accounts.sign_in(account.login, PASSWORD)
    assert [a.disabled for a in await accounts.listed(store.org)] == [True]


async def test_new_role_or_password_ends_every_session(store: Store, accounts: AccountActions) -> None:
    """What someone was signed in as is no longer true."""
    account = await an_account(store, accounts)
    before_role = (await accounts.sign_in(account.login, PASSWORD)).token
    await accounts.set_role(store.org, account.id, AccountRole.OPERATOR, SYSTEM)
    before_password = (await accounts.sign_in(account.login, PASSWORD)).token

    await accounts.set_password(store.org, account.id, "another horse", SYSTEM)

    assert await accounts.who(before_role) is None
    assert await accounts.who(before_password) is None
    signed_in = await accounts.sign_in(account.login, "another horse")
    assert signed_in.session.account.role is AccountRole.OPERATOR


async def test_hash_of_older_parameters_is_renewed_at_sign_in(store: Store, accounts: AccountActions) -> None:
    """Stronger hashing reaches an account the next time its password is seen."""
    account = await an_account(store, accounts)
    accounts._hasher = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)

    token = (await accounts.sign_in(account.login, PASSWORD)).token

    found = await store.stores.accounts.by_login(account.login)
    assert found and "m=16,t=2" in found[1]
    assert await accounts.who(token) == account


async def test_login_is_taken_in_every_organisation(store: Store, accounts: AccountActions) -> None:
    """A login names one account, whoever's it is."""
    await an_account(store, accounts, login="li")
    other = await an_organisation(store.stores, store.clock, "另一个县")

    with pytest.raises(LoginTaken):
        await accounts.create_account(
            other, role=AccountRole.HOST, login="LI", password=PASSWORD, name="小李", by=SYSTEM
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "a b"}, "login"),
        ({"login": ""}, "login"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"name": "\u202e \x00"}, "name"),
        ({"role": AccountRole.RECRUITER}, "employer_id"),
    ],
)
async def test_account_that_makes_no_sense_is_refused(
    store: Store, accounts: AccountActions, changes: dict[str, Any], field: str
) -> None:
    given: dict[str, Any] = {"role": AccountRole.HOST, "login": "li", "password": PASSWORD, "name": "小李"}

    with pytest.raises(BadInput) as refused:
        await accounts.create_account(store.org, by=SYSTEM, **{**given, **changes})

    assert refused.value.field == field
    assert await accounts.listed(store.org) == []


async def test_recruiter_belongs_to_an_employer_of_the_organisation(store: Store, accounts: AccountActions) -> None:
    """Another organisation's employer is as good as none."""
    elsewhere = replace(store, org=await an_organisation(store.stores, store.clock, "另一个县"))
    own, foreign = await an_employer(store), await an_employer(elsewhere)

    async def recruiter(login: str, employer: EmployerId) -> Account:
        return await accounts.create_account(
            store.org,
            role=AccountRole.RECRUITER,
            login=login,
            password=PASSWORD,
            name="招聘部",
            employer=employer,
            by=SYSTEM,
        )

    assert (await recruiter("own", own)).employer_id == own
    with pytest.raises(EmployerNotFound):
        await recruiter("foreign", foreign)


async def test_nobody_locks_themselves_out(store: Store, accounts: AccountActions) -> None:
    """An organiser cannot disable the account in use or take its role away."""
    account = await an_account(store, accounts, AccountRole.ORGANISER)

    with pytest.raises(Conflict):
        await accounts.disable(store.org, account.id, account.by)
    with pytest.raises(Conflict):
        await accounts.set_role(store.org, account.id, AccountRole.HOST, account.by)


async def test_foreign_account_cannot_be_told_from_a_missing_one(store: Store, accounts: AccountActions) -> None:
    account = await an_account(store, accounts)
    other = await an_organisation(store.stores, store.clock, "另一个县")

    for id_ in (account.id, AccountId(uuid4())):
        with pytest.raises(AccountNotFound):
            await accounts.disable(other, id_, SYSTEM)
        with pytest.raises(AccountNotFound):
            await accounts.set_password(other, id_, PASSWORD, SYSTEM)
    assert [a.disabled for a in await accounts.listed(store.org)] == [False]


async def test_what_was_done_to_accounts_is_in_the_audit(store: Store, accounts: AccountActions) -> None:
    account = await an_account(store, accounts)
    await accounts.disable(store.org, account.id, SYSTEM)

    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action, subject FROM audit WHERE org_id = $1 ORDER BY number", store.org)

    assert [tuple(row) for row in rows] == [
        ("account_created", str(account.id)),
        ("account_disabled", str(account.id)),
    ]


# ── who may act ───────────────────────────────────────────────────────────────────────────────────────────────


async def acts(accounts: AccountActions, account: Account, broadcast: BroadcastId) -> bool:
    try:
        await accounts.must_act_on(account, broadcast)
    except BroadcastNotFound:
        return False
    return True


async def test_reserved_broadcast_is_for_the_named_and_for_organisers(store: Store, accounts: AccountActions) -> None:
    """Another show's host does not get to know of it; naming nobody opens it again."""
    broadcast = await a_broadcast(store, jobs=1)
    host, other = [await an_account(store, accounts) for _ in range(2)]
    organiser = await an_account(store, accounts, AccountRole.ORGANISER)

    await accounts.reserve(store.org, broadcast, [host.id])
    reserved = [await acts(accounts, account, broadcast) for account in (host, other, organiser)]
    await accounts.reserve(store.org, broadcast, [])
    opened = [await acts(accounts, account, broadcast) for account in (host, other, organiser)]

    assert reserved == [True, False, True]
    assert opened == [True, True, True]


async def test_foreign_accounts_cannot_be_named_in_a_reservation(store: Store, accounts: AccountActions) -> None:
    broadcast = await a_broadcast(store, jobs=1)

    with pytest.raises(AccountNotFound):
        await accounts.reserve(store.org, broadcast, [AccountId(uuid4())])
    with pytest.raises(BroadcastNotFound):
        await accounts.reserve(await an_organisation(store.stores, store.clock, "另一个县"), broadcast, [])


async def host_identity(
    store: Store, accounts: AccountActions, account: Account, broadcast: BroadcastId
) -> tuple[str, Identity]:
    signed_in = await accounts.sign_in(account.login, PASSWORD)
    identity = Identity(
        role="host",
        org_id=store.org,
        broadcast_id=broadcast,
        subject=str(account.id),
        expires_at=signed_in.session.expires_at,
        account_id=account.id,
        session=str(signed_in.session.id),
    )
    return signed_in.token, identity


async def test_socket_is_allowed_for_as_long_as_its_session(store: Store, accounts: AccountActions) -> None:
    """Signing out ends the sockets of that session, and everyone is told to look."""
    broadcast, account = await a_broadcast(store, jobs=1), await an_account(store, accounts)
    token, identity = await host_identity(store, accounts, account, broadcast)
    before = await accounts.still_allowed(identity)

    await accounts.sign_out(token)

    assert before
    assert not await accounts.still_allowed(identity)
    assert (broadcast, Topic.ACCESS) in store.bus.told


async def test_socket_of_a_host_ends_with_the_account_or_the_reservation(
    store: Store, accounts: AccountActions
) -> None:
    broadcast = await a_broadcast(store, jobs=1)
    disabled, excluded, kept = [await an_account(store, accounts) for _ in range(3)]
    identities = [(await host_identity(store, accounts, a, broadcast))[1] for a in (disabled, excluded, kept)]

    await accounts.disable(store.org, disabled.id, SYSTEM)
    await accounts.reserve(store.org, broadcast, [kept.id])

    assert [await accounts.still_allowed(identity) for identity in identities] == [False, False, True]


async def test_page_link_opens_its_own_page_until_the_secret_changes(store: Store, accounts: AccountActions) -> None:
    """A prompter's link is no remote, and rotating the secret revokes all links at once."""
    broadcast = await a_broadcast(store, jobs=1)
    code = await accounts.page_code(store.org, broadcast, "prompter")
    identity = Identity("prompter", store.org, broadcast, code, store.clock() + timedelta(minutes=15))

    assert await accounts.page_opens("prompter", code) == (store.org, broadcast)
    with pytest.raises(BroadcastNotFound):
        await accounts.page_opens("remote", code)
    assert await accounts.still_allowed(identity)

    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE broadcast SET link_secret = $2 WHERE id = $1", broadcast, uuid4())

    with pytest.raises(BroadcastNotFound):
        await accounts.page_opens("prompter", code)
    assert not await accounts.still_allowed(identity)


def test_cheap_hashing_is_for_tests_alone() -> None:
    """Without being told otherwise, hashing costs what argon2-cffi recommends."""
    assert CHEAP.memory_cost < PasswordHasher().memory_cost >= 65536

"""Signing in and out, managing accounts, and who may still act."""

import asyncio
import base64
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from stream_jobs.domain.errors import BadInput, BroadcastNotFound, Conflict, NotFound, WrongPassword
from stream_jobs.domain.ids import AccountId, BroadcastId, ChannelId, EmployerId, OrgId, uuid7
from stream_jobs.domain.text import clean_name
from stream_jobs.ports import (
    Account,
    AccountRole,
    Accounts,
    Broadcasts,
    Bus,
    By,
    ChannelLink,
    Clock,
    Session,
    Topic,
)
from stream_jobs.tokens import Identity, Tokens

Page = Literal["remote", "prompter", "overlay"]
PAGES: tuple[Page, ...] = ("remote", "prompter", "overlay")

TOKEN_BYTES = 32
PASSWORD_CHARACTERS = (8, 200)
LOGIN = re.compile(r"[\w.@+-]{2,64}")
# Each hash takes 64 MiB for its time (argon2-cffi's default, RFC 9106 §4): a crowd at the door waits in line.
HASHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session and the token that opens it, which is nowhere else."""

    token: str
    session: Session


class AccountActions:
    def __init__(
        self,
        accounts: Accounts,
        broadcasts: Broadcasts,
        tokens: Tokens,
        bus: Bus,
        clock: Clock,
        *,
        session_hours: int,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._accounts = accounts
        self._broadcasts = broadcasts
        self._tokens = tokens
        self._bus = bus
        self._clock = clock
        self._session_life = timedelta(hours=session_hours)
        self._hasher = hasher or PasswordHasher()
        self._line = asyncio.Semaphore(HASHES_AT_ONCE)

    # ── signing in and out ────────────────────────────────────────────────────────────────────────────────────

    async def sign_in(self, login: str, password: str, *, replaces: str | None = None) -> SignedIn:
        """A fresh session; the one replaced is ended.

        Raises WrongPassword, the same and as slowly for an unknown or disabled login.
        """
        normal = normal_login(login)
        found = await self._accounts.by_login(normal) if LOGIN.fullmatch(normal) else None
        account, password_hash = found or (None, nobodys_hash(self._hasher))
        right = await self._verified(password_hash, password)
        if account is None or account.disabled or not right:
            raise WrongPassword(field="password")
        await self._keep_hash_current(account, password_hash, password)
        return await self._open(account, replaces)

    async def sign_out(self, token: str) -> None:
        org = await self._accounts.close_session(token_hash(token), self._clock())
        if org:
            await self._tell(org)

    async def session_of(self, token: str) -> Session | None:
        """None when the token is unknown, expired or revoked, or its account disabled."""
        return await self._accounts.session(token_hash(token), self._clock())

    async def who(self, token: str) -> Account | None:
        session = await self.session_of(token)
        return session.account if session else None

    # ── managing accounts ─────────────────────────────────────────────────────────────────────────────────────

    async def create_account(
        self,
        org: OrgId,
        *,
        role: AccountRole,
        login: str,
        password: str,
        name: str,
        employer: EmployerId | None = None,
        by: By,
    ) -> Account:
        """Raises LoginTaken, EmployerNotFound, BadInput."""
        now = self._clock()
        account = Account(
            id=AccountId(uuid7(now)),
            org_id=org,
            role=role,
            login=_good_login(login),
            name=_good_name(name),
            employer_id=_good_employer(role, employer),
        )
        await self._accounts.create(account, await self._hashed(_good_password(password)), by=by, at=now)
        return account

    async def listed(self, org: OrgId) -> Sequence[Account]:
        return await self._accounts.of_org(org)

    async def set_password(self, org: OrgId, account: AccountId, password: str, by: By) -> None:
        """Ends the account's sessions. Raises AccountNotFound, BadInput."""
        password_hash = await self._hashed(_good_password(password))
        await self._accounts.set_password(org, account, password_hash, by=by, at=self._clock())
        await self._tell(org)

    async def set_role(self, org: OrgId, account: AccountId, role: AccountRole, by: By) -> None:
        """Between organiser, host and operator; ends the account's sessions. Raises AccountNotFound, BadInput."""
        before = await self._accounts.account(org, account)
        if AccountRole.RECRUITER in (role, before.role):
            raise BadInput(field="role", expected="organiser, host or operator; a recruiter gets an account of its own")
        _not_oneself(account, by)
        await self._accounts.set_role(org, account, role, by=by, at=self._clock())
        await self._tell(org)

    async def disable(self, org: OrgId, account: AccountId, by: By) -> None:
        """Ends the account's sessions; nobody can disable the account they are using. Raises AccountNotFound."""
        _not_oneself(account, by)
        await self._accounts.disable(org, account, by=by, at=self._clock())
        await self._tell(org)

    # ── who may act ───────────────────────────────────────────────────────────────────────────────────────────

    async def must_act_on(self, account: Account, broadcast: BroadcastId) -> None:
        """Raises BroadcastNotFound, for a foreign or reserved broadcast exactly as for a missing one."""
        if not await self.acts_on(account, broadcast):
            raise BroadcastNotFound

    async def acts_on(self, account: Account, broadcast: BroadcastId) -> bool:
        return await self._accounts.may_act(account, broadcast)

    async def reserve(self, org: OrgId, broadcast: BroadcastId, accounts: Sequence[AccountId]) -> None:
        """Only these hosts and operators may act on the broadcast; none named opens it to all again."""
        await self._accounts.reserve(org, broadcast, accounts)
        await self._bus.announce(broadcast, Topic.ACCESS)

    async def page_code(self, org: OrgId, broadcast: BroadcastId, page: Page) -> str:
        """What the link of a remote, prompter or overlay ends with."""
        return self._tokens.page_code(page, broadcast, await self._broadcasts.link_secret(org, broadcast))

    async def page_opens(self, page: Page, code: str) -> tuple[OrgId, BroadcastId]:
        """Whose page the code opens. Raises NotFound when it opens none, or no longer."""
        try:
            broadcast = self._tokens.read_page_code(code)
        except ValueError:
            raise BroadcastNotFound from None
        org = await self._broadcasts.org_of(broadcast)
        if not secrets.compare_digest(await self.page_code(org, broadcast, page), code):
            raise BroadcastNotFound
        return org, broadcast

    async def still_allowed(self, identity: Identity) -> bool:
        """Whether whoever a connection speaks for may go on: sessions end, accounts and links are revoked."""
        if identity.role == "viewer":
            return True
        if identity.account_id is None:
            return await self._link_still_opens(identity)
        return await self._account_still_acts(identity, identity.account_id)

    async def channel_link(self, channel: ChannelId) -> ChannelLink | None:
        """None when there is no such channel; a link that was revoked leads to its show all the same."""
        return await self._accounts.channel_link(channel)

    async def organisations(self) -> Sequence[OrgId]:
        return await self._accounts.organisations()

    async def _account_still_acts(self, identity: Identity, account_id: AccountId) -> bool:
        try:
            session = UUID(identity.session or "")
            account = await self._accounts.account(identity.org_id, account_id)
        except (ValueError, NotFound):
            return False
        lives = await self._accounts.session_lives(identity.org_id, session, self._clock())
        return lives and not account.disabled and await self._accounts.may_act(account, identity.broadcast_id)

    async def _link_still_opens(self, identity: Identity) -> bool:
        """A read-only page's connection names the code of its link as its subject."""
        for page in PAGES:
            try:
                return await self.page_opens(page, identity.subject) == (identity.org_id, identity.broadcast_id)
            except NotFound:
                continue
        return False

    async def _open(self, account: Account, replaces: str | None) -> SignedIn:
        now = self._clock()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session = Session(uuid7(now), account, now + self._session_life)
        old = token_hash(replaces) if replaces else None
        await self._accounts.open_session(session, token_hash(token), at=now, replaces=old)
        return SignedIn(token, session)

    async def _tell(self, org: OrgId) -> None:
        for broadcast in await self._accounts.unended_broadcasts(org):
            await self._bus.announce(broadcast, Topic.ACCESS)

    async def _hashed(self, password: str) -> str:
        async with self._line:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _verified(self, password_hash: str, password: str) -> bool:
        async with self._line:
            try:
                return await asyncio.to_thread(self._hasher.verify, password_hash, password)
            except (Argon2Error, InvalidHashError):
                return False

    async def _keep_hash_current(self, account: Account, password_hash: str, password: str) -> None:
        if self._hasher.check_needs_rehash(password_hash):
            await self._accounts.rehash(account.org_id, account.id, await self._hashed(password))


def nobodys_hash(hasher: PasswordHasher) -> str:
    """No password's hash, made without hashing: checking it takes as long as checking somebody's."""
    salt, digest = (_base64(secrets.token_bytes(n)) for n in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


def normal_login(login: str) -> str:
    return unicodedata.normalize("NFKC", login).strip().casefold()


def _good_login(login: str) -> str:
    normal = normal_login(login)
    if not LOGIN.fullmatch(normal):
        raise BadInput(field="login", expected="2 to 64 letters, digits or . @ + - _")
    return normal


def _good_name(name: str) -> str:
    clean = clean_name(name)
    if not clean:
        raise BadInput(field="name", expected="what colleagues call this person")
    return clean


def _good_password(password: str) -> str:
    shortest, longest = PASSWORD_CHARACTERS
    if not shortest <= len(password) <= longest:
        raise BadInput(field="password", expected=f"{shortest} to {longest} characters")
    return password


def _good_employer(role: AccountRole, employer: EmployerId | None) -> EmployerId | None:
    if (role is AccountRole.RECRUITER) != (employer is not None):
        raise BadInput(field="employer_id", expected="the employer of a recruiter, and of nobody else")
    return employer


def _not_oneself(account: AccountId, by: By) -> None:
    if by.account_id == account:
        raise Conflict(field="account_id", expected="an account other than your own")

"""Accounts, sessions, and who may act on which broadcast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from stream_jobs.domain.ids import AccountId, BroadcastId, CardId, ChannelId, EmployerId, OrgId
from stream_jobs.ports.bus import By


class AccountRole(StrEnum):
    ORGANISER = "organiser"
    HOST = "host"
    OPERATOR = "operator"
    RECRUITER = "recruiter"


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who signs in; a recruiter belongs to one employer, nobody else does."""

    id: AccountId
    org_id: OrgId
    role: AccountRole
    login: str
    name: str
    employer_id: EmployerId | None = None
    disabled: bool = False

    @property
    def by(self) -> By:
        return By(self.id, self.name)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser."""

    id: UUID
    account: Account
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelLink:
    """Where a channel's link leads: a show, or one card of it."""

    org_id: OrgId
    broadcast_id: BroadcastId
    card_id: CardId | None = None
    revoked: bool = False


class Accounts(Protocol):
    """Accounts, their sessions, and who may act on which broadcast."""

    async def create(self, account: Account, password_hash: str, *, by: By, at: datetime) -> None:
        """Raises LoginTaken, EmployerNotFound."""

    async def by_login(self, login: str) -> tuple[Account, str] | None:
        """The account of a normalised login, disabled or not, and its password's hash."""

    async def of_org(self, org_id: OrgId) -> Sequence[Account]:
        """By name."""

    async def account(self, org_id: OrgId, account_id: AccountId) -> Account:
        """Raises AccountNotFound."""

    async def rehash(self, org_id: OrgId, account_id: AccountId, password_hash: str) -> None:
        """The same password under newer parameters; sessions stay."""

    async def set_password(
        self, org_id: OrgId, account_id: AccountId, password_hash: str, *, by: By, at: datetime
    ) -> None:
        """Ends the account's sessions. Raises AccountNotFound."""

    async def set_role(self, org_id: OrgId, account_id: AccountId, role: AccountRole, *, by: By, at: datetime) -> None:
        """Ends the account's sessions. Raises AccountNotFound."""

    async def disable(self, org_id: OrgId, account_id: AccountId, *, by: By, at: datetime) -> None:
        """Ends the account's sessions; doing it again changes nothing. Raises AccountNotFound."""

    async def open_session(
        self, session: Session, token_sha256: bytes, *, at: datetime, replaces: bytes | None
    ) -> None:
        """Stores the session and ends the one it replaces."""

    async def session(self, token_sha256: bytes, at: datetime) -> Session | None:
        """None when it is unknown, expired or revoked, or its account disabled."""

    async def session_lives(self, org_id: OrgId, session_id: UUID, at: datetime) -> bool: ...

    async def close_session(self, token_sha256: bytes, at: datetime) -> OrgId | None:
        """Whose session was ended; None when there was none."""

    async def may_act(self, account: Account, broadcast_id: BroadcastId) -> bool:
        """Whether the broadcast is of the account's organisation and not reserved for other hosts and operators."""

    async def reserve(self, org_id: OrgId, broadcast_id: BroadcastId, accounts: Sequence[AccountId]) -> None:
        """Only these hosts and operators may act on the broadcast; none named opens it to all of the organisation.

        Raises BroadcastNotFound, AccountNotFound.
        """

    async def unended_broadcasts(self, org_id: OrgId) -> Sequence[BroadcastId]: ...

    async def organisations(self) -> Sequence[OrgId]:
        """The tenants: tops of the organisation tree."""

    async def channel_link(self, channel_id: ChannelId) -> ChannelLink | None:
        """None when there is no such channel; a link that was revoked leads to its show all the same."""

"""Accounts, their sessions, and who may act on which broadcast."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.audit import write_audit
from storage.pool import Database, Transaction
from stream_jobs.domain.audited import AuditAction
from stream_jobs.domain.errors import AccountNotFound, BroadcastNotFound, EmployerNotFound, LoginTaken
from stream_jobs.domain.ids import AccountId, BroadcastId, CardId, ChannelId, EmployerId, OrgId
from stream_jobs.ports import Account, AccountRole, By, ChannelLink, Session


class AccountStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, account: Account, password_hash: str, *, by: By, at: datetime) -> None:
        try:
            async with self._database.transaction(account.org_id) as tx:
                await self._insert(tx, account, password_hash, at)
                await _audit(tx, account.org_id, account.id, "account_created", by, at, role=account.role.value)
        except asyncpg.UniqueViolationError:
            raise LoginTaken(field="login", expected="a login nobody has") from None

    async def _insert(self, tx: Transaction, account: Account, password_hash: str, at: datetime) -> None:
        # The employer must be of the same organisation, which the foreign key alone does not say.
        stored = await tx.fetchval(
            """
            INSERT INTO account (id, org_id, role, login, name, employer_id, password_hash, created_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8
            WHERE $6::uuid IS NULL OR EXISTS (SELECT FROM employer WHERE id = $6 AND org_id = $2)
            RETURNING id
            """,
            account.id,
            account.org_id,
            account.role.value,
            account.login,
            account.name,
            account.employer_id,
            password_hash,
            at,
        )
        if stored is None:
            raise EmployerNotFound(field="employer_id")

    async def by_login(self, login: str) -> tuple[Account, str] | None:
        org_id = await self.org_of_login(login)
        if org_id is None:
            return None
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                """
                SELECT id, org_id, role, login, name, employer_id, disabled_at, password_hash
                FROM account WHERE login = $1 AND org_id = $2
                """,
                login,
                org_id,
            )
        return (_account(row), row["password_hash"]) if row else None

    async def org_of_login(self, login: str) -> OrgId | None:
        async with self._database.transaction(None) as tx:
            return _org(await tx.fetchval("SELECT org_of_login($1)", login))

    async def org_of_session(self, token_sha256: bytes) -> OrgId | None:
        async with self._database.transaction(None) as tx:
            return _org(await tx.fetchval("SELECT org_of_session($1)", token_sha256))

    async def of_org(self, org_id: OrgId) -> Sequence[Account]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT id, org_id, role, login, name, employer_id, disabled_at
                FROM account WHERE org_id = $1 ORDER BY name, id
                """,
                org_id,
            )
        return [_account(row) for row in rows]

    async def account(self, org_id: OrgId, account_id: AccountId) -> Account:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                """
                SELECT id, org_id, role, login, name, employer_id, disabled_at
                FROM account WHERE id = $1 AND org_id = $2
                """,
                account_id,
                org_id,
            )
        if row is None:
            raise AccountNotFound
        return _account(row)

    async def rehash(self, org_id: OrgId, account_id: AccountId, password_hash: str) -> None:
        async with self._database.transaction(org_id) as tx:
            await tx.execute(
                "UPDATE account SET password_hash = $3 WHERE id = $1 AND org_id = $2",
                account_id,
                org_id,
                password_hash,
            )

    async def set_password(
        self, org_id: OrgId, account_id: AccountId, password_hash: str, *, by: By, at: datetime
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            _must_exist(
                await tx.execute(
                    "UPDATE account SET password_hash = $3 WHERE id = $1 AND org_id = $2",
                    account_id,
                    org_id,
                    password_hash,
                )
            )
            await _revoke_all(tx, account_id, at)
            await _audit(tx, org_id, account_id, "password_changed", by, at)

    async def set_role(self, org_id: OrgId, account_id: AccountId, role: AccountRole, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            _must_exist(
                await tx.execute(
                    "UPDATE account SET role = $3 WHERE id = $1 AND org_id = $2", account_id, org_id, role.value
                )
            )
            await _revoke_all(tx, account_id, at)
            await _audit(tx, org_id, account_id, "role_changed", by, at, role=role.value)

    async def disable(self, org_id: OrgId, account_id: AccountId, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            _must_exist(
                await tx.execute(
                    "UPDATE account SET disabled_at = coalesce(disabled_at, $3) WHERE id = $1 AND org_id = $2",
                    account_id,
                    org_id,
                    at,
                )
            )
            await _revoke_all(tx, account_id, at)
            await _audit(tx, org_id, account_id, "account_disabled", by, at)

    async def open_session(
        self, session: Session, token_sha256: bytes, *, at: datetime, replaces: bytes | None
    ) -> None:
        account = session.account
        async with self._database.transaction(account.org_id) as tx:
            if replaces:
                await _revoke(tx, replaces, at)
            await tx.execute(
                """
                INSERT INTO session (id, org_id, account_id, token_sha256, created_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                session.id,
                account.org_id,
                account.id,
                token_sha256,
                at,
                session.expires_at,
            )

    async def session(self, token_sha256: bytes, at: datetime) -> Session | None:
        org_id = await self.org_of_session(token_sha256)
        if org_id is None:
            return None
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                """
                SELECT session.id AS session_id, session.expires_at,
                       account.id, account.org_id, role, login, name, employer_id, disabled_at
                FROM session JOIN account ON account.id = session.account_id
                WHERE token_sha256 = $1 AND session.org_id = $2 AND revoked_at IS NULL
                      AND $3 < expires_at AND disabled_at IS NULL
                """,
                token_sha256,
                org_id,
                at,
            )
        return Session(row["session_id"], _account(row), row["expires_at"]) if row else None

    async def session_lives(self, org_id: OrgId, session_id: UUID, at: datetime) -> bool:
        async with self._database.transaction(org_id) as tx:
            return bool(
                await tx.fetchval(
                    """
                    SELECT true FROM session JOIN account ON account.id = session.account_id
                    WHERE session.id = $1 AND session.org_id = $2 AND revoked_at IS NULL
                          AND $3 < expires_at AND disabled_at IS NULL
                    """,
                    session_id,
                    org_id,
                    at,
                )
            )

    async def close_session(self, token_sha256: bytes, at: datetime) -> OrgId | None:
        org_id = await self.org_of_session(token_sha256)
        if org_id is not None:
            async with self._database.transaction(org_id) as tx:
                await _revoke(tx, token_sha256, at)
        return org_id

    async def may_act(self, account: Account, broadcast_id: BroadcastId) -> bool:
        async with self._database.transaction(account.org_id) as tx:
            return bool(
                await tx.fetchval(
                    """
                    SELECT true FROM broadcast
                    WHERE id = $1 AND org_id = $2 AND (
                        $4 NOT IN ('host', 'operator')
                        OR NOT EXISTS (SELECT FROM broadcast_account b WHERE b.broadcast_id = $1)
                        OR EXISTS (SELECT FROM broadcast_account b WHERE b.broadcast_id = $1 AND b.account_id = $3)
                    )
                    """,
                    broadcast_id,
                    account.org_id,
                    account.id,
                    account.role.value,
                )
            )

    async def reserve(self, org_id: OrgId, broadcast_id: BroadcastId, accounts: Sequence[AccountId]) -> None:
        async with self._database.transaction(org_id) as tx:
            # The row lock keeps two reservations from mixing.
            found = await tx.fetchval(
                "SELECT true FROM broadcast WHERE id = $1 AND org_id = $2 FOR UPDATE", broadcast_id, org_id
            )
            if not found:
                raise BroadcastNotFound
            await tx.execute("DELETE FROM broadcast_account WHERE broadcast_id = $1", broadcast_id)
            stored = await tx.fetch(
                """
                INSERT INTO broadcast_account (broadcast_id, account_id, org_id)
                SELECT $1, id, $2 FROM account WHERE org_id = $2 AND id = ANY ($3::uuid[])
                RETURNING account_id
                """,
                broadcast_id,
                org_id,
                list(accounts),
            )
            if len(stored) != len(set(accounts)):
                raise AccountNotFound(field="accounts")

    async def unended_broadcasts(self, org_id: OrgId) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch("SELECT id FROM broadcast WHERE org_id = $1 AND status <> 'ended'", org_id)
        return [BroadcastId(row["id"]) for row in rows]

    async def organisations(self) -> Sequence[OrgId]:
        return await self._database.tenants()

    async def channel_link(self, channel_id: ChannelId) -> ChannelLink | None:
        async with self._database.transaction(None) as tx:
            org_id = _org(await tx.fetchval("SELECT org_of_channel($1)", channel_id))
        if org_id is None:
            return None
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                "SELECT broadcast_id, card_id, revoked_at FROM channel WHERE id = $1 AND org_id = $2",
                channel_id,
                org_id,
            )
        if row is None:
            return None
        card_id = CardId(row["card_id"]) if row["card_id"] else None
        return ChannelLink(org_id, BroadcastId(row["broadcast_id"]), card_id, row["revoked_at"] is not None)


async def _revoke(tx: Transaction, token_sha256: bytes, at: datetime) -> None:
    await tx.execute(
        "UPDATE session SET revoked_at = $2 WHERE token_sha256 = $1 AND revoked_at IS NULL", token_sha256, at
    )


async def _revoke_all(tx: Transaction, account_id: AccountId, at: datetime) -> None:
    await tx.execute("UPDATE session SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL", account_id, at)


async def _audit(
    tx: Transaction, org_id: OrgId, account_id: AccountId, action: AuditAction, by: By, at: datetime, **detail: str
) -> None:
    await write_audit(tx, org_id, by=by, action=action, subject=str(account_id), purpose=None, detail=detail, at=at)


def _must_exist(status: str) -> None:
    if status == "UPDATE 0":
        raise AccountNotFound


def _org(value: UUID | None) -> OrgId | None:
    return OrgId(value) if value else None


def _account(row: asyncpg.Record) -> Account:
    return Account(
        id=AccountId(row["id"]),
        org_id=OrgId(row["org_id"]),
        role=AccountRole(row["role"]),
        login=row["login"],
        name=row["name"],
        employer_id=EmployerId(row["employer_id"]) if row["employer_id"] else None,
        disabled=row["disabled_at"] is not None,
    )

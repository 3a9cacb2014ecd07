"""Channels: where viewers come from, each with a link of its own."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from storage.pool import Database, Transaction
from stream_jobs.domain.errors import BroadcastNotFound, CardNotFound, ChannelNotFound
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, ChannelId, OrgId
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.programme import NameTaken
from stream_jobs.ports import ChannelKind, ChannelRow


class ChannelStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[ChannelRow]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(_LIST, broadcast_id, org_id, WHOLE_SHOW, Step.VISIT)
        return [_row(row) for row in rows]

    async def channel(self, org_id: OrgId, broadcast_id: BroadcastId, channel_id: ChannelId) -> ChannelRow:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(_ONE, broadcast_id, org_id, WHOLE_SHOW, Step.VISIT, channel_id)
        if row is None:
            raise ChannelNotFound
        return _row(row)

    async def create(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        channel_id: ChannelId,
        kind: ChannelKind,
        name: str,
        card_id: CardId | None,
        at: datetime,
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await _must_be_ours(tx, org_id, broadcast_id, card_id)
            done = await tx.execute(
                """
                INSERT INTO channel (id, org_id, broadcast_id, kind, name, card_id, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
                """,
                channel_id,
                org_id,
                broadcast_id,
                kind,
                name,
                card_id,
                at,
            )
        if done == "INSERT 0 0":
            raise NameTaken(field="name")

    async def revoke(self, org_id: OrgId, broadcast_id: BroadcastId, channel_id: ChannelId, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            done = await tx.execute(
                """
                UPDATE channel SET revoked_at = coalesce(revoked_at, $4)
                WHERE broadcast_id = $1 AND org_id = $2 AND id = $3
                """,
                broadcast_id,
                org_id,
                channel_id,
                at,
            )
        if done == "UPDATE 0":
            raise ChannelNotFound


_SELECT = """
    SELECT h.id, h.kind, h.name, h.card_id, h.revoked_at, h.created_at, c.kind AS card_kind, c.number,
        coalesce(n.events, 0) AS visits
    FROM channel h LEFT JOIN card c ON c.id = h.card_id
    LEFT JOIN step_count n ON n.broadcast_id = h.broadcast_id AND n.channel_id = h.id AND n.card_id = $3 AND n.step = $4
    WHERE h.broadcast_id = $1 AND h.org_id = $2
"""
_LIST = f"{_SELECT} ORDER BY h.revoked_at IS NOT NULL, h.created_at, h.id"
_ONE = f"{_SELECT} AND h.id = $5"


async def _must_be_ours(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId | None) -> None:
    if not await tx.fetchval(
        "SELECT EXISTS (SELECT FROM broadcast WHERE id = $1 AND org_id = $2)", broadcast_id, org_id
    ):
        raise BroadcastNotFound
    if card_id and not await tx.fetchval(
        "SELECT EXISTS (SELECT FROM card WHERE id = $1 AND broadcast_id = $2)", card_id, broadcast_id
    ):
        raise CardNotFound


def _row(row: asyncpg.Record) -> ChannelRow:
    return ChannelRow(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        card_id=row["card_id"],
        card_label=card_label(CardKind(row["card_kind"]), row["number"]) if row["card_kind"] else None,
        visits=row["visits"],
        revoked_at=row["revoked_at"],
        created_at=row["created_at"],
    )

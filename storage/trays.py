"""The cards of a broadcast: their order, numbers, states and answers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from storage import stage_log
from storage.cards import CARD_COLUMNS, CARD_TABLES, card_body, tray_card
from storage.places import hold_counting, recount_employers
from storage.pool import Database, Transaction
from stream_jobs.domain.errors import BroadcastNotFound, BroadcastStarted, CardNotFound, JobNotFound
from stream_jobs.domain.events import CardStateChanged, QuestionAnswered, QuestionKind, Status, TrayChanged
from stream_jobs.domain.ids import BroadcastId, CardId, JobId, OrgId, PolicyId, uuid7
from stream_jobs.domain.model import CardState
from stream_jobs.domain.programme import CardAppliedFor
from stream_jobs.ports import By, Tray, TrayCard

_CARDS = f"""
    SELECT {CARD_COLUMNS} FROM {CARD_TABLES}
    WHERE c.broadcast_id = $1 AND c.org_id = $2 ORDER BY c.kind, c.position
"""  # noqa: S608  # constants of storage/cards.py


class TrayStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def tray(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Tray:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            version = await tx.fetchval(
                "SELECT tray_version FROM broadcast WHERE id = $1 AND org_id = $2", broadcast_id, org_id
            )
            if version is None:
                raise BroadcastNotFound
            rows = await tx.fetch(_CARDS, broadcast_id, org_id)
        return Tray(version=version, cards=tuple(card_body(row, at) for row in rows))

    async def tray_cards(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Sequence[TrayCard]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(_CARDS, broadcast_id, org_id)
        return [tray_card(row, at) for row in rows]

    async def add_cards(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        jobs: Sequence[JobId],
        policies: Sequence[PolicyId],
        *,
        at: datetime,
        by: By,
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await stage_log.lock_broadcast(tx, org_id, broadcast_id)
            for kind, ids in (("job", jobs), ("policy", policies)):
                await append_cards(tx, org_id, broadcast_id, kind, ids, at)
            await changed(tx, org_id, broadcast_id, at=at, by=by)

    async def remove_card(
        self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, *, at: datetime, by: By
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await hold_counting(tx, broadcast_id)
            broadcast = await stage_log.lock_broadcast(tx, org_id, broadcast_id)
            if broadcast.stage.status is not Status.SCHEDULED:
                raise BroadcastStarted
            await _must_not_be_applied_for(tx, broadcast_id, card_id)
            kind = await tx.fetchval(
                "DELETE FROM card WHERE broadcast_id = $1 AND id = $2 RETURNING kind", broadcast_id, card_id
            )
            if kind is None:
                raise CardNotFound
            await recount_employers(tx, broadcast_id)
            await number_anew(tx, broadcast_id)
            await changed(tx, org_id, broadcast_id, at=at, by=by)

    async def order_cards(
        self, org_id: OrgId, broadcast_id: BroadcastId, order: Sequence[CardId], *, at: datetime, by: By
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            broadcast = await stage_log.lock_broadcast(tx, org_id, broadcast_id)
            await tx.execute(
                """
                UPDATE card SET position = o.position
                FROM unnest($2::uuid[]) WITH ORDINALITY AS o (id, position)
                WHERE card.broadcast_id = $1 AND card.id = o.id
                """,
                broadcast_id,
                order,
            )
            if broadcast.stage.status is Status.SCHEDULED:
                await number_anew(tx, broadcast_id)
            await changed(tx, org_id, broadcast_id, at=at, by=by)

    async def set_card_state(
        self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, state: CardState, *, at: datetime, by: By
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            broadcast = await stage_log.lock_broadcast(tx, org_id, broadcast_id)
            done = await tx.execute(
                "UPDATE card SET state = $3 WHERE broadcast_id = $1 AND id = $2", broadcast_id, card_id, state
            )
            if done == "UPDATE 0":
                raise CardNotFound
            event = CardStateChanged(card_id=card_id, state=state.value, tray_version=broadcast.stage.tray_version + 1)
            await stage_log.append_to(tx, broadcast, event, at=at, by=by)

    async def set_answer(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        card_id: CardId,
        kind: QuestionKind,
        answer: str,
        *,
        at: datetime,
        by: By,
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            broadcast = await stage_log.lock_broadcast(tx, org_id, broadcast_id)
            answers = await tx.fetchval(
                "SELECT answers FROM card WHERE broadcast_id = $1 AND id = $2", broadcast_id, card_id
            )
            if answers is None:
                raise CardNotFound
            others = [said for said in answers if said["kind"] != kind]
            await tx.execute(
                "UPDATE card SET answers = $2 WHERE id = $1", card_id, [*others, {"kind": kind, "answer": answer}]
            )
            event = QuestionAnswered(
                card_id=card_id, kind=kind, answer=answer, tray_version=broadcast.stage.tray_version + 1
            )
            await stage_log.append_to(tx, broadcast, event, at=at, by=by)

    async def set_points(self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, points: str) -> None:
        async with self._database.transaction(org_id) as tx:
            done = await tx.execute(
                "UPDATE card SET points = $4 WHERE broadcast_id = $1 AND org_id = $2 AND id = $3",
                broadcast_id,
                org_id,
                card_id,
                points or None,
            )
        if done == "UPDATE 0":
            raise CardNotFound


async def changed(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, *, at: datetime, by: By) -> None:
    """Tells everyone, in the same transaction, that there is a new tray to read."""
    await stage_log.append(
        tx, org_id, broadcast_id, lambda b: TrayChanged(tray_version=b.stage.tray_version + 1), at=at, by=by
    )


async def _must_not_be_applied_for(tx: Transaction, broadcast_id: BroadcastId, card_id: CardId) -> None:
    # An application on its way holds the card's key: wait for it, then look.
    await tx.fetchval("SELECT id FROM card WHERE broadcast_id = $1 AND id = $2 FOR UPDATE", broadcast_id, card_id)
    if await tx.fetchval(
        "SELECT EXISTS (SELECT FROM application WHERE broadcast_id = $1 AND card_id = $2)", broadcast_id, card_id
    ):
        raise CardAppliedFor


async def append_cards(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, kind: str, ids: Sequence[UUID], at: datetime
) -> None:
    there = await tx.fetch(
        "SELECT number, position, coalesce(job_id, policy_id) AS shows FROM card WHERE broadcast_id = $1 AND kind = $2",
        broadcast_id,
        kind,
    )
    number = max((row["number"] for row in there), default=0)
    position = max((row["position"] for row in there), default=0)
    fresh = [id_ for id_ in dict.fromkeys(ids) if id_ not in {row["shows"] for row in there}]
    for nth, id_ in enumerate(fresh, start=1):
        done = await tx.execute(_INSERT[kind], uuid7(at), org_id, broadcast_id, number + nth, position + nth, id_, at)
        if done == "INSERT 0 0":
            raise JobNotFound if kind == "job" else CardNotFound


_INSERT = {
    "job": """
        INSERT INTO card (id, org_id, broadcast_id, kind, number, position, job_id, created_at)
        SELECT $1, $2, $3, 'job', $4, $5, j.id, $7 FROM job j
        WHERE j.id = $6 AND j.org_id = $2 AND j.removed_at IS NULL
        """,
    "policy": """
        INSERT INTO card (id, org_id, broadcast_id, kind, number, position, policy_id, created_at)
        SELECT $1, $2, $3, 'policy', $4, $5, p.id, $7 FROM policy p
        WHERE p.id = $6 AND p.org_id = $2 AND p.removed_at IS NULL
        """,
}


async def number_anew(tx: Transaction, broadcast_id: BroadcastId) -> None:
    await tx.execute("SET CONSTRAINTS card_broadcast_id_kind_number_key DEFERRED")
    await tx.execute(
        """
        UPDATE card SET number = n.number, position = n.number
        FROM (SELECT id, row_number() OVER (PARTITION BY kind ORDER BY position, number) AS number
              FROM card WHERE broadcast_id = $1) n
        WHERE card.id = n.id
        """,
        broadcast_id,
    )

"""What the host's side sees of a running show: absolute figures, read afresh each time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from storage.audience import watching_now
from storage.cards import CARD_COLUMNS, CARD_TABLES, blocked
from storage.people import People
from storage.pool import Database, Transaction
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId, WorkerId
from stream_jobs.domain.model import UNDO_SECONDS, CardKind, card_label
from stream_jobs.domain.phone import mask_name, mask_phone
from stream_jobs.ports import (
    CardFigures,
    ChannelFigure,
    Delivered,
    Desk,
    LastAction,
    NewestApplication,
    OpenQuestion,
    StageFigures,
)

NEWEST = 20

_CARDS = f"""
    SELECT {CARD_COLUMNS},
        EXISTS (SELECT FROM stage_event e
                WHERE e.broadcast_id = $1 AND e.kind = 'card_pushed' AND e.card_id = c.id) AS pushed
    FROM {CARD_TABLES} WHERE c.broadcast_id = $1 AND c.org_id = $2 ORDER BY c.kind, c.position
"""  # noqa: S608  # constants of storage/cards.py


class DeskStore:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    async def record_deliveries(
        self, org_id: OrgId, broadcast_id: BroadcastId, worker_id: WorkerId, pushes: Sequence[Delivered]
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await tx.execute(
                """
                INSERT INTO push_delivery (broadcast_id, seq, worker_id, org_id, connected, delivered)
                SELECT $1, seq, $2, $3, connected, delivered
                FROM unnest($4::bigint[], $5::integer[], $6::integer[]) AS push (seq, connected, delivered)
                ON CONFLICT DO NOTHING
                """,
                broadcast_id,
                worker_id,
                org_id,
                [push.seq for push in pushes],
                [push.connected for push in pushes],
                [push.delivered for push in pushes],
            )

    async def set_note(self, org_id: OrgId, broadcast_id: BroadcastId, note: str) -> None:
        async with self._database.transaction(org_id) as tx:
            await tx.execute(
                "UPDATE broadcast SET note = $3 WHERE id = $1 AND org_id = $2", broadcast_id, org_id, note or None
            )

    async def desk(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Desk:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                "SELECT on_stage, last_command, note, peak FROM broadcast WHERE id = $1 AND org_id = $2",
                broadcast_id,
                org_id,
            )
            if row is None:
                raise BroadcastNotFound
            counts = await _counts(tx, broadcast_id)
            cards = await tx.fetch(_CARDS, broadcast_id, org_id)
            watching = await watching_now(tx, broadcast_id, at)
            return Desk(
                watching=watching,
                peak=max(row["peak"], watching),
                visits=counts.events(WHOLE_SHOW, Step.VISIT),
                viewers=counts.viewers(WHOLE_SHOW, Step.VISIT),
                applications=counts.events(WHOLE_SHOW, Step.APPLICATION),
                people=await _people(tx, broadcast_id),
                cards_spoken=sum(card["pushed"] for card in cards if card["kind"] == "job"),
                cards_total=sum(card["kind"] == "job" for card in cards),
                on_stage=await _on_stage(tx, broadcast_id, row["on_stage"], cards),
                cards=tuple(_card_figures(card, counts, at) for card in cards),
                newest=await self._newest(tx, broadcast_id),
                questions=await _questions(tx, broadcast_id, cards),
                channels=await _channels(tx, broadcast_id),
                last_action=_last_action(row["last_command"]),
                note=row["note"],
            )

    async def _newest(self, tx: Transaction, broadcast_id: BroadcastId) -> tuple[NewestApplication, ...]:
        rows = await tx.fetch(
            """
            SELECT p.id, p.number, p.person_id, p.at, c.kind, c.number AS card, n.name AS channel,
                   a.name AS recorded_by, k.wrapped, v.phone, w.name
            FROM application p JOIN card c ON c.id = p.card_id
            LEFT JOIN channel n ON n.id = p.last_channel_id LEFT JOIN account a ON a.id = p.recorded_by
            LEFT JOIN keys.person_key k ON k.person_id = p.person_id
            LEFT JOIN vault.person v ON v.person_id = p.person_id
            LEFT JOIN vault.application w ON w.application_id = p.id
            WHERE p.broadcast_id = $1 AND p.state <> 'withdrawn' ORDER BY p.at DESC, p.id DESC LIMIT $2
            """,
            broadcast_id,
            NEWEST,
        )
        return tuple(self._newest_line(row) for row in rows)

    def _newest_line(self, row: asyncpg.Record) -> NewestApplication:
        contact = self._people.contact(row)
        return NewestApplication(
            id=row["id"],
            number=f"{row['number']:04}",
            label=card_label(CardKind(row["kind"]), row["card"]),
            name_masked=mask_name(contact.name),
            phone_masked=mask_phone(contact.phone) if contact.phone else "***",
            at=row["at"],
            channel=row["channel"],
            recorded_by=row["recorded_by"],
        )


class _Counts:
    """step_count summed over channels, by card and step."""

    def __init__(self, rows: list[asyncpg.Record]) -> None:
        self._rows = {(row["card_id"], row["step"]): row for row in rows}

    def viewers(self, card_id: object, step: Step) -> int:
        row = self._rows.get((card_id, int(step)))
        return int(row["viewers"]) if row else 0

    def events(self, card_id: object, step: Step) -> int:
        row = self._rows.get((card_id, int(step)))
        return int(row["events"]) if row else 0


async def _counts(tx: Transaction, broadcast_id: BroadcastId) -> _Counts:
    return _Counts(
        await tx.fetch(
            """
            SELECT card_id, step, sum(viewers)::bigint AS viewers, sum(events)::bigint AS events
            FROM step_count WHERE broadcast_id = $1 GROUP BY card_id, step
            """,
            broadcast_id,
        )
    )


async def _people(tx: Transaction, broadcast_id: BroadcastId) -> int:
    return int(
        await tx.fetchval("SELECT count(DISTINCT counted_as) FROM application WHERE broadcast_id = $1", broadcast_id)
    )


async def _on_stage(
    tx: Transaction, broadcast_id: BroadcastId, on_stage: dict[str, object] | None, cards: list[asyncpg.Record]
) -> StageFigures | None:
    """What this push has done so far: how far it was delivered, and what viewers did that came through it."""
    if on_stage is None:
        return None
    row = await tx.fetchrow(
        """
        SELECT coalesce(d.connected, 0) AS connected, coalesce(d.delivered, 0) AS delivered,
               coalesce(e.impressions, 0) AS impressions, coalesce(e.clicks, 0) AS clicks,
               coalesce(e.applications, 0) AS applications
        FROM (SELECT sum(connected) AS connected, sum(delivered) AS delivered
              FROM push_delivery WHERE broadcast_id = $1 AND seq = $2) d,
             -- A step implies the ones before it, as in reach.
             (SELECT count(DISTINCT viewer_id) AS impressions,
                     count(DISTINCT viewer_id) FILTER (WHERE step <> 'impression') AS clicks,
                     count(*) FILTER (WHERE step = 'application') AS applications
              FROM audience_event
              WHERE broadcast_id = $1 AND push_seq = $2 AND fraud IS NULL
                  AND step IN ('impression', 'click', 'apply_start', 'application')) e
        """,
        broadcast_id,
        on_stage["seq"],
    )
    if row is None:
        raise AssertionError("a query of aggregates has a row")
    points = next((card["points"] for card in cards if str(card["id"]) == on_stage["card_id"]), None)
    return StageFigures.model_validate({**on_stage, **row, "points": points})


def _card_figures(card: asyncpg.Record, counts: _Counts, at: datetime) -> CardFigures:
    return CardFigures(
        card_id=card["id"],
        pushed=card["pushed"],
        impressions=counts.viewers(card["id"], Step.IMPRESSION),
        clicks=counts.viewers(card["id"], Step.CLICK),
        applications=counts.events(card["id"], Step.APPLICATION),
        blocked=blocked(card, at),
    )


async def _questions(
    tx: Transaction, broadcast_id: BroadcastId, cards: list[asyncpg.Record]
) -> tuple[OpenQuestion, ...]:
    rows = await tx.fetch(
        """
        SELECT card_id, kind, count(*) AS asked FROM question WHERE broadcast_id = $1
        GROUP BY card_id, kind ORDER BY asked DESC, card_id, kind
        """,
        broadcast_id,
    )
    by_id = {card["id"]: card for card in cards}
    return tuple(
        OpenQuestion(
            card_id=row["card_id"],
            label=card_label(CardKind(by_id[row["card_id"]]["kind"]), by_id[row["card_id"]]["number"]),
            kind=row["kind"],
            count=row["asked"],
            answer=next((a["answer"] for a in by_id[row["card_id"]]["answers"] if a["kind"] == row["kind"]), None),
        )
        for row in rows
        if row["card_id"] in by_id
    )


async def _channels(tx: Transaction, broadcast_id: BroadcastId) -> tuple[ChannelFigure, ...]:
    rows = await tx.fetch(
        """
        SELECT n.name, sum(s.events)::bigint AS visits
        FROM step_count s JOIN channel n ON n.id = s.channel_id
        WHERE s.broadcast_id = $1 AND s.card_id = $2 AND s.step = 1 GROUP BY n.name ORDER BY visits DESC, n.name
        """,
        broadcast_id,
        WHOLE_SHOW,
    )
    return tuple(ChannelFigure(name=row["name"], visits=row["visits"]) for row in rows)


def _last_action(said: dict[str, object] | None) -> LastAction | None:
    if said is None:
        return None
    at = datetime.fromisoformat(str(said["at"]))
    undoable = not said["undone"] and said["kind"] != "broadcast_started"
    return LastAction.model_validate(
        {name: said[name] for name in ("seq", "kind", "label", "by", "at")}
        | {"undo_until": at + timedelta(seconds=UNDO_SECONDS) if undoable else None}
    )

"""What a host or operator does on stage, and how everyone else reads it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from uuid import UUID

from stream_jobs.domain.events import QuestionKind, StageEntry, StageEvent
from stream_jobs.domain.ids import BroadcastId, CardId, OrgId, WorkerId
from stream_jobs.domain.model import Broadcast, CardState
from stream_jobs.domain.vetting import Blocked
from stream_jobs.ports import (
    Broadcasts,
    Bus,
    By,
    Clock,
    CommandKey,
    Delivered,
    Desk,
    Desks,
    Snapshot,
    Topic,
    Tray,
    TrayCard,
    Trays,
)

PAGE_OF_RECOVERY = 300


def command_key(key: UUID, *meant: object) -> CommandKey:
    """The key of a host command and the hash of what it asks for."""
    return CommandKey(key, hashlib.sha256(json.dumps(meant, default=str).encode()).digest())


def _said(reason: Blocked) -> str:
    return f"{reason.rule_id}: {reason.matched}" if reason.code == "wording" else reason.code


class StageActions:
    """Commit, then announce: a deaf Valkey costs seconds, not cards."""

    def __init__(self, broadcasts: Broadcasts, trays: Trays, desks: Desks, bus: Bus, clock: Clock) -> None:
        self._broadcasts = broadcasts
        self._trays = trays
        self._desks = desks
        self._bus = bus
        self._clock = clock

    async def start(self, org: OrgId, broadcast: BroadcastId, by: By, key: UUID) -> StageEntry | None:
        return await self._command(org, broadcast, lambda b: b.start(), by, command_key(key, "start"))

    async def push(
        self, org: OrgId, broadcast: BroadcastId, card_id: CardId, by: By, key: UUID, expected_seq: int | None = None
    ) -> StageEntry | None:
        """None when the card is on stage already."""
        return await self._command_of_card(
            org,
            broadcast,
            card_id,
            lambda b, card: b.push(card.body, [_said(reason) for reason in card.blocked], expected_seq),
            by,
            command_key(key, "push", card_id),
        )

    async def withdraw(
        self, org: OrgId, broadcast: BroadcastId, card_id: CardId, by: By, key: UUID
    ) -> StageEntry | None:
        meant = command_key(key, "withdraw", card_id)
        return await self._command_of_card(org, broadcast, card_id, lambda b, _: b.withdraw(card_id), by, meant)

    async def pin(self, org: OrgId, broadcast: BroadcastId, card_id: CardId, by: By, key: UUID) -> StageEntry | None:
        meant = command_key(key, "pin", card_id)
        return await self._command_of_card(org, broadcast, card_id, lambda b, _: b.pin(card_id), by, meant)

    async def unpin(self, org: OrgId, broadcast: BroadcastId, by: By, key: UUID) -> StageEntry | None:
        return await self._command(org, broadcast, lambda b: b.unpin(), by, command_key(key, "unpin"))

    async def end(self, org: OrgId, broadcast: BroadcastId, by: By, key: UUID) -> StageEntry | None:
        return await self._command(org, broadcast, lambda b: b.end(), by, command_key(key, "end"))

    async def undo(
        self, org: OrgId, broadcast: BroadcastId, by: By, key: UUID, seq: int | None = None
    ) -> StageEntry | None:
        now = self._clock()
        return await self._command(org, broadcast, lambda b: b.undo(now, seq), by, command_key(key, "undo", seq))

    async def set_card_state(
        self, org: OrgId, broadcast: BroadcastId, card_id: CardId, state: CardState, by: By
    ) -> None:
        """Pauses, fills, closes or opens a job's applications in this broadcast."""
        await self._trays.set_card_state(org, broadcast, card_id, state, at=self._clock(), by=by)
        await self._bus.announce(broadcast, Topic.STAGE)

    async def answer(
        self, org: OrgId, broadcast: BroadcastId, card_id: CardId, kind: QuestionKind, answer: str, by: By
    ) -> None:
        """Answers a one-tap question in place; the answer stays on the card."""
        await self._trays.set_answer(org, broadcast, card_id, kind, answer, at=self._clock(), by=by)
        await self._bus.announce(broadcast, Topic.STAGE)

    async def set_points(self, org: OrgId, broadcast: BroadcastId, card_id: CardId, points: str) -> None:
        await self._trays.set_points(org, broadcast, card_id, points)
        await self._bus.announce(broadcast, Topic.DESK)

    async def set_note(self, org: OrgId, broadcast: BroadcastId, note: str) -> None:
        """What the operator wants the host to read on the prompter."""
        await self._desks.set_note(org, broadcast, note)
        await self._bus.announce(broadcast, Topic.DESK)

    async def org_of(self, broadcast: BroadcastId) -> OrgId:
        return await self._broadcasts.org_of(broadcast)

    async def snapshot(self, org: OrgId, broadcast: BroadcastId) -> Snapshot:
        return await self._broadcasts.snapshot(org, broadcast)

    async def stage_after(self, org: OrgId, broadcast: BroadcastId, seq: int) -> Sequence[StageEntry]:
        """Entries with a higher seq, oldest first, without gaps, at most a page; empty when up to date."""
        return await self._broadcasts.entries_after(org, broadcast, seq, PAGE_OF_RECOVERY)

    async def tray(self, org: OrgId, broadcast: BroadcastId) -> Tray:
        return await self._trays.tray(org, broadcast, self._clock())

    async def tray_cards(self, org: OrgId, broadcast: BroadcastId) -> Sequence[TrayCard]:
        return await self._trays.tray_cards(org, broadcast, self._clock())

    async def desk(self, org: OrgId, broadcast: BroadcastId) -> Desk:
        return await self._desks.desk(org, broadcast, self._clock())

    async def record_deliveries(
        self, org: OrgId, broadcast: BroadcastId, worker: WorkerId, pushes: Sequence[Delivered]
    ) -> None:
        """Of the viewers connected when each push was sent here, how many frames the kernel took."""
        await self._desks.record_deliveries(org, broadcast, worker, pushes)
        await self._bus.announce(broadcast, Topic.DESK)

    async def _command(
        self,
        org: OrgId,
        broadcast: BroadcastId,
        decide: Callable[[Broadcast], StageEvent | None],
        by: By,
        command: CommandKey,
    ) -> StageEntry | None:
        entry = await self._broadcasts.record(org, broadcast, decide, at=self._clock(), by=by, command=command)
        await self._bus.announce(broadcast, Topic.STAGE, entry)
        return entry

    async def _command_of_card(
        self,
        org: OrgId,
        broadcast: BroadcastId,
        card: CardId,
        decide: Callable[[Broadcast, TrayCard], StageEvent | None],
        by: By,
        command: CommandKey,
    ) -> StageEntry | None:
        entry = await self._broadcasts.record_of_card(
            org, broadcast, card, decide, at=self._clock(), by=by, command=command
        )
        await self._bus.announce(broadcast, Topic.STAGE, entry)
        return entry

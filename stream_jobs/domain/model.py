"""Broadcast and card: what may happen on stage, decided without clock or I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from stream_jobs.domain.errors import (
    BroadcastEnded,
    BroadcastNotLive,
    BroadcastStarted,
    CardBlocked,
    CardNotOnStage,
    NothingToUndo,
    StageMoved,
)
from stream_jobs.domain.events import (
    BroadcastEndedEvent,
    BroadcastStartedEvent,
    CardBody,
    CardPinned,
    CardPushed,
    CardStateChanged,
    CardUnpinned,
    CardWithdrawn,
    OnStage,
    QuestionAnswered,
    StageEvent,
    Status,
    TrayChanged,
    Undone,
)
from stream_jobs.domain.ids import BroadcastId, CardId, OrgId

UNDO_SECONDS = 10
# A tap in the tenth second still has to travel.
UNDO_GRACE_SECONDS = 3


class CardKind(StrEnum):
    JOB = "job"
    POLICY = "policy"


class CardState(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    FULL = "full"
    CLOSED = "closed"


def card_label(kind: CardKind, number: int) -> str:
    """How a card is called aloud: 3号, 政1."""
    return f"{number}号" if kind is CardKind.JOB else f"政{number}"


@dataclass(frozen=True, slots=True)
class Stage:
    """What everyone sees at one moment: the fold of the stage log."""

    status: Status = Status.SCHEDULED
    on_stage: OnStage | None = None
    pinned: CardId | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    tray_version: int = 0
    pushes: tuple[tuple[int, CardId], ...] = ()

    def after(self, seq: int, event: StageEvent, at: datetime) -> "Stage":
        match event:
            case BroadcastStartedEvent():
                return replace(self, status=Status.LIVE, started_at=at)
            case BroadcastEndedEvent():
                return replace(self, status=Status.ENDED, ended_at=at, on_stage=None, pinned=None)
            case CardPushed():
                on_stage = OnStage(seq=seq, card_id=event.card.id, at=at)
                return replace(self, on_stage=on_stage, pushes=(*self.pushes, (seq, event.card.id)))
            case CardWithdrawn():
                pinned = None if self.pinned == event.card_id else self.pinned
                return replace(self, on_stage=None, pinned=pinned)
            case CardPinned():
                return replace(self, pinned=event.card_id)
            case CardUnpinned():
                return replace(self, pinned=None)
            case Undone():
                return replace(
                    self, status=event.status, on_stage=event.on_stage, pinned=event.pinned, ended_at=event.ended_at
                )
            case TrayChanged() | CardStateChanged() | QuestionAnswered():
                return replace(self, tray_version=event.tray_version)


@dataclass(frozen=True, slots=True)
class LastCommand:
    """The newest thing a host did, and the stage as it was before: what undo brings back."""

    seq: int
    kind: str
    at: datetime
    by: str
    label: str | None
    before: Stage
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One live show, as far as its rules need to know."""

    id: BroadcastId
    org_id: OrgId
    seq: int = 0
    stage: Stage = field(default_factory=Stage)
    last_command: LastCommand | None = None

    def start(self) -> StageEvent:
        match self.stage.status:
            case Status.SCHEDULED:
                return BroadcastStartedEvent()
            case Status.LIVE:
                raise BroadcastStarted
            case Status.ENDED:
                raise BroadcastEnded

    def push(self, card: CardBody, blocked: Sequence[str], expected_seq: int | None) -> StageEvent | None:
        """None when the card is on stage already, so that two presses push once.

        Raises CardBlocked with the reasons, StageMoved when someone acted after expected_seq.
        """
        self._must_be_live()
        if self.stage.on_stage and self.stage.on_stage.card_id == card.id:
            return None
        self._must_not_have_moved(expected_seq)
        if blocked:
            raise CardBlocked(expected="; ".join(blocked))
        return CardPushed(card=card)

    def withdraw(self, card_id: CardId) -> StageEvent:
        self._must_be_live()
        self._must_be_on_stage(card_id)
        return CardWithdrawn(card_id=card_id)

    def pin(self, card_id: CardId) -> StageEvent | None:
        self._must_be_live()
        self._must_be_on_stage(card_id)
        return None if self.stage.pinned == card_id else CardPinned(card_id=card_id)

    def unpin(self) -> StageEvent | None:
        self._must_be_live()
        return CardUnpinned(card_id=self.stage.pinned) if self.stage.pinned else None

    def end(self) -> StageEvent | None:
        if self.stage.status is Status.SCHEDULED:
            raise BroadcastNotLive
        return None if self.stage.status is Status.ENDED else BroadcastEndedEvent()

    def undo(self, at: datetime, seq: int | None) -> StageEvent:
        """Brings back the stage before the last command; seq names the command meant."""
        last = self.last_command
        if last is None or last.undone or (seq is not None and seq != last.seq):
            raise NothingToUndo
        if last.kind == "broadcast_started":
            raise NothingToUndo
        if at - last.at > timedelta(seconds=UNDO_SECONDS + UNDO_GRACE_SECONDS):
            raise NothingToUndo
        before = last.before
        return Undone(
            undoes=last.seq,
            status=before.status,
            on_stage=before.on_stage,
            pinned=before.pinned,
            ended_at=before.ended_at,
        )

    def _must_be_live(self) -> None:
        if self.stage.status is not Status.LIVE:
            raise BroadcastNotLive

    def _must_be_on_stage(self, card_id: CardId) -> None:
        if self.stage.on_stage is None or self.stage.on_stage.card_id != card_id:
            raise CardNotOnStage

    def _must_not_have_moved(self, expected_seq: int | None) -> None:
        if expected_seq is not None and self.last_command is not None and self.last_command.seq > expected_seq:
            raise StageMoved(expected=f"expected_seq {self.last_command.seq}")


HOST_COMMANDS = frozenset(
    {"broadcast_started", "broadcast_ended", "card_pushed", "card_withdrawn", "card_pinned", "card_unpinned", "undone"}
)


def applied(broadcast: Broadcast, event: StageEvent, *, at: datetime, by: str, label: str | None) -> Broadcast:
    """The broadcast after an event took the next seq."""
    seq = broadcast.seq + 1
    after = replace(broadcast, seq=seq, stage=broadcast.stage.after(seq, event, at))
    if event.type not in HOST_COMMANDS:
        return after
    before = replace(broadcast.stage, pushes=())
    command = LastCommand(
        seq=seq, kind=event.type, at=at, by=by, label=label, before=before, undone=isinstance(event, Undone)
    )
    return replace(after, last_command=command)

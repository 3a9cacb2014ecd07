"""Broadcasts, their trays and the stage log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from stream_jobs.domain.events import Body, CardBody, QuestionKind, StageEntry, StageEvent, Status
from stream_jobs.domain.ids import BroadcastId, CardId, JobId, OrgId, PolicyId, WorkerId
from stream_jobs.domain.model import Broadcast, CardState
from stream_jobs.domain.phone_code import PhoneCheck
from stream_jobs.domain.vetting import Blocked
from stream_jobs.ports.bus import By
from stream_jobs.ports.desk import Desk


class BroadcastBody(Body):
    """A broadcast as everyone may see it."""

    id: BroadcastId
    title: str
    status: Status
    starts_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    rehearsal: bool = False
    series: str | None = None
    unit: str | None = None
    host: str | None = None
    platform: str | None = None
    platform_url: str | None = None
    picture_url: str | None = None
    organiser: str
    service_phone: str | None = None
    apply_until: datetime
    phone_check: PhoneCheck = PhoneCheck.OFF


class OnStageBody(Body):
    seq: int
    at: datetime
    card: CardBody


class PushBody(Body):
    seq: int
    card_id: CardId
    at: datetime


class Snapshot(Body):
    """The stage at one seq, the same for everyone."""

    broadcast: BroadcastBody
    on_stage: OnStageBody | None = None
    pinned: CardId | None = None
    seq: int
    epoch: str
    pushes: tuple[PushBody, ...] = ()
    tray_version: int


class Tray(Body):
    """All cards of a broadcast in their order."""

    version: int
    cards: tuple[CardBody, ...] = ()


@dataclass(frozen=True, slots=True)
class TrayCard:
    """A card as the host's side knows it: with what forbids a push, and what the host may say."""

    body: CardBody
    blocked: tuple[Blocked, ...] = ()
    points: str | None = None


@dataclass(frozen=True, slots=True)
class CommandKey:
    """An Idempotency-Key and the hash of what it was sent with."""

    key: UUID
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class NewBroadcast:
    id: BroadcastId
    org_id: OrgId
    title: str
    starts_at: datetime
    epoch: str
    series: str | None = None
    unit: str | None = None
    host: str | None = None
    platform: str | None = None
    platform_url: str | None = None
    service_phone: str | None = None
    rehearsal: bool = False
    apply_days: int = 7
    picture_url: str | None = None
    phone_check: PhoneCheck = PhoneCheck.OFF


class Broadcasts(Protocol):
    """Broadcasts, their trays and the stage log."""

    async def org_of(self, broadcast_id: BroadcastId) -> OrgId:
        """Raises BroadcastNotFound."""

    async def record(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        decide: Callable[[Broadcast], StageEvent | None],
        *,
        at: datetime,
        by: By,
        command: CommandKey,
    ) -> StageEntry | None:
        """Appends what decide returns at the next seq, under the broadcast's row lock; None when it returns None.

        A command key seen before returns the entry it made then. Raises KeyReused, BroadcastNotFound.
        """

    async def record_of_card(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        card_id: CardId,
        decide: "Callable[[Broadcast, TrayCard], StageEvent | None]",
        *,
        at: datetime,
        by: By,
        command: CommandKey,
    ) -> StageEntry | None:
        """The same of a card of its tray, whose label the command is remembered by. Raises CardNotFound as well."""

    async def entries_after(
        self, org_id: OrgId, broadcast_id: BroadcastId, seq: int, limit: int
    ) -> Sequence[StageEntry]:
        """Entries with a higher seq, oldest first, without gaps; empty when up to date."""

    async def snapshot(self, org_id: OrgId, broadcast_id: BroadcastId) -> Snapshot: ...

    async def create(self, broadcast: NewBroadcast, *, by: By, at: datetime) -> None: ...

    async def rows(self, org_id: OrgId, at: datetime) -> "Sequence[BroadcastRow]":
        """All broadcasts of the organisation, newest start first."""

    async def update(
        self, org_id: OrgId, broadcast_id: BroadcastId, changes: Mapping[str, object], *, by: By, at: datetime
    ) -> None: ...

    async def renew_link_secret(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> None:
        """Revokes every link to remote, prompter and overlay."""

    async def link_secret(self, org_id: OrgId, broadcast_id: BroadcastId) -> UUID:
        """Signs the links of remote, prompter and overlay."""

    async def add_platform_figure(self, org_id: OrgId, broadcast_id: BroadcastId, figure: "PlatformFigure") -> None: ...


class Trays(Protocol):
    """The cards of a broadcast, in their order and under their numbers."""

    async def tray(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Tray: ...

    async def tray_cards(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Sequence[TrayCard]: ...

    # Each change of a tray takes the next seq of the stage log in its own transaction.

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
        """Appends cards with the next numbers of their kind; those in the tray already stay as they are."""

    async def remove_card(
        self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, *, at: datetime, by: By
    ) -> None:
        """Before the start only: raises BroadcastStarted. The numbers close up."""

    async def order_cards(
        self, org_id: OrgId, broadcast_id: BroadcastId, order: Sequence[CardId], *, at: datetime, by: By
    ) -> None:
        """Puts the tray in this order; before the start the numbers follow it, after it they stay."""

    async def set_card_state(
        self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, state: CardState, *, at: datetime, by: By
    ) -> None: ...

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
    ) -> None: ...

    async def set_points(self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, points: str) -> None: ...


class Desks(Protocol):
    """What the host's side sees of a running show."""

    async def record_deliveries(
        self, org_id: OrgId, broadcast_id: BroadcastId, worker_id: WorkerId, pushes: Sequence["Delivered"]
    ) -> None: ...

    async def desk(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> "Desk": ...

    async def set_note(self, org_id: OrgId, broadcast_id: BroadcastId, note: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """A push as one worker sent it: viewers connected at that moment, and how many of them the kernel took it for."""

    seq: int
    connected: int
    delivered: int


class BroadcastRow(Body):
    """A line of the organiser's list."""

    broadcast: BroadcastBody
    cards: int
    openings: int
    visits: int
    applications: int
    watching: int


PlatformMetric = Literal["views", "viewers", "peak", "likes", "comments", "shares", "new_followers", "leads"]


class PlatformFigure(Body):
    """A number typed in from a platform's own page, or read from its file; shown beside ours, never mixed."""

    platform: str
    metric: PlatformMetric
    value: int
    by: str
    at: datetime
    from_file: str | None = None

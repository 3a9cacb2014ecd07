"""Everything that can happen: on stage (replayed to everyone) and in the audience (counted)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntFlag, StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from stream_jobs.domain.ids import CardId, ChannelId, EmployerId, JobId, ViewerId, VisitId


class Body(BaseModel):
    """A shape that leaves or enters the process; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(StrEnum):
    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"


class PayBody(Body):
    """Pay as written beside pay as understood; amounts in fen per unit."""

    text: str
    min_fen: int | None = None
    max_fen: int | None = None
    unit: Literal["month", "day", "hour", "piece", "year"] = "month"
    months: int | None = None
    negotiable: bool = False
    open_ended: bool = False
    base_text: str | None = None
    monthly_text: str | None = None
    pay_day: str | None = None


class EmployerBody(Body):
    id: EmployerId
    name: str
    full_name: str
    contact_name: str | None = None
    contact_phone: str | None = None
    calls_within: str | None = None
    verified: bool = False
    verified_at: date | None = None


class JobBody(Body):
    """A job as viewers see it; a fact nobody wrote down is null."""

    id: JobId
    title: str
    employer: EmployerBody
    pay: PayBody
    headcount_min: int | None = None
    headcount_max: int | None = None
    shift: str | None = None
    rest: str | None = None
    meals: str | None = None
    dorm: str | None = None
    workplace: str
    age: str | None = None
    education: str | None = None
    requirements: str | None = None
    duties: str | None = None
    arrival: str | None = None
    insurance: str | None = None
    source: str | None = None
    valid_until: date | None = None
    apply_until: datetime | None = None


class PolicyBody(Body):
    title: str
    who: str
    how_much: str
    how_to_claim: str
    phone: str | None = None


class QuestionKind(StrEnum):
    """The eight things viewers ask."""

    COUPLE_ROOM = "couple_room"
    PAY_DAY = "pay_day"
    TRAVEL = "travel"
    SHIFT = "shift"
    REST = "rest"
    MEALS = "meals"
    DORM = "dorm"
    AGE = "age"


class Answered(Body):
    kind: QuestionKind
    answer: str


class CardBody(Body):
    """One card as viewers see it; source: card, job, employer and policy."""

    id: CardId
    kind: Literal["job", "policy"]
    number: int
    label: str
    state: Literal["open", "paused", "full", "closed"] = "open"
    job: JobBody | None = None
    policy: PolicyBody | None = None
    answers: tuple[Answered, ...] = ()


class OnStage(Body):
    seq: int
    card_id: CardId
    at: datetime


class BroadcastStartedEvent(Body):
    type: Literal["broadcast_started"] = "broadcast_started"


class BroadcastEndedEvent(Body):
    type: Literal["broadcast_ended"] = "broadcast_ended"


class CardPushed(Body):
    """A card goes on stage; it is carried whole, so that a page needs nothing else to show it."""

    type: Literal["card_pushed"] = "card_pushed"
    card: CardBody


class CardPinned(Body):
    type: Literal["card_pinned"] = "card_pinned"
    card_id: CardId


class CardUnpinned(Body):
    type: Literal["card_unpinned"] = "card_unpinned"
    card_id: CardId


class CardWithdrawn(Body):
    type: Literal["card_withdrawn"] = "card_withdrawn"
    card_id: CardId


class Undone(Body):
    """The last command is taken back; carries the stage as it is again."""

    type: Literal["undone"] = "undone"
    undoes: int
    status: Status
    on_stage: OnStage | None = None
    pinned: CardId | None = None
    ended_at: datetime | None = None


class TrayChanged(Body):
    """Cards were added, removed, reordered or corrected: read the tray of this version."""

    type: Literal["tray_changed"] = "tray_changed"
    tray_version: int


class CardStateChanged(Body):
    """A job was paused, filled, closed or opened again."""

    type: Literal["card_state_changed"] = "card_state_changed"
    card_id: CardId
    state: Literal["open", "paused", "full", "closed"]
    tray_version: int


class QuestionAnswered(Body):
    """The host's side answered a one-tap question; the answer stays on the card."""

    type: Literal["question_answered"] = "question_answered"
    card_id: CardId
    kind: QuestionKind
    answer: str
    tray_version: int


StageEvent = (
    BroadcastStartedEvent
    | BroadcastEndedEvent
    | CardPushed
    | CardPinned
    | CardUnpinned
    | CardWithdrawn
    | Undone
    | TrayChanged
    | CardStateChanged
    | QuestionAnswered
)

stage_event: TypeAdapter[StageEvent] = TypeAdapter(Annotated[StageEvent, Field(discriminator="type")])


@dataclass(frozen=True, slots=True)
class StageEntry:
    """A stage event at its place in the log."""

    seq: int
    event: StageEvent
    at: datetime


class Step(IntFlag):
    """The funnel's steps, a bit each; a step implies the ones before it."""

    VISIT = 1
    IMPRESSION = 2
    CLICK = 4
    APPLY_START = 8
    APPLICATION = 16


class SignalStep(StrEnum):
    """What a page may report; a visit and an application are the server's to record."""

    IMPRESSION = "impression"
    CLICK = "click"
    APPLY_START = "apply_start"
    CALL = "call"


# What a bigint column and a JavaScript number both hold.
Seq = Annotated[int, Field(ge=0, le=2**53 - 1)]


def _sane(at: datetime) -> datetime:
    if not 2020 <= at.year <= 2100:
        raise ValueError("a time between 2020 and 2100")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_sane)]


class Signal(Body):
    """One thing a viewer did, as the page saw it; sending it again changes nothing.

    visit_id: the page load it happened in, an earlier one of the device; without it the one that sends it.
    """

    event_id: UUID
    step: SignalStep
    card_id: CardId
    push_seq: Seq | None = None
    visit_id: VisitId | None = None
    at: Moment


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is behind a viewer's page: a device, a page load, and the channel it came by; by a forged link it is none."""

    viewer_id: ViewerId
    visit_id: VisitId
    channel_id: ChannelId
    forged_link: bool = False

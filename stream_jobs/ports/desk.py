"""What the host's side sees: absolute numbers."""

from datetime import datetime
from typing import Literal

from stream_jobs.domain.events import Body, QuestionKind
from stream_jobs.domain.ids import ApplicationId, CardId
from stream_jobs.domain.vetting import Blocked


class StageFigures(Body):
    """What the push on stage has reached so far, and what the host may say about its card."""

    seq: int
    card_id: CardId
    at: datetime
    connected: int
    delivered: int
    impressions: int
    clicks: int
    applications: int
    points: str | None = None


class CardFigures(Body):
    card_id: CardId
    pushed: bool
    impressions: int
    clicks: int
    applications: int
    blocked: tuple[Blocked, ...] = ()


class NewestApplication(Body):
    """An application as the host's side may see it."""

    id: ApplicationId
    number: str
    label: str
    name_masked: str
    phone_masked: str
    at: datetime
    channel: str | None = None
    recorded_by: str | None = None


class OpenQuestion(Body):
    card_id: CardId
    label: str
    kind: QuestionKind
    count: int
    answer: str | None = None


class ChannelFigure(Body):
    name: str
    visits: int


class LastAction(Body):
    """Who did what last, and until when it can be undone."""

    seq: int
    kind: str
    label: str | None = None
    by: str
    at: datetime
    undo_until: datetime | None = None


class Desk(Body):
    """Everything live on the host's side; figures are absolute, so that a lost update heals itself."""

    type: Literal["desk"] = "desk"
    watching: int
    peak: int
    visits: int
    viewers: int
    applications: int
    people: int
    cards_spoken: int
    cards_total: int
    on_stage: StageFigures | None = None
    cards: tuple[CardFigures, ...] = ()
    newest: tuple[NewestApplication, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()
    channels: tuple[ChannelFigure, ...] = ()
    last_action: LastAction | None = None
    note: str | None = None

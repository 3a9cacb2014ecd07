"""What the host's side does: commands on stage, the tray's cards, answers, applications recorded for someone."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import LARGEST, Contact, Input, Said, Stored, Text, stored
from admin.call import Call
from admin.declare import Handler, PageLink, Route, SignedIn
from admin.qr import qr_data
from stream_jobs.domain.errors import (
    BroadcastEnded,
    BroadcastNotFound,
    BroadcastNotLive,
    BroadcastStarted,
    CardBlocked,
    CardNotFound,
    CardNotOnStage,
    ChannelNotFound,
    JobClosed,
    JobFull,
    JobNotFound,
    JobPaused,
    KeyReused,
    NothingToUndo,
    PhoneInvalid,
    StageMoved,
    StreamJobsError,
)
from stream_jobs.domain.events import Body, CardBody, QuestionKind, StageEntry
from stream_jobs.domain.ids import CardId, ChannelId, JobId
from stream_jobs.domain.model import CardState
from stream_jobs.domain.vetting import Blocked
from stream_jobs.ports import AccountRole, Desk

STAFF = SignedIn(AccountRole.HOST, AccountRole.OPERATOR, AccountRole.ORGANISER)
STAFF_OR_REMOTE = (PageLink("remote"), STAFF)
HOST_SIDE = (PageLink("remote", "prompter"), STAFF)


# ── commands ──────────────────────────────────────────────────────────────────────────────────────────────────


class StageCommand(Input):
    """expected_seq is the stage's seq as the page knows it."""

    expected_seq: int | None = Field(default=None, ge=0, le=LARGEST)


class CardCommand(StageCommand):
    """Names its card, so that two people pressing together act once."""

    card_id: CardId


class UndoCommand(StageCommand):
    seq: int | None = Field(default=None, ge=0, le=LARGEST, description="The command meant; without it, the last one")


class Done(Body):
    """The entry a command made in the stage log; null when nothing was left to do."""

    seq: int | None = None
    at: datetime | None = None


async def start(call: Call) -> Done:
    return _done(await call.actions.stage.start(call.org, call.broadcast, call.by, call.key))


async def push(call: Call) -> Done:
    wanted = call.body(CardCommand)
    entry = await call.actions.stage.push(
        call.org, call.broadcast, wanted.card_id, call.by, call.key, wanted.expected_seq
    )
    return _done(entry)


async def withdraw(call: Call) -> Done:
    card_id = call.body(CardCommand).card_id
    return _done(await call.actions.stage.withdraw(call.org, call.broadcast, card_id, call.by, call.key))


async def pin(call: Call) -> Done:
    card_id = call.body(CardCommand).card_id
    return _done(await call.actions.stage.pin(call.org, call.broadcast, card_id, call.by, call.key))


async def unpin(call: Call) -> Done:
    return _done(await call.actions.stage.unpin(call.org, call.broadcast, call.by, call.key))


async def undo(call: Call) -> Done:
    meant = call.body(UndoCommand).seq
    return _done(await call.actions.stage.undo(call.org, call.broadcast, call.by, call.key, meant))


async def end(call: Call) -> Done:
    return _done(await call.actions.stage.end(call.org, call.broadcast, call.by, call.key))


def _done(entry: StageEntry | None) -> Done:
    return Done(seq=entry.seq, at=entry.at) if entry else Done()


# ── cards, answers, the note ──────────────────────────────────────────────────────────────────────────────────


class StateRequest(Input):
    state: CardState


class PointsRequest(Input):
    points: Text = Field(max_length=2000, description="讲解要点; empty takes them away")


class AnswerRequest(Input):
    card_id: CardId
    kind: QuestionKind
    answer: Said = Field(max_length=200)


class NoteRequest(Input):
    note: Text = Field(max_length=500, description="What the host should read on the prompter; empty takes it away")


class TrayCardBody(Body):
    """A card as the host's side knows it: with what forbids a push, and what the host may say."""

    card: CardBody
    blocked: tuple[Blocked, ...] = ()
    points: str | None = None


class TrayCards(Body):
    cards: list[TrayCardBody]


async def set_state(call: Call) -> None:
    state = call.body(StateRequest).state
    await call.actions.stage.set_card_state(call.org, call.broadcast, _card(call), state, call.by)


async def set_points(call: Call) -> None:
    await call.actions.stage.set_points(call.org, call.broadcast, _card(call), call.body(PointsRequest).points)


async def answer(call: Call) -> None:
    wanted = call.body(AnswerRequest)
    await call.actions.stage.answer(call.org, call.broadcast, wanted.card_id, wanted.kind, wanted.answer, call.by)


async def set_note(call: Call) -> None:
    await call.actions.stage.set_note(call.org, call.broadcast, call.body(NoteRequest).note)


async def desk(call: Call) -> Desk:
    return await call.actions.stage.desk(call.org, call.broadcast)


async def tray_cards(call: Call) -> TrayCards:
    cards = await call.actions.stage.tray_cards(call.org, call.broadcast)
    return TrayCards(cards=[TrayCardBody(card=c.body, blocked=c.blocked, points=c.points) for c in cards])


def _card(call: Call) -> CardId:
    return CardId(call.id("card_id", CardNotFound))


# ── applications recorded for someone, links ──────────────────────────────────────────────────────────────────


class StaffApplicationRequest(Input):
    """代录: for someone who agreed in person or on the telephone. The Idempotency-Key is the application's key."""

    job_id: JobId
    contact: Contact
    channel_id: ChannelId | None = None
    consent_given: Literal["in_person", "by_telephone"]


class Links(Body):
    """Where the show's pages are; the three host-side ones open without signing in."""

    viewer: str
    remote: str
    prompter: str
    overlay: str
    remote_qr: str = Field(description="The remote's link as an image, data:image/svg+xml")
    viewer_qr: str


async def record_application(call: Call) -> Stored:
    wanted = call.body(StaffApplicationRequest)
    if wanted.channel_id is not None:
        # Counted under a channel of this very show, or not at all.
        await call.actions.programme.channel(call.org, call.broadcast, wanted.channel_id)
    receipt = await call.actions.applying.record_for(
        call.org,
        call.broadcast,
        call.by,
        key=call.key,
        job=wanted.job_id,
        phone=wanted.contact.phone,
        name=wanted.contact.name,
        channel=wanted.channel_id,
        consent_given=wanted.consent_given,
    )
    return stored(receipt)


async def links(call: Call) -> Links:
    base, accounts = call.parts.public_url().rstrip("/"), call.actions.accounts
    remote = f"{base}/r/{await accounts.page_code(call.org, call.broadcast, 'remote')}"
    viewer = f"{base}/b/{call.broadcast}"
    return Links(
        viewer=viewer,
        remote=remote,
        prompter=f"{base}/prompter/{await accounts.page_code(call.org, call.broadcast, 'prompter')}",
        overlay=f"{base}/overlay/{await accounts.page_code(call.org, call.broadcast, 'overlay')}",
        remote_qr=qr_data(remote),
        viewer_qr=qr_data(viewer),
    )


def _command(
    name: str,
    summary: str,
    handler: Handler,
    body: type[StageCommand] = StageCommand,
    errors: tuple[type[StreamJobsError], ...] = (),
) -> Route:
    return Route(
        method="POST",
        path=f"{BROADCAST}/{name}",
        callers=STAFF_OR_REMOTE,
        summary=summary,
        handler=handler,
        body=body,
        answer=Done,
        errors=(BroadcastNotFound, KeyReused, *errors),
        idempotency_key=True,
    )


PUSH_ERRORS = (CardNotFound, BroadcastNotLive, CardBlocked, StageMoved)
CARD_ERRORS = (CardNotFound, BroadcastNotLive, CardNotOnStage)

ROUTES: tuple[Route, ...] = (
    _command("start", "Go live", start, errors=(BroadcastStarted, BroadcastEnded)),
    _command("push", "Put a card on stage; once, however often it is pressed", push, CardCommand, PUSH_ERRORS),
    _command("next", "Push the next card, which the page names", push, CardCommand, PUSH_ERRORS),
    _command("previous", "Push the card before, which the page names", push, CardCommand, PUSH_ERRORS),
    _command("withdraw", "Take the card off the stage", withdraw, CardCommand, CARD_ERRORS),
    _command("pin", "Keep the card on stage in view", pin, CardCommand, CARD_ERRORS),
    _command("unpin", "Let go of the pinned card", unpin, errors=(BroadcastNotLive,)),
    _command("undo", "Take the last command back, within ten seconds", undo, UndoCommand, (NothingToUndo,)),
    _command("end", "End the show; applying goes on", end, errors=(BroadcastNotLive,)),
    Route(
        method="PUT",
        path=f"{BROADCAST}/cards/{{card_id}}/state",
        callers=(STAFF,),
        summary="Pause, fill, close or open a job's applications",
        handler=set_state,
        body=StateRequest,
        errors=(BroadcastNotFound, CardNotFound),
    ),
    Route(
        method="PUT",
        path=f"{BROADCAST}/cards/{{card_id}}/points",
        callers=(STAFF,),
        summary="What the host may say about a card",
        handler=set_points,
        body=PointsRequest,
        errors=(BroadcastNotFound, CardNotFound),
    ),
    Route(
        method="POST",
        path=f"{BROADCAST}/questions/answer",
        callers=STAFF_OR_REMOTE,
        summary="Answer a one-tap question; the answer stays on the card",
        handler=answer,
        body=AnswerRequest,
        errors=(BroadcastNotFound, CardNotFound),
    ),
    Route(
        method="PUT",
        path=f"{BROADCAST}/note",
        callers=STAFF_OR_REMOTE,
        summary="A line for the host, shown on the prompter",
        handler=set_note,
        body=NoteRequest,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/desk",
        callers=HOST_SIDE,
        summary="The desk: absolute figures, newest applications masked, open questions",
        handler=desk,
        answer=Desk,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/tray-cards",
        callers=HOST_SIDE,
        summary="All cards with what forbids a push and what the host may say",
        handler=tray_cards,
        answer=TrayCards,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/links",
        callers=(STAFF,),
        summary="Links to the show's pages, and codes to scan",
        handler=links,
        answer=Links,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="POST",
        path=f"{BROADCAST}/staff-applications",
        callers=(STAFF,),
        summary="Record an application for someone who agreed",
        handler=record_application,
        body=StaffApplicationRequest,
        answer=Stored,
        errors=(BroadcastNotFound, ChannelNotFound, JobNotFound, JobPaused, JobFull, JobClosed, KeyReused),
        refusals={"contact.phone": PhoneInvalid},
        idempotency_key=True,
    ),
)

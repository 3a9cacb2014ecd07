"""What a viewer's page asks for: the show, a connection, applying; the same actions as on the socket."""

import time
from collections import OrderedDict
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.shapes import LARGEST, Contact, Input, Stored, Text, stored
from admin.auth import DEVICE_SECONDS, device, set_cookie
from admin.call import Call, json_response
from admin.declare import Anyone, PageLink, Route, SignedIn, ViewerToken
from admin.kept import Kept
from stream_jobs.domain.errors import (
    ApplicationNotFound,
    BadInput,
    BroadcastNotFound,
    CardNotFound,
    ChannelNotFound,
    ConsentMissing,
    JobClosed,
    JobFull,
    JobNotFound,
    JobPaused,
    KeyReused,
    NotSignedIn,
    PhoneInvalid,
    StorageUnavailable,
    TooMany,
)
from stream_jobs.domain.events import Body, QuestionKind, Signal, Watcher
from stream_jobs.domain.ids import NO_CHANNEL, ApplicationId, BroadcastId, CardId, ChannelId, JobId, ReceiptId, VisitId
from stream_jobs.domain.phone_code import PhoneUnverified
from stream_jobs.even_time import APPLYING_SECONDS, even_time
from stream_jobs.ports import AccountRole, ChannelLink, Resume, Snapshot, Tray
from stream_jobs.tokens import Identity
from stream_jobs.tokens import Role as TokenRole

BROADCAST = "/api/v1/broadcasts/{broadcast_id}"
# Closing dates move when a show starts or ends, without another version.
TRAY_SECONDS = 60
KEPT_TRAYS = 64


# ── the show ──────────────────────────────────────────────────────────────────────────────────────────────────


async def snapshot(call: Call) -> Snapshot:
    return await call.actions.stage.snapshot(call.org, call.broadcast)


class TrayQuery(Input):
    version: int | None = Field(default=None, description="The version a snapshot or event named", ge=0)


class TrayPages:
    """Trays as sent, by version: after a change every viewer asks for the same one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[BroadcastId, int], tuple[float, Tray]] = OrderedDict()

    async def tray(self, call: Call) -> web.Response:
        version = call.query(TrayQuery).version
        tray = self._fresh(call.broadcast, version) if version is not None else None
        if tray is None:
            tray = await call.actions.stage.tray(call.org, call.broadcast)
            self._keep(call.broadcast, tray)
        # A tray asked for by another version is not that one: it may be shown, not kept under this address.
        cache = f"public, max-age={TRAY_SECONDS}" if tray.version == version else "no-cache"
        return json_response(tray, cache=cache)

    def _fresh(self, broadcast: BroadcastId, version: int) -> Tray | None:
        kept_at, tray = self._kept.get((broadcast, version), (0.0, None))
        return tray if time.monotonic() - kept_at < TRAY_SECONDS else None

    def _keep(self, broadcast: BroadcastId, tray: Tray) -> None:
        self._kept[broadcast, tray.version] = (time.monotonic(), tray)
        if len(self._kept) > KEPT_TRAYS:
            self._kept.popitem(last=False)


# ── a connection ──────────────────────────────────────────────────────────────────────────────────────────────


class ConnectionTokenRequest(Input):
    """A viewer names its page load and channel; the host's side is known by session or page code."""

    role: Literal["viewer", "host"] = Field(default="viewer", description="host needs a session that may act here")
    channel: str | None = Field(
        default=None,
        max_length=64,
        description="The code of the link the page was opened by; one that is not of this show is a forged link",
    )
    visit_id: UUID | None = Field(default=None, description="One per page load; a viewer must name it")


class ConnectionToken(Body):
    """A device that is kept out of the broadcast gets one for what it applied for; the socket refuses it."""

    token: str
    expires_at: datetime
    kept_out: bool = False


class ConnectionTokens:
    """Tokens for the socket; a viewer's is also its bearer. Links are looked up once a minute, not once a viewer."""

    def __init__(self) -> None:
        self._links: Kept[ChannelId, ChannelLink] = Kept(seconds=60, size=10_000)

    async def token(self, call: Call) -> web.Response:
        """Makes the device cookie when there is none."""
        call.limits.connect(call.address)
        wanted = call.body(ConnectionTokenRequest)
        if call.asker.page:
            # The remote watches as a prompter does; it acts over HTTP alone.
            role: TokenRole = "overlay" if call.asker.page == "overlay" else "prompter"
            return _answered(call, _identity(call, role=role, subject=call.asker.code or ""))
        if wanted.role == "host":
            return _answered(call, _host(call))
        return await self._viewer(call, wanted)

    async def _viewer(self, call: Call, wanted: ConnectionTokenRequest) -> web.Response:
        if wanted.visit_id is None:
            raise BadInput(field="visit_id", expected="a UUID of this page load")
        viewer, is_new = device(call.parts, call.request)
        kept_out = call.actions.bans.is_banned(call.broadcast, viewer)
        channel = await self._channel(call, wanted.channel)
        watcher = Watcher(viewer, VisitId(wanted.visit_id), channel or NO_CHANNEL, forged_link=channel is None)
        identity = _identity(call, role="viewer", subject=str(viewer), watcher=watcher)
        response = _answered(call, identity, kept_out=kept_out)
        if is_new:
            set_cookie(call.parts, response, "device", call.parts.tokens.device_cookie(viewer), DEVICE_SECONDS)
        return response

    async def _channel(self, call: Call, code: str | None) -> ChannelId | None:
        """None for what we did not sign, or for another show, or what was stopped: none of them keeps anybody out."""
        if not code:
            return NO_CHANNEL
        try:
            channel = call.parts.tokens.read_channel_code(code)
            link = await self._links.get(channel, lambda: _link(call, channel))
        except ChannelNotFound:
            return None
        except StorageUnavailable:
            # Whoever comes back while the database is away is let in: we signed that code.
            return channel
        return channel if link.broadcast_id == call.broadcast and not link.revoked else None


async def _link(call: Call, channel: ChannelId) -> ChannelLink:
    link = await call.actions.accounts.channel_link(channel)
    if link is None:
        raise ChannelNotFound
    return link


def _host(call: Call) -> Identity:
    session = call.asker.session
    if session is None:
        raise NotSignedIn
    identity = _identity(call, role="host", subject=str(session.account.id))
    expires_at = min(identity.expires_at, session.expires_at)
    return Identity(
        role="host",
        org_id=identity.org_id,
        broadcast_id=identity.broadcast_id,
        subject=identity.subject,
        expires_at=expires_at,
        account_id=session.account.id,
        session=str(session.id),
    )


def _identity(call: Call, *, role: TokenRole, subject: str, watcher: Watcher | None = None) -> Identity:
    life = timedelta(seconds=call.parts.settings.connection_token_seconds)
    # Tokens carry whole seconds: what is told must be what is meant.
    expires_at = (call.parts.clock() + life).replace(microsecond=0)
    return Identity(role, call.org, call.broadcast, subject, expires_at, watcher)


def _answered(call: Call, identity: Identity, *, kept_out: bool = False) -> web.Response:
    token = call.parts.tokens.connection_token(identity, call.parts.clock())
    return json_response(ConnectionToken(token=token, expires_at=identity.expires_at, kept_out=kept_out))


# ── applying ──────────────────────────────────────────────────────────────────────────────────────────────────


class ConsentQuery(Input):
    job_id: JobId


class ConsentText(Body):
    """What an applicant must agree to; applying sends its hash back."""

    text: str
    text_sha256: str
    english: str = Field(description="The same in English, to read; what is agreed to is the text")
    employer: str
    fields: tuple[str, ...]
    purpose: str
    keeper: str
    until: date


class ConsentGiven(Input):
    """The consent the viewer ticked: the hash of the text shown, as the page got it."""

    text_sha256: str = Field(pattern="^[0-9a-f]{64}$")


class ApplicationRequest(Input):
    key: UUID = Field(description="The same application again carries the same key")
    job_id: JobId
    push_seq: int | None = Field(
        default=None, ge=0, le=LARGEST, description="The push it came through; only attributes"
    )
    contact: Contact
    consent: ConsentGiven


class Withdrawn(Body):
    application_id: ApplicationId
    at: datetime


class MyApplication(Body):
    application_id: ApplicationId
    job_id: JobId
    number: str
    state: str
    at: datetime
    contact_masked: str


class MyApplications(Body):
    """Newest first."""

    applications: list[MyApplication]


class ResumeRequest(Input):
    """A short résumé; every part is optional, and what is left out is taken away."""

    education: Text | None = Field(default=None, max_length=200)
    experience: Text | None = Field(default=None, max_length=2000)
    skills: Text | None = Field(default=None, max_length=500)
    wanted_job: Text | None = Field(default=None, max_length=100)
    wanted_place: Text | None = Field(default=None, max_length=200)
    wanted_pay: Text | None = Field(default=None, max_length=100)


async def consent(call: Call) -> ConsentText:
    agreed = await call.actions.applying.consent(call.org, call.broadcast, call.query(ConsentQuery).job_id)
    return ConsentText(
        text=agreed.text,
        text_sha256=agreed.text_sha256,
        english=agreed.english,
        employer=agreed.employer,
        fields=agreed.fields,
        purpose=agreed.purpose,
        keeper=agreed.keeper,
        until=agreed.until,
    )


async def apply(call: Call) -> Stored:
    wanted = call.body(ApplicationRequest)
    await call.limits.apply(call.org, call.watcher.viewer_id, call.address, wanted.contact.phone)
    async with even_time(APPLYING_SECONDS):
        receipt = await call.actions.applying.submit(
            call.org,
            call.broadcast,
            call.watcher,
            key=wanted.key,
            job=wanted.job_id,
            phone=wanted.contact.phone,
            name=wanted.contact.name,
            consent_sha256=wanted.consent.text_sha256,
            push_seq=wanted.push_seq,
        )
    return stored(receipt)


async def mine(call: Call) -> MyApplications:
    rows = await call.actions.applying.mine(call.org, call.broadcast, call.watcher.viewer_id)
    return MyApplications(
        applications=[
            MyApplication(
                application_id=ApplicationId(row.receipt_id),
                job_id=row.job_id,
                number=f"{row.number:04d}",
                state=row.state,
                at=row.at,
                contact_masked=row.contact_masked,
            )
            for row in rows
        ]
    )


async def withdraw(call: Call) -> Withdrawn:
    receipt = _receipt(call)
    at = await call.actions.applying.withdraw(call.org, call.broadcast, call.watcher.viewer_id, receipt)
    return Withdrawn(application_id=ApplicationId(receipt), at=at)


async def resume(call: Call) -> Resume:
    return await call.actions.applying.resume_of(call.org, call.broadcast, call.watcher.viewer_id, _receipt(call))


async def save_resume(call: Call) -> None:
    kept = Resume(**{name: text or None for name, text in call.body(ResumeRequest).model_dump().items()})
    await call.actions.applying.save_resume(call.org, call.broadcast, call.watcher.viewer_id, _receipt(call), kept)


def _receipt(call: Call) -> ReceiptId:
    return ReceiptId(call.id("application_id", ApplicationNotFound))


# ── signals and questions ─────────────────────────────────────────────────────────────────────────────────────


class SignalsRequest(Input):
    """What the viewer saw and did, at most 50 at a time."""

    signals: list[Signal] = Field(min_length=1, max_length=50)


class Counted(Body):
    event_ids: list[UUID] = Field(description="These need not be sent again")


class QuestionRequest(Input):
    card_id: CardId
    kind: QuestionKind


class Asked(Body):
    count: int
    answer: str | None = None


async def signals(call: Call) -> Counted:
    call.limits.report(call.watcher.viewer_id)
    batch = [(call.watcher, signal) for signal in call.body(SignalsRequest).signals]
    await call.parts.visits_written()
    return Counted(event_ids=list(await call.actions.watching.record(call.org, call.broadcast, batch)))


async def ask(call: Call) -> Asked:
    await call.limits.ask(call.org, call.watcher.viewer_id, call.address)
    wanted = call.body(QuestionRequest)
    count, answer = await call.actions.watching.ask(call.org, call.broadcast, call.watcher, wanted.card_id, wanted.kind)
    return Asked(count=count, answer=answer)


def routes() -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path=BROADCAST,
            callers=(Anyone(),),
            summary="The stage as it is now",
            handler=snapshot,
            answer=Snapshot,
            errors=(BroadcastNotFound,),
        ),
        Route(
            method="GET",
            path=f"{BROADCAST}/tray",
            callers=(Anyone(),),
            summary="All cards; the tray of the version asked for may be kept for a minute",
            handler=TrayPages().tray,
            query=TrayQuery,
            answer=Tray,
            errors=(BroadcastNotFound,),
        ),
        Route(
            method="POST",
            path=f"{BROADCAST}/connection-token",
            callers=(
                PageLink("remote", "prompter", "overlay"),
                SignedIn(AccountRole.HOST, AccountRole.OPERATOR, AccountRole.ORGANISER),
                Anyone(),
            ),
            summary="A token for the socket; a viewer's is also its bearer here",
            handler=ConnectionTokens().token,
            body=ConnectionTokenRequest,
            answer=ConnectionToken,
            errors=(BroadcastNotFound, NotSignedIn, TooMany),
        ),
        Route(
            method="GET",
            path=f"{BROADCAST}/consent",
            callers=(Anyone(),),
            summary="What to agree to before applying for this job",
            handler=consent,
            query=ConsentQuery,
            answer=ConsentText,
            errors=(BroadcastNotFound, JobNotFound),
        ),
        *_viewer_routes(),
    )


def _viewer_routes() -> tuple[Route, ...]:
    callers, own = (ViewerToken(),), (ViewerToken(kept_out=True),)
    application = f"{BROADCAST}/applications/{{application_id}}"
    return (
        Route(
            method="POST",
            path=f"{BROADCAST}/applications",
            callers=callers,
            summary="Apply; answered when it is durable",
            handler=apply,
            body=ApplicationRequest,
            answer=Stored,
            errors=(
                JobNotFound,
                JobPaused,
                JobFull,
                JobClosed,
                KeyReused,
                PhoneUnverified,
                TooMany,
                StorageUnavailable,
            ),
            refusals={"consent": ConsentMissing, "contact.phone": PhoneInvalid},
        ),
        Route(
            method="GET",
            path=f"{BROADCAST}/applications/mine",
            callers=own,
            summary="What this device applied for in this broadcast",
            handler=mine,
            answer=MyApplications,
        ),
        Route(
            method="POST",
            path=f"{application}/withdraw",
            callers=own,
            summary="Take an application back; doing it again changes nothing",
            handler=withdraw,
            answer=Withdrawn,
            errors=(ApplicationNotFound,),
        ),
        Route(
            method="GET",
            path=f"{application}/resume",
            callers=callers,
            summary="The résumé kept for this application's person",
            handler=resume,
            answer=Resume,
            errors=(ApplicationNotFound,),
        ),
        Route(
            method="PUT",
            path=f"{application}/resume",
            callers=callers,
            summary="Keep a short résumé, for this and the next application",
            handler=save_resume,
            body=ResumeRequest,
            errors=(ApplicationNotFound,),
        ),
        Route(
            method="POST",
            path=f"{BROADCAST}/signals",
            callers=callers,
            summary="What the viewer saw and did; sending it again changes nothing",
            handler=signals,
            body=SignalsRequest,
            answer=Counted,
            errors=(TooMany,),
        ),
        Route(
            method="POST",
            path=f"{BROADCAST}/questions",
            callers=callers,
            summary="One of the eight questions, counted once per device and card",
            handler=ask,
            body=QuestionRequest,
            answer=Asked,
            errors=(CardNotFound, TooMany),
        ),
    )

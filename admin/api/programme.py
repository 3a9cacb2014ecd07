"""What an organiser prepares for one show: the broadcast, its tray, channels with codes to scan, links, checks."""

import ipaddress
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import Input, Text
from admin.call import Call
from admin.declare import Route, SignedIn
from admin.files import download
from admin.qr import qr_png, qr_svg
from stream_jobs.actions.programme import DEFAULT_APPLY_DAYS, ShowFacts, StartCheck, TrayPicks
from stream_jobs.domain.errors import (
    BroadcastNotFound,
    BroadcastStarted,
    CardNotFound,
    ChannelNotFound,
    JobNotFound,
)
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, CardId, ChannelId, ImportId, JobId, PolicyId
from stream_jobs.domain.phone_code import PhoneCheck
from stream_jobs.domain.programme import CardAppliedFor, NameTaken
from stream_jobs.domain.units import UnitClosed
from stream_jobs.ports import (
    AccountRole,
    BroadcastRow,
    ChannelKind,
    ChannelRow,
    KnownNames,
    ShowBody,
    TodoBody,
)

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
STAFF = (SignedIn(AccountRole.ORGANISER, AccountRole.HOST, AccountRole.OPERATOR),)
MOST_CARDS = 500
PICTURE_URL = "https:// of an HLS playlist or an mp4; the viewers' page may ask its host for nothing else"

Line = Annotated[Text, Field(max_length=100)]
UNIT = "Who holds it, by name: a unit or base of the organisation, made when new; null: the organisation itself"
PhoneCheckChoice = Annotated[
    PhoneCheck,
    Field(strict=False, description="Whether applicants prove their number with a one-time code: off, after or before"),
]


# ── shows ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Home(Body):
    """Shows, newest start first, and what waits for the organiser, the most pressing first."""

    shows: list[BroadcastRow]
    todo: list[TodoBody]


class Picks(Input):
    """Cards to add: jobs and policy notices, and all jobs of an import."""

    jobs: list[JobId] = Field(default_factory=list, max_length=MOST_CARDS)
    policies: list[PolicyId] = Field(default_factory=list, max_length=MOST_CARDS)
    import_id: ImportId | None = None


class ShowRequest(Input):
    title: Line = Field(min_length=1)
    starts_at: datetime = Field(description="With its zone: 2026-11-28T14:00:00+08:00")
    series: Line | None = None
    unit: Line | None = Field(default=None, description=UNIT)
    host: Line | None = None
    platform: Line | None = Field(default=None, description="快手, 抖音, 视频号 or another")
    platform_url: Annotated[Text, Field(max_length=500)] | None = None
    picture_url: Annotated[Text, Field(max_length=500)] | None = Field(default=None, description=PICTURE_URL)
    service_phone: Line | None = None
    rehearsal: bool = False
    apply_days: int = Field(default=DEFAULT_APPLY_DAYS, ge=0, le=365)
    phone_check: PhoneCheckChoice = PhoneCheck.OFF


class NewShowRequest(ShowRequest):
    """like names an earlier show whose tray and talking points are taken over."""

    tray: Picks = Field(default_factory=Picks)
    like: BroadcastId | None = None


class ShowChanges(Input):
    """What is left out stays; null empties."""

    title: Line | None = None
    starts_at: datetime | None = None
    series: Line | None = None
    unit: Line | None = Field(default=None, description=UNIT)
    host: Line | None = None
    platform: Line | None = None
    platform_url: Annotated[Text, Field(max_length=500)] | None = None
    picture_url: Annotated[Text, Field(max_length=500)] | None = Field(default=None, description=PICTURE_URL)
    service_phone: Line | None = None
    rehearsal: bool | None = None
    apply_days: int | None = Field(default=None, ge=0, le=365)
    phone_check: PhoneCheckChoice | None = None


class StartChecks(Body):
    """In the order they are shown; a show may go live with some of them not in order."""

    checks: list[StartCheck]


async def home(call: Call) -> Home:
    programme = call.actions.programme
    return Home(shows=list(await programme.shows(call.org)), todo=list(await programme.todo(call.org)))


async def names(call: Call) -> KnownNames:
    return await call.actions.programme.names(call.org)


async def show(call: Call) -> ShowBody:
    return await call.actions.programme.show(call.org, call.broadcast)


async def create_show(call: Call) -> ShowBody:
    wanted = call.body(NewShowRequest)
    facts = ShowFacts(**wanted.model_dump(exclude={"tray", "like"}))
    return await call.actions.programme.create_show(
        call.org, facts, call.by, picks=_picks(wanted.tray), like=wanted.like
    )


async def edit_show(call: Call) -> ShowBody:
    changes = call.body(ShowChanges).model_dump(exclude_unset=True)
    return await call.actions.programme.edit_show(call.org, call.broadcast, changes, call.by)


async def checks(call: Call) -> StartChecks:
    tray, blocked, notices = await call.actions.programme.checks(call.org, call.broadcast)
    return StartChecks(checks=[tray, blocked, _link_check(call), notices])


def _link_check(call: Call) -> StartCheck:
    """Whether phones can open the viewers' link: not where it names this machine alone."""
    link = f"{_base(call)}/b/{call.broadcast}"
    host = urlsplit(link).hostname or ""
    return StartCheck(code="viewer_link", ok=not _is_loopback(host), link=link)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _base(call: Call) -> str:
    return call.parts.public_url().rstrip("/")


# ── the tray ──────────────────────────────────────────────────────────────────────────────────────────────────


class OrderRequest(Input):
    cards: list[CardId] = Field(max_length=10_000, description="Every card of the tray, once")


async def add_cards(call: Call) -> None:
    await call.actions.programme.add_cards(call.org, call.broadcast, _picks(call.body(Picks)), call.by)


async def remove_card(call: Call) -> None:
    card = CardId(call.id("card_id", CardNotFound))
    await call.actions.programme.remove_card(call.org, call.broadcast, card, call.by)


async def order_cards(call: Call) -> None:
    await call.actions.programme.order_cards(call.org, call.broadcast, call.body(OrderRequest).cards, call.by)


def _picks(wanted: Picks) -> TrayPicks:
    return TrayPicks(wanted.jobs, wanted.policies, wanted.import_id)


# ── channels and links ────────────────────────────────────────────────────────────────────────────────────────


class ChannelBody(ChannelRow):
    """A channel and the signed link that leads through it."""

    link: str


class ChannelList(Body):
    """Oldest first, the revoked ones last."""

    channels: list[ChannelBody]


class ChannelRequest(Input):
    kind: ChannelKind
    name: Line = Field(min_length=1)
    card_id: CardId | None = Field(default=None, description="Opens this card; without it, the show")


class CodeQuery(Input):
    form: Literal["svg", "png"] = "svg"
    download: Literal["0", "1"] = "0"


async def channels(call: Call) -> ChannelList:
    rows = await call.actions.programme.channels(call.org, call.broadcast)
    return ChannelList(channels=[_channel_body(call, row) for row in rows])


async def create_channel(call: Call) -> ChannelBody:
    wanted = call.body(ChannelRequest)
    row = await call.actions.programme.create_channel(
        call.org, call.broadcast, wanted.kind, wanted.name, wanted.card_id
    )
    return _channel_body(call, row)


async def revoke_channel(call: Call) -> None:
    await call.actions.programme.revoke_channel(call.org, call.broadcast, _channel(call))


async def channel_code(call: Call) -> web.Response:
    row = await call.actions.programme.channel(call.org, call.broadcast, _channel(call))
    return _code(call, _channel_body(call, row).link, row.name)


async def viewer_code(call: Call) -> web.Response:
    """The show's own link, of no channel."""
    title = (await call.actions.programme.show(call.org, call.broadcast)).title
    return _code(call, f"{_base(call)}/b/{call.broadcast}", title)


async def renew_links(call: Call) -> None:
    await call.actions.programme.renew_links(call.org, call.broadcast)


def _code(call: Call, link: str, name: str) -> web.Response:
    asked = call.query(CodeQuery)
    image = qr_svg(link, name) if asked.form == "svg" else qr_png(link)
    kind = "image/svg+xml" if asked.form == "svg" else "image/png"
    if asked.download == "1":
        return download(image, f"{name}.{asked.form}", kind)
    return web.Response(body=image, content_type=kind, headers={"Cache-Control": "private, no-cache"})


def _channel(call: Call) -> ChannelId:
    return ChannelId(call.id("channel_id", ChannelNotFound))


def _channel_body(call: Call, row: ChannelRow) -> ChannelBody:
    link = f"{_base(call)}/s/{call.parts.tokens.channel_path(call.broadcast, row.id)}"
    return ChannelBody(link=link, **row.model_dump())


ONE_CHANNEL = f"{BROADCAST}/channels/{{channel_id}}"

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/home",
        callers=ORGANISER,
        summary="All shows, and what waits for the organiser",
        handler=home,
        answer=Home,
    ),
    Route(
        method="GET",
        path="/api/v1/names",
        callers=ORGANISER,
        summary="Series, units and hosts of earlier shows",
        handler=names,
        answer=KnownNames,
    ),
    Route(
        method="POST",
        path="/api/v1/broadcasts",
        callers=ORGANISER,
        summary="Create a show with its tray, or make none",
        handler=create_show,
        body=NewShowRequest,
        answer=ShowBody,
        errors=(BroadcastNotFound, JobNotFound, CardNotFound, UnitClosed),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/show",
        callers=ORGANISER,
        summary="A show as its organiser typed it",
        handler=show,
        answer=ShowBody,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="PATCH",
        path=f"{BROADCAST}/show",
        callers=ORGANISER,
        summary="Change what is named; after the start its time stays, and whether it is a rehearsal",
        handler=edit_show,
        body=ShowChanges,
        answer=ShowBody,
        errors=(BroadcastNotFound, BroadcastStarted, UnitClosed),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/checks",
        callers=STAFF,
        summary="What to look at before going live",
        handler=checks,
        answer=StartChecks,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="POST",
        path=f"{BROADCAST}/cards",
        callers=ORGANISER,
        summary="Add cards with the next numbers; those in the tray stay as they are",
        handler=add_cards,
        body=Picks,
        errors=(BroadcastNotFound, JobNotFound, CardNotFound),
    ),
    Route(
        method="DELETE",
        path=f"{BROADCAST}/cards/{{card_id}}",
        callers=ORGANISER,
        summary="Take a card out before the start; the numbers close up",
        handler=remove_card,
        errors=(BroadcastNotFound, CardNotFound, BroadcastStarted, CardAppliedFor),
    ),
    Route(
        method="PUT",
        path=f"{BROADCAST}/cards/order",
        callers=STAFF,
        summary="Put the cards in this order; numbers follow it before the start and stay after it",
        handler=order_cards,
        body=OrderRequest,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/channels",
        callers=STAFF,
        summary="Channels with their signed links",
        handler=channels,
        answer=ChannelList,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="POST",
        path=f"{BROADCAST}/channels",
        callers=ORGANISER,
        summary="Add a channel; its link opens the show or one card",
        handler=create_channel,
        body=ChannelRequest,
        answer=ChannelBody,
        errors=(BroadcastNotFound, CardNotFound, NameTaken),
    ),
    Route(
        method="POST",
        path=f"{ONE_CHANNEL}/revoke",
        callers=ORGANISER,
        summary="Its link opens nothing any more; doing it again changes nothing",
        handler=revoke_channel,
        errors=(BroadcastNotFound, ChannelNotFound),
    ),
    Route(
        method="GET",
        path=f"{ONE_CHANNEL}/code",
        callers=ORGANISER,
        summary="The channel's link as a code to scan; an .svg bears the channel's name",
        handler=channel_code,
        query=CodeQuery,
        media_type="image/svg+xml, image/png",
        errors=(BroadcastNotFound, ChannelNotFound),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/code",
        callers=STAFF,
        summary="The show's own link as a code to scan",
        handler=viewer_code,
        query=CodeQuery,
        media_type="image/svg+xml, image/png",
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="POST",
        path=f"{BROADCAST}/links/renew",
        callers=ORGANISER,
        summary="Revoke every link to remote, prompter and overlay; new ones take their place",
        handler=renew_links,
        errors=(BroadcastNotFound,),
    ),
)

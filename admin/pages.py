"""The pages: shells that are readable at once, and the data their scripts start from."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from admin.auth import device
from admin.call import Call
from admin.declare import Anyone, Handler, PageLink, Route, SignedIn
from admin.html import Html, html_response, packed, packed_response
from admin.kept import Kept
from admin.picture import with_picture
from admin.scanned import is_scan
from admin.words import language
from stream_jobs.domain.errors import BroadcastNotFound, ChannelNotFound
from stream_jobs.domain.events import Status
from stream_jobs.domain.ids import BroadcastId, CardId, ChannelId, OrgId
from stream_jobs.domain.picture import picture_origin
from stream_jobs.ports import AccountRole, BroadcastBody, ChannelLink, Snapshot
from stream_jobs.tokens import FORGED_CODE, claimed_id

STAFF = SignedIn(AccountRole.HOST, AccountRole.OPERATOR, AccountRole.ORGANISER)
ORGANISER = SignedIn(AccountRole.ORGANISER)
RECRUITING = SignedIn(AccountRole.RECRUITER, AccountRole.ORGANISER)
LISTED = 50
ORGANISER_COPY = ("common", "organiser", "programme", "series", "forms", "platform", "exports", "organisation")
HOME_OF = {
    AccountRole.ORGANISER: "/organiser",
    AccountRole.HOST: "/host",
    AccountRole.OPERATOR: "/host",
    AccountRole.RECRUITER: "/desk",
}
TITLES = {"remote": "shell.remote.title", "prompter": "shell.prompter.title", "overlay": "shell.overlay.title"}


@dataclass(frozen=True, slots=True)
class ViewerPage:
    """Plain and compressed, and whom it may ask for its picture."""

    body: tuple[bytes, bytes]
    picture: str | None


class Pages:
    def __init__(self, html: Html) -> None:
        self._html = html
        # What is kept is only the first paint: the page's socket brings it up to date.
        self._viewer_pages: Kept[tuple[BroadcastId, str, str, bool], ViewerPage] = Kept(seconds=1, size=256)
        self._links: Kept[ChannelId, ChannelLink] = Kept(seconds=60, size=10_000)
        # What is made up costs a look at the database, and no more when it is asked for again and again.
        self._named: Kept[UUID, tuple[OrgId, BroadcastId] | None] = Kept(seconds=5, size=10_000)
        self._public: Kept[str, list[BroadcastBody]] = Kept(seconds=5, size=1)

    # ── for everyone ──────────────────────────────────────────────────────────────────────────────────────────

    async def home(self, call: Call) -> web.Response:
        shown = await self._public.get("", lambda: _published(call))
        return self._list(call, shown, "/b")

    async def login(self, call: Call) -> web.Response:
        boot = {"next": local_path(call.request.query.get("next")), "homes": HOME_OF}
        return self._draw(call, "login.html", "login", ("common", "organiser"), boot)

    async def viewer(self, call: Call) -> web.Response:
        return await self._viewer(call, call.org, call.broadcast, None, None)

    async def channel(self, call: Call) -> web.Response:
        """The page a channel's link opens: a show, or one card of it; the show alone when the link proves nothing."""
        path, tokens = call.request.match_info["channel_path"], call.parts.tokens
        try:
            show, channel = tokens.read_channel_path(path)
            link = await self._link(call, channel)
            proven = not link.revoked and show in (None, link.broadcast_id)
        except ChannelNotFound:
            proven = False
        if proven:
            code = tokens.channel_code(channel)
            page = await self._viewer(call, link.org_id, link.broadcast_id, code, link.card_id)
            if is_scan(call.request):
                call.actions.scans.opened(link.org_id, link.broadcast_id, channel)
            return page
        return await self._viewer(call, *await self._claimed(call, path), FORGED_CODE, None)

    async def _claimed(self, call: Call, path: str) -> tuple[OrgId, BroadcastId]:
        """The show that is named, or whose channel is; else that of a code of ours. Raises ChannelNotFound."""
        with suppress(ChannelNotFound):
            if named := await self._show_of(call, claimed_id(path)):
                return named
        link = await self._link(call, call.parts.tokens.read_channel_code(path.rpartition("/")[2]))
        return link.org_id, link.broadcast_id

    async def _show_of(self, call: Call, id_: UUID) -> tuple[OrgId, BroadcastId] | None:
        async def look() -> tuple[OrgId, BroadcastId] | None:
            with suppress(BroadcastNotFound):
                return await call.actions.stage.org_of(BroadcastId(id_)), BroadcastId(id_)
            with suppress(ChannelNotFound):
                link = await self._link(call, ChannelId(id_))
                return link.org_id, link.broadcast_id
            return None

        return await self._named.get(id_, look)

    async def _link(self, call: Call, channel: ChannelId) -> ChannelLink:
        async def look() -> ChannelLink:
            link = await call.actions.accounts.channel_link(channel)
            if link is None:
                raise ChannelNotFound
            return link

        return await self._links.get(channel, look)

    async def _viewer(
        self, call: Call, org: OrgId, broadcast: BroadcastId, code: str | None, card: CardId | None
    ) -> web.Response:
        lang = language(call.request)
        viewer, _ = device(call.parts, call.request)
        kept_out = call.actions.bans.is_banned(broadcast, viewer)

        async def draw() -> ViewerPage:
            snapshot = await call.actions.stage.snapshot(org, broadcast)
            picture = snapshot.broadcast.picture_url
            drawn = await self._drawn_viewer(call, org, snapshot, code, card, lang, kept_out=kept_out)
            return ViewerPage(packed(drawn), picture_origin(picture) if picture else None)

        kept = await self._viewer_pages.get((broadcast, code or "", lang, kept_out), draw)
        return with_picture(packed_response(call.request, kept.body), kept.picture)

    async def _drawn_viewer(
        self,
        call: Call,
        org: OrgId,
        snapshot: Snapshot,
        code: str | None,
        card: CardId | None,
        lang: str,
        *,
        kept_out: bool,
    ) -> bytes:
        broadcast = snapshot.broadcast.id
        tray = await call.actions.stage.tray(org, broadcast)
        url = snapshot.broadcast.platform_url
        boot = {
            "broadcast_id": broadcast,
            "channel": code,
            "card_id": card,
            "service_phone": snapshot.broadcast.service_phone,
            "now": call.parts.clock().isoformat(),
            "snapshot": snapshot,
            "tray": tray,
            "kept_out": kept_out,
        }
        return self._html.page(
            "viewer.html",
            lang,
            page="viewer",
            catalogues=("common", "viewer"),
            boot=boot,
            snapshot=snapshot,
            tray=tray,
            kept_out=kept_out,
            jobs=sum(one.job is not None for one in tray.cards),
            platform_url=url if url and url.startswith(("https://", "http://")) else None,
            now=call.parts.clock(),
        )

    # ── for the host's side ───────────────────────────────────────────────────────────────────────────────────

    async def shows(self, call: Call) -> web.Response:
        """The shows this account may act on."""
        rows = await call.parts.broadcasts.rows(call.org, call.parts.clock())
        mine = [
            row.broadcast
            for row in rows[:LISTED]
            if await call.actions.accounts.acts_on(call.account, row.broadcast.id)
        ]
        return self._list(call, _in_order(mine), "/host")

    async def console(self, call: Call) -> web.Response:
        snapshot = await call.actions.stage.snapshot(call.org, call.broadcast)
        boot = {"broadcast_id": call.broadcast, "snapshot": snapshot, "account": _account(call)}
        title = snapshot.broadcast.title
        return self._draw(call, "shell.html", "console", ("common", "host"), boot, title=title)

    async def linked(self, call: Call) -> web.Response:
        """Remote, prompter or overlay: opened by a code, without signing in."""
        page = call.asker.page or "remote"
        snapshot = await call.actions.stage.snapshot(call.org, call.broadcast)
        boot = {"broadcast_id": call.broadcast, "code": call.asker.code, "snapshot": snapshot}
        title = self._html.words(language(call.request)).t(TITLES[page])
        return self._draw(
            call, "blank.html", page, ("common", "host"), boot, title=title, dark=page in ("prompter", "overlay")
        )

    # ── for organisers ────────────────────────────────────────────────────────────────────────────────────────

    async def organiser(self, call: Call) -> web.Response:
        """One script draws all of it; the path says what."""
        boot = {"path": call.request.path, "broadcast_id": call.asker.broadcast_id, "account": _account(call)}
        title = self._html.words(language(call.request)).t("shell.organiser.title")
        return self._draw(call, "shell.html", "organiser", ORGANISER_COPY, boot, title=title)

    # ── for recruiters ────────────────────────────────────────────────────────────────────────────────────────

    async def desk(self, call: Call) -> web.Response:
        """A recruiter's own employer; an organiser chooses one without a recruiter account."""
        boot = {"account": _account(call)}
        title = self._html.words(language(call.request)).t("desk.title")
        return self._draw(call, "shell.html", "desk", ("common", "desk", "exports", "lists"), boot, title=title)

    def _list(self, call: Call, broadcasts: list[BroadcastBody], where: str) -> web.Response:
        return self._draw(
            call, "home.html", "home", (), None, broadcasts=broadcasts, where=where, now=call.parts.clock()
        )

    def _draw(
        self,
        call: Call,
        template: str,
        page: str,
        catalogues: tuple[str, ...],
        boot: Mapping[str, object] | None,
        **given: object,
    ) -> web.Response:
        lang = language(call.request)
        if boot is not None:
            boot = {"now": call.parts.clock().isoformat(), **boot}
        return html_response(self._html.page(template, lang, page=page, catalogues=catalogues, boot=boot, **given))


async def _published(call: Call) -> list[BroadcastBody]:
    """What anyone may watch; no rehearsals."""
    now = call.parts.clock()
    orgs = await call.actions.accounts.organisations()
    rows = [row for org in orgs for row in await call.parts.broadcasts.rows(org, now)]
    shown = [row.broadcast for row in rows if not row.broadcast.rehearsal]
    return _in_order(shown)[:LISTED]


def _in_order(broadcasts: list[BroadcastBody]) -> list[BroadcastBody]:
    """Live ones first, then those to come, the next one first, then what was, the last one first."""
    order = {Status.LIVE: 0, Status.SCHEDULED: 1, Status.ENDED: 2}

    def place(one: BroadcastBody) -> tuple[int, float]:
        at = one.starts_at.timestamp()
        return order[one.status], at if one.status is Status.SCHEDULED else -at

    return sorted(broadcasts, key=place)


def _account(call: Call) -> dict[str, object]:
    account = call.account
    return {"id": account.id, "role": account.role, "name": account.name, "login": account.login}


def local_path(path: str | None) -> str | None:
    """A path of ours to go on to, or None: never another site's address."""
    if path is None or not path.startswith("/") or path.startswith("//"):
        return None
    return path if path.isprintable() and "\\" not in path else None


async def static(call: Call) -> web.Response:
    return call.assets.response(call.request, call.request.match_info["path"])


def routes(html: Html) -> tuple[Route, ...]:
    pages = Pages(html)
    organiser = "/organiser"
    show = f"{organiser}/broadcasts/{{broadcast_id}}"

    def page(path: str, caller: Anyone | SignedIn | PageLink, handler: Handler, summary: str) -> Route:
        return Route(
            method="GET",
            path=path,
            callers=(caller,),
            summary=summary,
            handler=handler,
            media_type="text/html",
            errors=(BroadcastNotFound,),
            page=True,
        )

    return (
        page("/", Anyone(), pages.home, "Published broadcasts"),
        page("/login", Anyone(), pages.login, "Sign in"),
        page("/b/{broadcast_id}", Anyone(), pages.viewer, "The viewer's page"),
        page("/s/{channel_path:.+}", Anyone(), pages.channel, "The viewer's page, by a channel's link"),
        page("/host", STAFF, pages.shows, "Shows to run"),
        page("/host/{broadcast_id}", STAFF, pages.console, "The console"),
        page("/r/{code}", PageLink("remote"), pages.linked, "The remote"),
        page("/prompter/{code}", PageLink("prompter"), pages.linked, "The prompter"),
        page("/overlay/{code}", PageLink("overlay"), pages.linked, "The picture's overlay"),
        page("/desk", RECRUITING, pages.desk, "The recruiter's desk"),
        page(organiser, ORGANISER, pages.organiser, "The organiser's home"),
        page(show, ORGANISER, pages.organiser, "A show and its report"),
        page(f"{show}/{{view}}", ORGANISER, pages.organiser, "A part of a show"),
        page(f"{organiser}/{{section}}", ORGANISER, pages.organiser, "Jobs, employers, imports, accounts"),
        page(f"{organiser}/{{section}}/{{item}}", ORGANISER, pages.organiser, "One of them"),
        Route(
            method="GET",
            path="/static/{path:.+}",
            callers=(Anyone(),),
            summary="Files of the pages",
            handler=static,
            media_type="*/*",
        ),
    )

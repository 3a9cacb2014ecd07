"""Who is asking, whether they may, and whether the request comes from one of our own pages."""

from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from admin.call import Asker, path_id
from admin.declare import Anyone, PageLink, Route, SignedIn, ViewerToken
from admin.parts import Parts
from stream_jobs.actions.accounts import Page
from stream_jobs.domain.address import caller_prefix
from stream_jobs.domain.errors import (
    Banned,
    BroadcastNotFound,
    CrossSite,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TokenInvalid,
)
from stream_jobs.domain.ids import BroadcastId, OrgId, ViewerId, uuid7
from stream_jobs.ports import Session

PAGE_CODE = "X-Page-Code"
DEVICE_SECONDS = 365 * 24 * 3600
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Response = TypeVar("Response", bound=web.StreamResponse)


class Door:
    """Proves who asks, as the route declares it; what may not be known about looks exactly like what is missing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def asker(self, route: Route, request: web.Request) -> Asker:
        """Raises NotSignedIn, TokenInvalid, TokenExpired, NotAllowed, NotFound."""
        wanted = {type(caller): caller for caller in route.callers}
        if isinstance(link := wanted.get(PageLink), PageLink) and (code := _code(request)) is not None:
            return await self._linked(link, code, request)
        if isinstance(viewer := wanted.get(ViewerToken), ViewerToken):
            return self._viewer(viewer, request)
        if isinstance(staff := wanted.get(SignedIn), SignedIn):
            if Anyone not in wanted:
                return await self._staff(staff, request)
            if self.session_token(request):
                try:
                    return await self._staff(staff, request)
                except (NotAllowed, NotFound):
                    pass
        if Anyone in wanted:
            return await self._anyone(request)
        raise NotSignedIn

    async def session(self, request: web.Request) -> Session | None:
        token = self.session_token(request)
        return await self._parts.actions.accounts.session_of(token) if token else None

    def session_token(self, request: web.Request) -> str | None:
        return request.cookies.get(cookie_name(self._parts, "session"))

    async def _staff(self, wanted: SignedIn, request: web.Request) -> Asker:
        session = await self.session(request)
        if session is None:
            raise NotSignedIn
        account = session.account
        if account.role not in wanted.roles:
            raise NotAllowed
        broadcast = _broadcast(request)
        if broadcast is not None:
            await self._parts.actions.accounts.must_act_on(account, broadcast)
        return Asker(account.org_id, broadcast, session=session)

    async def _linked(self, wanted: PageLink, code: str, request: web.Request) -> Asker:
        try:
            page, org, broadcast = await self._opened(wanted, code)
        except BroadcastNotFound:
            await self._parts.limits.open_link(client_address(request, self._parts.settings.trusted_proxies))
            raise
        if _broadcast(request) not in (None, broadcast):
            raise BroadcastNotFound
        return Asker(org, broadcast, page=page, code=code)

    async def _opened(self, wanted: PageLink, code: str) -> tuple[Page, OrgId, BroadcastId]:
        for page in sorted(wanted.pages):
            try:
                return page, *await self._parts.actions.accounts.page_opens(page, code)
            except NotFound:
                continue
        raise BroadcastNotFound

    def _viewer(self, wanted: ViewerToken, request: web.Request) -> Asker:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotSignedIn
        identity = self._parts.tokens.read_connection_token(token.strip(), self._parts.clock())
        if identity.watcher is None:
            raise TokenInvalid
        if identity.broadcast_id != _broadcast(request):
            raise BroadcastNotFound
        if not wanted.kept_out and self._parts.actions.bans.is_banned(
            identity.broadcast_id, identity.watcher.viewer_id
        ):
            raise Banned
        return Asker(identity.org_id, identity.broadcast_id, viewer=identity)

    async def _anyone(self, request: web.Request) -> Asker:
        broadcast = _broadcast(request)
        return Asker() if broadcast is None else Asker(await self.org_of(broadcast), broadcast)

    async def org_of(self, broadcast: BroadcastId) -> OrgId:
        """Raises BroadcastNotFound."""
        return await self._parts.actions.stage.org_of(broadcast)


def _code(request: web.Request) -> str | None:
    return request.match_info.get("code") or request.headers.get(PAGE_CODE)


def _broadcast(request: web.Request) -> BroadcastId | None:
    if "broadcast_id" not in request.match_info:
        return None
    return BroadcastId(path_id(request, "broadcast_id", BroadcastNotFound))


# ── cookies ───────────────────────────────────────────────────────────────────────────────────────────────────


def cookie_name(parts: Parts, name: str) -> str:
    """RFC 6265bis §4.1.3.2: a __Host- cookie comes from this host alone, over https alone."""
    return f"__Host-{name}" if parts.is_https else name


def set_cookie(parts: Parts, response: Response, name: str, value: str, max_age: int) -> Response:
    response.set_cookie(
        cookie_name(parts, name),
        value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=parts.is_https,
    )
    return response


def device(parts: Parts, request: web.Request) -> tuple[ViewerId, bool]:
    """The device's pseudonym, and whether it was made just now and must be set as a cookie."""
    value = request.cookies.get(cookie_name(parts, "device"))
    known = parts.tokens.read_device_cookie(value) if value and value.isascii() else None
    return (known, False) if known else (ViewerId(uuid7(parts.clock())), True)


# ── requests from elsewhere ───────────────────────────────────────────────────────────────────────────────────


def refuse_cross_site(request: web.Request, public_url: str) -> None:
    """Raises CrossSite for what another site's page may have sent, unless it can change nothing.

    Browsers say where a request comes from in Sec-Fetch-Site; iOS before 17 only in Origin. What says neither is no
    browser, and has no one's cookies but its own.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = request.headers.get("Origin")
    if origin is not None and not is_own_origin(origin, request.headers.get("Host", ""), public_url):
        raise CrossSite


def is_own_origin(origin: str, host: str, public_url: str) -> bool:
    """Exactly the public address, or the address the request was sent to."""
    public = urlsplit(public_url)
    return origin in (f"{public.scheme}://{public.netloc}", f"http://{host}", f"https://{host}")


def client_address(request: web.Request, trusted_proxies: int) -> str:
    """The network a request comes from, whatever it says itself beyond our own proxies."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return caller_prefix(str(peer[0]) if peer else None, request.headers.getall("X-Forwarded-For", ()), trusted_proxies)

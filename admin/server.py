"""The HTTP application: every route of the table behind the same door."""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import Counter, Histogram
from pydantic import BaseModel, ValidationError

from admin.api.files import tus_headers
from admin.assets import Assets
from admin.auth import Door, client_address, refuse_cross_site
from admin.call import UUID_FORM, Call, json_response
from admin.declare import JSON_BYTES, Route, check_declared
from admin.html import Html
from admin.parts import Parts
from admin.picture import picture_of
from admin.problems import (
    BodyTooLarge,
    BodyTooSlow,
    ContentEncodingRefused,
    ContentTypeRefused,
    InternalError,
    input_error,
    our_error,
    problem_response,
)
from admin.routes import all_routes
from admin.upgrade import HandedOver
from stream_jobs.domain.errors import BadInput, NotSignedIn, StreamJobsError

logger = logging.getLogger(__name__)

PARTS = web.AppKey("parts", Parts)
HTML = web.AppKey("html", Html)
TABLE: web.AppKey[tuple[Route, ...]] = web.AppKey("table", tuple)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)

BODY_SECONDS = 30.0
# Room for the boundaries and headers of a form around the file itself.
FORM_BYTES = 64 * 1024
HOST_FORM = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(parts: Parts) -> web.Application:
    """Raises UndeclaredRoute when a route does not say who may call it."""
    assets = Assets()
    html = Html(assets)
    table = all_routes(html)
    app = web.Application(
        middlewares=[_watched(parts), _answered, _guarded],
        client_max_size=parts.settings.max_upload_bytes + FORM_BYTES,
    )
    app[PARTS], app[HTML], app[TABLE] = parts, html, table
    app.on_response_prepare.append(_add_security_headers)
    door = Door(parts)
    for route in table:
        app.router.add_route(route.method, route.path, _served(route, parts, assets, door))
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, _served(route, parts, assets, door))
    check_declared(app, table)
    return app


# ── one route ─────────────────────────────────────────────────────────────────────────────────────────────────


def _served(route: Route, parts: Parts, assets: Assets, door: Door) -> Next:
    """Who asks is settled before anything of the request is read."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            asker = await door.asker(route, request)
        except NotSignedIn:
            if route.page and request.method in ("GET", "HEAD"):
                return _to_login(request)
            raise
        call = Call(
            request=request,
            parts=parts,
            assets=assets,
            asker=asker,
            address=client_address(request, parts.settings.trusted_proxies),
            idempotency_key=_idempotency_key(request) if route.idempotency_key else None,
            input=await _body(route, route.body, request) if route.body else None,
            asked=_query(route, route.query, request) if route.query else None,
        )
        return _response(await route.handler(call))

    return serve


def _response(answer: BaseModel | web.StreamResponse | None) -> web.StreamResponse:
    if isinstance(answer, BaseModel):
        return json_response(answer)
    return web.Response(status=204) if answer is None else answer


def _to_login(request: web.Request) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/login?next={quote(request.path_qs, safe='/')}"})


def _idempotency_key(request: web.Request) -> UUID:
    value = request.headers.get("Idempotency-Key", "")
    if not UUID_FORM.fullmatch(value):
        raise BadInput(field="Idempotency-Key", expected="a UUID, the same when the same command is sent again")
    return UUID(value)


async def _body(route: Route, model: type[BaseModel], request: web.Request) -> BaseModel:
    content = await _read(request)
    if content and request.content_type != "application/json":
        raise ContentTypeRefused(field="Content-Type", expected="application/json")
    try:
        return model.model_validate_json(content or b"{}", strict=True)
    except ValidationError as error:
        raise input_error(error, "body", route.refusals) from None


async def _read(request: web.Request) -> bytes:
    if (request.content_length or 0) > JSON_BYTES:
        raise BodyTooLarge(expected=f"at most {JSON_BYTES} bytes")
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                content += chunk
                if len(content) > JSON_BYTES:
                    raise BodyTooLarge(expected=f"at most {JSON_BYTES} bytes")
    except TimeoutError:
        raise BodyTooSlow from None
    return bytes(content)


def _query(route: Route, model: type[BaseModel], request: web.Request) -> BaseModel:
    # lang is every address's own business: it is how a reader switches the language.
    given = {name: value for name, value in request.query.items() if name != "lang"}
    try:
        return model.model_validate_strings(given, strict=True)
    except ValidationError as error:
        raise input_error(error, "query", route.refusals) from None


# ── every request ─────────────────────────────────────────────────────────────────────────────────────────────


def _watched(parts: Parts) -> Middleware:
    """Names, counts and logs each request: by its route, so that no code, id or person gets into a log."""
    requests = Counter(
        "stream_jobs_http_requests", "Requests answered", ("method", "route", "status"), registry=parts.registry
    )
    seconds = Histogram("stream_jobs_http_seconds", "Time to answer", ("route",), registry=parts.registry)

    @web.middleware
    async def watch(request: web.Request, handler: Next) -> web.StreamResponse:
        request[REQUEST_ID] = secrets.token_hex(8)
        began = time.monotonic()
        response = await handler(request)
        took = time.monotonic() - began
        route = _route_name(request)
        status = 101 if isinstance(response, HandedOver) else response.status
        requests.labels(request.method, route, status).inc()
        seconds.labels(route).observe(took)
        logger.info(
            "request",
            extra={
                "method": request.method,
                "route": route,
                "status": status,
                "milliseconds": round(took * 1000, 1),
                "request_id": request[REQUEST_ID],
            },
        )
        return response

    return watch


def _route_name(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "none"


@web.middleware
async def _answered(request: web.Request, handler: Next) -> web.StreamResponse:
    """Every failure leaves as a problem, or for a page as a page; what nobody expected says nothing but its number."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _failed(request, our_error(error))
    except StreamJobsError as error:
        return _failed(request, error)
    except ConnectionError:
        raise
    except Exception as error:
        # The message and the values of the exception may hold personal data: only its kind and place are logged.
        logger.error("unexpected %s in %s", type(error).__name__, _place(error), extra={"request_id": _id(request)})
        return _failed(request, InternalError())


def _place(error: BaseException) -> str:
    place = "?"
    trace = error.__traceback__
    while trace:
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _failed(request: web.Request, error: StreamJobsError) -> web.Response:
    route_is_api = request.path.startswith("/api/")
    if route_is_api or request.path.startswith(("/static/", "/connection/")):
        response = problem_response(error, _id(request))
    else:
        response = request.app[HTML].error(request, error, _id(request))
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _id(request: web.Request) -> str:
    return request[REQUEST_ID]


@web.middleware
async def _guarded(request: web.Request, handler: Next) -> web.StreamResponse:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ContentEncodingRefused(field="Content-Encoding", expected="none")
    refuse_cross_site(request, request.app[PARTS].public_url())
    return await handler(request)


# ── headers ───────────────────────────────────────────────────────────────────────────────────────────────────


async def _add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    parts = request.app[PARTS]
    headers = response.headers
    headers["Server"] = "stream_jobs"
    headers["X-Request-Id"] = request.get(REQUEST_ID, "")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.setdefault(
        "Content-Security-Policy", content_security_policy(parts.public_url(), request.host, picture_of(response))
    )
    headers.update(tus_headers(_route_name(request)))
    if request.path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    if parts.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"


def content_security_policy(public_url: str, host: str, picture: str | None = None) -> str:
    """Our own files and nothing else; sockets are named too, because older Safari leaves them out of 'self'.

    picture: the one origin a show's own picture may come from, on that show's page.
    """
    hosts = {urlsplit(public_url).netloc, host if HOST_FORM.fullmatch(host) else ""} - {""}
    sockets = " ".join(f"ws://{name} wss://{name}" for name in sorted(hosts))
    asked, shown = (f" {picture}", f"media-src {picture} blob:; ") if picture else ("", "")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' {sockets}{asked}; {shown}font-src 'self'; manifest-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )

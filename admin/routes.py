"""The one table of everything the server answers; a module joins it with one line."""

import asyncio
import json
from functools import cache

from aiohttp import web

from admin import collect_page, my_page, pages, report_page, upgrade, wall_page
from admin.api import (
    accounts,
    applications,
    audit,
    bans,
    collecting,
    cuts,
    desk,
    exports,
    files,
    forms,
    imports,
    me,
    organisation,
    people_imports,
    phone_codes,
    platform_imports,
    postings,
    programme,
    public,
    reminders,
    report,
    segments,
    series,
    series_files,
    stage,
    units,
    walls,
)
from admin.call import Call
from admin.declare import Anyone, Route
from admin.html import Html
from admin.openapi import openapi

API_VERSION = "1.0.0"


def all_routes(html: Html) -> tuple[Route, ...]:
    """Fresh for each application, because some handlers keep what they made."""
    table = (
        # Addresses that begin alike are tried in this order, and everybody waits for a push.
        *stage.ROUTES,
        *public.routes(),
        *phone_codes.ROUTES,
        *me.ROUTES,
        *accounts.ROUTES,
        *postings.ROUTES,
        *programme.ROUTES,
        *segments.ROUTES,
        *imports.routes(),
        *report.routes(html),
        *forms.routes(),
        *platform_imports.routes(),
        *applications.ROUTES,
        *collecting.ROUTES,
        *people_imports.routes(),
        *exports.ROUTES,
        *files.ROUTES,
        *reminders.ROUTES,
        *desk.ROUTES,
        *bans.ROUTES,
        *series.ROUTES,
        *cuts.ROUTES,
        *series_files.routes(html),
        *units.ROUTES,
        *organisation.ROUTES,
        *audit.ROUTES,
        *walls.ROUTES,
        # Before the organiser's other pages, whose address is more general.
        *report_page.routes(html),
        *my_page.routes(html),
        *collect_page.routes(html),
        *wall_page.routes(html),
        *pages.routes(html),
        *upgrade.ROUTES,
    )
    return (*table, _document(table))


def _document(table: tuple[Route, ...]) -> Route:
    @cache
    def drawn() -> bytes:
        return json.dumps(openapi(table, API_VERSION), ensure_ascii=False).encode()

    async def document(_: Call) -> web.Response:
        # A fifth of a second: only for who asks, and no viewer waits for it.
        body = await asyncio.to_thread(drawn)
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-cache"})

    return Route(
        method="GET",
        path="/api/v1/openapi.json",
        callers=(Anyone(),),
        summary="This interface as OpenAPI 3.1",
        handler=document,
        media_type="application/json",
    )

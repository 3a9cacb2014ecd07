"""The applicant's own page: a shell, and which show's door its script comes in by."""

from collections.abc import Sequence

from aiohttp import web

from admin.auth import device
from admin.call import UUID_FORM, Call
from admin.declare import Anyone, Route
from admin.html import Html, html_response
from admin.words import language
from stream_jobs.domain.ids import BroadcastId, OrgId


class MyPage:
    def __init__(self, html: Html) -> None:
        self._html = html

    async def page(self, call: Call) -> web.Response:
        """?show= names a show of the organisation; without one, the show this device applied in last."""
        lang = language(call.request)
        named = call.request.query.get("show", "")
        show = named if UUID_FORM.fullmatch(named) else await _last_show(call)
        boot = {"broadcast_id": show, "now": call.parts.clock().isoformat()}
        drawn = self._html.page(
            "shell.html",
            lang,
            page="me",
            catalogues=("common", "viewer", "me"),
            boot=boot,
            title=self._html.words(lang).t("me.title"),
        )
        return html_response(drawn)


async def _last_show(call: Call) -> BroadcastId | None:
    viewer, is_new = device(call.parts, call.request)
    orgs = await call.actions.accounts.organisations()
    found = None if is_new else await call.actions.my_page.last_show(viewer, orgs)
    return found or await _newest(call, orgs)


async def _newest(call: Call, orgs: Sequence[OrgId]) -> BroadcastId | None:
    """For whoever was recorded by staff and has no page of their own: the organisation is what matters."""
    rows = [row.broadcast for org in orgs for row in await call.parts.broadcasts.rows(org, call.parts.clock())]
    shown = [one for one in rows if not one.rehearsal]
    return max(shown, key=lambda one: one.starts_at).id if shown else None


def routes(html: Html) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/me",
            callers=(Anyone(),),
            summary="What this device applied for, and what is kept of whom",
            handler=MyPage(html).page,
            media_type="text/html",
            page=True,
        ),
    )

"""The pages of reports, of a show and of several: a shell, and the data its script starts from."""

from collections.abc import Mapping

from aiohttp import web

from admin.api.report import registry
from admin.call import Call
from admin.declare import Route, SignedIn
from admin.html import Html, html_response
from admin.words import language
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.ports import AccountRole

EVERYTHING = "everything"


class ReportPages:
    def __init__(self, html: Html) -> None:
        self._html = html

    async def show(self, call: Call) -> web.Response:
        snapshot = await call.parts.stage.snapshot(call.org, call.broadcast)
        words = self._html.words(language(call.request))
        title = words.t("organiser.report.title", title=snapshot.broadcast.title)
        boot = {"broadcast_id": call.broadcast}
        return self._draw(call, "report", ("programme", "exports", "lists", "desk", "platform", "series"), title, boot)

    async def series(self, call: Call) -> web.Response:
        """Whether there is such a series the script finds out; `everything` is all shows of the organisation."""
        wanted = call.request.match_info["series_id"]
        title = self._html.words(language(call.request)).t("series.title")
        boot = {"series_id": None if wanted == EVERYTHING else wanted}
        return self._draw(call, "series", ("programme", "series"), title, boot)

    def _draw(
        self, call: Call, page: str, catalogues: tuple[str, ...], title: str, boot: Mapping[str, object]
    ) -> web.Response:
        account = {"role": call.account.role, "name": call.account.name}
        drawn = self._html.page(
            "shell.html",
            language(call.request),
            page=page,
            catalogues=("common", "organiser", *catalogues),
            boot={**boot, "account": account, "metrics": registry()},
            title=title,
        )
        return html_response(drawn)


def routes(html: Html) -> tuple[Route, ...]:
    pages = ReportPages(html)
    callers = (SignedIn(AccountRole.ORGANISER),)
    return (
        Route(
            method="GET",
            path="/organiser/broadcasts/{broadcast_id}/report",
            callers=callers,
            summary="The report of a show",
            handler=pages.show,
            media_type="text/html",
            errors=(BroadcastNotFound,),
            page=True,
        ),
        Route(
            method="GET",
            path="/organiser/series/{series_id}",
            callers=callers,
            summary="The report of a series, or of everything",
            handler=pages.series,
            media_type="text/html",
            page=True,
        ),
    )

"""The pages of reports, of a show and of several: a shell, and the data its script starts from."""

from collections.abc import Mapping

from aiohttp import web

from admin.api.report import registry
from admin.call import Call
from admin.declare import Handler, Route, SignedIn
from admin.html import Html, html_response
from admin.words import language
from stream_jobs.domain.errors import BroadcastNotFound, StreamJobsError
from stream_jobs.ports import AccountRole

EVERYTHING = "everything"


class ReportPages:
    def __init__(self, html: Html) -> None:
        self._html = html

    async def show(self, call: Call) -> web.Response:
        snapshot = await call.actions.stage.snapshot(call.org, call.broadcast)
        words = self._html.words(language(call.request))
        title = words.t("organiser.report.title", title=snapshot.broadcast.title)
        boot = {"broadcast_id": call.broadcast}
        return self._draw(call, "report", ("programme", "exports", "lists", "desk", "platform", "series"), title, boot)

    async def series(self, call: Call) -> web.Response:
        """Whether there is such a series the script finds out; `everything` is all shows of the organisation."""
        wanted = call.request.match_info["series_id"]
        return self._several(call, "series.title", series=None if wanted == EVERYTHING else wanted)

    async def unit(self, call: Call) -> web.Response:
        """The same of a unit and everything beneath it."""
        return self._several(call, "series.unit_report", unit=call.request.match_info["unit_id"])

    def _several(self, call: Call, title: str, *, series: str | None = None, unit: str | None = None) -> web.Response:
        said = self._html.words(language(call.request)).t(title)
        return self._draw(call, "series", ("programme", "series"), said, {"series_id": series, "unit_id": unit})

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

    def page(path: str, summary: str, handler: Handler, *errors: type[StreamJobsError]) -> Route:
        return Route(
            method="GET",
            path=f"/organiser/{path}",
            callers=(SignedIn(AccountRole.ORGANISER),),
            summary=summary,
            handler=handler,
            media_type="text/html",
            errors=errors,
            page=True,
        )

    return (
        page("broadcasts/{broadcast_id}/report", "The report of a show", pages.show, BroadcastNotFound),
        page("series/{series_id}", "The report of a series, or of everything", pages.series),
        page("units/{unit_id}", "The report of a unit and of everything beneath it", pages.unit),
    )

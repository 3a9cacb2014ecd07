"""The report's page: a shell, and the data its script starts from."""

from aiohttp import web

from admin.api.report import registry
from admin.call import Call
from admin.declare import Route, SignedIn
from admin.html import Html, html_response
from admin.words import language
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.ports import AccountRole


class ReportPage:
    def __init__(self, html: Html) -> None:
        self._html = html

    async def page(self, call: Call) -> web.Response:
        snapshot = await call.parts.stage.snapshot(call.org, call.broadcast)
        lang = language(call.request)
        words = self._html.words(lang)
        boot = {
            "broadcast_id": call.broadcast,
            "account": {"role": call.account.role, "name": call.account.name},
            "metrics": registry(),
        }
        drawn = self._html.page(
            "shell.html",
            lang,
            page="report",
            catalogues=("common", "organiser", "programme", "exports", "lists", "desk"),
            boot=boot,
            title=words.t("organiser.report.title", title=snapshot.broadcast.title),
        )
        return html_response(drawn)


def routes(html: Html) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/organiser/broadcasts/{broadcast_id}/report",
            callers=(SignedIn(AccountRole.ORGANISER),),
            summary="The report of a show",
            handler=ReportPage(html).page,
            media_type="text/html",
            errors=(BroadcastNotFound,),
            page=True,
        ),
    )

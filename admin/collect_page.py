"""The page behind a collection link: the same for every address, until a code is given."""

from aiohttp import web

from admin.call import Call
from admin.declare import Anyone, Route
from admin.html import Html, html_response
from admin.words import language


class CollectPage:
    def __init__(self, html: Html) -> None:
        self._html = html

    async def page(self, call: Call) -> web.Response:
        lang = language(call.request)
        drawn = self._html.page(
            "shell.html",
            lang,
            page="collect",
            catalogues=("common", "lists", "desk"),
            boot={"token": call.request.match_info["token"]},
            title=self._html.words(lang).t("lists.collect.title"),
        )
        return html_response(drawn, headers={"Cache-Control": "no-store"})


def routes(html: Html) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/collect/{token}",
            callers=(Anyone(),),
            summary="Collect a list with a code",
            handler=CollectPage(html).page,
            media_type="text/html",
            page=True,
        ),
    )

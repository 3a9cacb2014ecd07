"""The wall screen's page: the same for every link; what is behind it the script asks for."""

from aiohttp import web

from admin.call import Call
from admin.declare import Anyone, Route
from admin.html import Html, html_response
from admin.words import language


class WallPage:
    def __init__(self, html: Html) -> None:
        self._html = html

    async def page(self, call: Call) -> web.Response:
        lang = language(call.request)
        drawn = self._html.page(
            "blank.html",
            lang,
            page="wall",
            catalogues=("common", "wall"),
            boot={"code": call.request.match_info["wall_code"]},
            title=self._html.words(lang).t("wall.title"),
            dark=True,
        )
        return html_response(drawn)


def routes(html: Html) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/wall/{wall_code}",
            callers=(Anyone(),),
            summary="The wall screen of a show or a series",
            handler=WallPage(html).page,
            media_type="text/html",
            page=True,
        ),
    )

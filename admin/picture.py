"""What the viewers' page of a show with a picture of its own may ask for beyond this server."""

from aiohttp import web

# The one origin a response's page may take its picture from.
PICTURE = web.ResponseKey("picture_origin", str)


def with_picture(response: web.Response, origin: str | None) -> web.Response:
    if origin:
        response[PICTURE] = origin
    return response


def picture_of(response: web.StreamResponse) -> str | None:
    return response.get(PICTURE)

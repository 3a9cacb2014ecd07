"""A WebSocket upgrade that comes on a connection which has carried HTTP before: it is handed over whole."""

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from admin.call import Call
from admin.declare import Anyone, Route
from admin.problems import PathNotFound


class HandedOver(web.Response):
    """Nothing is written: the connection belongs to someone else now."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


async def hand_over(call: Call) -> web.StreamResponse:
    """Raises PathNotFound for what asks for no upgrade."""
    request = call.request
    transport = request.transport
    if request.headers.get("Upgrade", "").lower() != "websocket" or transport is None:
        raise PathNotFound
    protocol = request.protocol
    # aiohttp is told that its connection is gone, with nothing left to close, before another protocol reads from it.
    protocol.transport = None
    protocol.connection_lost(None)
    call.parts.take_over(transport, request_head(request))
    return HandedOver()


def request_head(request: web.Request) -> bytes:
    """The head as it came: request line, headers in their order, an empty line."""
    start = f"{request.method} {request.raw_path} HTTP/{request.version.major}.{request.version.minor}\r\n".encode()
    return start + b"".join(name + b": " + value + b"\r\n" for name, value in request.raw_headers) + b"\r\n"


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/connection/websocket",
        callers=(Anyone(),),
        summary="The socket; its first command says who speaks",
        handler=hand_over,
        errors=(PathNotFound,),
    ),
)

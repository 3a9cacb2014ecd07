"""What RFC 6455 §4.2 asks of an upgrade request and the library leaves to us."""

from http import HTTPStatus

from websockets.exceptions import InvalidMessage
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

VERSION = "13"
UNREADABLE = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 30\r\n\r\n"
    b"bad_request: this is no HTTP.\n"
)
"""The answer to a head that cannot be read at all."""


def is_unreadable(protocol: ServerProtocol) -> bool:
    """Whether what came was no HTTP request; the library then hangs up without a word."""
    return isinstance(protocol.handshake_exc, InvalidMessage)


def refusal(protocol: ServerProtocol, request: Request) -> Response | None:
    """Why there is no socket for this request, as far as the library does not see it; None when it may be accepted."""
    if len(request.headers.get_all("Host")) != 1:
        return protocol.reject(HTTPStatus.BAD_REQUEST, "bad_request: one Host header is expected.\n")
    if request.headers.get_all("Sec-WebSocket-Version") != [VERSION]:
        response = protocol.reject(HTTPStatus.UPGRADE_REQUIRED, f"bad_request: version {VERSION} is expected.\n")
        response.headers["Upgrade"] = "websocket"
        response.headers["Sec-WebSocket-Version"] = VERSION
        return response
    return None

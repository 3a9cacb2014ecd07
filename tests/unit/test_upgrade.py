"""Upgrade requests that are read without the library are those it would accept, and are answered as it would."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from realtime.upgrade import read_upgrade

BROWSER = {
    "Host": "zhipin.example",
    "Connection": "Upgrade",
    "Pragma": "no-cache",
    "User-Agent": "Mozilla/5.0 (Linux; Android 8.1.0) AppleWebKit/537.36",
    "Upgrade": "websocket",
    "Origin": "https://zhipin.example",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
}


def _request(headers: Mapping[str, str], start: str = "GET /connection/websocket HTTP/1.1") -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _library_accepts(request: bytes) -> str | None:
    """The Sec-WebSocket-Accept it answers with."""
    protocol = ServerProtocol()
    protocol.receive_data(request)
    events = protocol.events_received()
    if not events or not isinstance(events[0], Request):
        return None
    response = protocol.accept(events[0])
    protocol.send_response(response)
    return response.headers["Sec-WebSocket-Accept"] if protocol.state is State.OPEN else None


def test_what_a_browser_sends_is_answered_as_by_the_library() -> None:
    """Same proof of understanding; origin, host and forwarders as they were sent."""
    upgrade = read_upgrade(_request({**BROWSER, "X-Forwarded-For": "203.0.113.7, 10.0.0.1"}))

    assert upgrade is not None
    assert (upgrade.origin, upgrade.host) == ("https://zhipin.example", "zhipin.example")
    assert upgrade.forwarded_for == ("203.0.113.7, 10.0.0.1",)
    accept = _library_accepts(_request(BROWSER))
    assert accept is not None
    assert f"\r\nSec-WebSocket-Accept: {accept}\r\n".encode() in upgrade.answer()


@pytest.mark.parametrize(
    "request_",
    [
        _request(BROWSER)[:-2],
        _request(BROWSER) + b"\x81\x80\0\0\0\0",
        _request(BROWSER, "POST /connection/websocket HTTP/1.1"),
        _request(BROWSER, "GET /connection/websocket HTTP/1.0"),
        _request({**BROWSER, "Sec-WebSocket-Version": "8"}),
        _request({**BROWSER, "Sec-WebSocket-Key": "short"}),
        _request({**BROWSER, "Upgrade": "h2c"}),
        _request({**BROWSER, "Connection": "keep-alive"}),
        _request({**BROWSER, "Content-Length": "5"}),
        _request({**BROWSER, "Transfer-Encoding": "chunked"}),
        _request({**BROWSER, "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}),
        _request({**BROWSER, "origin": "https://elsewhere.example"}),
        _request({**BROWSER, "Origin": "https://zhipin.example\x00"}),
        _request({**BROWSER, "X-Folded": "one\r\n two"}),
        _request({**BROWSER, "Bad Name": "x"}),
        _request({f"X-{n}": "x" for n in range(70)} | BROWSER),
        _request({**BROWSER, "Cookie": "x" * 8192}),
        _request({name: value for name, value in BROWSER.items() if name != "Host"}),
        b"",
    ],
)
def test_whatever_is_wrong_or_unusual_is_left_to_the_library(request_: bytes) -> None:
    """Half a request, another version or method, twice the same header, a body, bytes that follow."""
    assert read_upgrade(request_) is None


@given(
    st.dictionaries(
        st.sampled_from(list(BROWSER)),
        st.text(st.characters(min_codepoint=9, max_codepoint=255), max_size=30)
        | st.sampled_from(["websocket", "Upgrade", "13", "keep-alive, Upgrade", "dGhlIHNhbXBsZSBub25jZQ=="]),
        max_size=3,
    ),
    st.sampled_from(["\r\n", "\n", "\r\n "]),
)
def test_nothing_is_accepted_that_the_library_refuses(changed: dict[str, str], end: str) -> None:
    """However headers are bent."""
    lines = ["GET /connection/websocket HTTP/1.1", *(f"{k}: {v}" for k, v in {**BROWSER, **changed}.items())]
    request = (end.join(lines) + end + "\r\n").encode("latin-1")

    if (upgrade := read_upgrade(request)) is not None:
        accept = _library_accepts(request)
        assert accept is not None and accept.encode() in upgrade.answer()

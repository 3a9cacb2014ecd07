"""What the first bytes of a connection ask for."""

import pytest

from realtime.front_door import wants_socket

UPGRADE = (
    b"GET /connection/websocket HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n\r\n"
)


@pytest.mark.parametrize("cut", range(1, len(UPGRADE)))
def test_an_upgrade_is_known_when_its_head_is_whole(cut: int) -> None:
    """However the network cuts it."""
    assert wants_socket(UPGRADE[:cut]) is None
    assert wants_socket(UPGRADE) is True


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n",
        b"POST /connection/websocket HTTP/1.1\r\n",
        b"GET /connection/websockets HTTP/1.1\r\n",
        b"GET /connection/x",
        b"\x16\x03\x01",
        b"GET /connection/websocket HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_everything_else_is_http(head: bytes) -> None:
    """Known as soon as it can be."""
    assert wants_socket(head) is False


def test_a_query_is_part_of_the_same_path() -> None:
    """Some clients add one."""
    assert wants_socket(UPGRADE.replace(b"websocket HTTP", b"websocket?v=2 HTTP")) is True

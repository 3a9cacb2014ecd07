"""The gateway's WebSocket against RFC 6455, frame by frame over raw sockets."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.embedded import Servers
from stream_jobs.tokens import Identity, Tokens
from tests.builders import Clock, a_watcher
from tests.clients import Running
from tests.sockets import (
    ACCEPTED,
    BINARY,
    CLOSE,
    CONT,
    KEY,
    KEYS,
    PING,
    PONG,
    TEXT,
    a_close,
    a_frame,
    a_gateway_of_its_own,
    a_raw_socket,
    an_open_socket,
    an_upgrade,
)

MAX_FRAME_BYTES = 16384
GOODBYE = (1000).to_bytes(2, "big")
ANSWER = "answer"
"""That to HELLO: error 109, after which the connection goes on."""


@pytest_asyncio.fixture(scope="module")
async def running(servers: Servers, template: str) -> AsyncIterator[Running]:
    async with a_gateway_of_its_own(servers, template, max_frame_bytes=MAX_FRAME_BYTES) as started:
        yield started


def _hello() -> bytes:
    """A command with characters of three and four bytes that is answered without asking anybody."""
    clock, watcher = Clock(), a_watcher()
    org, broadcast = OrgId(UUID(int=1)), BroadcastId(UUID(int=2))
    over = Identity("viewer", org, broadcast, str(watcher.viewer_id), clock.now, watcher)
    command = {
        "id": 7,
        "connect": {"token": Tokens(KEYS.signing).connection_token(over, clock.now), "name": "王师傅🙂"},
    }
    return json.dumps(command, ensure_ascii=False).encode()


HELLO = _hello()
STRANGER = b'{"id":7,"connect":{"token":"x"}}'


def _parts(opcode: int, *payloads: bytes) -> bytes:
    """One message in so many fragments."""
    last = len(payloads) - 1
    return b"".join(a_frame(CONT if at else opcode, part, fin=at == last) for at, part in enumerate(payloads))


def _split(payload: bytes, at: int, opcode: int = TEXT) -> bytes:
    return _parts(opcode, payload[:at], payload[at:])


async def _told(running: Running, sent: bytes) -> list[str]:
    """All that the server says to these bytes until it hangs up; a close is answered, and sent when none came."""
    said, is_over = list[str](), False
    async with await an_open_socket(running) as socket:
        await socket.send(sent + a_frame(PING, b"over"))
        while heard := await socket.frame():
            match heard:
                case (1, text):
                    assert b'{"id":7,"error":{"code":109,' in text
                    said.append(ANSWER)
                case (10, b"over"):
                    is_over = True
                    await socket.send(a_close(1000))
                case (10, payload):
                    said.append(f"pong {payload!r}")
                case (8, payload) if not (is_over and payload == GOODBYE):
                    said.append(f"close {int.from_bytes(payload[:2], 'big') or ''}".strip())
                    await socket.send(a_frame(CLOSE, payload[:2]))
    return said


FRAGMENTS = {
    "whole": (a_frame(TEXT, HELLO), [ANSWER]),
    "two messages in one segment": (a_frame(TEXT, HELLO) * 2, [ANSWER, ANSWER]),
    "two": (_split(HELLO, 10), [ANSWER]),
    "three, the middle one empty": (_parts(TEXT, HELLO[:10], b"", HELLO[10:]), [ANSWER]),
    "the first empty": (_parts(TEXT, b"", HELLO), [ANSWER]),
    "the last empty": (_parts(TEXT, HELLO, b""), [ANSWER]),
    "a ping between": (
        a_frame(TEXT, HELLO[:9], fin=False) + a_frame(PING, b"?") + a_frame(CONT, HELLO[9:]),
        ["pong b'?'", ANSWER],
    ),
    "a pong between": (
        a_frame(TEXT, HELLO[:9], fin=False) + a_frame(PONG) + a_frame(CONT, HELLO[9:]),
        [ANSWER],
    ),
    "a close between": (a_frame(TEXT, HELLO[:9], fin=False) + a_close(1000), ["close 1002"]),
    "another message between": (
        a_frame(TEXT, HELLO[:9], fin=False) + a_frame(TEXT, HELLO),
        ["close 1002"],
    ),
    "a binary one between": (
        a_frame(TEXT, HELLO[:9], fin=False) + a_frame(BINARY, HELLO),
        ["close 1002"],
    ),
    "continues nothing": (a_frame(CONT, HELLO), ["close 1002"]),
    "continues nothing, and goes on": (a_frame(CONT, HELLO, fin=False), ["close 1002"]),
    "continues what had ended": (a_frame(TEXT, HELLO) + a_frame(CONT, HELLO), [ANSWER, "close 1002"]),
}

SIZES = {
    **{f"{size} bytes": (a_frame(TEXT, HELLO.ljust(size)), [ANSWER]) for size in (1023, 16384)},
    "a byte too many": (a_frame(TEXT, HELLO.ljust(MAX_FRAME_BYTES + 1)), ["close 1009"]),
    "64 KiB": (a_frame(TEXT, HELLO.ljust(65536)), ["close 1009"]),
    "too many in two": (_split(HELLO.ljust(MAX_FRAME_BYTES + 1), 9000), ["close 1009"]),
    "announced only": (b"\x81\xff" + (2**40).to_bytes(8, "big"), ["close 1009"]),
    "announced, and more than can be": (b"\x81\xff" + b"\xff" * 8, ["close 1009"]),
}

CONTROLS = {
    "ping": (a_frame(PING), ["pong b''"]),
    "ping with a payload": (a_frame(PING, b"hello"), ["pong b'hello'"]),
    "ping that is no text": (a_frame(PING, b"\xff\x00"), ["pong b'\\xff\\x00'"]),
    "longest ping": (a_frame(PING, b"x" * 125), [f"pong {b'x' * 125!r}"]),
    "pings in order": (a_frame(PING, b"1") + a_frame(PING, b"2"), ["pong b'1'", "pong b'2'"]),
    "pong nobody asked for": (a_frame(PONG, b"!") + a_frame(TEXT, HELLO), [ANSWER]),
    "ping too long": (a_frame(PING, b"x" * 126), ["close 1002"]),
    "pong too long": (a_frame(PONG, b"x" * 126), ["close 1002"]),
    "close too long": (a_close(1000, b"x" * 124), ["close 1002"]),
    "ping in fragments": (a_frame(PING, b"x", fin=False) + a_frame(CONT, b"x"), ["close 1002"]),
    "close in fragments": (a_frame(CLOSE, b"\x03\xe8", fin=False), ["close 1002"]),
}

FORBIDDEN = {
    **{f"reserved bit {bit} of text": (a_frame(TEXT, HELLO, reserved=bit), ["close 1002"])
       for bit in (1, 2, 4)},
    **{f"reserved bit {bit} of ping": (a_frame(PING, reserved=bit), ["close 1002"])
       for bit in (1, 2, 4)},
    **{f"opcode {opcode:x}": (a_frame(opcode, b"x"), ["close 1002"])
       for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "unmasked text": (a_frame(TEXT, HELLO, masked=False), ["close 1002"]),
    "unmasked ping": (a_frame(PING, masked=False), ["close 1002"]),
    "unmasked close": (a_frame(CLOSE, b"\x03\xe8", masked=False), ["close 1002"]),
    "binary": (a_frame(BINARY, HELLO), ["close 3501"]),
    "binary in fragments": (_split(HELLO, 9, BINARY), ["close 3501"]),
    "anything after a fault": (a_frame(3) + a_frame(TEXT, HELLO), ["close 1002"]),
}  # fmt: skip

NO_TEXT = {
    "never a byte of UTF-8": b"\xff",
    "a continuation byte alone": b"\x80",
    "overlong": b"\xc0\x80",
    "half of a surrogate pair": b"\xed\xa0\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "cut off": "王".encode()[:2],
}
UTF_8 = {
    **{
        f"cut after {cut} bytes of {letter}": (
            _split(HELLO, HELLO.index(letter.encode()) + cut),
            [ANSWER],
        )
        for letter in "王🙂"
        for cut in range(1, len(letter.encode()))
    },
    **{
        f"{why}, {where}": (
            a_frame(TEXT, HELLO.replace(at, spoilt)),
            ["close 1007"],
        )
        for why, spoilt in NO_TEXT.items()
        for where, at in {"in a string": "王".encode(), "in a name": b"name", "outside": b"{"}.items()
    },
    "in a fragment": (_split(HELLO.replace("王".encode(), b"\xff"), 9), ["close 1007"]),
    "where nobody reads": (a_frame(TEXT, b'{"id":7,"later":["\xff"]}'), ["close 1007"]),
}

RIGHT_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3501, 3999, 4000, 4999)
WRONG_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
CLOSES = {
    **{f"code {code}": (a_close(code), [f"close {code}"]) for code in RIGHT_CODES},
    **{f"code {code}": (a_close(code), ["close 1002"]) for code in WRONG_CODES},
    "no code": (a_frame(CLOSE), ["close"]),
    "half a code": (a_frame(CLOSE, b"\x03"), ["close 1002"]),
    "longest reason": (a_close(1000, b"x" * 123), ["close 1000"]),
    "a reason in Chinese": (a_close(1000, "再见".encode()), ["close 1000"]),
    "a reason that is no text": (a_close(1000, b"\xff"), ["close 1007"]),
    "nothing is heard after it": (a_close(1000) + a_frame(TEXT, HELLO), ["close 1000"]),
    "behind an answer": (a_frame(TEXT, HELLO) + a_close(4000), [ANSWER, "close 4000"]),
    "behind a wrong token": (a_frame(TEXT, STRANGER) * 2 + a_close(4000), ["close 4000"]),
    "behind no JSON": (a_frame(TEXT, b"{") + a_frame(PING) + a_close(4000), ["pong b''", "close 4000"]),
    "behind binary": (a_frame(BINARY) + a_close(4000), ["close 4000"]),
    "behind a fault": (a_frame(TEXT, STRANGER) + a_frame(3) + a_close(4000), ["close 1002"]),
}

TABLE = [
    pytest.param(*case, id=f"{of}: {name}")
    for of, cases in {
        "fragments": FRAGMENTS,
        "sizes": SIZES,
        "control frames": CONTROLS,
        "forbidden": FORBIDDEN,
        "UTF-8": UTF_8,
        "close": CLOSES,
    }.items()
    for name, case in cases.items()
]


@pytest.mark.parametrize(("sent", "told"), TABLE)
async def test_every_frame_is_taken_as_the_standard_has_it(running: Running, sent: bytes, told: list[str]) -> None:
    """What is right is answered, what is wrong is failed with its code, and afterwards the line is gone."""
    heard = await _told(running, sent)

    # A pong may overtake an answer, never another pong.
    assert sorted(heard, key=_is_pong) == sorted(told, key=_is_pong)


def _is_pong(said: str) -> bool:
    return said.startswith("pong")


async def test_a_message_may_come_byte_by_byte(running: Running) -> None:
    """The network cuts where it likes, in heads, masks and characters; two messages, a ping and a close come out."""
    sent = _split(HELLO, 10) + a_frame(PING, b"?") + a_frame(TEXT, HELLO.ljust(1000)) + a_close(4000)
    async with await an_open_socket(running) as socket:
        for byte in _bytes(sent):
            await socket.send(byte)

        heard = [await socket.frame() for _ in range(5)]

    assert sorted(one[0] for one in heard if one) == [TEXT, TEXT, CLOSE, PONG]
    assert heard[3:] == [(CLOSE, (4000).to_bytes(2, "big")), None]


# ── the opening handshake ─────────────────────────────────────────────────────────────────────────────────────

HANDSHAKES = {
    "the standard's own": (an_upgrade(), 101),
    "names and values in other letters": (
        an_upgrade(Upgrade="WebSocket", Connection="keep-alive, UPGRADE").replace(
            b"Sec-WebSocket-Key", b"SEC-WEBSOCKET-KEY"
        ),
        101,
    ),
    "extensions and subprotocols we do not speak": (
        an_upgrade(Sec_WebSocket_Extensions="permessage-deflate", Sec_WebSocket_Protocol="chat, centrifuge-json"),
        101,
    ),
    "version 8": (an_upgrade(Sec_WebSocket_Version="8"), 426),
    "version 14": (an_upgrade(Sec_WebSocket_Version="14"), 426),
    "no version": (an_upgrade(Sec_WebSocket_Version=None), 426),
    "two versions": (an_upgrade(Sec_WebSocket_Version="13, 8"), 426),
    "no key": (an_upgrade(Sec_WebSocket_Key=None), 400),
    "a key too short": (an_upgrade(Sec_WebSocket_Key="c2hvcnQ="), 400),
    "a key that is no Base64": (an_upgrade(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ"), 400),
    "two keys": (an_upgrade(sec_websocket_key=KEY), 400),
    "no connection": (an_upgrade(Connection=None), 426),
    "kept alive only": (an_upgrade(Connection="keep-alive"), 426),
    "another upgrade beside it": (an_upgrade(Upgrade="websocket, h2c"), 426),
    "no host": (an_upgrade(Host=None), 400),
    "two hosts": (an_upgrade(host="other.example"), 403),
    "HTTP/1.0": (an_upgrade(version="HTTP/1.0"), 505),
    "HTTP/1.2": (an_upgrade(version="HTTP/1.2"), 400),
    "a body": (an_upgrade(Content_Length="3") + b"abc", 400),
    "a line that is no header": (an_upgrade(Connection="Upgrade\r\nnonsense"), 400),
    "a header over 8 KiB": (an_upgrade(X_Long="x" * 9000), 431),
    "too many headers": (an_upgrade(Connection="Upgrade" + "\r\nX: y" * 200), 431),
}


@pytest.mark.parametrize(("request_", "status"), HANDSHAKES.values(), ids=HANDSHAKES)
async def test_a_handshake_is_answered_as_the_standard_has_it(running: Running, request_: bytes, status: int) -> None:
    """With the key proven, and nothing agreed that is not spoken here; what is refused says what would be taken."""
    async with await a_raw_socket(running) as socket:
        await socket.send(request_)

        head = (await socket.head()).decode()

        assert head.startswith(f"HTTP/1.1 {status} ")
        assert (f"Sec-WebSocket-Accept: {ACCEPTED}" in head) == (status == 101)
        assert "Sec-WebSocket-Extensions" not in head
        assert "Sec-WebSocket-Protocol" not in head
        if b"Version" in request_ and b"Version: 13\r" not in request_:
            assert "Sec-WebSocket-Version: 13" in head


EARLY = {
    "a message": (a_frame(TEXT, HELLO), [TEXT]),
    "half of one": (a_frame(TEXT, HELLO)[:50], []),
    "a ping": (a_frame(PING, b"?"), [PONG]),
    "a wrong token": (a_frame(TEXT, STRANGER), [CLOSE]),
    "a fault": (a_frame(3), [CLOSE]),
    "a message and a close": (a_frame(TEXT, HELLO) + a_close(1000), [TEXT, CLOSE]),
    "a wrong token and a close": (a_frame(TEXT, STRANGER) + a_close(1000), [CLOSE]),
}


@pytest.mark.parametrize(("early", "told"), EARLY.values(), ids=EARLY)
@pytest.mark.parametrize("is_cut", [False, True], ids=["at once", "byte by byte"])
async def test_who_does_not_wait_for_our_half_of_the_handshake_is_heard_after_it(
    running: Running, early: bytes, told: list[int], is_cut: bool
) -> None:
    """Our half is the first thing said, whatever came behind theirs."""
    async with await a_raw_socket(running) as socket:
        for piece in _bytes(an_upgrade() + early) if is_cut else [an_upgrade() + early]:
            await socket.send(piece)

        assert (await socket.head()).startswith(b"HTTP/1.1 101 ")
        assert [(await socket.frame() or (0, b""))[0] for _ in told] == told


def _bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]

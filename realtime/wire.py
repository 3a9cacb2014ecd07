"""One connection's bytes: sans-I/O WebSocket in, ready frames out."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from sys import intern
from typing import Protocol, cast

from websockets.datastructures import MultipleValuesError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from realtime.boundaries import Boundaries, only_message
from realtime.handshake import UNREADABLE, is_unreadable, refusal
from realtime.protocol import BAD_REQUEST, SLOW, Disconnect
from realtime.row import BUSY, GONE, Row, write
from realtime.upgrade import Upgrade, read_upgrade
from stream_jobs.domain.address import UNKNOWN, caller_prefix

# The library's own lines tell of every handshake; the gateway's metrics do that.
_library_logger = logging.getLogger(f"{__name__}.websockets")
_library_logger.setLevel(logging.WARNING)

PIECE_BYTES = 4096
"""What is looked at in one go: a flood is closed after one such piece, whatever the kernel had of it."""
MAX_LATE_BYTES = 65_536
MOST_FRAMING = 10
"""Before the payload of a frame of ours."""

OriginCheck = Callable[[str | None, str | None], bool]


def frame(payload: bytes) -> bytes:
    """One unmasked text frame (RFC 6455 §5.2), to be made once and written to many."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class Listener(Protocol):
    """Whoever is at the server's end of a wire; called on the event loop, must not raise."""

    def opened(self) -> None:
        """The handshake is done."""

    def received(self, text: bytes) -> None:
        """One whole text message."""

    def told_nothing(self) -> None:
        """A frame that was neither a message nor the end of one."""

    def closing(self) -> None:
        """A close was sent or answered: nothing more can be said."""

    def closed(self) -> None:
        """The connection is gone, opened or not; called once."""


@dataclass(frozen=True, slots=True)
class WireLimits:
    max_frame_bytes: int
    max_queued_bytes: int
    send_buffer_bytes: int
    trusted_proxies: int = 0


class Wire(asyncio.Protocol):
    """One WebSocket from its upgrade request to its end.

    Between messages it keeps no WebSocket state (design: 1.6 KiB a viewer instead of 6): a protocol object lives from
    the first byte of a message to its last, and from the first byte of a close to the end.
    """

    __slots__ = (
        "_boundaries",
        "_corked",
        "_drains",
        "_fd",
        "_late_bytes",
        "_limits",
        "_listener",
        "_message",
        "_origins",
        "_place",
        "_protocol",
        "_ready_fd",
        "_row",
        "_transport",
        "_upgraded",
        "_was_seen",
        "close_sent",
        "open",
        "prefix",
    )

    def __init__(self, limits: WireLimits, origins: OriginCheck, listen: Callable[["Wire"], Listener | None]) -> None:
        """`listen` returns who is at our end, or None to refuse new connections."""
        self._limits = limits
        self._origins = origins
        self._listener = listen(self)
        self._transport: asyncio.Transport | None = None
        self._fd = -1
        # The descriptor while it may be written past the transport: nothing waits there, nothing was said goodbye.
        self._ready_fd = BUSY
        # Where a room finds that descriptor.
        self._row: Row | None = None
        self._place = -1
        self._protocol: ServerProtocol | None = None
        self._boundaries: Boundaries | None = None
        self._message: bytearray | None = None
        self._upgraded = False
        self._was_seen = False
        self._late_bytes = 0
        self._corked: list[bytes] | None = None
        self._drains: asyncio.Future[None] | None = None
        self.open = False
        self.close_sent: int | None = None
        self.prefix = UNKNOWN

    # ── the transport's side ──────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # So that we are told when anything waits and when nothing does any more.
        self._transport.set_write_buffer_limits(high=0)
        sock = transport.get_extra_info("socket")
        self._fd = sock.fileno()
        # The kernel alone would hold 4 MiB for a viewer that never reads.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._limits.send_buffer_bytes)

    def data_received(self, data: bytes) -> None:
        """The first bytes must hold the whole upgrade request."""
        if not self._upgraded:
            self._upgraded = True
            if (upgrade := read_upgrade(data)) is not None and self._lets_in(upgrade):
                self._open(upgrade)
                return
            self._protocol = self._new_protocol(State.CONNECTING)
        # Nearly everything a page says comes like this, and needs no protocol object.
        if self._protocol is None and (message := only_message(data, self._limits.max_frame_bytes)) is not None:
            self._tell(message)
        elif self._protocol is not None and self._protocol.state is State.CONNECTING:
            self._take_in(data)
        else:
            for start in range(0, len(data), PIECE_BYTES):
                self._take_in(data[start : start + PIECE_BYTES])

    def _take_in(self, data: bytes) -> None:
        if self._transport is None or self._is_a_flood(len(data)):
            return
        protocol = self._protocol = self._protocol or self._new_protocol(State.OPEN)
        protocol.receive_data(data)
        self._take(protocol)
        if self._boundaries is None:
            self._boundaries = Boundaries()
            if not self._was_seen:
                self._was_seen, data = True, data.partition(b"\r\n\r\n")[2]
        if self._boundaries.after(data) and self.open:
            self._protocol = self._boundaries = None

    def _is_a_flood(self, size: int) -> bool:
        """Whether more came after our close than could have been on its way; the connection is cut off then."""
        if self.open or self._protocol is None or self._protocol.state is not State.CLOSING:
            return False
        # What broke the protocol is thrown away unread, and its sender may be reading why.
        self._late_bytes += 0 if self._protocol.parser_exc else size
        if self._late_bytes > MAX_LATE_BYTES:
            self.abort()
        return self._late_bytes > MAX_LATE_BYTES

    def pause_writing(self) -> None:
        self._may_be_written_to(BUSY)

    def resume_writing(self) -> None:
        if self.open and self._corked is None:
            self._may_be_written_to(self._fd)
        self._wake()

    def _wake(self) -> None:
        if self._drains is not None and not self._drains.done():
            self._drains.set_result(None)

    def _may_be_written_to(self, fd: int) -> None:
        self._ready_fd = fd
        if self._row is not None:
            self._row[self._place] = fd

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._fd = -1
        self._may_be_written_to(BUSY)
        self._transport = self._protocol = None
        self._wake()
        if self._listener:
            self._listener.closed()
        self._listener = None

    # ── our side ──────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, ready: bytes) -> bool:
        """Writes a ready frame; True when the kernel took all of it at once.

        A wire where too much would wait is closed as slow instead; its viewer comes back and catches up.
        """
        if self._ready_fd == BUSY:
            self._wait_to_send(ready)
            return False
        written = write(self._ready_fd, ready)
        if written == len(ready):
            return True
        self.written(ready, written)
        return False

    def written(self, ready: bytes, size: int) -> None:
        """A room wrote so much of it to the descriptor; what is left follows. GONE: the peer is."""
        if size == GONE:
            # The transport finds out by itself and calls connection_lost.
            self.abort()
        else:
            self._wait_to_send(ready[size:])

    def stand_in(self, row: "Row | None", place: int) -> None:
        """From now on the descriptor is there at this place, or BUSY while nothing may be written past the wire."""
        self._row, self._place = row, place
        self._may_be_written_to(self._ready_fd)

    def _wait_to_send(self, ready: bytes) -> None:
        transport = self._transport
        if not self.open or transport is None:
            return
        if self._corked is not None:
            self._corked.append(ready)
            return
        # One message alone is never too much: whoever came back for it would be closed for it again.
        if self.waiting and self.waiting + len(ready) > self._limits.max_queued_bytes:
            self.close(SLOW)
        else:
            transport.write(ready)

    def cork(self) -> None:
        """What is sent from now on goes out together, at `uncork`."""
        self._corked = []
        self._may_be_written_to(BUSY)

    def uncork(self) -> None:
        corked, self._corked = self._corked, None
        if self.drained:
            self.resume_writing()
        if corked:
            self.send(b"".join(corked))

    @property
    def drained(self) -> bool:
        """Whether the kernel has taken everything sent so far."""
        return self._transport is not None and not self.waiting

    @property
    def waiting(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    async def until_drained(self) -> None:
        """Until the kernel has taken everything sent so far, or nothing can be sent any more; for one at a time."""
        while self.open and not self.drained:
            self._drains = asyncio.get_running_loop().create_future()
            await self._drains

    def close(self, why: Disconnect) -> None:
        """Says why and begins the closing handshake; whoever does not finish it must be aborted."""
        if not self.open:
            return
        if self._corked:
            self.uncork()
        if self._protocol is None:
            self._protocol = self._new_protocol(State.OPEN)
        # A close of theirs may have come in the same bytes as what made us close; then it has been answered already.
        if self._protocol.state is State.OPEN:
            self.close_sent = why.code
            self._protocol.send_close(why.code, why.reason)
        self._flush(self._protocol)

    def abort(self) -> None:
        """Drops the connection without a word."""
        self.open = False
        self._may_be_written_to(BUSY)
        if self._transport is not None:
            self._transport.abort()

    # ── the WebSocket's side ──────────────────────────────────────────────────────────────────────────────────

    def _lets_in(self, upgrade: Upgrade) -> bool:
        return self._listener is not None and self._origins(upgrade.origin, upgrade.host)

    def _open(self, upgrade: Upgrade) -> None:
        """What the library would do for a request of this kind."""
        assert self._transport is not None and self._listener is not None
        self._was_seen = True
        self._transport.write(upgrade.answer())
        self.prefix = self._prefix_of(upgrade.forwarded_for)
        self._begin()

    def _new_protocol(self, state: State) -> ServerProtocol:
        return ServerProtocol(state=state, max_size=self._limits.max_frame_bytes, logger=_library_logger)

    def _take(self, protocol: ServerProtocol) -> None:
        for event in protocol.events_received():
            if isinstance(event, Request):
                self._shake_hands(protocol, event)
            elif isinstance(event, Frame) and self.open:
                self._take_frame(event)
        if is_unreadable(protocol) and self._transport is not None:
            self._transport.write(UNREADABLE)
        self._flush(protocol)

    def _prefix_of(self, forwarded: Sequence[str]) -> str:
        """The network the viewer comes from; one string for all who share it."""
        peer = self._transport.get_extra_info("peername") if self._transport else None
        return intern(caller_prefix(str(peer[0]) if peer else None, forwarded, self._limits.trusted_proxies))

    def _shake_hands(self, protocol: ServerProtocol, request: Request) -> None:
        response = self._answer_to(protocol, request)
        protocol.send_response(response)
        self._flush(protocol)
        self.prefix = self._prefix_of(request.headers.get_all("X-Forwarded-For"))
        if protocol.state is State.OPEN and self._listener:
            self._begin()

    def _begin(self) -> None:
        self.open = True
        if self.drained:
            self.resume_writing()
        if self._listener:
            self._listener.opened()

    def _answer_to(self, protocol: ServerProtocol, request: Request) -> Response:
        if self._listener is None:
            return protocol.reject(HTTPStatus.SERVICE_UNAVAILABLE, "This server is stopping or full; connect again.\n")
        try:
            allowed = self._origins(request.headers.get("Origin"), request.headers.get("Host"))
        except (MultipleValuesError, ValueError):
            allowed = False
        if not allowed:
            return protocol.reject(HTTPStatus.FORBIDDEN, "cross_site: this page may not open a connection here.\n")
        return refusal(protocol, request) or protocol.accept(request)

    def _take_frame(self, received: Frame) -> None:
        match received.opcode:
            case Opcode.TEXT if received.fin and self._message is None:
                self._tell(bytes(received.data))
            case Opcode.TEXT:
                self._message = bytearray(received.data)
                self._tell_of_nothing()
            case Opcode.CONT if self._message is not None:
                self._message += received.data
                if received.fin:
                    message, self._message = bytes(self._message), None
                    self._tell(message)
                else:
                    self._tell_of_nothing()
            case Opcode.PING | Opcode.PONG:
                self._tell_of_nothing()
            case Opcode.BINARY:
                self.close(BAD_REQUEST)

    def _tell_of_nothing(self) -> None:
        if self._listener:
            self._listener.told_nothing()

    def _tell(self, message: bytes) -> None:
        if self._listener:
            self._listener.received(message)

    def _flush(self, protocol: ServerProtocol) -> None:
        """Writes what the library has to say, and notices when it has said goodbye."""
        if self._transport is None:
            return
        for data in protocol.data_to_send():
            if self._transport.is_closing():
                break
            if data:
                self._transport.write(data)
            elif protocol.close_rcvd is not None or protocol.state in (State.CONNECTING, State.CLOSED):
                self._transport.close()
            elif self._transport.can_write_eof():
                # The peer may still be sending; closing now could destroy the reason before it is read.
                self._transport.write_eof()
        if protocol.state is not State.OPEN:
            self._stop_talking(protocol)

    def _stop_talking(self, protocol: ServerProtocol) -> None:
        if not self.open:
            return
        self.open = False
        self._may_be_written_to(BUSY)
        if self.close_sent is None and protocol.close_sent is not None and protocol.close_rcvd is None:
            self.close_sent = int(protocol.close_sent.code)
        if self._listener:
            self._listener.closing()

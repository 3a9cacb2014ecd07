"""One client: connect, subscribe, call, leave."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID, uuid4

from realtime import protocol as p
from realtime.calls import Calls
from realtime.heartbeat import GRACE_SECONDS, Heartbeat
from realtime.limits import SocketPace
from realtime.lobby import Lobby
from realtime.metrics import Metrics
from realtime.past import read_history
from realtime.presence import Presence
from realtime.room import Room, Rooms
from realtime.seats import Seat
from realtime.signals import Reported, Signals
from realtime.wire import Wire, frame
from stream_jobs.actions.stage import StageActions
from stream_jobs.domain.errors import NotAllowed, StreamJobsError, TokenExpired, TokenInvalid, Unavailable
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.pace import Pace
from stream_jobs.limits import Quotas, too_many
from stream_jobs.ports import Clock
from stream_jobs.settings import Settings
from stream_jobs.tokens import Identity, Tokens

logger = logging.getLogger(__name__)

PING_FRAME = frame(p.PING)
VIEWER_PACE = Pace(at_once=10, interval_seconds=2 / 3)
HOST_SIDE_PACE = Pace(at_once=40, interval_seconds=1 / 6)
"""30 messages in 20 s, ten at once; the host's side four times that, for an operator with quick fingers."""
CALLS_AT_ONCE = 8
# Most calls take milliseconds.
CALLS_AGAIN_SECONDS = 1
CALL_SECONDS = 10.0
REFRESH_GRACE = timedelta(seconds=25)


@dataclass(frozen=True, slots=True)
class Service:
    """What every client of this process uses."""

    stage: StageActions
    calls: Calls
    tokens: Tokens
    access: Callable[[Identity], Awaitable[bool]]
    limits: Quotas
    is_banned: Callable[[Identity], bool]
    rooms: Rooms
    signals: Signals
    presence: Presence
    heartbeat: Heartbeat
    lobby: Lobby
    metrics: Metrics
    settings: Settings
    clock: Clock
    spawn: Callable[[Coroutine[Any, Any, None]], object]
    left: Callable[["Client"], None]


class Client:
    """The server's end of one connection; what can be answered from memory is answered at once."""

    __slots__ = (
        "_bucket",
        "_desk_seat",
        "_held",
        "_pace",
        "_pinged",
        "_room",
        "_seat",
        "_service",
        "_since",
        "_was_refused",
        "calls_in_flight",
        "identity",
        "wire",
    )

    def __init__(self, wire: Wire, service: Service) -> None:
        self.wire = wire
        self.identity: Identity | None = None
        self.calls_in_flight = 0
        self._service = service
        self._pace = SocketPace(VIEWER_PACE)
        self._bucket = -1
        self._pinged = False
        self._was_refused = False
        self._since: datetime | None = None
        self._held: list[p.Command] | None = None
        self._room: Room | None = None
        self._seat: Seat | None = None
        self._desk_seat: Seat | None = None

    # ── what the wire says ────────────────────────────────────────────────────────────────────────────────────

    def opened(self) -> None:
        self._service.heartbeat.after(self._service.settings.connect_seconds, self._must_have_connected)

    def received(self, text: bytes) -> None:
        if self._pinged and text == p.PING:
            # The answer to our ping, which is most of what viewers say.
            self._pinged = False
            return
        self._pinged = False
        try:
            commands = p.read_commands(text)
        except ValueError:
            self.wire.close(p.fault_of(text))
            return
        if len(commands) > 1:
            self.wire.cork()
            self._take_all(commands)
            self.wire.uncork()
        else:
            self._take_all(commands)

    def _take_all(self, commands: Sequence[p.Command]) -> None:
        now = asyncio.get_running_loop().time()
        for command in commands:
            if not self.wire.open:
                return
            if wait := self._pace.wait(now):
                self._slow_down(command, wait, now)
            else:
                self._take(command)

    def _slow_down(self, command: p.Command, wait: float, now: float) -> None:
        """A call is told when to come again; whoever goes on all the same, or wants anything else, is closed."""
        asked, is_known = command.requested, self.identity is not None and self._held is None
        if isinstance(asked, p.Rpc) and command.id and is_known and self._pace.bears(now):
            self._settle(command.id, asked.method if asked.method in p.VIEWER_METHODS else "unknown", too_many(wait))
        else:
            self.wire.close(p.TOO_MANY)

    def told_nothing(self) -> None:
        if self._pace.wait(asyncio.get_running_loop().time()):
            self.wire.close(p.TOO_MANY)

    def give_up(self) -> None:
        self.wire.abort()

    def closing(self) -> None:
        if self.wire.close_sent is not None:
            self._service.metrics.closed_by_us(self.wire.close_sent)
        self._service.heartbeat.after(GRACE_SECONDS, self.wire.abort)
        self._leave()

    def closed(self) -> None:
        self._leave()
        self._service.left(self)

    # ── what the heartbeat says ───────────────────────────────────────────────────────────────────────────────

    def ping(self, now: float) -> None:
        if self.identity and self._service.clock() > self.identity.expires_at + REFRESH_GRACE:
            self.wire.close(p.EXPIRED)
            return
        self._pinged = True
        self.wire.send(PING_FRAME)

    def check_pong(self, now: float) -> None:
        if self._pinged:
            self.wire.close(p.NO_PONG)

    def _must_have_connected(self) -> None:
        if self.identity is None:
            self.wire.close(p.STALE)

    # ── commands ──────────────────────────────────────────────────────────────────────────────────────────────

    def _take(self, command: p.Command) -> None:
        requested = command.requested
        if self._held is not None:
            # Bounded by the pace: the connect before it is still being checked.
            self._held.append(command)
        elif requested is None and command.id == 0:
            return
        elif command.id == 0:
            self.wire.close(p.BAD_REQUEST)
        elif isinstance(requested, p.Connect):
            self._connect(command.id, requested)
        elif self.identity is not None:
            self._take_of_known(command.id, requested, self.identity)
        elif self._was_refused:
            # SDKs send their subscribes along with the connect; its refusal is what they should hear.
            self._fail(command.id, p.UNAUTHORIZED)
        else:
            self.wire.close(p.BAD_REQUEST)

    def _take_of_known(self, id_: int, requested: p.Requested | None, identity: Identity) -> None:
        match requested:
            case p.Subscribe():
                self._subscribe(id_, requested, identity)
            case p.Unsubscribe():
                self._unsubscribe(id_, requested)
            case p.Rpc():
                self._call(id_, requested, identity)
            case p.PresenceStats():
                self._presence_stats(id_, requested, identity)
            case p.History():
                self._history(id_, requested, identity)
            case p.Refresh():
                self._refresh(id_, requested, identity)
            case p.Connect():
                self.wire.close(p.BAD_REQUEST)
            case None:
                self._fail(id_, p.METHOD_NOT_FOUND)
            case _:
                assert_never(requested)

    def _say(self, reply: bytes) -> None:
        self.wire.send(frame(reply))

    def _fail(self, id_: int, fault: p.Fault) -> None:
        self._say(p.encode_fault(id_, fault))

    # ── connect and refresh ───────────────────────────────────────────────────────────────────────────────────

    def _connect(self, id_: int, connect: p.Connect) -> None:
        if self.identity is not None:
            self.wire.close(p.BAD_REQUEST)
        elif (identity := self._read_token(id_, connect.token)) is None:
            self._was_refused = True
        elif self._service.is_banned(identity):
            self._refuse_connect(id_, p.PERMISSION_DENIED)
        elif identity.role == "viewer":
            self._welcome(id_, identity)
        else:
            self._held = []
            self._service.spawn(self._check_in(id_, identity))

    def _read_token(self, id_: int, token: str) -> Identity | None:
        """None after saying what is wrong with it."""
        try:
            return self._service.tokens.read_connection_token(token, self._service.clock())
        except TokenExpired:
            self._fail(id_, p.TOKEN_EXPIRED)
        except TokenInvalid:
            self.wire.close(p.INVALID_TOKEN)
        return None

    async def _check_in(self, id_: int, identity: Identity) -> None:
        """Asks whether the session behind a host-side token still stands, then goes on with what came meanwhile."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                allowed = await self._service.access(identity)
            if allowed:
                self._welcome(id_, identity)
            else:
                self._refuse_connect(id_, p.PERMISSION_DENIED)
        except (Unavailable, TimeoutError):
            self._refuse_connect(id_, p.INTERNAL)
        except Exception:
            logger.exception("checking access failed")
            self._refuse_connect(id_, p.INTERNAL)
        held, self._held = self._held or [], None
        for command in held:
            if self.wire.open:
                self._take(command)

    def _refuse_connect(self, id_: int, fault: p.Fault) -> None:
        self._was_refused = True
        self._fail(id_, fault)

    def _welcome(self, id_: int, identity: Identity) -> None:
        if not self.wire.open:
            return
        service = self._service
        self.identity = identity
        self._since = service.clock()
        self._bucket = service.heartbeat.add(self)
        service.lobby.settle(self)
        service.metrics.connections(identity.role).inc()
        if identity.role != "viewer":
            self._pace.become(HOST_SIDE_PACE)
        ping = service.settings.ping_seconds
        result = self._result_of_connect(ping=int(ping) if ping == int(ping) else ping, pong=True)
        self._say(p.encode_reply(id_, "connect", result))
        if identity.watcher:
            service.presence.arrived(identity.org_id, identity.broadcast_id, identity.watcher, self._since)

    def _refresh(self, id_: int, refresh: p.Refresh, identity: Identity) -> None:
        """A newer token of the same person and broadcast lengthens the connection; any other ends it."""
        fresh = self._read_token(id_, refresh.token)
        if fresh is None:
            return
        if (fresh.subject, fresh.role, fresh.broadcast_id) != (identity.subject, identity.role, identity.broadcast_id):
            self.wire.close(p.INVALID_TOKEN)
            return
        # The visit stays the one that this connection began with.
        self.identity = replace(identity, expires_at=fresh.expires_at, session=fresh.session)
        self._say(p.encode_reply(id_, "refresh", self._result_of_connect()))

    def _result_of_connect(self, *, ping: float | None = None, pong: bool | None = None) -> p.ConnectResult:
        assert self.identity is not None
        left = (self.identity.expires_at - self._service.clock()).total_seconds()
        return p.ConnectResult(client=str(uuid4()), ttl=max(1, int(left)), ping=ping, pong=pong)

    # ── channels ──────────────────────────────────────────────────────────────────────────────────────────────

    def _subscribe(self, id_: int, subscribe: p.Subscribe, identity: Identity) -> None:
        channel = p.read_channel(subscribe.channel)
        if channel is None:
            self._fail(id_, p.UNKNOWN_CHANNEL)
        elif not p.may_follow(identity, channel):
            self._fail(id_, p.PERMISSION_DENIED)
        elif self._seat_in(channel):
            self._fail(id_, p.ALREADY_SUBSCRIBED)
        else:
            self._sit_down(id_, channel, subscribe, identity)

    def _sit_down(self, id_: int, channel: p.Channel, subscribe: p.Subscribe, identity: Identity) -> None:
        room = self._room = self._service.rooms.enter(identity.org_id, identity.broadcast_id)
        seat = Seat(self.wire, identity)
        if channel.kind == "broadcast":
            self._seat = seat
            room.join(seat, id_, subscribe)
        else:
            self._desk_seat = seat
            room.figures.join_desk(seat, id_)

    def _seat_in(self, channel: p.Channel) -> Seat | None:
        seat = self._seat if channel.kind == "broadcast" else self._desk_seat
        return seat if seat and seat.wanted else None

    def _unsubscribe(self, id_: int, unsubscribe: p.Unsubscribe) -> None:
        channel = p.read_channel(unsubscribe.channel)
        if channel is not None and self._seat_in(channel):
            self._stand_up(channel.kind)
        self._say(p.encode_reply(id_, "unsubscribe", p.UnsubscribeResult()))

    def _stand_up(self, kind: p.ChannelKind) -> None:
        if self._room is None:
            return
        if kind == "broadcast" and self._seat:
            self._room.leave(self._seat)
            self._seat = None
        if kind == "desk" and self._desk_seat:
            self._room.figures.leave_desk(self._desk_seat)
            self._desk_seat = None

    def _stage_asked_for(self, id_: int, name: str, identity: Identity) -> Room | None:
        """The room whose numbers or past may be asked; None after saying why not."""
        channel = p.read_channel(name)
        if channel is None:
            self._fail(id_, p.UNKNOWN_CHANNEL)
        elif not p.may_follow(identity, channel) or not self._seat_in(channel):
            self._fail(id_, p.PERMISSION_DENIED)
        elif channel.kind == "desk":
            self._fail(id_, p.NOT_AVAILABLE)
        else:
            return self._room
        return None

    def _presence_stats(self, id_: int, asked: p.PresenceStats, identity: Identity) -> None:
        if room := self._stage_asked_for(id_, asked.channel, identity):
            result = p.PresenceStatsResult(num_clients=room.connections, num_users=room.figures.watching)
            self._say(p.encode_reply(id_, "presence_stats", result))

    def _history(self, id_: int, asked: p.History, identity: Identity) -> None:
        if room := self._stage_asked_for(id_, asked.channel, identity):
            self._run(id_, self._tell_history(id_, asked, room))

    async def _tell_history(self, id_: int, asked: p.History, room: Room) -> None:
        reply = await read_history(id_, asked, room, self._service.stage)
        self._say(reply)

    # ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _call(self, id_: int, rpc: p.Rpc, identity: Identity) -> None:
        if rpc.method not in p.VIEWER_METHODS:
            self._counted("unknown", "failed")
            self._fail(id_, p.METHOD_NOT_FOUND)
        elif not p.may_call(identity.role, rpc.method) or identity.watcher is None:
            self._counted(rpc.method, "denied")
            self._fail(id_, p.PERMISSION_DENIED)
        else:
            try:
                call = p.read_viewer_call(rpc.method, rpc.data)
                self._answer_call(id_, call, identity, identity.watcher)
            except StreamJobsError as error:
                self._settle(id_, rpc.method, error)

    def _answer_call(
        self,
        id_: int,
        call: p.ViewerCalls | p.Report,
        identity: Identity,
        watcher: Watcher,
    ) -> None:
        if isinstance(call, p.Report):
            self._service.limits.report(watcher.viewer_id)
            reported = Reported(watcher, call.signals, lambda outcome: self._counted_signals(id_, outcome))
            self._service.signals.add(identity.org_id, identity.broadcast_id, reported)
        elif self.calls_in_flight >= CALLS_AT_ONCE:
            raise too_many(CALLS_AGAIN_SECONDS)
        else:
            self._run(id_, self._serve(id_, call, identity, watcher))

    def _counted_signals(self, id_: int, outcome: Sequence[UUID] | StreamJobsError) -> None:
        if isinstance(outcome, StreamJobsError):
            self._settle(id_, "report", outcome)
        else:
            self._settle(id_, "report", p.Counted(event_ids=list(outcome)))

    async def _serve(self, id_: int, call: p.ViewerCalls, identity: Identity, watcher: Watcher) -> None:
        with self._service.metrics.rpc_seconds.time():
            try:
                await self._must_be_within_limits(call, identity, watcher)
                self._settle(id_, call.method, await self._service.calls.answer(identity, watcher, call))
            except StreamJobsError as error:
                self._settle(id_, call.method, error)

    async def _must_be_within_limits(self, call: p.ViewerCalls, identity: Identity, watcher: Watcher) -> None:
        """Raises TooMany."""
        limits, org, viewer, prefix = self._service.limits, identity.org_id, watcher.viewer_id, self.wire.prefix
        match call:
            case p.Apply():
                await limits.apply(org, viewer, prefix, call.contact.phone)
            case p.Ask():
                await limits.ask(org, viewer, prefix)
            case p.AskCode():
                await limits.send_code(org, viewer, prefix, call.phone)
            case p.ConfirmCode():
                await limits.try_code(org, viewer, prefix)
            case p.Withdraw() | p.Mine():
                # The connection's own pace is enough for these.
                pass
            case _:
                assert_never(call)

    def _settle(self, id_: int, method: str, outcome: p.Answer | StreamJobsError) -> None:
        """Answers a call: what the viewer can act on as an answer, the rest as a fault of the protocol."""
        match outcome:
            case Unavailable():
                self._counted(method, "unavailable")
                self._fail(id_, p.INTERNAL)
            case NotAllowed():
                self._counted(method, "denied")
                self._fail(id_, p.PERMISSION_DENIED)
            case StreamJobsError():
                self._counted(method, "refused")
                self._say(p.encode_answer(id_, p.refused(outcome)))
            case _:
                self._counted(method, "answered")
                self._say(p.encode_answer(id_, outcome))

    def _counted(self, method: str, outcome: str) -> None:
        self._service.metrics.rpcs.labels(method, outcome).inc()

    def _run(self, id_: int, work: Coroutine[Any, Any, None]) -> None:
        """Runs what has to wait for the database; a few at a time."""
        if self.calls_in_flight >= CALLS_AT_ONCE:
            work.close()
            self._fail(id_, p.TOO_MANY_REQUESTS)
            return
        self.calls_in_flight += 1
        self._service.spawn(self._watched(id_, work))

    async def _watched(self, id_: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await work
        except (Unavailable, TimeoutError):
            self._fail(id_, p.INTERNAL)
        except Exception:
            logger.exception("a command failed")
            self._fail(id_, p.INTERNAL)
        finally:
            self.calls_in_flight -= 1

    # ── leaving ───────────────────────────────────────────────────────────────────────────────────────────────

    def say_goodbye(self) -> None:
        """The server is stopping: the page is told that it need not show this as a lost line."""
        if self._seat and self._seat.wanted and self._room:
            body = p.plain_publication(p.Shutdown().model_dump_json().encode())
            self._say(p.encode_push(self._room.channel, body))
        self.wire.close(p.SHUTDOWN)

    def _leave(self) -> None:
        """Leaves the room and the count of those who watch; doing it again changes nothing."""
        self._stand_up("broadcast")
        self._stand_up("desk")
        if self._bucket < 0 or self.identity is None or self._since is None:
            return
        service, identity = self._service, self.identity
        service.heartbeat.remove(self, self._bucket)
        self._bucket = -1
        service.metrics.connections(identity.role).dec()
        if identity.watcher:
            service.presence.left(
                identity.org_id, identity.broadcast_id, identity.watcher, self._since, service.clock()
            )

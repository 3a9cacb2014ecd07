"""All clients of one process: lets them in, watches over them, and sees them out."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry

from realtime.bus import ValkeyBus
from realtime.calls import Calls
from realtime.client import Client, Service
from realtime.heartbeat import Heartbeat
from realtime.lobby import Lobby
from realtime.metrics import Metrics
from realtime.parts import RoomParts
from realtime.presence import Presence
from realtime.protocol import REVOKED
from realtime.room import Rooms
from realtime.row import WriteToEach, write_to_each
from realtime.signals import Signals
from realtime.wire import OriginCheck, Wire, WireLimits
from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.actions.banning import BanActions
from stream_jobs.actions.phones import PhoneActions
from stream_jobs.actions.stage import StageActions
from stream_jobs.actions.watching import WatchingActions
from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.events import StageEntry
from stream_jobs.domain.ids import BroadcastId, WorkerId
from stream_jobs.limits import Quotas
from stream_jobs.ports import Clock, Topic
from stream_jobs.settings import Settings
from stream_jobs.tokens import Identity, Tokens

logger = logging.getLogger(__name__)

# Whoever may no longer is out within five seconds, however long asking takes on a busy day.
ACCESS_SECONDS = 2.5
DRAIN_BATCH = 500
DRAIN_SECONDS_BETWEEN = 0.25
# Of the time for a drain: what is asked already is answered, all are closed, their lines end; the rest is for writing.
ANSWERING, CLOSING, ENDED = 0.15, 0.55, 0.8
SPARE_PLACES = 256
"""When all sockets are taken there are still pages to be read: HTTP has these, and every place no socket has taken."""


class Gateway:
    """Serves the client protocol to everyone; `run` must be running before the first connection."""

    def __init__(
        self,
        *,
        stage: StageActions,
        applying: ApplyingActions,
        watching: WatchingActions,
        tokens: Tokens,
        phones: PhoneActions,
        access: Callable[[Identity], Awaitable[bool]],
        limits: Quotas,
        bans: BanActions | None = None,
        bus: ValkeyBus,
        settings: Settings,
        worker_id: WorkerId,
        clock: Clock,
        allowed_origins: frozenset[str] | OriginCheck,
        registry: CollectorRegistry | None = None,
        write_to_each: WriteToEach = write_to_each,
    ) -> None:
        """`access` says whether the session behind a host-side identity still stands.

        Origins are a set, or a function of the Origin and Host headers; a client without Origin is no browser and
        is let in by a set.
        """
        self._bus = bus
        self._access = access
        self._bans = bans
        self._settings = settings
        self._origins = _check_in(allowed_origins) if isinstance(allowed_origins, frozenset) else allowed_origins
        self._limits = WireLimits(
            max_frame_bytes=settings.max_frame_bytes,
            max_queued_bytes=settings.max_queued_bytes,
            send_buffer_bytes=settings.send_buffer_bytes,
            trusted_proxies=settings.trusted_proxies,
        )
        self.metrics = Metrics(registry or CollectorRegistry())
        parts = RoomParts(stage, watching, settings, worker_id, lambda: bus.healthy, self.metrics, write_to_each)
        self._rooms = Rooms(parts)
        self._presence = Presence(watching, self._rooms, worker_id)
        self._signals = Signals(watching, self.visits_written)
        self.heartbeat = Heartbeat(settings)
        self.sockets = Lobby(lambda: settings.max_connections)
        self.pages = Lobby(lambda: settings.max_connections + SPARE_PLACES - self.sockets.connections)
        self._clients: dict[Client, None] = {}
        self.metrics.most_waiting.set_function(lambda: max((one.wire.waiting for one in self._clients), default=0))
        self._group: asyncio.TaskGroup | None = None
        self._draining = False
        self._empty = asyncio.Event()
        self._access_may_have_changed = asyncio.Event()
        self._service = Service(
            stage=stage,
            calls=Calls(applying, watching, phones),
            tokens=tokens,
            access=access,
            is_banned=self._is_banned,
            limits=limits,
            rooms=self._rooms,
            signals=self._signals,
            presence=self._presence,
            heartbeat=self.heartbeat,
            lobby=self.sockets,
            metrics=self.metrics,
            settings=settings,
            clock=clock,
            spawn=self._spawn,
            left=self._left,
        )

    # ── running ───────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Everything that goes on beside the sockets, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rooms.run())
            group.create_task(self.heartbeat.run())
            group.create_task(self._presence.run())
            group.create_task(self._signals.run())
            group.create_task(self._watch_access())
            group.create_task(self._bus.listen(self._announced, self._bus_changed))
            self._group = group

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        assert self._group is not None
        return self._group.create_task(_alone(work))

    def _announced(self, broadcast_id: BroadcastId, topic: Topic, entry: StageEntry | None) -> None:
        if topic is Topic.ACCESS:
            self._access_may_have_changed.set()
        else:
            self._rooms.announced(broadcast_id, topic, entry)

    def _bus_changed(self) -> None:
        self.metrics.bus_healthy.set(self._bus.healthy)
        self._rooms.look_everywhere()

    # ── letting in ────────────────────────────────────────────────────────────────────────────────────────────

    def new_wire(self) -> Wire:
        """A protocol for a connection whose first bytes are an upgrade request."""
        return Wire(self._limits, self._origins, self._listen)

    def _listen(self, wire: Wire) -> Client | None:
        if self._draining or self._group is None:
            return None
        client = Client(wire, self._service)
        if not self.sockets.enter(client):
            return None
        self._clients[client] = None
        return client

    async def visits_written(self) -> None:
        """Returns when the visits of all who have connected before are stored. Raises Unavailable."""
        await self._presence.flush_arrivals()

    def _left(self, client: Client) -> None:
        self._clients.pop(client, None)
        self.sockets.leave(client)
        if self._draining and not self._clients:
            self._empty.set()

    # ── watching over ─────────────────────────────────────────────────────────────────────────────────────────

    async def _watch_access(self) -> None:
        """Closes within five seconds who may not be here: a session that ended, a device that is kept out."""
        while True:
            self._access_may_have_changed.clear()
            await self._look_at_bans()
            for identity, clients in self._host_side().items():
                if not await self._still_allowed(identity):
                    for client in clients:
                        client.wire.close(REVOKED)
            with suppress(TimeoutError):
                async with asyncio.timeout(ACCESS_SECONDS):
                    await self._access_may_have_changed.wait()

    async def _look_at_bans(self) -> None:
        if self._bans is None:
            return
        try:
            await self._bans.look()
        except Unavailable:
            logger.warning("cannot look who is kept out; looking again soon")
        except Exception:
            logger.exception("looking who is kept out failed")
        if self._bans.any:
            for client in [one for one in self._clients if one.identity and self._is_banned(one.identity)]:
                client.wire.close(REVOKED)

    def _is_banned(self, identity: Identity) -> bool:
        watcher = identity.watcher
        return bool(self._bans and watcher and self._bans.is_banned(identity.broadcast_id, watcher.viewer_id))

    def _host_side(self) -> dict[Identity, list[Client]]:
        """Connections of the same session are asked about once."""
        sessions: dict[Identity, list[Client]] = {}
        for client in self._clients:
            if client.identity and client.identity.role != "viewer":
                sessions.setdefault(client.identity, []).append(client)
        return sessions

    async def _still_allowed(self, identity: Identity) -> bool:
        try:
            return await self._access(identity)
        except Unavailable:
            logger.warning("cannot check access; asking again soon")
        except Exception:
            logger.exception("checking access failed")
        return True

    # ── seeing out ────────────────────────────────────────────────────────────────────────────────────────────

    async def drain(self, within_seconds: float) -> None:
        """Refuses new clients, answers what waits, closes everyone spread over time, and writes who left when.

        Takes no longer, also while PostgreSQL is away or frozen.
        """
        self._draining = True
        if not self._clients:
            self._empty.set()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._wait_for(self._signals.flush(), ANSWERING * within_seconds)
        await self._close_spread(CLOSING * within_seconds)
        try:
            async with asyncio.timeout_at(began + ENDED * within_seconds):
                await self._empty.wait()
        except TimeoutError:
            for client in list(self._clients):
                client.wire.abort()
        await self._wait_for(self._write_departures(), began + within_seconds - loop.time())

    async def _wait_for(self, work: Coroutine[Any, Any, None], seconds: float) -> None:
        """So long at most; it goes on then, because taking a query back from a frozen database takes longer still."""
        await asyncio.wait([self._spawn(work)], timeout=max(0.0, seconds))

    async def _close_spread(self, within_seconds: float) -> None:
        # Those whose call is being answered go last.
        leaving = sorted(self._clients, key=lambda client: client.calls_in_flight)
        for batch in drain_batches(leaving, within_seconds):
            for client in batch:
                client.say_goodbye()
            await asyncio.sleep(DRAIN_SECONDS_BETWEEN)

    async def _write_departures(self) -> None:
        try:
            await self._signals.flush()
            await self._presence.say_goodbye()
        except Unavailable:
            logger.warning("some departures were not written; they end at this worker's last beat")


async def _alone(work: Coroutine[Any, Any, None]) -> None:
    """What goes wrong for one client ends nothing for the others."""
    try:
        await work
    except Exception:
        logger.exception("a client's work failed")


def drain_batches(clients: list[Client], within_seconds: float) -> Iterable[list[Client]]:
    """500 at a time, more only when the time would not do."""
    steps = max(1, int(within_seconds / DRAIN_SECONDS_BETWEEN))
    size = max(DRAIN_BATCH, math.ceil(len(clients) / steps))
    return [clients[start : start + size] for start in range(0, len(clients), size)]


def _check_in(allowed: frozenset[str]) -> OriginCheck:
    return lambda origin, host: origin is None or origin in allowed

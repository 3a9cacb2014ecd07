"""Announcements over Valkey: a broadcast id, a topic and who says so, no data; whoever hears one looks at the log."""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from itertools import chain
from uuid import UUID

from redis.asyncio import Connection, Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as LineClosed

from realtime.valkey import AWAY, a_line, connection, obey_cancellation
from stream_jobs.domain.events import StageEntry
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.ports import Topic

logger = logging.getLogger(__name__)

CHANNEL = "stream_jobs:look"
"""One plain channel: any node of a cluster passes it on to all others, so nobody needs to know slots."""
ANSWER_SECONDS = 2.0
"""After this long without an answer the line counts as dead."""
SILENCE_SECONDS = 0.5
"""After this long without a word we ask; while the answer does not come, rooms look by themselves as often as this."""
RECONNECT_SECONDS = 0.5
MAX_WAITING = 10_000

Hear = Callable[[BroadcastId, Topic, StageEntry | None], None]


class ValkeyBus:
    """Announces to every process and hears what they announce; rooms of this process hear at once, without Valkey."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = secrets.token_hex(8)
        self._waiting: dict[tuple[BroadcastId, Topic], None] = {}
        self._something_waits = asyncio.Event()
        self._hear: Hear | None = None
        self._missed: Callable[[], None] | None = None
        self._works = {"receive": False, "send": True}

    @property
    def healthy(self) -> bool:
        """Whether announcements of other processes are heard here and ours are sent."""
        return all(self._works.values())

    async def announce(self, broadcast_id: BroadcastId, topic: Topic, entry: StageEntry | None = None) -> None:
        """Tells every process to look. Never raises, never waits; what waits already is not sent twice.

        The entry goes to rooms of this process alone.
        """
        if self._hear:
            self._hear(broadcast_id, topic, entry)
        if len(self._waiting) < MAX_WAITING:
            self._waiting[broadcast_id, topic] = None
            self._something_waits.set()

    async def listen(self, hear: Hear, missed: Callable[[], None]) -> None:
        """Hears and sends until cancelled, through any number of outages.

        `missed` is called when Valkey goes, while it does not answer, and when it is back: something may have been
        missed then.
        """
        self._hear, self._missed = hear, missed
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep("receive", self._receive))
                group.create_task(self._keep("send", self._send))
        finally:
            self._hear = self._missed = None

    async def _keep(self, part: str, work: Callable[[Redis], Awaitable[None]]) -> None:
        while True:
            try:
                async with connection(self._url, ANSWER_SECONDS) as valkey:
                    await work(valkey)
            except AWAY as error:
                obey_cancellation()
                if self._works[part]:
                    logger.warning("valkey is away; rooms look by themselves", extra={"reason": type(error).__name__})
                self._set_works(part, False)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _set_works(self, part: str, works: bool) -> None:
        before = self.healthy
        self._works[part] = works
        if self.healthy != before:
            self._say_missed()

    def _say_missed(self) -> None:
        if self._missed:
            self._missed()

    # ── hearing ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _receive(self, valkey: Redis) -> None:
        async with valkey.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            asked_at: float | None = None
            while True:
                message = await pubsub.get_message(timeout=SILENCE_SECONDS)
                obey_cancellation()
                if message is not None:
                    asked_at = None
                    self._take(message)
                elif asked_at is None:
                    asked_at = time.monotonic()
                    await self._ping(pubsub)
                elif time.monotonic() - asked_at < ANSWER_SECONDS:
                    self._say_missed()
                else:
                    raise TimeoutError("no answer to a ping")

    async def _ping(self, pubsub: PubSub) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            await pubsub.ping()

    def _take(self, message: dict[str, object]) -> None:
        match message["type"]:
            case "subscribe":
                self._set_works("receive", True)
            case "message":
                self._pass_on(message["data"])

    def _pass_on(self, data: object) -> None:
        try:
            id_, topic, *name = bytes(data).decode("ascii").split(" ")  # type: ignore[call-overload]  # bytes from redis
            announced = BroadcastId(UUID(id_)), Topic(topic)
        except (TypeError, ValueError):
            logger.warning("heard something that is no announcement")
            return
        # What we announced ourselves was heard here already.
        if self._hear and name != [self._name]:
            self._hear(*announced, None)

    # ── sending ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _send(self, valkey: Redis) -> None:
        # The first word proves that the line works before anything depends on it.
        await valkey.ping()
        line = await a_line(valkey)
        obey_cancellation()
        self._set_works("send", True)
        while True:
            await self._something_waits.wait()
            self._something_waits.clear()
            waiting, self._waiting = self._waiting, {}
            try:
                await self._say(line, list(waiting))
            except BaseException:
                self._waiting = waiting | self._waiting
                self._something_waits.set()
                raise

    async def _say(self, line: Connection, announcements: list[tuple[BroadcastId, Topic]]) -> None:
        """Valkey, or what stands before it, may have closed a line that was idle: that is no outage yet."""
        try:
            await self._publish(line, announcements)
        except LineClosed:
            await line.disconnect()
            await self._publish(line, announcements)

    async def _publish(self, line: Connection, announcements: list[tuple[BroadcastId, Topic]]) -> None:
        said = [line.pack_command("PUBLISH", CHANNEL, f"{id_} {topic} {self._name}") for id_, topic in announcements]
        async with asyncio.timeout(ANSWER_SECONDS):
            await line.send_packed_command(list(chain.from_iterable(said)), check_health=False)
            for _ in announcements:
                await line.read_response()
        obey_cancellation()

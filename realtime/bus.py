"""Announcements over Valkey: a broadcast id, a topic and who says so, no data; whoever hears one looks at the log."""

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from uuid import UUID

from redis.asyncio import Connection, Redis
from redis.exceptions import ConnectionError as LineClosed

from realtime.valkey import AWAY, Absence, a_line, connection, obey_cancellation
from stream_jobs.domain.events import StageEntry
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.ports import Topic

logger = logging.getLogger(__name__)

CHANNEL = "stream_jobs:look"
"""One plain channel: any node of a cluster passes it on to all others, so nobody needs to know slots."""
NOBODY = BroadcastId(UUID(int=0))
"""Of whom something is said to see whether it can be."""
ANSWER_SECONDS = 2.0
"""After this long without an answer the line counts as dead."""
SILENCE_SECONDS = 0.5
"""After this long without a word we ask; while the answer does not come, rooms look by themselves as often as this."""
RECONNECT_SECONDS = 0.5
MAX_WAITING = 10_000

Announcement = tuple[BroadcastId, Topic]
Hear = Callable[[BroadcastId, Topic, StageEntry | None], None]


class ValkeyBus:
    """Announces to every process and hears what they announce; rooms of this process hear at once, without Valkey.

    One line for both: whatever Valkey says, an answer or an announcement, shows that it works.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = secrets.token_hex(8)
        self._waiting: dict[Announcement, None] = {}
        self._unanswered: deque[Announcement] = deque()
        self._may_say = asyncio.Event()
        self._hear: Hear | None = None
        self._missed: Callable[[], None] | None = None
        self._line: Connection | None = None
        self._absence = Absence(logger, "rooms look by themselves, each worker limits by itself")

    @property
    def healthy(self) -> bool:
        """Whether announcements of other processes are heard here and ours are sent."""
        return self._line is not None

    async def announce(self, broadcast_id: BroadcastId, topic: Topic, entry: StageEntry | None = None) -> None:
        """Tells every process to look. Never raises, never waits; what waits already is not sent twice.

        The entry goes to rooms of this process alone.
        """
        if self._hear:
            self._hear(broadcast_id, topic, entry)
        if len(self._waiting) < MAX_WAITING:
            self._waiting[broadcast_id, topic] = None
            self._look_what_waits()

    async def listen(self, hear: Hear, missed: Callable[[], None]) -> None:
        """Hears and sends until cancelled, through any number of outages.

        `missed` is called when Valkey goes, while it does not answer, and when it is back: something may have been
        missed then.
        """
        self._hear, self._missed = hear, missed
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_hearing())
                group.create_task(self._keep_saying())
        finally:
            self._hear = self._missed = None

    def _set_line(self, line: Connection | None) -> None:
        """What was on its way when a line was lost may not have arrived: it is said again on the next."""
        if (line is None) == (self._line is None):
            return
        self._line = line
        self._waiting = dict.fromkeys(self._unanswered) | self._waiting
        self._unanswered.clear()
        self._look_what_waits()
        self._say_missed()

    def _say_missed(self) -> None:
        if self._missed:
            self._missed()

    # ── hearing ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _keep_hearing(self) -> None:
        while True:
            try:
                async with connection(self._url, ANSWER_SECONDS) as valkey:
                    await self._hear_until_away(valkey)
            except AWAY:
                obey_cancellation()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _hear_until_away(self, valkey: Redis) -> None:
        """Lets go of the line before the client is closed: nobody may say anything on it meanwhile."""
        try:
            await self._receive(await a_line(valkey))
        except AWAY as error:
            obey_cancellation()
            self._absence.goes_on(error)
            self._set_line(None)
            raise

    async def _receive(self, line: Connection) -> None:
        """The line is there once something was said on it: who may hear need not be allowed to speak."""
        await line.send_command("SUBSCRIBE", CHANNEL)
        await line.send_command("PUBLISH", CHANNEL, f"{NOBODY} {Topic.STAGE} {self._name}")
        asked_at: float | None = None
        while True:
            said = await line.read_response(timeout=SILENCE_SECONDS, push_request=True)
            obey_cancellation()
            if said is not None:
                asked_at = None
                self._take(line, said)
            elif not line.is_connected:
                raise LineClosed("closed while something was said")
            elif asked_at is None:
                asked_at = time.monotonic()
                await line.send_command("PING")
            elif time.monotonic() - asked_at < ANSWER_SECONDS:
                self._say_missed()
            else:
                raise TimeoutError("no answer to a ping")

    def _take(self, line: Connection, said: object) -> None:
        match said:
            case int() if self._line is None:
                self._absence.ends()
                self._set_line(line)
            case [b"message", _, data]:
                self._pass_on(data)
            case int():
                self._unanswered.popleft()
                self._look_what_waits()

    def _pass_on(self, data: object) -> None:
        try:
            id_, topic, *name = bytes(data).decode("ascii").split(" ")  # type: ignore[call-overload]  # bytes from redis
            announced = BroadcastId(UUID(id_)), Topic(topic)
        except (TypeError, ValueError):
            logger.warning("heard something that is no announcement")
            return
        # What we announced ourselves was heard here already.
        if self._hear and name != [self._name] and announced[0] != NOBODY:
            self._hear(*announced, None)

    # ── sending ───────────────────────────────────────────────────────────────────────────────────────────────

    def _look_what_waits(self) -> None:
        """What is announced while others are on their way goes out together after them."""
        if self._line and self._waiting and not self._unanswered:
            self._may_say.set()

    async def _keep_saying(self) -> None:
        while True:
            await self._may_say.wait()
            self._may_say.clear()
            # The library would dial again by itself, and hear nothing there.
            if self._line and self._line.is_connected:
                # Whoever hears on this line learns that it is lost as well.
                with suppress(*AWAY):
                    await self._say(self._line)
                obey_cancellation()

    async def _say(self, line: Connection) -> None:
        said = [line.pack_command("PUBLISH", CHANNEL, f"{id_} {topic} {self._name}") for id_, topic in self._waiting]
        self._unanswered.extend(self._waiting)
        self._waiting = {}
        await line.send_packed_command(list(chain.from_iterable(said)), check_health=False)

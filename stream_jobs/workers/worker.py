"""One place among the workers, through all its lives."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

from pydantic import ValidationError

from stream_jobs.domain.errors import WorkerNotStarted
from stream_jobs.domain.ids import WorkerId
from stream_jobs.settings import Settings
from stream_jobs.workers.orders import Life, Orders

logger = logging.getLogger(__name__)

START_SECONDS = 60.0
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 30.0
LOOK_FOR_SECONDS = 0.1
"""Whether a new one is ready."""
LATE_SECONDS = 10.0
"""After the time to drain; from then on somebody should look why the next one is not ready."""
LOOK_SECONDS = 5.0
HUNG_SECONDS = 30.0
"""Its viewers have gone by then, for want of a ping; new ones would still be sent to it."""
STEADY_SECONDS = 60.0
"""Who has lived so long is started again at once; who ends sooner waits twice as long as the time before."""


class Worker:
    """A process that serves, and whoever comes after it."""

    def __init__(
        self, number: int, command: Sequence[str], settings: Settings, ended: Callable[[WorkerId], None]
    ) -> None:
        """command: what becomes a worker when it is given its orders. ended: told of every life that is over."""
        self.number = number
        self._command = command
        self._orders = Orders(worker=number, supervisor=os.getpid(), settings=settings)
        self._ended = ended
        self._process: asyncio.subprocess.Process | None = None
        self.life: Life | None = None
        """None while it does not listen."""
        self.starts = 0
        self._renewed = False

    async def start(self) -> None:
        """Listening when it returns. Raises WorkerNotStarted; what was in the way it has said itself."""
        self.starts += 1
        process = self._process = await self._begun()
        assert process.stdin is not None and process.stdout is not None
        with suppress(ConnectionError):
            process.stdin.write(self._orders.model_dump_json().encode() + b"\n")
            await process.stdin.drain()
        try:
            async with asyncio.timeout(START_SECONDS):
                self.life = Life.model_validate_json(await process.stdout.readline())
        except (TimeoutError, ValidationError) as error:
            self._signal(signal.SIGKILL)
            await process.wait()
            raise WorkerNotStarted(f"Worker {self.number} did not start; what it said is above") from error

    async def _begun(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        try:
            # A session of its own: Ctrl-C at the terminal is for the supervisor, who tells everyone.
            return await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe, start_new_session=True)
        except OSError as error:
            logger.error("a worker's process cannot be made", extra={"number": self.number, "errno": error.errno})
            raise WorkerNotStarted(f"Worker {self.number} did not start: {error.strerror}") from error

    async def keep(self) -> None:
        """Starts it again whenever it ends, until cancelled; not in a hurry when that keeps happening."""
        delay = FIRST_DELAY_SECONDS
        while True:
            began = time.monotonic()
            await self._over()
            if self._renewed or time.monotonic() - began > STEADY_SECONDS:
                delay = FIRST_DELAY_SECONDS
            self._renewed = False
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)
            with suppress(WorkerNotStarted):
                await self.start()
                logger.info("a worker serves again", extra={"number": self.number})

    async def renew(self, ready: Callable[["Worker"], Awaitable[bool]]) -> None:
        """Drains it; whoever comes after it is ready when this returns. `keep` must be running."""
        before, patience = self.life, self._orders.settings.drain_seconds + LATE_SECONDS
        warning = asyncio.get_running_loop().call_later(patience, self._say_late)
        self._renewed = self._signal(signal.SIGTERM)
        try:
            while self.life is before or not await ready(self):  # noqa: ASYNC110  # asked of another process
                await asyncio.sleep(LOOK_FOR_SECONDS)
        finally:
            warning.cancel()

    def _say_late(self) -> None:
        logger.warning("a worker started anew is not ready; the others wait for it", extra={"number": self.number})

    async def must_answer(self, answers: Callable[["Worker"], Awaitable[bool]]) -> None:
        """Kills it when it listens and has not answered for too long, until cancelled."""
        heard = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.life is None or await answers(self):
                heard = time.monotonic()
            elif time.monotonic() - heard > HUNG_SECONDS:
                logger.warning("a worker does not answer and is killed", extra={"number": self.number})
                self._signal(signal.SIGKILL)
                heard = time.monotonic()

    async def _over(self) -> None:
        """Returns when its process has ended, and whoever is to know was told."""
        status = await self._process.wait() if self._process else None
        level = logging.INFO if self._renewed else logging.WARNING
        logger.log(level, "a worker ended; starting it again soon", extra={"number": self.number, "status": status})
        life, self.life = self.life, None
        if life:
            self._ended(life.id)

    def _signal(self, number: signal.Signals) -> bool:
        """Whether there was a process to tell."""
        with suppress(ProcessLookupError):
            if self._process and self._process.returncode is None:
                self._process.send_signal(number)
                return True
        return False

    async def _gone(self) -> None:
        if self._process:
            await self._process.wait()


async def end(workers: Iterable[Worker], within_seconds: float) -> None:
    """All of them at once drain; who has not ended in time is killed."""
    workers = list(workers)
    for worker in workers:
        worker._signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(within_seconds):
            await asyncio.gather(*(worker._gone() for worker in workers))
    except TimeoutError:
        logger.warning("some workers did not end in time and are killed")
        for worker in workers:
            worker._signal(signal.SIGKILL)
        await asyncio.gather(*(worker._gone() for worker in workers))

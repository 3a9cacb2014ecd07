"""Many callers at once become one transaction; each is answered after its commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from stream_jobs.domain.errors import TooMany, Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Collects what arrives while the store is busy, and stores that in one go.

    A batch has a price of its own: while another is under way, the next one waits until `worth` items are there, or
    gather_seconds have passed. `store` answers in order, a result or an exception per item. When it raises, the items
    are stored one by one, so that one bad item harms only itself. At most max_waiting items wait; more are refused
    with TooMany.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Item]], Awaitable[Sequence[Result | BaseException]]],
        *,
        max_batch: int = 500,
        max_waiting: int = 5000,
        concurrent: int = 2,
        worth: int = 200,
        gather_seconds: float = 0.02,
    ) -> None:
        self._store = store
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        self._under_way = 0
        self._concurrent = concurrent
        self._worth = worth
        self._gather_seconds = gather_seconds
        self._has_ended = False

    @property
    def waiting(self) -> int:
        """How many wait for a batch."""
        return len(self._waiting)

    async def add(self, item: Item) -> Result:
        """The item's own result, once it is durable. Items wait for `run` to begin."""
        if self._has_ended:
            raise Unavailable
        if len(self._waiting) >= self._max_waiting:
            raise TooMany(retry_after_seconds=2)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._look()
        return await future

    async def run(self) -> None:
        """Stores batches until cancelled."""
        self._has_ended = False
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._concurrent):
                    group.create_task(self._work())
        finally:
            self._has_ended = True
            waiting, self._waiting = self._waiting, []
            _fail(waiting)

    async def _work(self) -> None:
        while True:
            await self._gathered()
            batch, self._waiting = self._waiting[: self._max_batch], self._waiting[self._max_batch :]
            if batch:
                await self._settle(batch)

    async def _gathered(self) -> None:
        await self._arrived.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gather_seconds):
                await self._enough.wait()

    def _look(self) -> None:
        """What those who wait for a batch wait for, after anything has changed."""
        waiting = len(self._waiting)
        _set_if(self._arrived, waiting > 0)
        _set_if(self._enough, waiting >= self._worth or (waiting > 0 and not self._under_way))

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        self._under_way += 1
        self._look()
        try:
            results = await self._stored([item for item, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                if future.done():
                    continue
                if isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result(result)
        finally:
            # Nobody waits for ever: not when this is cancelled, and not when the store answers too few.
            _fail(batch)
            self._under_way -= 1
            self._look()

    async def _stored(self, items: Sequence[Item]) -> Sequence[Result | BaseException]:
        try:
            return await self._store(items)
        except Exception as error:
            return [error] if len(items) == 1 else [await self._alone(item) for item in items]

    async def _alone(self, item: Item) -> Result | BaseException:
        try:
            return (await self._store([item]))[0]
        except Exception as error:
            return error


def _set_if(event: asyncio.Event, holds: bool) -> None:
    if holds:
        event.set()
    else:
        event.clear()


def _fail(waiting: list[tuple[Item, asyncio.Future[Result]]]) -> None:
    for _, future in waiting:
        if not future.done():
            future.set_exception(Unavailable())

"""Nobody waits for ever for an answer of the batcher."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from stream_jobs.actions.batching import Batcher
from stream_jobs.domain.errors import TooMany, Unavailable

PATIENCE = 2.0


class Shelf:
    """A store that can be held up, and remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[list[int]] = []
        self.open = asyncio.Event()
        self.busy = asyncio.Event()
        self.got = asyncio.Condition()

    async def given_to(self, batches: int) -> None:
        """When it was given so many."""
        async with asyncio.timeout(PATIENCE), self.got:
            await self.got.wait_for(lambda: len(self.given) >= batches)

    async def store(self, items: Sequence[int]) -> Sequence[int | BaseException]:
        self.given.append(list(items))
        self.busy.set()
        async with self.got:
            self.got.notify_all()
        await self.open.wait()
        if 13 in items:
            raise ValueError("thirteen")
        return [item * 10 for item in items]


@asynccontextmanager
async def running(batcher: Batcher[int, int]) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(batcher.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def answers(*callers: "asyncio.Task[int]") -> list[int | BaseException]:
    async with asyncio.timeout(PATIENCE):
        return list(await asyncio.gather(*callers, return_exceptions=True))


async def test_what_arrives_while_the_store_is_busy_is_stored_in_one_go() -> None:
    """And each caller gets its own result."""
    shelf = Shelf()
    batcher: Batcher[int, int] = Batcher(shelf.store, concurrent=1)
    async with running(batcher):
        first = asyncio.create_task(batcher.add(1))
        await shelf.busy.wait()
        others = [asyncio.create_task(batcher.add(n)) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        shelf.open.set()

        assert await answers(first, *others) == [10, 20, 30, 40]

    assert shelf.given == [[1], [2, 3, 4]]


async def test_while_a_batch_is_under_way_the_next_gathers_until_it_is_worth_one() -> None:
    """A batch has a price of its own, however few are in it."""
    shelf = Shelf()
    batcher: Batcher[int, int] = Batcher(shelf.store, concurrent=2, worth=3, gather_seconds=PATIENCE)
    async with running(batcher):
        callers = [asyncio.create_task(batcher.add(1))]
        await shelf.given_to(1)
        callers += [asyncio.create_task(batcher.add(n)) for n in (2, 3)]
        await asyncio.sleep(0)
        assert batcher.waiting == 2
        callers.append(asyncio.create_task(batcher.add(4)))
        await shelf.given_to(2)
        shelf.open.set()

        assert await answers(*callers) == [10, 20, 30, 40]

    assert shelf.given == [[1], [2, 3, 4]]


@pytest.mark.parametrize("held", [True, False])
async def test_whoever_gathers_alone_waits_no_longer_than_others_take_or_may_take(held: bool) -> None:
    """Until the batch under way is stored; and should that take long, a moment."""
    shelf = Shelf()
    moment = 0.01 if held else PATIENCE * 10
    batcher: Batcher[int, int] = Batcher(shelf.store, concurrent=2, worth=100, gather_seconds=moment)
    async with running(batcher):
        callers = [asyncio.create_task(batcher.add(1))]
        await shelf.given_to(1)
        callers.append(asyncio.create_task(batcher.add(2)))
        if held:
            await shelf.given_to(2)
        shelf.open.set()

        assert await answers(*callers) == [10, 20]


async def test_one_bad_item_harms_only_itself() -> None:
    """The batch is stored again one by one."""
    shelf = Shelf()
    shelf.open.set()
    batcher: Batcher[int, int] = Batcher(shelf.store, concurrent=1)
    callers = [asyncio.create_task(batcher.add(n)) for n in (1, 13, 2)]
    await asyncio.sleep(0)
    async with running(batcher):
        told = await answers(*callers)

    assert (told[0], told[2]) == (10, 20)
    assert isinstance(told[1], ValueError)


async def test_whoever_waits_when_the_batcher_stops_is_told_to_try_again() -> None:
    """Those whose batch is being stored, those behind them, and those who come too late."""
    shelf = Shelf()
    batcher: Batcher[int, int] = Batcher(shelf.store, concurrent=1)
    async with running(batcher):
        being_stored = asyncio.create_task(batcher.add(1))
        await shelf.busy.wait()
        behind = asyncio.create_task(batcher.add(2))
        await asyncio.sleep(0)

    told = await answers(being_stored, behind, asyncio.create_task(batcher.add(3)))

    assert [type(answer) for answer in told] == [Unavailable] * 3


async def test_a_store_that_answers_too_few_leaves_nobody_waiting() -> None:
    """The batcher stops with that mistake; those it did not answer are told to try again."""

    async def forgets(items: Sequence[int]) -> Sequence[int | BaseException]:
        return []

    batcher: Batcher[int, int] = Batcher(forgets)
    caller = asyncio.create_task(batcher.add(1))
    with pytest.raises(ExceptionGroup):
        await batcher.run()

    [told] = await answers(caller)
    assert isinstance(told, Unavailable)


async def test_a_caller_that_goes_away_harms_nobody() -> None:
    """Its item is stored all the same: it was on its way."""
    shelf = Shelf()
    batcher: Batcher[int, int] = Batcher(shelf.store, concurrent=1)
    async with running(batcher):
        gone = asyncio.create_task(batcher.add(1))
        await shelf.busy.wait()
        gone.cancel()
        other = asyncio.create_task(batcher.add(2))
        await asyncio.sleep(0)
        shelf.open.set()

        assert (await answers(other)) == [20]

    assert shelf.given == [[1], [2]]


async def test_more_than_may_wait_are_refused_at_once() -> None:
    """With a time to come back."""
    batcher: Batcher[int, int] = Batcher(Shelf().store, max_waiting=1)
    waiting = asyncio.create_task(batcher.add(1))
    await asyncio.sleep(0)

    with pytest.raises(TooMany) as refused:
        await batcher.add(2)

    assert refused.value.retry_after_seconds
    waiting.cancel()

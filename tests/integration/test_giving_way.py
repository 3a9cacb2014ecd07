"""Transactions that PostgreSQL ends for another's sake: nothing of them is stored, and trying again helps."""

import asyncio
from contextlib import suppress

import pytest
from aiohttp import ClientResponse

from storage.pool import Database, Transaction
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import BroadcastId, CardId
from stream_jobs.ports import AccountRole
from tests.builders import Store, a_broadcast, cards_of
from tests.clients import eventually
from tests.site import a_site

TRIES = 5
"""PostgreSQL ends whoever notices first, after a second of waiting: mostly the one who came first, the request."""


async def _take_card(tx: Transaction, card: CardId) -> None:
    await tx.execute("SELECT FROM card WHERE id = $1 FOR UPDATE", card)


async def _take_show(tx: Transaction, broadcast: BroadcastId) -> None:
    await tx.execute("SELECT FROM broadcast WHERE id = $1 FOR UPDATE", broadcast)


async def _somebody_waits(database: Database) -> bool:
    async with database.maintenance() as tx:
        return bool(
            await tx.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )


async def test_a_request_that_lost_a_deadlock_is_a_503_to_try_again(store: Store) -> None:
    """40P01: pausing a job takes the show, then its card, and meets someone who goes the other way around."""
    broadcast = await a_broadcast(store)
    card = (await cards_of(store, broadcast))[0]
    async with a_site(store) as site:
        staff = await site.signed_in(await site.account(AccountRole.OPERATOR))

        async def pause() -> ClientResponse:
            path = f"/api/v1/broadcasts/{broadcast}/cards/{card}/state"
            return await site.ask("PUT", path, json={"state": "paused"}, headers=staff)

        async def pause_against_the_other_way() -> ClientResponse:
            with suppress(StorageUnavailable):
                async with store.database.transaction(store.org) as tx:
                    await _take_card(tx, card)
                    pausing = asyncio.ensure_future(pause())
                    await eventually(lambda: _somebody_waits(store.database))
                    await _take_show(tx, broadcast)
            return await pausing

        for _ in range(TRIES):
            lost = await pause_against_the_other_way()
            if lost.status != 204:
                break
        again = await pause()

        assert (lost.status, lost.headers["Retry-After"]) == (503, "1")
        assert (await lost.json())["code"] == "storage_unavailable"
        assert again.status == 204


async def test_of_two_in_a_deadlock_one_commits_and_the_other_may_try_again(store: Store) -> None:
    """Whichever PostgreSQL ends hears our error, nobody the driver's."""
    broadcast = await a_broadcast(store)
    card = (await cards_of(store, broadcast))[0]
    both = asyncio.Barrier(2)

    async def first_card_then_show() -> None:
        async with store.database.transaction(store.org) as tx:
            await _take_card(tx, card)
            await both.wait()
            await _take_show(tx, broadcast)

    async def first_show_then_card() -> None:
        async with store.database.transaction(store.org) as tx:
            await _take_show(tx, broadcast)
            await both.wait()
            await _take_card(tx, card)

    ends = await asyncio.gather(first_card_then_show(), first_show_then_card(), return_exceptions=True)

    lost = [end for end in ends if end is not None]
    assert [type(end) for end in lost] == [StorageUnavailable]
    assert isinstance(lost[0], StorageUnavailable) and lost[0].retryable and lost[0].retry_after_seconds == 1


async def test_a_moment_that_was_overtaken_may_be_tried_again(store: Store) -> None:
    """40001: what was read at one moment cannot be changed after somebody else changed it."""
    broadcast = await a_broadcast(store)
    change = "UPDATE broadcast SET title = $2 WHERE id = $1"

    with pytest.raises(StorageUnavailable) as overtaken:
        async with store.database.transaction(store.org, one_moment=True) as tx:
            await tx.fetchval("SELECT title FROM broadcast WHERE id = $1", broadcast)
            async with store.database.transaction(store.org) as other:
                await other.execute(change, broadcast, "珠海专场")
            await tx.execute(change, broadcast, "县城专场")

    assert overtaken.value.retryable
    assert (await store.actions.stage.snapshot(store.org, broadcast)).broadcast.title == "珠海专场"

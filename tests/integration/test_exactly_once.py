"""One application a key, however many copies arrive, by whatever way, at however many workers."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from storage.pool import Database
from stream_jobs.domain.errors import KeyReused
from stream_jobs.domain.ids import BroadcastId, JobId
from stream_jobs.embedded import Servers
from tests.builders import Store, a_broadcast, a_phone, a_watcher, another_worker, apply, batching, jobs_of
from tests.clients import a_connected, running_gateway
from tests.site import a_site

API = "/api/v1/broadcasts"


async def _rows(store: Store, table: str) -> int:
    async with store.database.maintenance() as tx:
        return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608  # names in this test


async def test_copies_in_one_batch_harm_nobody_else_in_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends again at once used to have a whole batch stored row by row; now only copies wait their turn."""
    broadcast = await a_broadcast(store, jobs=1)
    job, watcher, key = (await jobs_of(store, broadcast))[0], a_watcher(), uuid4()
    transactions = 0
    begin = Database.transaction

    def counting(self: Database, *args: Any, **more: Any) -> Any:
        nonlocal transactions
        transactions += 1
        return begin(self, *args, **more)

    callers = [
        *(apply(store, broadcast, job, watcher=watcher, key=key) for _ in range(10)),
        *(apply(store, broadcast, job, phone=a_phone(nth)) for nth in range(2, 42)),
    ]
    waiting = [asyncio.create_task(caller) for caller in callers]
    while store.actions.batcher.waiting < len(waiting):  # noqa: ASYNC110  # each has a question to ask before it waits
        await asyncio.sleep(0)
    monkeypatch.setattr(Database, "transaction", counting)
    async with batching(store):
        told = await asyncio.gather(*waiting)
    monkeypatch.undo()

    assert transactions == 2
    assert len({receipt.receipt_id for receipt in told[:10]}) == 1
    assert await _rows(store, "application") == 41


async def test_a_person_recorded_by_two_workers_at_once_is_one_person(store: Store) -> None:
    """The batch that loses the race looks again and is answered by what won; a stranger still learns nothing."""
    broadcast = await a_broadcast(store, jobs=1)
    job = (await jobs_of(store, broadcast))[0]
    workers = [another_worker(store) for _ in range(4)]
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(batching(worker))

        told = await asyncio.gather(
            *(apply(worker, broadcast, job, phone=a_phone(nth)) for nth in range(30) for worker in workers)
        )

    assert [await _rows(store, table) for table in ("person", "application", "receipt")] == [30, 30, 120]
    assert len({receipt.receipt_id for receipt in told}) == 120
    assert not any(receipt.repeated for receipt in told)


async def test_http_and_socket_are_the_same_action(store: Store, servers: Servers) -> None:
    """A key said on both is one application, in either order; with another body either refuses it."""
    broadcast = await a_broadcast(store, jobs=1)
    job = (await jobs_of(store, broadcast))[0]
    async with running_gateway(store, servers.valkey_url) as running, a_site(running.store) as site:
        headers = await site.viewer(broadcast)
        path = f"{API}/{broadcast}/applications"
        async with await a_connected(running, headers["Authorization"].removeprefix("Bearer ")) as socket:
            first, second = [await _body(store, broadcast, job, nth) for nth in (1, 2)]

            by_http = await (await site.ask("POST", path, json=first, headers=headers)).json()
            then_by_socket = await socket.rpc("apply", **first)
            by_socket = await socket.rpc("apply", **second)
            then_by_http = await (await site.ask("POST", path, json=second, headers=headers)).json()
            edited = {**second, "contact": {"phone": a_phone(9), "name": "李师傅"}}
            refused_by_socket = await socket.rpc("apply", **edited)
            refused_by_http = await site.ask("POST", path, json=edited, headers=headers)

    same = ("application_id", "number", "at")
    assert [by_http[name] for name in same] == [then_by_socket[name] for name in same]
    assert [by_socket[name] for name in same] == [then_by_http[name] for name in same]
    assert (by_http["repeated"], then_by_socket["repeated"], then_by_http["repeated"]) == (False, True, True)
    assert (refused_by_socket["code"], refused_by_http.status) == (KeyReused.code, 409)
    assert [await _rows(store, table) for table in ("application", "receipt", "person")] == [2, 2, 2]


async def _body(store: Store, broadcast: BroadcastId, job: JobId, nth: int) -> dict[str, Any]:
    consent = await store.actions.applying.consent(store.org, broadcast, job)
    return {
        "key": str(uuid4()),
        "job_id": str(job),
        "contact": {"phone": a_phone(nth), "name": "王师傅"},
        "consent": {"text_sha256": consent.text_sha256},
    }

"""One application a key, however many copies arrive, by whatever way, at however many workers."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from storage.pool import Database
from stream_jobs.assembly import actions_over
from stream_jobs.domain.errors import KeyReused
from stream_jobs.domain.ids import BroadcastId, JobId
from stream_jobs.embedded import Servers
from stream_jobs.ports import Receipt
from tests.builders import Store, a_broadcast, a_phone, a_watcher, apply, batching, cards_of, jobs_of
from tests.clients import a_connected, running_gateway
from tests.integration.test_counting import counted
from tests.site import a_site

API = "/api/v1/broadcasts"
KEYS, COPIES, WORKERS = 200, 50, 3


async def _rows(store: Store, table: str) -> int:
    async with store.database.maintenance() as tx:
        return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608  # names in this test


def _another_worker(store: Store) -> Store:
    return replace(store, actions=actions_over(store.stores, store.bus, store.tokens, store.clock, session_hours=12))


@pytest.mark.timeout(240)
async def test_ten_thousand_calls_on_two_hundred_keys_are_two_hundred_applications(store: Store) -> None:
    """Fifty copies of each at once, over three workers: every copy is told the same, and it is counted once."""
    broadcast = await a_broadcast(store, jobs=1)
    job, card = (await jobs_of(store, broadcast))[0], (await cards_of(store, broadcast))[0]
    workers = [_another_worker(store) for _ in range(WORKERS)]
    devices = [(a_watcher(), uuid4(), a_phone(nth)) for nth in range(KEYS)]
    consent = (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256

    async def submit(nth: int) -> tuple[int, Receipt]:
        watcher, key, phone = devices[nth % KEYS]
        receipt = await workers[nth % WORKERS].actions.applying.submit(
            store.org, broadcast, watcher, key=key, job=job, phone=phone, name="王师傅", consent_sha256=consent,
            push_seq=None,
        )  # fmt: skip
        return nth % KEYS, receipt

    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(batching(worker))
        answers = await asyncio.gather(*(submit(nth) for nth in range(KEYS * COPIES)))

    told: dict[int, set[tuple[UUID, int]]] = {}
    for device, receipt in answers:
        told.setdefault(device, set()).add((receipt.receipt_id, receipt.number))
    assert len(answers) == KEYS * COPIES
    assert {len(answer) for answer in told.values()} == {1}
    assert len({id_ for answer in told.values() for id_, _ in answer}) == KEYS
    assert [await _rows(store, table) for table in ("application", "receipt", "person")] == [KEYS] * 3
    assert await counted(store, broadcast, card, 16) == (KEYS, 0, KEYS)


async def test_looking_first_and_writing_then_doubles(database: Database, store: Store) -> None:
    """The control: the same storm on a table without our constraints, by a store that checks before it inserts."""
    async with database.maintenance() as tx:
        await tx.execute("CREATE TABLE naive (key uuid NOT NULL)")

    async def submit(key: UUID) -> None:
        async with database.maintenance() as tx:
            if not await tx.fetchval("SELECT true FROM naive WHERE key = $1", key):
                await tx.execute("INSERT INTO naive (key) VALUES ($1)", key)

    for key in [uuid4() for _ in range(20)]:
        await asyncio.gather(*(submit(key) for _ in range(8)))

    assert await _rows(store, "naive") > 20


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
    workers = [_another_worker(store) for _ in range(4)]
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

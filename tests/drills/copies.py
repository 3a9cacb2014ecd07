"""Many copies of one application at once, over several workers: one application, one answer."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from unittest.mock import patch
from uuid import UUID, uuid4

from storage.pool import open_database
from stream_jobs.actions.batching import Batcher
from stream_jobs.domain.ids import BroadcastId, JobId
from stream_jobs.ports import NewApplication, Receipt
from tests.builders import Store, a_broadcast, a_store, a_watcher, another_worker, batching, jobs_of
from tests.drills.audit import audit
from tests.drills.drill import Bench, Drill, Found
from tests.drills.in_clear import a_canary_phone
from tests.drills.show import KEYS, RealClock

WORKERS = 3


async def copied(bench: Bench) -> Found:
    keys, copies = 200, 50
    async with bench.place() as place, open_database(await place.new_database(), size=10) as database:
        store = await a_store(database, KEYS, RealClock())
        broadcast = await a_broadcast(store, jobs=1)
        job = (await jobs_of(store, broadcast))[0]
        answers = await _answers(store, broadcast, job, keys, copies)
        told = {key: next(iter(said))[0] for key, said in answers.items()}
        found = await audit(database, KEYS, store.org, broadcast, told)
    disagreeing = sum(len(said) != 1 for said in answers.values())
    kept = found.clean and not disagreeing and found.applications == keys
    said = f"{found.applications} applications of {keys} keys, {disagreeing} keys with two answers; {found}"
    return Found(keys * copies, kept, said)


Told = dict[UUID, set[tuple[UUID, int]]]


async def _answers(store: Store, broadcast: BroadcastId, job: JobId, keys: int, copies: int) -> Told:
    """The ids and numbers that the copies of each key were told."""
    workers = [another_worker(store) for _ in range(WORKERS)]
    consent = (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256
    people = [(uuid4(), a_watcher(), a_canary_phone(nth)) for nth in range(keys)]
    told: Told = {key: set() for key, _, _ in people}

    async def submit(nth: int) -> None:
        key, watcher, phone = people[nth % keys]
        receipt = await workers[nth % WORKERS].actions.applying.submit(
            store.org, broadcast, watcher, key=key, job=job, phone=phone, name="王师傅", consent_sha256=consent,
            push_seq=None,
        )  # fmt: skip
        told[key].add((receipt.receipt_id, receipt.number))

    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(batching(worker))
        await asyncio.gather(*(submit(nth) for nth in range(keys * copies)))
    return told


async def answered_alone(bench: Bench) -> Found:
    """The same storm; what is stored is right, and nobody looks who came first."""
    add = Batcher.add

    async def add_alone(self: Batcher[NewApplication, Receipt], item: NewApplication) -> Receipt:
        return replace(await add(self, item), receipt_id=item.receipt_id)

    with patch.object(Batcher, "add", add_alone):
        return await copied(bench)


DRILLS = (
    Drill(
        "copies at once", "10,000 calls at once on 200 keys are 200 applications, each copy told the same",
        copied, "answers each copy with an id of its own", answered_alone, quick=True,
    ),
)  # fmt: skip

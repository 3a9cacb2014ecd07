"""However a show's events arrive, its sums are what was sent, counted naively."""

import random

import pytest

from storage.rebuilding import rebuild
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.cuts import Devices
from stream_jobs.verify.run import verify
from stream_jobs.verify.series import Several, count_together
from tests.builders import Store
from tests.histories import History, Stage, a_stage, stored_sums
from tests.integration.test_report import must_add_up
from tests.outcomes import people_by_stage, told_by_stage

FEW, MANY = 65, 5_000
# Reading every file of every report back takes longer than a whole history.
VERIFIED = 40


async def hold(stage: Stage, seed: int) -> None:
    """Each sum, and who came how far, is the naive count; no step exceeds the one before; verify finds nothing."""
    store, history = stage.store, History(stage, random.Random(seed))
    await history.run()

    assert await stored_sums(store, history.broadcast) == history.naive(), seed
    report = await store.actions.report.report_now(store.org, history.broadcast)
    assert told_by_stage(report.figures) == people_by_stage(history.followed), seed
    must_add_up(report)
    if seed % VERIFIED == 0:
        verified = await verify(store.database, store.keys, history.broadcast, store.clock())
        assert verified.differences == (), seed
        assert (await rebuild(store.database, history.broadcast, store.clock())).right, seed


async def hold_together(store: Store) -> None:
    """Reach and sums of all shows as one are what their devices did in any of them."""
    async with store.database.maintenance() as tx:
        shows = [row["id"] for row in await tx.fetch("SELECT id FROM broadcast WHERE org_id = $1", store.org)]
        everything = Several(store.org, shows, {}, Comparison(store.org), Devices({}))
        await count_together(tx, [everything])

    assert (everything.compared.differences, everything.compared.compared > 100) == ([], True)


@pytest.mark.timeout(400)
async def test_sums_of_random_histories_equal_a_naive_count(store: Store) -> None:
    """Duplicates, reordering, three workers at once, and workers that die before, in and after a commit."""
    stage = await a_stage(store)

    for seed in range(FEW):
        await hold(stage, seed)
    await hold_together(store)


@pytest.mark.drill
@pytest.mark.timeout(3_600)
async def test_sums_of_thousands_of_random_histories_equal_a_naive_count(store: Store) -> None:
    """The same with other seeds; minutes."""
    stage = await a_stage(store)

    for seed in range(FEW, FEW + MANY):
        await hold(stage, seed)
    await hold_together(store)

"""The report of a show: what it says is what the raw rows say."""

import random

import pytest

from tests.builders import Store, batching
from tests.report_builders import History, a_show, raw_rows, recounted, told


@pytest.mark.parametrize("seed", range(8))
async def test_report_equals_a_naive_recount_of_a_random_show(store: Store, seed: int) -> None:
    """Visits, reconnects, dead workers, repeated and reordered signals, withdrawals: every figure to the digit."""
    broadcast = await a_show(store)
    async with batching(store):
        await History(store, broadcast, random.Random(seed)).run(220)

    report = await store.actions.report.report_now(store.org, broadcast)

    expected = recounted(await raw_rows(store, broadcast), store.clock())
    said = told(report)
    assert {key: said[key] for key in expected} == expected

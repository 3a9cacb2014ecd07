"""The benchmark measures what it says: its figures are those of real applications, all of them stored."""

import json

import pytest

from stream_jobs.bench import audience
from stream_jobs.bench.applying import Plan, measure

ASKED_FOR = ("applications_per_s", "pgbench_same_statement_per_s", "pgbench_plain_per_s", "ratio", "p50_ms", "p99_ms")


@pytest.mark.drill
async def test_the_benchmark_of_applying_measures_stores_and_counts() -> None:
    """A small run: every rate is there, nothing is refused, and what was acknowledged is what is stored."""
    plan = Plan(viewers=100, applications=500, at_once=100, rounds=1, pgbench_seconds=1, paced_seconds=1)

    found = json.loads(json.dumps((await measure(plan)).as_dict()))

    assert all(found[name] > 0 for name in ASKED_FOR)
    assert (found["lost"], found["doubled"], found["refused"]) == (0, 0, 0)
    assert found["acknowledged"] == found["stored"] == 2_000 + 1_000 + 500


@pytest.mark.drill
async def test_the_benchmark_of_the_audience_measures_stores_and_counts() -> None:
    """A small run: every event a writer was told of is stored and summed, and every figure is there."""
    plan = audience.Plan(events=6_000, report_events=2_000, report_events_10x=4_000, series_visits=20, series_shows=4)

    found = json.loads(json.dumps((await audience.measure(plan)).as_dict()))

    for name in ("events_per_s", "bytes_per_event", "report_ms", "series_ms", "days_ms", "lines_ms", "report_ms_10x"):
        assert found[name] > 0, name
    assert found["lost"] == 0
    assert (found["series_shows"], found["series_visits"]) == (4, 80)

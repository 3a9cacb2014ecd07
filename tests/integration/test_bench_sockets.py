"""The benchmarks of sockets measure what they say: real pushes, heard by real viewers."""

import json
from pathlib import Path

import pytest

from stream_jobs.bench import fanout, holding, tools
from stream_jobs.domain.errors import StartError


async def test_the_benchmark_of_fan_out_pushes_and_is_heard() -> None:
    """A small run: every viewer hears every push, of 640 bytes, in time after its request; every figure is there."""
    plan = fanout.Plan(viewers=50, pushes=5, rounds=1, gap_seconds=0, idle_seconds=0)

    found = json.loads(json.dumps((await fanout.measure(plan)).as_dict()))

    assert (found["viewers"], found["pushes"], found["deliveries"], found["missing"]) == (50, 5, 250, 0)
    assert found["other_sizes"] == 0
    assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]
    for name in ("floor_us_per_delivery", "us_per_delivery", "ratio", "floor_p99_ms", "kib_per_viewer"):
        assert found[name] >= 0, name
    assert found["peers"] == {}


def test_without_a_compiler_a_benchmark_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain sentence and no half-built program."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StartError, match="C compiler"):
        tools.built("load", tmp_path / "built")

    assert not (tmp_path / "built").exists()


def test_viewers_are_shared_out_among_processes_that_can_hold_them() -> None:
    """As evenly as can be."""
    assert holding.shares(50_000) == [16_667, 16_667, 16_666]
    assert holding.shares(17_001) == [8_501, 8_500]
    assert holding.shares(10) == [10]


@pytest.mark.drill
async def test_the_benchmark_of_several_workers_holds_everybody_and_tells_them() -> None:
    """A small run: nobody is missed, whichever worker holds them."""
    plan = holding.Plan(viewers=60, workers=2, pushes=3, gap_seconds=0, idle_seconds=0)

    found = json.loads(json.dumps((await holding.measure(plan)).as_dict()))

    assert (found["missing"], found["gaps"], found["closed"], len(found["mib_by_worker"])) == (0, 0, 0, 2)
    assert 0 < found["first_ms"] <= found["p50_ms"] <= found["last_ms"] <= found["max_ms"]

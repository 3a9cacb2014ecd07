"""The benchmarks of sockets measure what they say: real pushes, heard by real viewers."""

import json
from pathlib import Path

import pytest

from stream_jobs.bench import fanout, tools
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

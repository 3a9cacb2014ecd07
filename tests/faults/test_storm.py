"""The applications of a great show at their real rates, a fifth of the lines lost: none gone, none doubled."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stream_jobs.bench.storm import BURST, Weather, compressed, drill, waves


@pytest.fixture(autouse=True)
def _found_from_anywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server's process finds the tests' programs wherever it is started."""
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    )
    yield


async def test_a_storm_loses_and_doubles_nothing() -> None:
    """Lines break before, while and after an application is said, and the server is killed; each is said again."""
    found = await drill(replace(compressed(12), kills=1))

    assert found.passed
    assert found.tries > found.applications == found.acknowledged
    assert (found.lost, found.doubled, found.refused) == (0, 0, 0)


async def test_the_storm_finds_a_server_that_thanks_before_the_commit() -> None:
    """The control: a storm and a kill, and applications are lost."""
    found = await drill(Weather(1_500, devices=300, kills=1), program=("-m", "tests.faults.early_thanks"))

    assert found.lost > 0
    assert not found.passed


def test_waves_rise_to_ten_times_the_average_and_sum_up() -> None:
    """However short the show is made, its rates stay what they were."""
    due = waves(24_000, 1_000.0)

    assert len(due) == 24_000
    assert due == sorted(due)
    in_burst = sum(200 <= offset < 225 for offset in due)
    assert in_burst == pytest.approx(24 * BURST * 25, rel=0.01)

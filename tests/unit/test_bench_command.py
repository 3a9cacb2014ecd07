"""What the benchmarks of sockets refuse, and what they say by their exit status."""

from dataclasses import dataclass

import pytest
from typer.testing import CliRunner, Result

from stream_jobs.bench import connecting, fanout
from stream_jobs.bench.command import bench
from stream_jobs.domain.errors import BadInput

NOTHING_WRONG: dict[str, object] = {"missing": 0, "other_sizes": 0, "floor_other_sizes": 0, "failed": 0}


@dataclass(frozen=True)
class Found:
    """What a run would have said."""

    wrong: str | None = None

    def as_dict(self) -> dict[str, object]:
        return NOTHING_WRONG | ({self.wrong: 1} if self.wrong else {})


def _run(patch: pytest.MonkeyPatch, *words: str, wrong: str | None = None) -> tuple[Result, list[fanout.Plan]]:
    """A command whose run finds this wrong, and what it was to measure."""
    plans: list[fanout.Plan] = []

    async def fanned_out(plan: fanout.Plan) -> Found:
        plans.append(plan)
        return Found(wrong)

    async def connected(viewers: int, workers: int) -> Found:
        return Found(wrong)

    patch.setattr(fanout, "measure", fanned_out)
    patch.setattr(connecting, "measure", connected)
    return CliRunner().invoke(bench, words), plans


@pytest.mark.parametrize("wrong", ["missing", "other_sizes", "floor_other_sizes"])
def test_fan_out_that_missed_somebody_fails(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 1, for whoever runs it without reading it."""
    assert _run(monkeypatch, "fanout")[0].exit_code == 0
    assert _run(monkeypatch, "fanout", wrong=wrong)[0].exit_code == 1


def test_coming_back_without_everything_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """As fan-out does."""
    assert _run(monkeypatch, "connect")[0].exit_code == 0
    assert _run(monkeypatch, "connect", wrong="failed")[0].exit_code == 1


def test_peers_are_measured_unless_one_says_no_or_there_are_several_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are one process each."""
    assert _run(monkeypatch, "fanout")[1][0].peers
    assert not _run(monkeypatch, "fanout", "--no-peers")[1][0].peers
    assert not _run(monkeypatch, "fanout", "--workers", "2")[1][0].peers

    asked_for, plans = _run(monkeypatch, "fanout", "--workers", "2", "--peers")

    assert isinstance(asked_for.exception, BadInput)
    assert plans == []


@pytest.mark.parametrize("command", ["fanout", "connect"])
def test_more_viewers_than_the_workers_hold_are_refused(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started; with enough of them they are not."""
    many = (command, "--viewers", "38001")

    refused = _run(monkeypatch, *many, "--workers", "2")[0].exception

    assert isinstance(refused, BadInput)
    assert (refused.field, refused.expected) == ("workers", "3 or more")
    assert _run(monkeypatch, *many, "--workers", "3")[0].exit_code == 0


def test_too_few_pushes_for_a_hundredth_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """On stderr, so that the line of JSON stays one."""
    assert _run(monkeypatch, "fanout")[0].stderr == ""

    few = _run(monkeypatch, "fanout", "--pushes", "33")[0]

    assert (few.exit_code, "99 pushes" in few.stderr, "99 pushes" in few.stdout) == (0, True, False)

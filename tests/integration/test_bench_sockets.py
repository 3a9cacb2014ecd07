"""The benchmarks of sockets measure what they say: real pushes, heard by real viewers."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from stream_jobs.bench import connecting, fanout, holding, stalling, tools
from stream_jobs.bench.cpu import family
from stream_jobs.bench.floor import Program, a_sender
from stream_jobs.bench.rig import Rig, rigged
from stream_jobs.bench.rivals import RIVALS, Rival, a_rival
from stream_jobs.bench.server import WAYS
from stream_jobs.bench.telling import telling
from stream_jobs.bench.viewers import Viewers, running, viewers_of
from stream_jobs.domain.errors import StartError
from tests.clients import PATIENCE


@pytest.fixture
def two_processes_of_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many viewers need."""
    monkeypatch.setattr(holding, "A_PROCESS_HOLDS", 50)


@pytest.fixture(scope="module")
async def rig() -> AsyncIterator[Rig]:
    async with rigged() as rig:
        yield rig


@pytest.mark.usefixtures("two_processes_of_viewers")
async def test_the_benchmark_of_fan_out_pushes_and_is_heard(rig: Rig) -> None:
    """A small run: every viewer hears every push, of 640 bytes, in time after its request; every figure is there."""
    plan = fanout.Plan(viewers=60, pushes=5, rounds=2, gap_seconds=0, idle_seconds=0)

    found = json.loads(json.dumps((await fanout.measured(rig, plan)).as_dict()))

    assert (found["viewers"], found["pushes"], found["deliveries"], found["missing"]) == (60, 10, 600, 0)
    assert (found["other_sizes"], found["floor_other_sizes"], found["gaps"], found["closed"]) == (0, 0, 0, 0)
    assert 0 < found["first_ms"] <= found["last_ms"] <= found["max_ms"]
    assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]
    for name in ("floor_us_per_delivery", "us_per_delivery", "ratio", "floor_p99_ms", "kib_per_viewer"):
        assert found[name] >= 0, name
    assert found["sent_by"] in WAYS
    assert (len(found["rounds"]), found["peers"]) == (2, {})


async def test_a_peer_ends_by_itself_and_so_takes_with_it_what_it_started(tmp_path: Path) -> None:
    """Killed, as it used to be, it left an nginx running."""
    program = ["sh", "-c", f'"$0" "$@"; touch {tmp_path}/ended', str(tools.built("floor"))]

    async with asyncio.timeout(PATIENCE), a_sender(program, 2, 640, nth=1) as sender:
        await sender.round(1, 0)
        missing = sender.heard().missing

    assert missing == 0
    assert (tmp_path / "ended").exists()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ('"$0" "$1" 655', "2 of its messages were not of 640 bytes."),
        ('{ read cpu; echo $cpu; read go; echo $go; } | "$0" "$@"', "the program ended before it was told to."),
    ],
)
async def test_a_peer_that_ends_or_sends_another_size_has_no_figure(script: str, why: str) -> None:
    """Its envelope may have grown since its payload was cut to measure; the others are measured all the same."""
    program = ["sh", "-c", script, str(tools.built("floor"))]
    plan = fanout.Plan(viewers=2, pushes=1, rounds=1, gap_seconds=0)

    said = await fanout.beside_the_floor(plan, RIVALS[0], program, nth=1)

    assert said == f"it could not be measured: {why}"


@pytest.mark.drill
@pytest.mark.parametrize("rival", RIVALS, ids=[rival.name for rival in RIVALS])
async def test_every_peer_that_is_here_is_heard(rival: Rival) -> None:
    """By everybody, in messages of 640 bytes."""
    program = rival.program()
    if isinstance(program, str):
        pytest.skip(program)

    async with a_rival(rival, program, 20, fanout.PAYLOAD_BYTES, nth=2) as peer:
        await peer.round(3, 0.05)
        heard = peer.heard()

    assert (heard.missing, heard.other_sizes) == (0, 0)


class _HoldingUp:
    """A floor whose first message reaches nobody for a while."""

    def __init__(self, floor: Program, crowd: Viewers, seconds: float) -> None:
        self._floor = floor
        self._crowd = crowd
        self._seconds = seconds

    async def send(self) -> None:
        await self._crowd.stall(self._crowd.number if self._seconds else 0)
        await self._crowd.report()  # once they have stopped
        await self._floor.send()
        await asyncio.sleep(self._seconds)
        await self._crowd.resume()
        self._seconds = 0

    async def cpu_seconds(self) -> float:
        return await self._floor.cpu_seconds()


@asynccontextmanager
async def _a_floor(viewers: int, *, nth: int = 0) -> AsyncIterator[tuple[Program, Viewers]]:
    async with running(str(tools.built("floor")), str(viewers), "640") as process:
        assert process.stdout is not None
        port = json.loads(await process.stdout.readline())["port"]
        async with viewers_of(port, viewers, size=640, nth=nth) as crowd:
            await crowd.welcome(PATIENCE)
            yield Program(process), crowd


async def test_percentiles_are_those_of_all_deliveries_of_all_rounds() -> None:
    """They were medians of the rounds: one slow round of three was not seen."""
    async with _a_floor(5) as (floor, crowd):
        told = await telling(_HoldingUp(floor, crowd, 0.05), [crowd])
        for _ in range(3):
            assert await told.round(2, 0) > 0

        heard = told.heard()

    assert heard.p50_ms < 50 <= heard.p99_ms <= heard.max_ms
    assert (heard.missing, heard.other_sizes) == (0, 0)


async def test_who_is_not_told_is_missing_and_holds_nothing_up_for_long() -> None:
    """The messages after it go out, and all that did not come are counted."""
    async with _a_floor(3) as (floor, crowd), _a_floor(2, nth=1) as (_, never_told):
        told = await telling(floor, [crowd, never_told], patience_seconds=0.1)
        await told.round(4, 0)

        assert told.heard().missing == 4 * 2


@pytest.mark.usefixtures("two_processes_of_viewers")
async def test_the_benchmark_of_connecting_brings_everybody_their_missed_cards(rig: Rig) -> None:
    """All at once, each with a token; the database is asked a handful of times at most, however many come."""
    found = json.loads(json.dumps((await connecting.measured(rig, 100)).as_dict()))

    assert (found["viewers"], found["failed"]) == (100, 0)
    assert 0 < found["slowest_command_ms"] / 1000 < found["seconds"]
    assert 0 <= found["queries"] < 100


async def test_the_benchmark_of_stalling_holds_little_and_misses_nothing(rig: Rig) -> None:
    """Viewers who stop reading are let go, come back by offset, and lack none; the wait is of those who read."""
    plan = stalling.Plan(viewers=30, stalled=5, per_second=50, baseline_seconds=0.5, seconds=2, size=8_000)

    found = json.loads(json.dumps((await stalling.measured(rig, plan)).as_dict()))

    assert (found["gaps"], found["doubled"], found["anew"]) == (0, 0, 0)
    assert 5 <= found["closed"] == found["recovered"]
    assert found["kept"] is True
    assert 0 < found["stalled_waiting_kib_max"] <= 256 + 8
    for name in ("baseline_p99_ms", "p99_ms", "stalled_kib_max", "stalled_kernel_kib_max"):
        assert found[name] > 0, name


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


STOPPABLE = """
import asyncio
from stream_jobs.bench.command import until_told_to_stop
from stream_jobs.bench.viewers import running
from stream_jobs.loop import run_to_end

async def work():
    async with running("sleep", "60") as process:
        print(process.pid, flush=True)
        await asyncio.sleep(60)

run_to_end(until_told_to_stop(work()))
"""


async def test_what_a_benchmark_started_ends_with_it() -> None:
    """SIGTERM used to leave the server of a benchmark running."""
    bench = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STOPPABLE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert bench.stdout is not None
    started = int(await bench.stdout.readline())

    bench.terminate()

    async with asyncio.timeout(PATIENCE):
        await bench.wait()
    assert not _command_of(started)


@pytest.mark.drill
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_benchmark_that_is_stopped_leaves_no_server_and_no_database(how: signal.Signals) -> None:
    """Wherever in its work it is."""
    bench = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stream_jobs", "bench", "fanout", "--viewers", "10", "--idle-seconds", "600",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await _until(lambda: any(b"load" in _command_of(pid) for pid in family(bench.pid)))
    started = family(bench.pid)[1:]
    assert any(b"serve" in _command_of(pid) for pid in started)

    bench.send_signal(how)

    async with asyncio.timeout(60):
        await bench.wait()
    await _until(lambda: not any(_command_of(pid) for pid in started))


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  # what is waited for is another process
            await asyncio.sleep(0.05)


def _command_of(pid: int) -> bytes:
    """Empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.drill
async def test_the_benchmark_of_several_workers_holds_everybody_and_tells_them() -> None:
    """A small run: nobody is missed, whichever worker holds them."""
    plan = fanout.Plan(viewers=60, workers=2, pushes=3, rounds=1, gap_seconds=0, idle_seconds=0, io_uring=False)

    found = json.loads(json.dumps((await fanout.measure(plan)).as_dict()))

    assert (found["missing"], found["gaps"], found["closed"], len(found["mib_by_worker"])) == (0, 0, 0, 2)
    assert found["sent_by"] == "one call each"
    assert 0 < found["first_ms"] <= found["last_ms"] <= found["max_ms"]

"""`stream-jobs bench`: one command a measurement; each starts what it measures and leaves nothing behind."""

import asyncio
import signal
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from stream_jobs.domain.errors import BadInput
from stream_jobs.loop import run_to_end
from stream_jobs.terminal import AsJson, say

MOST_A_PROCESS = 19_000
"""Of the 20,000 files it may have open."""

ENOUGH_PUSHES = 100

bench = typer.Typer(no_args_is_help=True, help="Measure this machine: everything is started, driven and counted here.")


@bench.command()
def apply(
    viewers: Annotated[int, typer.Option(min=100, max=15_000, help="Devices, each on a socket of its own")] = 3_000,
    applications: Annotated[int, typer.Option(min=1_000, max=200_000, help="Applications a round")] = 20_000,
    at_once: Annotated[int, typer.Option(min=1, max=4_000, help="Applications on their way at any moment")] = 1_000,
    rounds: Annotated[int, typer.Option(min=1, max=9, help="Runs beside pgbench; the figures are their medians")] = 3,
    as_json: AsJson = False,
) -> None:
    """Applications a second over WebSocket, answered after the commit, beside what PostgreSQL alone can do."""
    from stream_jobs.bench.applying import Plan, measure

    plan = Plan(viewers=viewers, applications=applications, at_once=at_once, rounds=rounds)
    _say(measure(plan), as_json)


@bench.command()
def storm(
    seconds: Annotated[float, typer.Option(min=10, max=7_200, help="The two hours pressed into so many seconds")] = 60,
    full: Annotated[
        bool, typer.Option(help="All 175,000 applications, as fast as they are answered; a quarter of an hour at most")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The applications of a great show, ten-fold bursts and lost lines included; exit status 1 when one is lost."""
    from stream_jobs.bench.storm import FULL, compressed, drill

    if not _say(drill(FULL if full else compressed(seconds)), as_json)["passed"]:
        raise typer.Exit(1)


@bench.command()
def audience(
    events: Annotated[
        int, typer.Option(min=10_000, max=5_000_000, help="Events that are stored and counted")
    ] = 120_000,
    full: Annotated[
        bool, typer.Option(help="Reports of 1,000,000 and 10,000,000 events and the series of a season; half an hour")
    ] = False,
    series_visits: Annotated[
        int | None, typer.Option(min=10, max=100_000, help="Page loads of each of the 54 shows of the series")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Events a second stored and counted by four writers, and how long reports of many events take to read."""
    from stream_jobs.bench.audience import FULL, SMALL, measure

    plan = replace(FULL if full else SMALL, events=events)
    _say(measure(replace(plan, series_visits=series_visits or plan.series_visits)), as_json)


@bench.command()
def fanout(
    viewers: Annotated[
        int, typer.Option(min=10, max=1_000_000, help="Connected and subscribed, each with a token")
    ] = 2_000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes of the server; one holds 19,000")] = 1,
    pushes: Annotated[int, typer.Option(min=1, max=1_000, help="Cards a round")] = 40,
    rounds: Annotated[int, typer.Option(min=1, max=9, help="Each beside one of the floor's")] = 3,
    idle_seconds: Annotated[float, typer.Option(min=0, max=600, help="Before memory is read")] = 30,
    peers: Annotated[
        bool | None,
        typer.Option(
            "--peers/--no-peers", help="Other servers as well, those that scripts/fetch-peers has brought; the default"
        ),
    ] = None,
    io_uring: Annotated[bool, typer.Option(help="Where it is allowed; most containers forbid it")] = True,
    as_json: AsJson = False,
) -> None:
    """What a card costs a viewer and how late it comes, beside one send() a viewer from a C loop.

    Exit status 1 when somebody missed one, or a message was not of 640 bytes.
    """
    from stream_jobs.bench.fanout import Plan, measure

    _must_hold(viewers, workers)
    if peers and workers > 1:
        raise BadInput("A peer is one process", field="peers", expected="one worker, or --no-peers")
    with_peers = workers == 1 if peers is None else peers
    plan = Plan(viewers, workers, pushes, rounds, idle_seconds=idle_seconds, peers=with_peers, io_uring=io_uring)
    found = _say(measure(plan), as_json)
    if pushes * rounds < ENOUGH_PUSHES:
        typer.echo(f"p99_ms is of {pushes * rounds} pushes; {ENOUGH_PUSHES} or more say something.", err=True)
    _fail_for(found, "missing", "other_sizes", "floor_other_sizes")


@bench.command()
def connect(
    viewers: Annotated[
        int, typer.Option(min=10, max=1_000_000, help="All dialling at once, each with a token")
    ] = 15_000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes of the server; one holds 19,000")] = 1,
    as_json: AsJson = False,
) -> None:
    """How long until everybody is back after a lost server: connected, subscribed, ten missed cards recovered.

    Exit status 1 when somebody did not get them.
    """
    from stream_jobs.bench.connecting import measure

    _must_hold(viewers, workers)
    _fail_for(_say(measure(viewers, workers), as_json), "failed")


@bench.command()
def stall(
    viewers: Annotated[int, typer.Option(min=20, max=19_000, help="Connected and subscribed")] = 2_000,
    stalled: Annotated[int, typer.Option(min=1, max=19_000, help="Of them, who stop reading")] = 200,
    seconds: Annotated[float, typer.Option(min=1, max=3_600, help="For how long, at 50 pushes of 1 KiB a second")] = 60,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve")] = 1,
    as_json: AsJson = False,
) -> None:
    """What viewers who stop reading cost the others, and the server; exit status 1 when one is not back by offset."""
    from stream_jobs.bench.stalling import Plan, measure

    plan = Plan(viewers=viewers, stalled=min(stalled, viewers - 1), seconds=seconds)
    if not _say(measure(plan, workers), as_json)["kept"]:
        raise typer.Exit(1)


def _must_hold(viewers: int, workers: int) -> None:
    if viewers > workers * MOST_A_PROCESS:
        needed = -(-viewers // MOST_A_PROCESS)
        raise BadInput("A process does not hold so many files", field="workers", expected=f"{needed} or more")


def _fail_for(found: Mapping[str, object], *names: str) -> None:
    if any(found[name] for name in names):
        raise typer.Exit(1)


def _say(work: Coroutine[Any, Any, Any], as_json: bool) -> Mapping[str, object]:
    try:
        found: Mapping[str, object] = run_to_end(until_told_to_stop(work)).as_dict()
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None
    say(found, [f"{name:32} {value}" for name, value in found.items()], as_json=as_json)
    return found


async def until_told_to_stop(work: Coroutine[Any, Any, Any]) -> Any:
    """To SIGTERM, as to Ctrl-C, whatever was started for it is ended with it. Raises CancelledError then."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work

"""`stream-jobs verify` and `stream-jobs rebuild`."""

import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from stream_jobs.clock import utc_now
from stream_jobs.domain.errors import BadInput
from stream_jobs.terminal import AsJson, Data, at_place, say

if TYPE_CHECKING:
    from stream_jobs.database import Place
    from stream_jobs.verify.compare import Verified
    from stream_jobs.verify.rebuilding import RebuiltShows

Which = Annotated[str | None, typer.Argument(help="The id of a broadcast, or of a series for all its broadcasts")]
Every = Annotated[bool, typer.Option("--all", help="Every broadcast there is")]

# Of a show of millions of events.
STATEMENT_SECONDS = 3_600.0

commands = typer.Typer()


@commands.command()
def verify(which: Which = None, everything: Every = False, data: Data = None, as_json: AsJson = False) -> None:
    """Counts every figure again from the raw rows; exit status 1 when one differs from what is shown."""
    from stream_jobs.verify.run import verify as verify_now

    wanted, progress = _wanted(which, everything), Progress("devices and people", shown=not as_json)

    async def verified(place: "Place") -> "Verified":
        settings = place.settings
        return await verify_now(
            place.database,
            place.keys,
            wanted,
            utc_now(),
            effective_seconds=settings.effective_seconds,
            small_group=settings.small_group,
            progress=progress.more,
        )

    found = at_place(data, verified, statement_seconds=STATEMENT_SECONDS)
    progress.end()
    say(found.as_dict(), found.lines(), as_json=as_json)
    sys.exit(0 if found.right else 1)


@commands.command()
def rebuild(
    which: Which = None,
    everything: Every = False,
    dry_run: Annotated[bool, typer.Option(help="Only say what would change")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Makes reach and all sums again from the events; what is right is left untouched. Viewers wait meanwhile."""
    from stream_jobs.verify.rebuilding import rebuild_shows

    wanted, progress = _wanted(which, everything), Progress("broadcasts", shown=not as_json)

    async def rebuilt(place: "Place") -> "RebuiltShows":
        seconds = place.settings.effective_seconds
        return await rebuild_shows(
            place.database, wanted, utc_now(), effective_seconds=seconds, dry_run=dry_run, progress=progress.more
        )

    found = at_place(data, rebuilt, statement_seconds=STATEMENT_SECONDS)
    progress.end()
    say(found.as_dict(), found.lines(), as_json=as_json)


def _wanted(which: str | None, everything: bool) -> UUID | None:
    """None for all."""
    if (which is None) is not everything:
        raise BadInput(field="which", expected="the id of a broadcast or a series, or --all")
    try:
        return UUID(which) if which else None
    except ValueError:
        raise BadInput(field="which", expected="the id of a broadcast or a series") from None


class Progress:
    """How far it is, on a terminal that somebody looks at."""

    def __init__(self, what: str, *, shown: bool) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._what = what
        self._done = 0

    def more(self, count: int) -> None:
        self._done += count
        if self._shown:
            print(f"\r{self._done:,} {self._what}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._shown:
            print(file=sys.stderr)

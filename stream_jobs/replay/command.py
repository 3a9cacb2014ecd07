"""`stream-jobs replay season`: a published season, through the real actions, at full speed."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stream_jobs.loop import run_to_end
from stream_jobs.terminal import AsJson, say, settings_of

ALL = 54

replay = typer.Typer(no_args_is_help=True, help="Play what happened elsewhere into a database, to look at it.")


@replay.callback()
def _group() -> None:
    """Keeps `season` a command of its own, though it is the only one."""


@replay.command()
def season(
    shows: Annotated[int, typer.Option(min=1, max=ALL, help="Only the first so many, at their size")] = ALL,
    data: Annotated[Path, typer.Option(help="Folder of an embedded database")] = Path(".data/season"),
    as_json: AsJson = False,
) -> None:
    """A province's 54 shows, every visit of them; goes on where it stopped; exit status 1 when figures differ."""
    from stream_jobs.replay.run import replay as played
    from stream_jobs.replay.season import PUBLISHED, plans, sums

    wanted = plans(PUBLISHED)[:shows]
    with typer.progressbar(length=sums(wanted).views, label="page loads", file=sys.stderr) as bar:
        found = run_to_end(played(settings_of(data=data), wanted, bar.update))
    figures = found.as_dict()
    say(figures, [f"{name:32} {value}" for name, value in figures.items()], as_json=as_json)
    if not found.agree:
        raise typer.Exit(1)

"""What all commands share: options, settings, the installation they work on, and how they say what they found."""

import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream_jobs.logs import configure_logging
from stream_jobs.loop import run_to_end
from stream_jobs.settings import Settings, read_settings

if TYPE_CHECKING:
    from stream_jobs.database import Place

AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON on standard output")]
Data = Annotated[Path | None, typer.Option(help="Folder of the embedded servers and generated keys")]


def settings_of(**given: object) -> Settings:
    """Of the environment, with what was given on the command line before it. Raises SettingInvalid."""
    settings = read_settings(None, **given)
    configure_logging(as_json=settings.log_json)
    return settings


def at_place(data: Path | None, work: Callable[["Place"], Awaitable[Any]], **place: Any) -> Any:
    """What the work returns, done on the installation's database, whether a server runs beside it or not.

    place: more for `the_place`.
    """
    # Here and in the commands: --help is not to wait for drivers and servers to be imported.
    from stream_jobs.database import the_place

    async def done() -> Any:
        async with the_place(settings_of(data=data), **place) as opened:
            return await work(opened)

    return run_to_end(done())


def act_at_place(data: Path | None, work: Callable[["Place"], Awaitable[Any]]) -> Any:
    """The same of work that the audit records: noted outside the database too, where no server may run to do so."""
    from stream_jobs.clock import utc_now
    from stream_jobs.custody import AuditNotes

    async def noted(place: "Place") -> Any:
        try:
            return await work(place)
        finally:
            await AuditNotes(place.stores, place.settings, utc_now).write()

    return at_place(data, noted)


def say(found: object, lines: Iterable[str], *, as_json: bool) -> None:
    """What was found as one line of JSON, or these lines."""
    print(json.dumps(found, ensure_ascii=False, default=str) if as_json else "\n".join(lines))

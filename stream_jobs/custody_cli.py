"""The commands for keys, holds, retention, the audit, and backups."""

import getpass
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import ApplicationId
from stream_jobs.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON on standard output")]
Data = Annotated[Path | None, typer.Option(help="Folder of the embedded servers and generated keys")]
Application = Annotated[str, typer.Argument(help="The application's id")]
Who = Annotated[str | None, typer.Option("--by", help="Who does this; default: who is signed in to this machine")]

audit = typer.Typer(no_args_is_help=True, help="The audit: who did what with personal data.")
keys = typer.Typer(no_args_is_help=True, help="The master key and what it protects.")


def join(cli: typer.Typer, settings_of: Callable[..., Settings], run: Callable[..., Any]) -> None:
    """Adds the commands to the program's own."""

    def at_place(data: Path | None, work: Callable[[Any], Awaitable[Any]]) -> Any:
        from stream_jobs.database import the_place

        async def done() -> Any:
            async with the_place(settings_of(data=data)) as place:
                return await work(place)

        return run(done())

    @audit.command()
    def verify(data: Data = None, as_json: AsJson = False) -> None:
        """Recomputes every hash; exit status 1 when anything was changed, removed, moved, added or cut off."""
        from stream_jobs.custody import verify_audit

        found = at_place(data, verify_audit)
        said = {
            "ok": not found.faults,
            "organisations": len(found.rows),
            "rows": sum(found.rows.values()),
            "noted": found.noted,
            "faults": [asdict(fault) for fault in found.faults],
        }
        lines = [f"{fault.org_id} {fault.number}: {fault.wrong}" for fault in found.faults]
        _say(
            said, as_json, [f"{said['rows']} rows of {said['organisations']} organisations", *(lines or ["all whole"])]
        )
        sys.exit(1 if found.faults else 0)

    @keys.command()
    def rotate(
        data: Data = None,
        prepare_only: Annotated[
            bool, typer.Option("--prepare", help="Only make the new key, to be copied to every machine first")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Wraps every person's key with a new master key while servers run; run again, it goes on where it stopped."""
        from stream_jobs import custody

        async def prepared(place: Any) -> int:
            return custody.prepare(place)

        if prepare_only:
            version = at_place(data, prepared)
            _say({"version": version}, as_json, [f"master key {version} is made; copy the keys folder, then rotate"])
            return
        done = at_place(data, custody.rotate)
        left = sum(done.left.values())
        said = {"version": done.version, "rewrapped": done.rewrapped, "left": left}
        words = f"{done.rewrapped} keys are wrapped by master key {done.version}"
        _say(said, as_json, [words + (f"; {left} are not yet: run it again" if left else "")])

    @keys.command()
    def check(data: Data = None, as_json: AsJson = False) -> None:
        """Opens everything that is sealed; exit status 1 when something was damaged or moved."""

        async def damage(place: Any) -> Any:
            return await place.stores.custody.damage()

        total, damaged = at_place(data, damage)
        said = {"ok": not damaged, "sealed": total, "damaged": [asdict(one) for one in damaged]}
        _say(said, as_json, [f"{total} sealed values"] + [f"damaged: {one.table} {one.row}" for one in damaged])
        sys.exit(1 if damaged else 0)

    @cli.command()
    def hold(
        application: Application,
        reason: Annotated[str, typer.Option(help="Why it must be kept, such as the number of a dispute")],
        until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day")],
        by: Who = None,
        data: Data = None,
    ) -> None:
        """Keeps an applicant's data readable by break-glass alone, should they be erased before that day."""

        async def held(place: Any) -> None:
            await place.stores.custody.hold(
                _id(application), reason=reason, until=date(until.year, until.month, until.day), by=_by(by), at=_now()
            )

        at_place(data, held)
        print(f"Held until {until:%Y-%m-%d}")

    @cli.command()
    def lift_hold(application: Application, by: Who = None, data: Data = None) -> None:
        """Ends the legal holds of an applicant; the next purge destroys what they kept."""

        async def lifted(place: Any) -> Any:
            return await place.stores.custody.lift(_id(application), by=_by(by), at=_now())

        print(f"{at_place(data, lifted)} holds lifted")

    @cli.command()
    def break_glass(
        application: Application,
        purpose: Annotated[str, typer.Option(help="Why it must be read; recorded for ever")],
        by: Who = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Reads who an erased applicant under a legal hold was, after recording who asks and why."""

        async def read(place: Any) -> Any:
            return await place.stores.custody.break_glass(_id(application), purpose=purpose, by=_by(by), at=_now())

        contact = at_place(data, read)
        _say({"name": contact.name, "phone": contact.phone}, as_json, [f"{contact.name or '–'}  {contact.phone}"])

    @cli.command()
    def backup(
        target: Annotated[Path, typer.Argument(help="Folder of backups; each is a folder of its own in it")],
        with_keys: Annotated[
            Path | None, typer.Option(help="Also copy the keys folder to here: another place than the backup!")
        ] = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """One moment of everything while the server runs; the persons' keys in a file of their own."""
        from stream_jobs.backup import back_up

        async def backed_up(place: Any) -> Any:
            return await back_up(place, target, at=_now(), keys_to=with_keys)

        folder, manifest = at_place(data, backed_up)
        said = {"backup": str(folder), "at": manifest.at.isoformat(), "rows": sum(manifest.counts.values())}
        said["applications"] = manifest.counts["public.application"]
        _say(said, as_json, [f"{folder}: {said['rows']} rows, {said['applications']} applications"])

    @cli.command()
    def restore(
        source: Annotated[Path, typer.Argument(help="The folder of one backup")],
        replace: Annotated[bool, typer.Option(help="Over a database that holds something, which is lost")] = False,
        keys_file: Annotated[Path | None, typer.Option(help="The backup's file of keys, if it is elsewhere")] = None,
        erasures: Annotated[Path | None, typer.Option(help="Another machine's erasures.jsonl")] = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Brings a backup back into an empty database and erases again who was erased since; stop the server first."""
        from stream_jobs.app import utc_now
        from stream_jobs.backup import restore as bring_back

        settings = settings_of(data=data)
        done = run(bring_back(settings, source, clock=utc_now, replace=replace, key_file=keys_file, erasures=erasures))
        words = [
            f"{done.rows} rows as of {done.made_at:%Y-%m-%d %H:%M:%S} UTC",
            f"{done.applications} applications, {done.shows} shows",
            f"{done.erased_again} people erased again; {done.audit_rows_lost} later audit rows are lost",
        ]
        if not done.keys:
            words.append("without its file of keys: nobody of that time can be read any more")
        _say({**asdict(done), "made_at": done.made_at.isoformat()}, as_json, words)

    cli.add_typer(audit, name="audit")
    cli.add_typer(keys, name="keys")


def _say(said: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    print(json.dumps(said, ensure_ascii=False, default=str) if as_json else "\n".join(lines))


def _id(typed: str) -> ApplicationId:
    try:
        return ApplicationId(UUID(typed))
    except ValueError:
        raise BadInput(field="application", expected="the id of an application") from None


def _by(name: str | None) -> Any:
    from stream_jobs.ports import By

    return By(None, name or f"{getpass.getuser()} (stream-jobs)")


def _now() -> datetime:
    from stream_jobs.app import utc_now

    return utc_now()

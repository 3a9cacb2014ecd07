"""The commands for keys, holds, the audit, and backups."""

import getpass
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from stream_jobs.clock import utc_now
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import ApplicationId
from stream_jobs.domain.vetting import CHINA
from stream_jobs.loop import run_to_end
from stream_jobs.ports import By
from stream_jobs.terminal import AsJson, Data, act_at_place, at_place, say, settings_of

if TYPE_CHECKING:
    from stream_jobs.database import Place
    from stream_jobs.ports.audit import AuditEntry

Application = Annotated[str, typer.Argument(help="The application's id")]
Who = Annotated[str | None, typer.Option("--by", help="Who does this; default: who is signed in to this machine")]

commands = typer.Typer()
audit = typer.Typer(no_args_is_help=True, help="The audit: who did what with personal data.")
keys = typer.Typer(no_args_is_help=True, help="The master key and what it protects.")
commands.add_typer(audit, name="audit")
commands.add_typer(keys, name="keys")


@audit.command()
def verify(
    noted: Annotated[
        list[Path] | None,
        typer.Option(
            help="Also compare with this copy of audit-heads.jsonl, kept elsewhere", exists=True, dir_okay=False
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Recomputes every hash; exit status 1 when anything was changed, removed, moved, added or cut off."""
    from stream_jobs.custody import verify_audit

    found = at_place(data, lambda place: verify_audit(place, *(noted or ())))
    said = {
        "ok": not found.faults,
        "organisations": len(found.rows),
        "rows": sum(found.rows.values()),
        "noted": found.noted,
        "faults": [asdict(fault) for fault in found.faults],
    }
    lines = [f"{fault.org_id} {fault.number}: {fault.wrong}" for fault in found.faults] or ["all whole"]
    compared = f"{said['rows']} rows of {said['organisations']} organisations, {found.noted} notes"
    say(said, [compared, *lines], as_json=as_json)
    sys.exit(1 if found.faults else 0)


@audit.command(name="list")
def list_rows(
    subject: Annotated[str | None, typer.Option(help="Only what was done to this id")] = None,
    account: Annotated[str | None, typer.Option(help="Only what this login did")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on, China's")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many")] = 100,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Says who did what, the newest first, in China's time; reasons stand as they were typed, without numbers."""
    from stream_jobs.custody import read_audit

    day = since.replace(tzinfo=CHINA) if since else None
    found = at_place(
        data, lambda place: read_audit(place, subject=subject, login=account, since=day, limit=limit), connections=1
    )
    rows = [{"org_id": org_id, **entry.model_dump(mode="json")} for org_id, entry in found]
    say({"rows": rows}, [_audit_line(entry) for _, entry in found] or ["nothing"], as_json=as_json)


def _audit_line(entry: "AuditEntry") -> str:
    what = f"{entry.action} ({entry.name_en})" if entry.name_en != entry.action else entry.action
    of = (entry.subject_kind, entry.subject, entry.subject_name, entry.purpose)
    said = (f"{entry.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}", entry.actor or "by link", what, *of)
    return "  ".join(word for word in said if word)


@keys.command()
def rotate(
    data: Data = None,
    prepare_only: Annotated[
        bool, typer.Option("--prepare", help="Only make the new key, to be copied to every machine first")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Wraps every person's key with a new master key while servers run; run again, it goes on where it stopped."""
    if prepare_only:
        _prepare(data, as_json)
        return
    from stream_jobs import custody

    done = at_place(data, custody.rotate)
    left = sum(done.left.values())
    said = {"version": done.version, "rewrapped": done.rewrapped, "left": left}
    words = f"{done.rewrapped} keys are wrapped by master key {done.version}"
    say(said, [words + (f"; {left} are not yet: run it again" if left else "")], as_json=as_json)


def _prepare(data: Path | None, as_json: bool) -> None:
    from stream_jobs import custody

    async def prepared(place: "Place") -> int:
        return custody.prepare(place)

    version = at_place(data, prepared)
    say({"version": version}, [f"master key {version} is made; copy the keys folder, then rotate"], as_json=as_json)


@keys.command()
def check(data: Data = None, as_json: AsJson = False) -> None:
    """Opens everything that is sealed; exit status 1 when something was damaged or moved."""
    total, damaged = at_place(data, lambda place: place.stores.custody.damage())
    said = {"ok": not damaged, "sealed": total, "damaged": [asdict(one) for one in damaged]}
    say(said, [f"{total} sealed values", *(f"damaged: {one.table} {one.row}" for one in damaged)], as_json=as_json)
    sys.exit(1 if damaged else 0)


@commands.command()
def hold(
    application: Application,
    reason: Annotated[str, typer.Option(help="Why it must be kept, such as the number of a dispute")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day")],
    by: Who = None,
    data: Data = None,
) -> None:
    """Keeps an applicant's data readable by break-glass alone, should they be erased before that day."""
    id_, who = _id(application), _by(by)
    act_at_place(
        data, lambda place: place.stores.custody.hold(id_, reason=reason, until=until.date(), by=who, at=utc_now())
    )
    print(f"Held until {until:%Y-%m-%d}")


@commands.command()
def lift_hold(application: Application, by: Who = None, data: Data = None) -> None:
    """Ends the legal holds of an applicant; the next purge destroys what they kept."""
    id_, who = _id(application), _by(by)
    lifted = act_at_place(data, lambda place: place.stores.custody.lift(id_, by=who, at=utc_now()))
    print(f"{lifted} holds lifted")


@commands.command()
def break_glass(
    application: Application,
    purpose: Annotated[str, typer.Option(help="Why it must be read; recorded for ever")],
    by: Who = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Reads who an erased applicant under a legal hold was, after recording who asks and why."""
    id_, who = _id(application), _by(by)
    contact = act_at_place(
        data, lambda place: place.stores.custody.break_glass(id_, purpose=purpose, by=who, at=utc_now())
    )
    said = {"name": contact.name, "phone": contact.phone}
    say(said, [f"{contact.name or '–'}  {contact.phone}"], as_json=as_json)


@commands.command()
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

    folder, manifest = at_place(data, lambda place: back_up(place, target, at=utc_now(), keys_to=with_keys))
    said = {"backup": str(folder), "at": manifest.at.isoformat(), "rows": sum(manifest.counts.values())}
    said["applications"] = manifest.counts["public.application"]
    say(said, [f"{folder}: {said['rows']} rows, {said['applications']} applications"], as_json=as_json)


@commands.command()
def restore(
    source: Annotated[Path, typer.Argument(help="The folder of one backup")],
    replace: Annotated[bool, typer.Option(help="Over a database that holds something, which is lost")] = False,
    keys_file: Annotated[Path | None, typer.Option(help="The backup's file of keys, if it is elsewhere")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Brings a backup back into an empty database and erases again who was erased since; stop the server first."""
    from stream_jobs.backup import restore as bring_back

    settings = settings_of(data=data)
    done = run_to_end(bring_back(settings, source, clock=utc_now, replace=replace, key_file=keys_file))
    words = [
        f"{done.rows} rows as of {done.made_at:%Y-%m-%d %H:%M:%S} UTC",
        f"{done.applications} applications, {done.shows} shows",
        f"{done.erased_again} people erased again; {done.audit_rows_lost} later audit rows are lost",
    ]
    if not done.keys:
        words.append("without its file of keys: nobody of that time can be read any more")
    say({**asdict(done), "made_at": done.made_at.isoformat()}, words, as_json=as_json)


def _id(typed: str) -> ApplicationId:
    try:
        return ApplicationId(UUID(typed))
    except ValueError:
        raise BadInput(field="application", expected="the id of an application") from None


def _by(name: str | None) -> By:
    return By(None, name or f"{getpass.getuser()} (stream-jobs)")

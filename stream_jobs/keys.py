"""The three secrets of an installation, one file each: signing, master, pepper."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from stream_jobs.domain.errors import KeysMismatch

KEY_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """signing: tokens and links; master: wraps each person's key; pepper: makes phone_hmac."""

    signing: bytes
    master: bytes
    pepper: bytes

    @property
    def fingerprint(self) -> bytes:
        """Tells whether a database was written with these keys, and nothing else about them."""
        return hashlib.sha256(b"stream_jobs keys\0" + self.master + self.pepper).digest()


def load_keys(folder: Path) -> Keys:
    """Reads the keys, making those of a folder that has none yet (mode 0600).

    Raises KeysMismatch when only some of them are there.
    """
    paths = {name: folder / f"{name}.key" for name in ("signing", "master", "pepper")}
    present = [path for path in paths.values() if path.exists()]
    if not present:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in paths.values():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(KEY_BYTES) + "\n")
    elif len(present) != len(paths):
        missing = sorted(path.name for path in paths.values() if path not in present)
        raise KeysMismatch(f"The keys folder lacks {', '.join(missing)}; put it back from your backup", field="keys")
    return Keys(**{name: bytes.fromhex(path.read_text().strip()) for name, path in paths.items()})

"""What a backup holds, in words and sums, so that it can be checked before it is relied upon."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from stream_jobs.domain.errors import RestoreRefused
from stream_jobs.domain.events import Body

DUMP, FILES, KEYS, MANIFEST = "database.dump", "files", "keys", "manifest.json"
CHUNK = 1 << 20


class Manifest(Body):
    """counts: rows by table, of the moment that the dump shows. sha256: of each file, and of the file of keys."""

    form: Literal[1] = 1
    at: datetime
    keys_fingerprint: str
    migrations: tuple[str, ...]
    counts: Mapping[str, int]
    sha256: Mapping[str, str]


def key_file_of(backup: Path) -> Path:
    """The persons' keys lie beside all backups, not in them: they are thrown away first."""
    return backup.parent / KEYS / f"{backup.name}.dump"


def read_manifest(backup: Path) -> Manifest:
    """Raises RestoreRefused for what is no backup of ours."""
    try:
        return Manifest.model_validate_json((backup / MANIFEST).read_text("utf-8"))
    except (OSError, ValidationError):
        raise RestoreRefused(f"{backup} is no whole backup: its {MANIFEST} cannot be read", field="source") from None


def sums(backup: Path) -> dict[str, str]:
    """SHA-256 of every file of the backup but its manifest."""
    return {str(path.relative_to(backup)): sha256(path) for path in _files(backup) if path.name != MANIFEST}


def must_be_whole(backup: Path, manifest: Manifest, key_file: Path | None) -> None:
    """Raises RestoreRefused when a file is missing, or is not what was written."""
    found = sums(backup) | ({KEYS: sha256(key_file)} if key_file else {})
    for name, wanted in manifest.sha256.items():
        if found.get(name) != wanted and (name != KEYS or key_file):
            raise RestoreRefused(f"{name} of the backup is missing or damaged", field="source")


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())

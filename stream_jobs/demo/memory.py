"""What a data folder remembers of its demo: passwords made once, and which shows are complete."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from stream_jobs.domain.ids import BroadcastId

# Without letters that look alike.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 3, 4


@dataclass(frozen=True, slots=True)
class DemoAccount:
    role: str
    login: str
    password: str


class Shows(BaseModel):
    """The shows a run prepared to their end."""

    model_config = ConfigDict(frozen=True)

    ended: BroadcastId
    live: BroadcastId
    upcoming: BroadcastId


class Memory(BaseModel):
    """`passwords` by login; `shows` is None until all three were prepared."""

    model_config = ConfigDict(frozen=True)

    passwords: dict[str, str] = {}
    shows: Shows | None = None


def recall(file: Path) -> Memory:
    """Empty when this folder has had no demo."""
    return Memory.model_validate_json(file.read_bytes()) if file.exists() else Memory()


def keep(file: Path, memory: Memory) -> None:
    """Written whole or not at all, readable by its owner alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(memory.model_dump_json())
    draft.replace(file)


def new_password() -> str:
    """Nearly sixty random bits, such as abcd-2345-wxyz, easy to type on a phone."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)

"""Who else keeps something of a person: each part of the storage that does is named here once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from storage import application_exports, file_sweeping, grams, priority
from storage.pool import Transaction
from stream_jobs.domain.ids import OrgId, PersonId

Forget = Callable[[Transaction, OrgId, PersonId], Awaitable[None]]
# From one person to another, with the keys of both.
Move = Callable[[Transaction, OrgId, "Moving"], Awaitable[None]]
# What is kept, under a name of its own, read with the person's key.
Tell = Callable[[Transaction, OrgId, PersonId, bytes], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, repr=False)
class Moving:
    """What was sealed under old_key for old becomes new's, under new_key."""

    old: PersonId
    old_key: bytes
    new: PersonId
    new_key: bytes


@dataclass(frozen=True, slots=True)
class Keeper:
    """A part that keeps something derived from persons; each function runs in the transaction of what is done.

    forget: takes it away, or makes it unreadable.
    sealed: it is readable by the person's key alone, and stays under a legal hold.
    changed: name, phone or owner of applications changed: whatever was derived from them is made anew.
    """

    forget: Forget
    sealed: bool = False
    move: Move | None = None
    changed: Forget | None = None
    tell: Tell | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of the vault: read by the key of person_id, bound to the id of its row."""

    table: str
    row: str
    column: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


# Everything in the schema vault; a test looks for what is missing here.
SEALED = (
    Sealed("vault.person", "person_id", "phone"),
    Sealed("vault.application", "application_id", "name"),
    Sealed("vault.receipt", "receipt_id", "name"),
    Sealed("vault.resume", "id", "resume"),
    Sealed("vault.follow_up", "follow_up_id", "said"),
    Sealed("vault.resume_file", "file_id", "kept"),
    Sealed("vault.former_key", "former_id", "key"),
)

# An area joins with one line.
KEEPERS: list[Keeper] = [
    Keeper(forget=application_exports.forget, move=application_exports.move),
    Keeper(forget=grams.forget),
    Keeper(forget=priority.forget, move=priority.move),
    Keeper(forget=file_sweeping.forget, sealed=True, move=file_sweeping.move),
]

"""What each part of the storage that keeps something of a person must be able to do."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

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

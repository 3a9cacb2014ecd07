"""In which order rows of people are locked, by everybody: whoever keeps to it never waits in a circle.

1. Persons, by id: `lock_people` by whoever merges or erases them, changes their phone or puts them under a legal hold;
   `hold_people` by whoever stores something of theirs.
   Who proves a number takes its code before.
2. Their applications, by id: `lock_applications`. A batch that applies takes its show's numbers before.
3. Receipts, and what is sealed, under the lock of their application or their person alone.
4. Exports, then lists that came in, each by id: whatever else names these people.
5. The head of the audit: what is recorded is recorded last.

Anyone may leave steps out; nobody goes back. A row that refers to another locks that one as well: an application its
person, a receipt or an event its application. What tidies up takes what nobody else has at the moment (SKIP LOCKED).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from storage.pool import Transaction

Found = TypeVar("Found")


class Raced(Exception):
    """Something this transaction was to make or to find was made or changed by another one: begin again by looking."""


RACES = 10
"""Whoever loses so often is told to come again: each time they lost, another one was stored."""


class _Changed(Exception):
    """It was found otherwise once it was locked."""


async def lock_people(tx: Transaction, people: Iterable[UUID]) -> None:
    """Nobody else stores anything of theirs until the transaction ends."""
    await tx.execute("SELECT FROM person WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(people))


async def hold_people(tx: Transaction, people: Iterable[UUID]) -> None:
    """Nobody merges or erases them, or changes their phone, until the transaction ends."""
    await tx.execute("SELECT FROM person WHERE id = ANY($1::uuid[]) ORDER BY id FOR KEY SHARE", list(people))


async def lock_applications(tx: Transaction, applications: Iterable[UUID]) -> Mapping[UUID, str]:
    """Their states, which, like their receipts, are this transaction's to change until it ends."""
    rows = await tx.fetch(
        "SELECT id, state FROM application WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(applications)
    )
    return {row["id"]: row["state"] for row in rows}


async def steady(
    tx: Transaction, find: Callable[[], Awaitable[Found]], lock: Callable[[Found], Awaitable[None]]
) -> Found:
    """What `find` finds, once `lock` has locked it and it is still found so.

    Where another transaction changed it meanwhile, everything that was locked is let go and it is looked for again.
    """
    while True:
        with suppress(_Changed):
            # Locks taken since a savepoint end when it is rolled back.
            async with tx.transaction():
                found = await find()
                await lock(found)
                if await find() != found:
                    raise _Changed
                return found

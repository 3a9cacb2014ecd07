"""A thousand changes to the audit chain, and every one of them is noticed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from stream_jobs.domain.audit import RULE, AuditHead, AuditRow, ChainCheck, row_hash
from stream_jobs.domain.ids import OrgId

ORG = OrgId(UUID(int=7))
ROWS = 60
TRIES = 1_000
STARTED = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def a_chain() -> list[AuditRow]:
    rows: list[AuditRow] = []
    before = b""
    for number in range(1, ROWS + 1):
        row = AuditRow(
            org_id=ORG,
            number=number,
            at=STARTED + timedelta(seconds=number),
            account_id=uuid4(),
            actor=f"组织者{number % 5}",
            action=("reveal", "hand_over", "erase")[number % 3],
            subject=str(uuid4()),
            purpose="contact",
            detail={"count": number, "receiver": f"招聘部{number}"},
            rule=RULE,
        )
        rows.append(replace(row, hash=row_hash(before, row)))
        before = rows[-1].hash
    return rows


CHAIN = a_chain()
HEAD = AuditHead(ORG, ROWS, CHAIN[-1].hash)
# Noted outside the database: the last time, and some time before.
NOTED = [AuditHead(ORG, ROWS // 2, CHAIN[ROWS // 2 - 1].hash), HEAD]

Tampered = tuple[Sequence[AuditRow], AuditHead | None]


def another(value: Any) -> Any:
    """Something else of the same kind."""
    match value:
        case None:
            return "x"
        case bool() | int():
            return value + 1
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 1])
        case datetime():
            return value + timedelta(microseconds=1)
        case UUID():
            return uuid4()
        case dict():
            return {**value, "count": -1}
        case _:
            return f"{value}."


def changed(column: str) -> Callable[[random.Random], Tampered]:
    def tamper(dice: random.Random) -> Tampered:
        rows, at = list(CHAIN), dice.randrange(ROWS)
        if column == "number":
            return renumbered(rows, at), HEAD
        rows[at] = replace(rows[at], **{column: another(getattr(rows[at], column))})
        return rows, HEAD

    return tamper


def renumbered(rows: list[AuditRow], at: int) -> list[AuditRow]:
    rows[at] = replace(rows[at], number=ROWS + 1)
    return sorted(rows, key=lambda row: row.number)


def removed(dice: random.Random) -> Tampered:
    rows = list(CHAIN)
    del rows[dice.randrange(ROWS)]
    return rows, HEAD


def removed_and_closed_up(dice: random.Random) -> Tampered:
    """The rows after it take its number and those that follow."""
    rows = list(CHAIN)
    del rows[dice.randrange(ROWS)]
    return [replace(row, number=number) for number, row in enumerate(rows, 1)], replace(HEAD, number=ROWS - 1)


def swapped(dice: random.Random) -> Tampered:
    rows = list(CHAIN)
    one, other = dice.sample(range(ROWS), 2)
    rows[one], rows[other] = replace(rows[other], number=one + 1), replace(rows[one], number=other + 1)
    return rows, HEAD


def inserted(dice: random.Random) -> Tampered:
    rows, at = list(CHAIN), dice.randrange(ROWS)
    rows.insert(at, replace(CHAIN[at], subject=str(uuid4())))
    return [replace(row, number=number) for number, row in enumerate(rows, 1)], replace(HEAD, number=ROWS + 1)


def added(dice: random.Random) -> Tampered:
    """A row after the last, hashed as if it belonged there, without its head."""
    row = replace(CHAIN[-1], number=ROWS + 1, subject=str(uuid4()))
    return [*CHAIN, replace(row, hash=row_hash(CHAIN[-1].hash, row))], HEAD


def another_head(dice: random.Random) -> Tampered:
    return CHAIN, dice.choice([None, replace(HEAD, number=ROWS - 1), replace(HEAD, hash=CHAIN[0].hash)])


def cut_off(dice: random.Random) -> Tampered:
    """The newest rows are gone and the head says so too: only what was noted outside tells."""
    left = dice.randrange(ROWS)
    return CHAIN[:left], AuditHead(ORG, left, CHAIN[left - 1].hash) if left else None


def rewritten(dice: random.Random) -> Tampered:
    """From some row on everything is hashed anew, head and all: only what was noted outside tells."""
    at = dice.randrange(ROWS)
    rows = list(CHAIN[:at])
    for row in [replace(CHAIN[at], actor="别人"), *CHAIN[at + 1 :]]:
        rows.append(replace(row, hash=row_hash(rows[-1].hash if rows else b"", row)))
    return rows, AuditHead(ORG, ROWS, rows[-1].hash)


KINDS: list[Callable[[random.Random], Tampered]] = [
    *(changed(field.name) for field in fields(AuditRow)),
    removed,
    removed_and_closed_up,
    swapped,
    inserted,
    added,
    another_head,
    cut_off,
    rewritten,
]


def noticed(rows: Sequence[AuditRow], head: AuditHead | None) -> bool:
    check = ChainCheck(ORG, NOTED)
    for row in rows:
        check.add(row)
    return bool(check.end(head))


def noticed_by_numbers_alone(rows: Sequence[AuditRow], head: AuditHead | None) -> bool:
    """The control: an audit without a chain, that only counts."""
    numbers = [row.number for row in rows]
    return numbers != list(range(1, len(rows) + 1)) or head is None or head.number != len(rows)


def thousand() -> list[Tampered]:
    dice = random.Random(20261121)
    return [KINDS[nth % len(KINDS)](dice) for nth in range(TRIES)]


def test_a_whole_chain_is_whole() -> None:
    """Nothing is found where nothing was done."""
    assert not noticed(CHAIN, HEAD)


def test_all_of_a_thousand_changes_are_noticed() -> None:
    """Every column changed, rows removed, moved, inserted, added, cut off and hashed anew, and the head changed."""
    found = sum(noticed(rows, head) for rows, head in thousand())

    assert found == TRIES


def test_without_the_chain_most_of_them_would_go_unnoticed() -> None:
    """The control: the hashes are what finds them."""
    found = sum(noticed_by_numbers_alone(rows, head) for rows, head in thousand())

    assert found < TRIES / 2


@pytest.mark.parametrize("left_out", [field.name for field in fields(AuditRow) if field.name != "hash"])
def test_every_column_is_under_the_hash(left_out: str) -> None:
    """A column that is added to the audit is added to its hash."""
    row = CHAIN[3]

    assert row_hash(b"", row) != row_hash(b"", replace(row, **{left_out: another(getattr(row, left_out))}))


def test_a_fault_is_told_where_it_is() -> None:
    """And the rows after it are not blamed as well."""
    rows = [replace(row, actor="别人") if row.number == 17 else row for row in CHAIN if row.number != 40]
    check = ChainCheck(ORG)
    for row in rows:
        check.add(row)

    assert [(fault.number, fault.wrong) for fault in check.end(HEAD)] == [
        (17, "changed"),
        (40, "missing"),
        (41, "changed"),
    ]

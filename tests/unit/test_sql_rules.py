"""What every query keeps to, so that tests can pass their own time and row-level security can be switched on."""

import ast
import re
from pathlib import Path

import pytest

STORAGE = Path(__file__).parents[2] / "storage"
MODULES = sorted(STORAGE.glob("*.py"))
QUERIES = {"fetch", "fetchrow", "fetchval", "execute", "executemany", "copy_records_to_table", "cursor"}
# They open connections of their own: before there is an organisation, or to make the database what it should be.
OUTSIDE = {"pool.py", "migrate.py"}


def _queries(module: Path) -> list[ast.Call]:
    tree = ast.parse(module.read_text("utf-8"))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in QUERIES
    ]


@pytest.mark.parametrize("module", [m for m in MODULES if m.name not in OUTSIDE], ids=lambda module: module.name)
def test_every_query_is_asked_of_a_transaction(module: Path) -> None:
    """`tx` comes from Database.transaction alone, which has set the organisation."""
    askers = {ast.unparse(call.func.value) for call in _queries(module)}  # type: ignore[attr-defined]  # an Attribute

    # super(): a driver of the queue that is made of a transaction.
    assert askers <= {"tx", "self._tx", "super()"}


def test_stored_times_and_ids_are_never_made_in_sql() -> None:
    """The clock is the action's; a test or a replay can pass its own."""
    said = "\n".join(path.read_text("utf-8") for path in (*MODULES, *STORAGE.glob("migrations/*.sql")))
    own = re.sub(r"-- The queue's part.*-- The end of the queue's part", "", said, flags=re.DOTALL)
    statements = re.sub(r'^\s*(#|--|""").*$', "", own, flags=re.MULTILINE)

    assert not re.findall(r"\b(?:now|clock_timestamp|uuidv7|uuidv4|gen_random_uuid)\(\)|CURRENT_TIMESTAMP", statements)


def test_no_query_selects_every_column() -> None:
    """A new column never changes what old code reads; only unnest and subqueries that name columns may."""
    said = "\n".join(module.read_text("utf-8") for module in MODULES)

    assert not [found for found in re.findall(r"SELECT \* FROM (\w+)", said) if found not in ("unnest", "mine")]


def test_every_table_carries_its_organisation() -> None:
    """Or says here why not."""
    shared = {
        "organisation": "is the organisation",
        "installation": "one row for the whole database",
        "worker": "a process serves every organisation",
        "worker_room": "a process serves every organisation",
        "dropped_month": "a month of events is that of every organisation",
        "consent_text": "a text, once, whoever shows it",
        "work.pgqueuer": "the queue's own; whose a job is stands in its payload",
        "work.pgqueuer_schedules": "the queue's own; a schedule is for all",
    }
    sql = "\n".join(path.read_text("utf-8") for path in sorted(STORAGE.glob("migrations/*.sql")))
    tables = re.findall(r"CREATE TABLE ([\w.]+) \((.*?)\n\)", sql, flags=re.DOTALL)

    without = {name for name, columns in tables if not re.search(r"^\s+org_id\s", columns, re.MULTILINE)}

    assert without == set(shared)

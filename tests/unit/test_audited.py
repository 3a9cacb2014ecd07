"""What is audited has names in both languages, and a row tells nobody's number."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_jobs.domain.audited import ACTS, act_of, every_action, told, without_numbers
from tests.unit.test_catalogues import all_keys

STORAGE = Path(__file__).resolve().parents[2] / "storage"


def written() -> set[str]:
    """Every action that some statement of storage records, wherever it stands in the call."""
    return {text for path in STORAGE.glob("*.py") for text in _actions(ast.parse(path.read_text("utf-8")))}


def _actions(tree: ast.Module) -> Iterator[str]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and "audit" in call.func.id:
            named = [keyword.value for keyword in call.keywords if keyword.arg == "action"]
            for value in named or call.args:
                either = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
                yield from (one.value for one in either if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_every_action_that_is_written_has_a_name_in_both_languages() -> None:
    """And none is named that nothing writes; the type of write_audit keeps to the same list."""
    assert set(ACTS) == set(every_action()) == written()
    assert all(act.zh and act.en for act in ACTS.values())
    assert len({act.zh for act in ACTS.values()}) == len({act.en for act in ACTS.values()}) == len(ACTS)
    assert {f"organisation.audit.subject.{act.subject}" for act in ACTS.values()} <= all_keys()


def test_what_an_older_version_wrote_has_no_name() -> None:
    """It is shown as it stands."""
    assert act_of("reveal") is not None
    assert act_of("no_such_act") is None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("张三 138 0000-0001 骚扰", "张三 … 骚扰"),
        ("打 +86 13800000001 核对", "打 … 核对"),
        ("138－0000－0001", "…"),
        ("138.0000.0001、138（0000）0001", "…、…"),
        ("138 (0000) 0001 或 138/0000/0001", "… 或 …"),
        ("仲裁〔2026〕第123456号", "仲裁〔2026〕第123456号"),
        (None, None),
    ],
)
def test_a_reason_is_told_without_telephone_numbers(said: str | None, shown: str | None) -> None:
    """People type them where they do not belong."""
    assert without_numbers(said) == shown


def test_of_a_detail_only_what_names_nobody_is_told() -> None:
    """A receiver and a device are left out, a count and a role are not."""
    detail = {"receiver": "张经理", "viewer": "d1", "count": 2, "role": "host", "series": None, "held": False}

    assert told(detail) == {"count": 2, "role": "host", "held": False}

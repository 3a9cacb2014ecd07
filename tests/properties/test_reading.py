"""Whatever a socket is sent is understood, or refused in words that hold nothing of it."""

import json
from contextlib import suppress
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime import protocol as p
from stream_jobs.domain.errors import BadInput

CANARY = "欧阳金丝雀"
ID = str(UUID(int=7))
CALLS: tuple[dict[str, Any], ...] = (
    {
        "method": "apply",
        "data": {
            "key": ID,
            "job_id": ID,
            "push_seq": 3,
            "contact": {"phone": "13800000001", "name": "王师傅"},
            "consent": {"text_sha256": "0" * 64},
        },
    },
    {"method": "withdraw", "data": {"application_id": ID}},
    {"method": "mine", "data": {}},
    {"method": "ask", "data": {"card_id": ID, "kind": "shift"}},
    {"method": "report", "data": {"events": [{"id": ID, "kind": "impression", "card_id": ID, "push_seq": 3}]}},
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(CANARY), st.just("\ud800")
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """One of ours, with anything anywhere."""
    call = json.loads(json.dumps(draw(st.sampled_from(CALLS))))
    for _ in range(draw(st.integers(0, 3))):
        inner = draw(st.sampled_from([one for one in _inside(call) if one] or [call]))
        inner[draw(st.sampled_from([*inner, CANARY]))] = draw(VALUES)
    return dict(call)


def _inside(value: Any) -> list[dict[str, Any]]:
    """Every object in it, itself too."""
    if isinstance(value, list):
        return [one for inner in value for one in _inside(inner)]
    if isinstance(value, dict):
        return [value, *(one for inner in value.values() for one in _inside(inner))]
    return []


@settings(max_examples=200, deadline=None)
@given(call=calls())
def test_a_call_with_anything_in_it_is_understood_or_refused_without_its_words(call: dict[str, Any]) -> None:
    """What was typed is in no answer, not even as the name of a field; and every refusal can be sent."""
    with suppress(ValueError):
        (command,) = p.read_commands(json.dumps({"id": 1, "rpc": call}).encode())
        asked = command.requested
        if not isinstance(asked, p.Rpc) or asked.method not in p.VIEWER_METHODS:
            return
        try:
            p.read_viewer_call(asked.method, asked.data)
        except BadInput as error:
            said = p.encode_answer(1, p.refused(error)).decode()
            assert CANARY not in said and ascii(CANARY)[1:-1] not in said


@settings(max_examples=200, deadline=None)
@given(start=st.integers(0, 400), taken=st.integers(0, 400), put=st.binary(max_size=20), nth=st.integers(0, 4))
def test_bytes_changed_anywhere_are_a_command_or_a_value_error(start: int, taken: int, put: bytes, nth: int) -> None:
    """Nothing else is raised by what comes over the line."""
    frame = json.dumps({"id": 1, "rpc": CALLS[nth]}).encode()
    with suppress(ValueError):
        for command in p.read_commands(frame[:start] + put + frame[start + taken :]):
            if isinstance(command.requested, p.Rpc):
                with suppress(BadInput):
                    p.read_viewer_call(command.requested.method, command.requested.data)

"""Shapes on the socket."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from realtime import protocol as p
from stream_jobs.domain.errors import BadInput, JobFull, PhoneInvalid, every_error
from stream_jobs.domain.events import QuestionKind, StageEntry, TrayChanged
from stream_jobs.domain.ids import ApplicationId, BroadcastId, CardId, OrgId
from stream_jobs.ports import Desk, NewestApplication
from stream_jobs.tokens import Identity, Role

AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def _identity(role: Role, broadcast: BroadcastId) -> Identity:
    return Identity(role, OrgId(uuid4()), broadcast, "someone", AT)


def test_commands_of_one_frame_are_read_in_order() -> None:
    """SDKs batch connect and subscribe, and send fields we have never heard of."""
    text = (
        b'{"id":1,"connect":{"token":"t","headers":{"a":"b"}}}\n{"id":2,"subscribe":{"channel":"c","flag":1,"tf":{}}}\n'
    )

    connect, subscribe = p.read_commands(text)

    assert connect.requested == p.Connect(token="t")
    assert subscribe.requested == p.Subscribe(channel="c", flag=1)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"hello",
        b"[]",
        b"null",
        b'{"id":-1}',
        b'{"id":1,"subscribe":{}}',
        b'{"id":1,"rpc":7}',
        b"\xff\xfe",
        b'{"id":1,"rpc":{"method":"mine","data":' + b"[" * 2000 + b"]" * 2000 + b"}}",
    ],
)
def test_what_is_not_the_protocol_is_refused(text: bytes) -> None:
    """Each is a ValueError, never a crash of another kind."""
    with pytest.raises(ValueError):
        p.read_commands(text)


def test_an_empty_object_is_a_pong_and_an_unknown_method_is_seen() -> None:
    """Neither asks for anything we know; only the second has an id to answer."""
    pong, unknown = p.read_commands(b'{}\n{"id":3,"publish":{"channel":"c"}}')

    assert (pong.id, pong.requested) == (0, None)
    assert (unknown.id, unknown.requested) == (3, None)


@pytest.mark.parametrize(
    ("method", "data", "field", "expected"),
    [
        ("apply", {"key": "13800000001"}, "key", "a UUID"),
        ("report", {"signals": []}, "signals", "List should have at least 1 item after validation, not 0"),
        ("report", {"signals": [{"event_id": str(uuid4()), "step": "click"}]}, "signals.0.card_id", "Field required"),
        ("ask", {"card_id": str(uuid4()), "kind": "13800000001"}, "kind", None),
        ("mine", {"13800000001": "王师傅"}, "data", "only the fields of this call"),
        ("mine", "13800000001", "data", "an object"),
    ],
)
def test_a_bad_call_names_the_field_and_what_is_expected(
    method: str, data: object, field: str, expected: str | None
) -> None:
    """The value, which may be someone's phone number, is never repeated."""
    with pytest.raises(BadInput) as refused:
        p.read_viewer_call(method, data)

    assert refused.value.field == field
    assert expected is None or refused.value.expected == expected
    assert "13800000001" not in f"{refused.value.field}{refused.value.expected}{refused.value}"
    assert refused.value.__cause__ is None


def test_an_error_becomes_the_words_of_the_http_problem() -> None:
    """Code, field, what is expected, and when to come back; all four always there."""
    answer = json.loads(p.encode_answer(7, p.refused(PhoneInvalid(field="contact.phone", expected="11 digits"))))

    assert answer == {
        "id": 7,
        "rpc": {
            "data": {
                "type": "refused",
                "code": "phone_invalid",
                "field": "contact.phone",
                "expected": "11 digits",
                "retry_after_seconds": None,
            }
        },
    }
    assert p.refused(JobFull()).code == "job_full"


def test_every_error_can_be_told() -> None:
    """No code of the tree lacks an answer."""
    assert all(p.refused(error()).code == error.code for error in every_error())


def test_a_publication_carries_its_seq_outside_and_inside() -> None:
    """SDKs go by the offset, pages by the body."""
    publication = json.loads(p.stage_publication(StageEntry(5, TrayChanged(tray_version=2), AT)))

    assert publication == {
        "offset": 5,
        "data": {
            "type": "tray_changed",
            "seq": 5,
            "at": "2026-11-21T06:00:00Z",
            "show_at": "2026-11-21T06:00:00Z",
            "tray_version": 2,
        },
    }


def test_a_first_subscribe_starts_from_a_snapshot() -> None:
    """No word of recovery in it."""
    result = json.loads(p.snapshot_result(p.Position(5, "e"), b'{"seq":5}', was_recovering=False))

    assert result == {"recoverable": True, "positioned": True, "epoch": "e", "offset": 5, "data": {"seq": 5}}


def test_a_failed_recovery_says_so() -> None:
    """The SDK then tells the page to begin anew."""
    result = json.loads(p.snapshot_result(p.Position(5, "e"), b"{}", was_recovering=True))

    assert (result["was_recovering"], result["recovered"], result["offset"]) == (True, False, 5)


def test_a_recovery_starts_at_the_offset_asked_for() -> None:
    """The publications bring it forward."""
    result = json.loads(p.recovered_result(p.Position(3, "e"), [b'{"offset":4}', b'{"offset":5}']))

    assert (result["was_recovering"], result["recovered"], result["offset"]) == (True, True, 3)
    assert [publication["offset"] for publication in result["publications"]] == [4, 5]


@pytest.mark.parametrize(
    ("role", "stage", "desk"),
    [("viewer", True, False), ("overlay", True, False), ("prompter", True, True), ("host", True, True)],
)
def test_who_may_follow_what(role: Role, stage: bool, desk: bool) -> None:
    """Everyone the stage of their own broadcast, the host's side its desk, nobody another broadcast's."""
    broadcast = BroadcastId(uuid4())
    identity = _identity(role, broadcast)

    assert p.may_follow(identity, p.Channel("broadcast", broadcast)) is stage
    assert p.may_follow(identity, p.Channel("desk", broadcast)) is desk
    assert not p.may_follow(identity, p.Channel("broadcast", BroadcastId(uuid4())))


@pytest.mark.parametrize("role", ["host", "prompter", "overlay"])
@pytest.mark.parametrize("method", sorted(p.VIEWER_METHODS))
def test_only_viewers_call(role: Role, method: str) -> None:
    """The host's side acts over HTTP."""
    assert p.may_call("viewer", method)
    assert not p.may_call(role, method)


def test_the_prompter_never_sees_applicants() -> None:
    """It stands in the picture."""
    newest = NewestApplication(
        id=ApplicationId(uuid4()), number="0001", label="1号", name_masked="王**", phone_masked="138****0001", at=AT
    )
    desk = Desk(
        watching=1,
        peak=1,
        visits=1,
        viewers=1,
        applications=1,
        people=1,
        cards_spoken=1,
        cards_total=1,
        newest=(newest,),
    )

    assert p.desk_for("host", desk).newest == (newest,)
    assert p.desk_for("prompter", desk).newest == ()


@pytest.mark.parametrize(
    "name", ["", "broadcast", "broadcast:", "broadcast:x", "chat:019a0000-0000-7000-8000-000000000000", "desk:../etc"]
)
def test_other_channels_are_unknown(name: str) -> None:
    """Nothing but the two kinds, with an id."""
    assert p.read_channel(name) is None


def test_every_disconnect_has_a_reason() -> None:
    """With an empty one an SDK comes back even after a terminal code."""
    disconnects = [value for value in vars(p).values() if isinstance(value, p.Disconnect)]

    assert len(disconnects) >= 10
    assert all(one.reason and (3000 <= one.code < 5000 or one is p.NOT_UTF8) for one in disconnects)


def test_counts_put_together_are_counts() -> None:
    """Encoded around the questions, for everybody who comes: the same bytes as the model's own."""
    card = CardId(uuid4())
    asked = {card: {QuestionKind.SHIFT: 2, QuestionKind.DORM: 7}}

    encoded = p.encode_counts(41, p.encode_questions(asked))

    assert p.Counts.model_validate_json(encoded).model_dump_json().encode() == encoded
    assert json.loads(encoded)["questions"][str(card)][0] == {"kind": "dorm", "count": 7}

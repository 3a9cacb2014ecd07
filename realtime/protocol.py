"""Every WebSocket message, both directions: the Centrifugo client protocol (JSON, v2) and our own bodies inside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from stream_jobs.domain.errors import BadInput, StreamJobsError
from stream_jobs.domain.events import Body, QuestionKind, Seq, Signal, StageEntry
from stream_jobs.domain.following import Told
from stream_jobs.domain.ids import ApplicationId, BroadcastId, CardId, JobId
from stream_jobs.ports import Desk
from stream_jobs.tokens import Identity, Role

# ── the envelope ──────────────────────────────────────────────────────────────────────────────────────────────


class Envelope(BaseModel):
    """A part of the client protocol: SDKs send more than we read, and will send more still."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# A position is never negative (the protocol's uint64).
Offset = Annotated[int, Field(ge=0, lt=2**64)]


class Connect(Envelope):
    """First command of a connection. Answered by ConnectResult, error 109, or disconnect 3500."""

    token: str = ""
    name: str = ""


class Subscribe(Envelope):
    """Follow a channel: `broadcast:<id>` (the stage) or `desk:<id>` (host side)."""

    channel: str
    recover: bool = False
    epoch: str = ""
    offset: Offset = 0
    flag: int = 0


class Unsubscribe(Envelope):
    channel: str


class Rpc(Envelope):
    method: str
    data: Any = None


class PresenceStats(Envelope):
    channel: str


class HistorySince(Envelope):
    offset: Offset = 0
    epoch: str = ""


class History(Envelope):
    """Entries of the stage log: the newest position only when limit is 0."""

    channel: str
    limit: int = 0
    since: HistorySince | None = None
    reverse: bool = False


class Refresh(Envelope):
    token: str = ""


Requested = Connect | Subscribe | Unsubscribe | Rpc | PresenceStats | History | Refresh


class Command(Envelope):
    """One command; an empty object is the client's pong."""

    id: int = Field(default=0, ge=0, le=2**32 - 1)
    connect: Connect | None = None
    subscribe: Subscribe | None = None
    unsubscribe: Unsubscribe | None = None
    rpc: Rpc | None = None
    presence_stats: PresenceStats | None = None
    history: History | None = None
    refresh: Refresh | None = None

    @property
    def requested(self) -> Requested | None:
        """What the command asks for; None for a pong or a method we do not know."""
        return (
            self.connect
            or self.subscribe
            or self.unsubscribe
            or self.rpc
            or self.presence_stats
            or self.history
            or self.refresh
        )


def read_commands(text: bytes) -> list[Command]:
    """The commands of one frame, in order. Raises ValueError for anything that is not the protocol's JSON."""
    commands = [Command.model_validate_json(line) for line in text.split(b"\n") if line.strip()]
    if not commands:
        raise ValueError("no command")
    return commands


# ── what a viewer's page may call (rpc `method`), and what it is answered ─────────────────────────────────────


class Call(Body):
    """An rpc of a viewer's page."""


class Contact(Body):
    phone: str = Field(min_length=1, max_length=40, description="As typed; +86, spaces and full-width digits are fine")
    name: str | None = Field(default=None, max_length=40)


class ConsentGiven(Body):
    """The consent the viewer ticked: the hash of the text shown, as the page got it."""

    text_sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Apply(Call):
    """Viewer applies for a job of the tray. Answered by Stored or Refused."""

    method: Literal["apply"] = "apply"
    key: UUID = Field(description="The same application again carries the same key")
    job_id: JobId
    push_seq: Seq | None = Field(default=None, description="The push it came through; only attributes")
    contact: Contact
    consent: ConsentGiven


class Withdraw(Call):
    """Viewer takes an application back. Answered by Withdrawn or Refused."""

    method: Literal["withdraw"] = "withdraw"
    application_id: ApplicationId


class Mine(Call):
    """What this device applied for in this broadcast. Answered by MyApplications."""

    method: Literal["mine"] = "mine"


class Report(Call):
    """What the viewer saw and did, at most 50 at a time. Answered by Counted."""

    method: Literal["report"] = "report"
    signals: list[Signal] = Field(min_length=1, max_length=50)


class Ask(Call):
    """One of the eight one-tap questions, counted once per device and card. Answered by Asked or Refused."""

    method: Literal["ask"] = "ask"
    card_id: CardId
    kind: QuestionKind


class AskCode(Call):
    """A one-time code to this phone, known or not. Answered by CodeSent or Refused."""

    method: Literal["ask_code"] = "ask_code"
    phone: str = Field(min_length=1, max_length=40, description="As typed")


class ConfirmCode(Call):
    """The code that came to this phone: the device is then known to have it. Answered by PhoneVerified or Refused."""

    method: Literal["confirm_code"] = "confirm_code"
    phone: str = Field(min_length=1, max_length=40, description="As typed")
    code: str = Field(min_length=1, max_length=20, description="Six digits, as typed")


ViewerCalls = Apply | Withdraw | Mine | Ask | AskCode | ConfirmCode
ViewerCall = Annotated[ViewerCalls | Report, Field(discriminator="method")]
viewer_call: TypeAdapter[ViewerCalls | Report] = TypeAdapter(ViewerCall)
VIEWER_METHODS = frozenset({"apply", "withdraw", "mine", "report", "ask", "ask_code", "confirm_code"})


class Stored(Body):
    """The application is durable; `repeated` when this device had applied already."""

    type: Literal["stored"] = "stored"
    application_id: ApplicationId
    number: str = Field(description="Four digits or more, as shown: 0312")
    at: datetime
    repeated: bool = False


class Withdrawn(Body):
    type: Literal["withdrawn"] = "withdrawn"
    application_id: ApplicationId
    at: datetime


class MyApplication(Body):
    application_id: ApplicationId
    job_id: JobId
    number: str
    state: Told = Field(description="已报名 → 企业已查看 → 已联系 → 约面试 → 已录用 → 已入职；不合适；已撤回")
    at: datetime
    contact_masked: str = Field(description="王** 138****0001")


class MyApplications(Body):
    """Newest first."""

    type: Literal["mine"] = "mine"
    applications: list[MyApplication]


class Counted(Body):
    type: Literal["counted"] = "counted"
    event_ids: list[UUID] = Field(description="These need not be sent again")


class Asked(Body):
    type: Literal["asked"] = "asked"
    count: int
    answer: str | None = None


class CodeSent(Body):
    """The same for every number."""

    type: Literal["code_sent"] = "code_sent"
    valid_seconds: int
    resend_seconds: int


class PhoneVerified(Body):
    type: Literal["phone_verified"] = "phone_verified"
    at: datetime


class Refused(Body):
    """What the viewer can act on, in the words of the HTTP problem."""

    type: Literal["refused"] = "refused"
    code: str
    field: str | None = None
    expected: str | None = None
    retry_after_seconds: float | None = None


Answer = Stored | Withdrawn | MyApplications | Counted | Asked | CodeSent | PhoneVerified | Refused


# ── publications ──────────────────────────────────────────────────────────────────────────────────────────────
# On `broadcast:<id>`: every StageEvent as {"type", "seq", "at", "show_at", …its fields}, offset = seq; and Counts.


class QuestionCount(Body):
    """How many devices asked; the answer is on the card and comes as a stage event."""

    kind: QuestionKind
    count: int


class Counts(Body):
    """How many watch and ask; absolute, at most twice a second, without offset."""

    type: Literal["counts"] = "counts"
    watching: int
    questions: dict[str, list[QuestionCount]] = Field(description="By card id; only cards somebody asked about")


class Shutdown(Body):
    """The server is about to close this connection; the page need not show it as lost."""

    type: Literal["shutdown"] = "shutdown"


# ── channels, and who may see what ────────────────────────────────────────────────────────────────────────────

ChannelKind = Literal["broadcast", "desk"]


MAX_CHANNEL_CHARACTERS = 64
"""Kind, colon and a UUID in any spelling; a client may write any text."""


@dataclass(frozen=True, slots=True)
class Channel:
    """`broadcast:<id>` is the stage, `desk:<id>` the host's side of it."""

    kind: ChannelKind
    broadcast_id: BroadcastId

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.broadcast_id}"


def read_channel(name: str) -> Channel | None:
    """None when there is no such kind of channel."""
    return _read_channel(name) if len(name) <= MAX_CHANNEL_CHARACTERS else None


@lru_cache(maxsize=1024)
def _read_channel(name: str) -> Channel | None:
    kind, _, id_ = name.partition(":")
    try:
        broadcast_id = BroadcastId(UUID(id_))
    except ValueError:
        return None
    match kind:
        case "broadcast" | "desk":
            return Channel(kind, broadcast_id)
    return None


def may_follow(identity: Identity, channel: Channel) -> bool:
    """Everyone may follow the stage their token names; its desk is for the host's side."""
    if channel.broadcast_id != identity.broadcast_id:
        return False
    return channel.kind == "broadcast" or identity.may_see_desk


def may_call(role: Role, method: str) -> bool:
    """What a viewer does is an rpc; the host's side acts over HTTP."""
    return role == "viewer" and method in VIEWER_METHODS


def desk_for(role: Role, desk: Desk) -> Desk:
    """The desk as this role may see it: the prompter stands in the picture, so it shows no applicants."""
    return desk if role == "host" else desk.model_copy(update={"newest": ()})


# ── what goes wrong in the protocol itself ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Fault:
    """An error reply; what a user can act on is answered as Refused instead."""

    code: int
    message: str
    temporary: bool = False


INTERNAL = Fault(100, "internal server error", temporary=True)
UNAUTHORIZED = Fault(101, "unauthorized")
UNKNOWN_CHANNEL = Fault(102, "unknown channel")
PERMISSION_DENIED = Fault(103, "permission denied")
METHOD_NOT_FOUND = Fault(104, "method not found")
ALREADY_SUBSCRIBED = Fault(105, "already subscribed")
NOT_AVAILABLE = Fault(108, "not available")
TOKEN_EXPIRED = Fault(109, "token expired")
TOO_MANY_REQUESTS = Fault(111, "too many requests", temporary=True)
UNRECOVERABLE_POSITION = Fault(112, "unrecoverable position")

REJECT_UNRECOVERED = 2
"""Bit of a subscribe's `flag`: answer error 112 rather than start from a snapshot."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Why we close: 3000-3499 and 4000-4499 mean come back, 3500-3999 and 4500-4999 mean do not; others are RFC 6455's.

    The reason is never empty: with an empty one an SDK comes back even after a terminal code.
    """

    code: int
    reason: str


NOT_UTF8 = Disconnect(1007, "not UTF-8")
SHUTDOWN = Disconnect(3001, "shutdown")
EXPIRED = Disconnect(3005, "expired")
SLOW = Disconnect(3008, "slow")
INSUFFICIENT_STATE = Disconnect(3010, "insufficient state")
NO_PONG = Disconnect(3012, "no pong")
TOO_MANY = Disconnect(3013, "too many requests")
INVALID_TOKEN = Disconnect(3500, "invalid token")
BAD_REQUEST = Disconnect(3501, "bad request")
STALE = Disconnect(3502, "stale")
REVOKED = Disconnect(4500, "access revoked")


def fault_of(text: bytes) -> Disconnect:
    """Why a message that is not the protocol's JSON ends the connection (RFC 6455 §8.1 for what is not even text)."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    return BAD_REQUEST


# ── our answers to what was asked wrongly ─────────────────────────────────────────────────────────────────────


def read_viewer_call(method: str, data: Any) -> ViewerCalls | Report:
    """Raises BadInput with the field and what is expected there, never the value."""
    if data is not None and not isinstance(data, dict):
        raise BadInput(field="data", expected="an object")
    try:
        return viewer_call.validate_python({**(data or {}), "method": method})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise BadInput(field=_field_of(first), expected=_expected_by(first)) from None


def _field_of(error: ErrorDetails) -> str:
    # The first part is the union's tag; a field nobody asked for keeps its name to itself.
    parts = error["loc"][1:-1] if error["type"] == "extra_forbidden" else error["loc"][1:]
    return ".".join(str(part) for part in parts) or "data"


def _expected_by(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return "only the fields of this call"
    if kind.startswith("uuid"):
        return "a UUID"
    if kind.startswith("date"):
        return "a date and time with its zone (RFC 3339)"
    return error["msg"]


def refused(error: StreamJobsError) -> Refused:
    return Refused(
        code=error.code, field=error.field, expected=error.expected, retry_after_seconds=error.retry_after_seconds
    )


# ── replies ───────────────────────────────────────────────────────────────────────────────────────────────────


class ConnectResult(Body):
    """Also the reply to a refresh, without ping and pong."""

    client: str
    version: str = ""
    expires: bool = True
    ttl: int = Field(description="Seconds until the token must have been refreshed")
    ping: int | float | None = Field(default=None, description="Seconds between our pings; whole for strict SDKs")
    pong: bool | None = None


class UnsubscribeResult(Body):
    pass


class PresenceStatsResult(Body):
    num_clients: int
    num_users: int


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the stage log, and which log it is."""

    offset: int
    epoch: str


def encode_reply(id_: int, name: str, result: BaseModel) -> bytes:
    return b'{"id":%d,"%b":%b}' % (id_, name.encode(), result.model_dump_json(exclude_none=True).encode())


def encode_answer(id_: int, answer: Answer) -> bytes:
    return b'{"id":%d,"rpc":{"data":%b}}' % (id_, answer.model_dump_json().encode())


def encode_fault(id_: int, fault: Fault) -> bytes:
    error: dict[str, object] = {"code": fault.code, "message": fault.message}
    if fault.temporary:
        error["temporary"] = True
    return b'{"id":%d,"error":%b}' % (id_, _json(error))


def encode_subscribed(id_: int, result: bytes) -> bytes:
    """A reply around a result that many viewers share."""
    return b'{"id":%d,"subscribe":%b}' % (id_, result)


def snapshot_result(position: Position, snapshot: bytes, *, was_recovering: bool) -> bytes:
    """A subscribe result that starts from a snapshot: the first one, or when recovery was not possible."""
    head = {"recoverable": True, "positioned": True, "epoch": position.epoch, "offset": position.offset}
    if was_recovering:
        head |= {"was_recovering": True, "recovered": False}
    return _with(head, b'"data":' + snapshot)


def recovered_result(asked: Position, publications: Sequence[bytes]) -> bytes:
    """A subscribe result that brings a viewer forward from the position it asked for."""
    head = {"recoverable": True, "positioned": True, "epoch": asked.epoch, "offset": asked.offset}
    head |= {"was_recovering": True, "recovered": True}
    return _with(head, b'"publications":[' + b",".join(publications) + b"]")


def desk_result(desk: bytes) -> bytes:
    return _with({}, b'"data":' + desk)


def encode_history(id_: int, head: Position, publications: Sequence[bytes]) -> bytes:
    result = _with({"offset": head.offset, "epoch": head.epoch}, b'"publications":[' + b",".join(publications) + b"]")
    return b'{"id":%d,"history":%b}' % (id_, result)


# ── pushes ────────────────────────────────────────────────────────────────────────────────────────────────────

PING = b"{}"
_QUESTIONS: TypeAdapter[dict[str, list[QuestionCount]]] = TypeAdapter(dict[str, list[QuestionCount]])


class StagePlace(Body):
    """What every stage publication carries besides the event's own fields."""

    seq: int
    at: datetime
    show_at: datetime = Field(description="When the picture shows it; `at` where there is no picture")


def stage_publication(entry: StageEntry) -> bytes:
    """The publication of a stage event: offset is the seq, which is in the body too."""
    place = StagePlace(seq=entry.seq, at=entry.at, show_at=entry.at)
    body = {"type": entry.event.type, **place.model_dump(mode="json"), **entry.event.model_dump(mode="json")}
    return b'{"offset":%d,"data":%b}' % (entry.seq, _json(body))


def plain_publication(body: bytes) -> bytes:
    """A publication outside the log: it has no offset and is not recovered."""
    return b'{"data":%b}' % body


def encode_questions(asked: Mapping[CardId, Mapping[QuestionKind, int]]) -> bytes:
    """The `questions` of Counts."""
    return _QUESTIONS.dump_json(
        {
            str(card_id): [QuestionCount(kind=kind, count=count) for kind, count in sorted(kinds.items())]
            for card_id, kinds in sorted(asked.items())
        }
    )


def encode_counts(watching: int, questions: bytes) -> bytes:
    """Counts, of which the first part changes with everybody who comes and the second is encoded already."""
    return b'{"type":"counts","watching":%d,"questions":%b}' % (watching, questions)


def encode_push(channel: str, publication: bytes) -> bytes:
    return b'{"push":{"channel":"%b","pub":%b}}' % (channel.encode(), publication)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _with(head: dict[str, object], rest: bytes) -> bytes:
    """The object `head` with one more member, already encoded."""
    return b"{" + (_json(head)[1:-1] + b"," if head else b"") + rest + b"}"

"""What simulated phones say, made beforehand so that saying it costs nothing while the clock runs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle, islice
from uuid import UUID, uuid4

from websockets.frames import Frame, Opcode

from realtime.protocol import Apply, Command, Connect, ConsentGiven, Contact, Rpc
from stream_jobs.bench.rig import Show

CALL_ID = 2
# 13x numbers are valid ones; nobody is called: nothing leaves this machine.
FIRST_PHONE = 13_701_300_000
NEVER = float("inf")
_phones = count(FIRST_PHONE)


@dataclass(slots=True)
class Call:
    """One application: when it was due, and when and how it was answered for good (monotonic seconds)."""

    key: UUID
    frame: bytes
    due: float = 0.0
    answered: float = NEVER
    answer: bytes = b""
    tries: int = 0

    @property
    def seconds(self) -> float:
        return self.answered - self.due

    @property
    def was_stored(self) -> bool:
        return b'"type":"stored"' in self.answer

    def told(self) -> UUID:
        """The id this phone was told. Only of one that was stored."""
        return UUID(json.loads(self.answer)["rpc"]["data"]["application_id"])


def framed(command: Command) -> bytes:
    """One masked text frame, as a browser sends it."""
    return Frame(Opcode.TEXT, command.model_dump_json(exclude_none=True).encode()).serialize(mask=True)


def hello(token: str) -> bytes:
    return framed(Command(id=1, connect=Connect(token=token)))


def applications(show: Show, number: int) -> list[Call]:
    """So many people nobody has met, each applying for one of the show's jobs in turn."""
    return list(islice(_endless(show), number))


def _endless(show: Show) -> Iterator[Call]:
    for job in cycle(show.jobs):
        key, phone = uuid4(), next(_phones)
        apply = Apply(
            key=key,
            job_id=job,
            contact=Contact(phone=str(phone), name="王师傅"),
            consent=ConsentGiven(text_sha256=show.consents[job]),
        )
        rpc = Rpc(method="apply", data=apply.model_dump(mode="json", exclude={"method"}))
        yield Call(key, framed(Command(id=CALL_ID, rpc=rpc)))

"""A host at their console, who pushes notices over HTTP: each says in its own text when it was pushed."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from aiohttp import ClientSession, TCPConnector

from realtime.protocol import Channel, encode_push, stage_publication
from stream_jobs.bench.rig import BY, Rig, Show
from stream_jobs.clock import utc_now
from stream_jobs.domain.errors import StreamJobsError
from stream_jobs.domain.events import CardBody, CardPushed, StageEntry
from stream_jobs.domain.ids import PolicyId, uuid7
from stream_jobs.ports import NewPolicy
from stream_jobs.tokens import Tokens

LEAD_SECONDS = 0.02
"""Between the writing of a notice and its push: the text names the moment of the request, which is waited for."""
SOME_TIME = datetime(2026, 1, 1, 0, 0, 0, 1, UTC)


@dataclass(frozen=True, slots=True)
class Notice:
    """A policy card of the tray, which takes any text: job cards are read and vetted."""

    policy_id: PolicyId
    card: CardBody


class Host:
    """Pushes a few notices in turn, so that each push changes the stage."""

    def __init__(self, rig: Rig, client: ClientSession, notices: Sequence[Notice], size: int) -> None:
        self._rig = rig
        self._client = client
        self._notices = notices
        self._size = size
        self._turn = 0
        self.seq = 0

    async def push(self, due: float | None = None) -> float:
        """Puts a message of exactly that size on stage, at that moment (monotonic seconds) or soon.

        Returns when the request was due, which is what the message says; waits for the server's answer.
        """
        self._turn += 1
        notice = self._notices[self._turn % len(self._notices)]
        due = due or time.monotonic() + LEAD_SECONDS
        await self._write(notice, int(due * 1e9))
        await asyncio.sleep(due - time.monotonic())
        path = f"/api/v1/broadcasts/{self._rig.show.broadcast_id}/push"
        async with self._client.post(
            path, json={"card_id": str(notice.card.id)}, headers={"Idempotency-Key": str(uuid4())}
        ) as answer:
            if answer.status != 200:
                raise StreamJobsError(f"A push was refused: {answer.status} {(await answer.text())[:200]}")
            self.seq = max(self.seq, (await answer.json())["seq"] or 0)
        return due

    async def push_steadily(self, per_second: float, seconds: float) -> None:
        """At even times, whatever becomes of those before; no notice is pushed while its last push is under way."""
        began = time.monotonic() + 2 * LEAD_SECONDS
        limit = asyncio.Semaphore(len(self._notices) - 1)
        async with asyncio.TaskGroup() as group:
            for nth in range(int(per_second * seconds)):
                due = began + nth / per_second
                await asyncio.sleep(due - LEAD_SECONDS - time.monotonic())
                await limit.acquire()
                group.create_task(self.push(due)).add_done_callback(lambda _: limit.release())

    async def _write(self, notice: Notice, at_ns: int) -> None:
        """Past the API: there a corrected notice is news to every viewer, and would be counted with the push."""
        said = text_of(self._rig.show, notice.card, self.seq + 1, at_ns, self._size)
        async with self._rig.database.transaction(self._rig.show.org_id) as tx:
            await tx.execute("UPDATE policy SET how_to_claim = $2 WHERE id = $1", notice.policy_id, said)


def text_of(show: Show, card: CardBody, seq: int, at_ns: int, size: int) -> str:
    """What the notice says so that its push at this seq, envelope and all, has that many bytes."""
    said = f'"t":{at_ns}'
    return said + "x" * (size - len(_message(show, card, seq, said)))


def _message(show: Show, card: CardBody, seq: int, said: str) -> bytes:
    assert card.policy is not None
    told = card.model_copy(update={"policy": card.policy.model_copy(update={"how_to_claim": said})})
    entry = StageEntry(seq, CardPushed(card=told), SOME_TIME)
    return encode_push(Channel("broadcast", show.broadcast_id).name, stage_publication(entry))


@asynccontextmanager
async def a_host(rig: Rig, size: int, *, notices: int = 2) -> AsyncIterator[Host]:
    """With the remote's link in hand; their notices are in the tray."""
    show = rig.show
    policies = [PolicyId(uuid7(utc_now())) for _ in range(notices)]
    for policy in policies:
        await rig.stores.jobs.add_policy(NewPolicy(policy, show.org_id, "告示", "所有人", "-", "-"), utc_now())
    await rig.stores.trays.add_cards(show.org_id, show.broadcast_id, [], policies, at=utc_now(), by=BY)
    tray = await rig.stores.trays.tray(show.org_id, show.broadcast_id, utc_now())
    cards = [card for card in tray.cards if card.kind == "policy"][-notices:]
    secret = await rig.stores.broadcasts.link_secret(show.org_id, show.broadcast_id)
    code = Tokens(rig.keys.signing).page_code("remote", show.broadcast_id, secret)
    async with ClientSession(
        rig.server.http_url, headers={"X-Page-Code": code}, connector=TCPConnector(limit=8)
    ) as client:
        host = Host(rig, client, [Notice(policy, card) for policy, card in zip(policies, cards, strict=True)], size)
        host.seq = (await rig.stores.broadcasts.snapshot(show.org_id, show.broadcast_id)).seq
        yield host

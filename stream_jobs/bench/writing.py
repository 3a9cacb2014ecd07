"""One writer of `stream-jobs bench audience`, in a process of its own: the store's `append`, batch after batch.

`python -m stream_jobs.bench.writing`: reads its task as a line, says that it is ready, waits for a line, works, and
says what it did; all of it JSON.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from storage.audience import AudienceStore
from storage.pool import open_database
from stream_jobs.bench.cpu import cpu_seconds
from stream_jobs.domain.events import Signal, SignalStep, Watcher
from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, CardId, ChannelId, OrgId, ViewerId, VisitId, WorkerId
from stream_jobs.loop import run_to_end

BATCH = 1_000
"""As many as a server's own batches hold when much is to be done."""
VISITS_AT_ONCE = 500
EVENTS_A_VIEWER = 3.45
"""Beside the visit: three cards seen, 0.39 opened, 0.06 begun to apply for."""

Batch = list[tuple[Watcher, Signal]]


async def work(task: dict[str, object]) -> dict[str, object]:
    org, show = OrgId(UUID(str(task["org"]))), BroadcastId(UUID(str(task["show"])))
    cards = [CardId(UUID(card)) for card in str(task["cards"]).split()]
    crowd = [Watcher(ViewerId(uuid4()), VisitId(uuid4()), _channel(nth)) for nth in range(int(str(task["viewers"])))]
    worker = WorkerId(uuid4())
    batches = list(in_batches(signals_of(crowd, cards), BATCH))
    async with open_database(str(task["url"]), size=2) as database:
        store = AudienceStore(database)
        for start in range(0, len(crowd), VISITS_AT_ONCE):
            came = [(watcher, _now()) for watcher in crowd[start : start + VISITS_AT_ONCE]]
            await store.open_visits(org, show, came)
            await store.open_intervals([(org, show, watcher.visit_id, worker, at) for watcher, at in came])
        await _told_to_go()
        began, cpu = time.monotonic(), cpu_seconds([os.getpid()])
        for batch in batches:
            await store.append(org, show, batch, _now())
        return {
            "events": sum(len(batch) for batch in batches),
            "began": began,
            "ended": time.monotonic(),
            "cpu_seconds": cpu_seconds([os.getpid()]) - cpu,
        }


def signals_of(crowd: Sequence[Watcher], cards: Sequence[CardId]) -> Iterator[tuple[Watcher, Signal]]:
    """Three cards after each other are seen by everyone, in any order of people; some open them, few begin to apply."""
    rng = random.Random(7)
    for nth in range(3):
        card = cards[nth % len(cards)]
        for watcher in rng.sample(crowd, len(crowd)):
            yield watcher, _signal(SignalStep.IMPRESSION, card)
            if rng.random() < 0.13:
                yield watcher, _signal(SignalStep.CLICK, card)
            if rng.random() < 0.02:
                yield watcher, _signal(SignalStep.APPLY_START, card)


def in_batches(signals: Iterator[tuple[Watcher, Signal]], size: int) -> Iterator[Batch]:
    batch: Batch = []
    for signal in signals:
        batch.append(signal)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _signal(step: SignalStep, card: CardId) -> Signal:
    return Signal(event_id=uuid4(), step=step, card_id=card, push_seq=None, at=_now())


def _channel(nth: int) -> ChannelId:
    return NO_CHANNEL if nth % 3 else ChannelId(UUID(int=1))


async def _told_to_go() -> None:
    print(json.dumps({"ready": True}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    print(json.dumps(run_to_end(work(json.loads(sys.stdin.readline())))), flush=True)

"""How many watched at once, on average and for how long, in cases small enough to count on one's fingers."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest

from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import NO_CHANNEL, ViewerId, VisitId, WorkerId
from stream_jobs.domain.metrics import METRICS
from stream_jobs.verify.run import verify
from tests.builders import BY, Store, a_broadcast, a_visit

LONG = 60
"""Minutes of every show here."""


@dataclass(frozen=True)
class Case:
    """devices: the connections of each, in minutes since the start; the rest is what a report must say, in minutes."""

    name: str
    devices: tuple[tuple[tuple[int, int], ...], ...]
    peak: int
    peak_at: int | None
    watched: int
    minutes: int


CASES = (
    Case("nobody comes", (), 0, None, 0, 0),
    Case("one watches all of it", (((0, 60),),), 1, 0, 1, 60),
    Case("three overlap", (((0, 30),), ((10, 20),), ((15, 40),)), 3, 15, 3, 65),
    Case("one goes as another comes", (((0, 10),), ((10, 20),)), 1, 0, 2, 20),
    Case("two tabs of one device", (((0, 10), (5, 20)),), 1, 0, 1, 20),
    Case("one device comes back twice", (((0, 5), (10, 15), (20, 25)),), 1, 0, 1, 15),
    Case("here before the start and after the end", (((-10, 70),), ((30, 65),)), 2, 30, 2, 90),
    Case("gone before the start, and come after the end", (((-10, -5),), ((61, 70),)), 0, None, 0, 0),
    Case("the same peak twice: the first counts", (((0, 10), (20, 30)), ((5, 25),)), 2, 5, 2, 40),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_watching_is_what_one_counts_on_ones_fingers(store: Store, case: Case) -> None:
    """Most at once and when, devices, watch time, and the time-weighted average; and a recount says the same."""
    broadcast = await a_broadcast(store)
    start, worker = store.clock(), WorkerId(uuid4())
    for connections in case.devices:
        viewer = ViewerId(uuid4())
        for low, high in connections:
            tab = await a_visit(store, broadcast, Watcher(viewer, VisitId(uuid4()), NO_CHANNEL))
            since, until = (start + timedelta(minutes=minutes) for minutes in (low, high))
            await store.actions.watching.closed([(store.org, broadcast, tab.visit_id, worker, since, until)])
    store.clock.forward(minutes=LONG)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())

    figures = (await store.actions.report.report_now(store.org, broadcast)).figures

    at = None if case.peak_at is None else start + timedelta(minutes=case.peak_at)
    assert (figures.peak, figures.peak_at, figures.watched) == (case.peak, at, case.watched)
    assert figures.watch_ms == case.minutes * 60_000
    average = METRICS["average_watching"].ratio(figures.watch_ms, figures.on_air_ms).value
    assert average is not None
    assert average * LONG == case.minutes
    assert (await verify(store.database, store.keys, broadcast, store.clock())).differences == ()

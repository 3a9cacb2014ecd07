"""What is counted, and what is not: people, not packets."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from storage.counting import CALL, LATE
from storage.migrate import migrations
from storage.rebuilding import rebuild
from storage.signals import _Facts, _Judged, _judged
from stream_jobs.domain.events import Signal, SignalStep, Step, Watcher
from stream_jobs.domain.ids import NO_CHANNEL, WHOLE_SHOW, BroadcastId, CardId, ViewerId, VisitId, WorkerId
from stream_jobs.verify.run import verify
from tests.builders import BY, Store, a_broadcast, a_visit, apply, batching, cards_of, jobs_of
from tests.report_builders import STAFF, Connection, a_channel, a_signal


async def counted(store: Store, broadcast: BroadcastId, card: CardId, step: int) -> tuple[int, int, int]:
    """(viewers, implied, events) over all channels."""
    async with store.database.transaction(store.org) as tx:
        row = await tx.fetchrow(
            """
            SELECT coalesce(sum(viewers), 0)::bigint AS viewers, coalesce(sum(implied), 0)::bigint AS implied,
                coalesce(sum(events), 0)::bigint AS events
            FROM step_count WHERE broadcast_id = $1 AND card_id = $2 AND step = $3
            """,
            broadcast,
            card,
            step,
        )
    assert row is not None
    return row["viewers"], row["implied"], row["events"]


async def send(store: Store, broadcast: BroadcastId, *batch: tuple[Watcher, Signal]) -> None:
    await store.actions.watching.record(store.org, broadcast, batch)


async def test_one_event_sent_twice_in_one_batch_is_counted_once(store: Store) -> None:
    """A batch that held a signal twice stored one row and added two to the sum."""
    broadcast = await a_broadcast(store)
    card, watcher = (await cards_of(store, broadcast))[0], await a_visit(store, broadcast)
    seen = a_signal(store, SignalStep.IMPRESSION, card)

    await send(store, broadcast, (watcher, seen), (watcher, seen))
    await send(store, broadcast, (watcher, seen))

    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 0, 1)


async def test_a_call_sent_twice_in_one_batch_is_counted_once(store: Store) -> None:
    """The same for what is counted beside the funnel."""
    broadcast = await a_broadcast(store)
    card, watcher = (await cards_of(store, broadcast))[0], await a_visit(store, broadcast)
    call = a_signal(store, SignalStep.CALL, card)

    await send(store, broadcast, (watcher, call), (watcher, call))

    assert await counted(store, broadcast, card, CALL) == (0, 0, 1)


async def test_one_viewer_with_twenty_tabs_and_a_thousand_repeats_is_one_viewer_who_saw_it_once(store: Store) -> None:
    """Impressions count people, not packets."""
    broadcast = await a_broadcast(store)
    card, viewer = (await cards_of(store, broadcast))[0], ViewerId(uuid4())
    tabs = [await a_visit(store, broadcast, Watcher(viewer, VisitId(uuid4()), NO_CHANNEL)) for _ in range(20)]
    signals = [(tab, a_signal(store, SignalStep.IMPRESSION, card)) for tab in tabs]

    for _ in range(20):
        await send(store, broadcast, *signals, *signals, *signals[:10])

    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 0, 1)
    assert await counted(store, broadcast, WHOLE_SHOW, Step.VISIT) == (1, 0, 20)


async def test_card_pushed_twice_and_seen_both_times_is_seen_twice_by_one_viewer(store: Store) -> None:
    """Once per viewer and push; a push of another card is none of this one."""
    broadcast = await a_broadcast(store)
    card, other = (await cards_of(store, broadcast))[:2]
    pushed = [await store.actions.stage.push(store.org, broadcast, one, BY, uuid4()) for one in (card, other, card)]
    first, of_other, second = (entry.seq for entry in pushed if entry)
    tabs, poster = [await a_visit(store, broadcast)], await a_channel(store, broadcast, "海报")
    tabs.append(await a_visit(store, broadcast, Watcher(tabs[0].viewer_id, VisitId(uuid4()), poster)))

    for tab in reversed(tabs):
        for seq in (first, second, None, of_other):
            await send(store, broadcast, (tab, a_signal(store, SignalStep.IMPRESSION, card, push_seq=seq)))

    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 0, 3)
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch(
            "SELECT channel_id, fraud, count(*) FROM audience_event WHERE step = 'impression' GROUP BY 1, 2"
        )
    assert {tuple(row) for row in rows} == {(NO_CHANNEL, None, 3), (NO_CHANNEL, "no_push", 1), (poster, "no_push", 1)}


async def test_impression_told_again_days_later_is_still_the_one_that_counted(store: Store) -> None:
    """A page whose answer was lost sends it whenever it is opened again: no fraud, and nothing new."""
    broadcast = await a_broadcast(store)
    card, watcher = (await cards_of(store, broadcast))[0], await a_visit(store, broadcast)
    seen = a_signal(store, SignalStep.IMPRESSION, card)
    await send(store, broadcast, (watcher, seen))
    store.clock.forward(minutes=1)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    store.clock.forward(hours=48)

    await send(store, broadcast, (watcher, seen), (watcher, a_signal(store, SignalStep.CLICK, card, at=seen.at)))

    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 0, 1)
    assert (await store.actions.report.report_now(store.org, broadcast)).apart.reasons == {"too_late": 1}


async def test_impressions_of_before_are_made_one_of_each_with_their_sums(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were stored by the ids that pages made up, under the channel of whichever page told."""
    broadcast, viewer = await a_broadcast(store), ViewerId(uuid4())
    card, other = (await cards_of(store, broadcast))[:2]
    pushed = [await store.actions.stage.push(store.org, broadcast, one, BY, uuid4()) for one in (card, other, card)]
    first, _, second = (entry.seq for entry in pushed if entry)
    poster, station = await a_channel(store, broadcast, "海报"), await a_channel(store, broadcast, "驿站")
    came = [Watcher(viewer, VisitId(uuid4()), channel) for channel in (poster, station, NO_CHANNEL)]
    tabs = [await a_visit(store, broadcast, one) for one in came]
    seen = [(card, first), (card, second), (card, None), (other, None)]
    told = [[(tab, a_signal(store, SignalStep.IMPRESSION, on, push_seq=seq)) for on, seq in seen] for tab in tabs]
    by_none_later = [(tabs[2], a_signal(store, SignalStep.IMPRESSION, card))]

    def as_told(teller: Watcher, signal: Signal, facts: _Facts) -> _Judged:
        return _judged(teller, signal, facts)._replace(event_id=signal.event_id, channel_id=teller.channel_id)

    monkeypatch.setattr("storage.signals._judged", as_told)
    for one in (told[2][:3], told[1][:3], told[0][:3]):
        store.clock.forward(seconds=1)
        await send(store, broadcast, *one)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    for one in (told[1][3:], told[0][3:], by_none_later):
        store.clock.forward(seconds=1)
        await send(store, broadcast, *one)
    monkeypatch.undo()
    assert await counted(store, broadcast, WHOLE_SHOW, Step.IMPRESSION) == (1, 0, 12)
    assert await counted(store, broadcast, WHOLE_SHOW, LATE) == (0, 0, 3)
    assert (await verify(store.database, store.keys, broadcast, store.clock())).differences != ()

    [once] = [migration.up for migration in migrations() if migration.version == "0040"]
    async with store.database.maintenance() as tx:
        await tx.execute(once)
    await send(store, broadcast, *(one for tab in told for one in tab), *by_none_later)

    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 0, 3)
    assert await counted(store, broadcast, WHOLE_SHOW, Step.IMPRESSION) == (1, 0, 4)
    assert await counted(store, broadcast, WHOLE_SHOW, LATE) == (0, 0, 1)
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch(
            "SELECT channel_id, late, count(*) FROM audience_event WHERE step = 'impression' GROUP BY 1, 2"
        )
    assert {tuple(row) for row in rows} == {(poster, False, 3), (poster, True, 1)}
    assert (await verify(store.database, store.keys, broadcast, store.clock())).differences == ()
    assert (await rebuild(store.database, broadcast, store.clock())).right


async def test_made_up_viewers_are_counted_apart_and_nowhere_else(store: Store) -> None:
    """A hundred viewers who never opened the page saw nothing; nothing is silently thrown away."""
    broadcast = await a_broadcast(store)
    card = (await cards_of(store, broadcast))[0]
    made_up = [Watcher(ViewerId(uuid4()), VisitId(uuid4()), NO_CHANNEL) for _ in range(100)]

    await send(store, broadcast, *((who, a_signal(store, SignalStep.IMPRESSION, card)) for who in made_up))

    apart = (await store.actions.report.report_now(store.org, broadcast)).apart
    assert (apart.fraud, apart.reasons) == (100, {"no_visit": 100})
    assert await counted(store, broadcast, card, Step.IMPRESSION) == (0, 0, 0)


async def test_application_recorded_by_staff_is_nobodys_visit(store: Store) -> None:
    """It once added a viewer who never came to 到访, and to each step of the funnel."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]

    async with batching(store):
        await store.actions.applying.record_for(
            store.org, broadcast, STAFF, key=uuid4(), job=job, phone="13800000001", name=None, channel=None,
            consent_given="by_telephone",
        )  # fmt: skip

    report = await store.actions.report.report_now(store.org, broadcast)
    assert [step.count for step in report.funnel] == [0, 0, 0, 0, 0]
    assert (report.figures.applied.applications, report.figures.applied.recorded) == (1, 1)
    assert report.cards[0].applied.applications == 1


async def test_device_that_applied_before_its_visit_was_stored_keeps_its_channel(store: Store) -> None:
    """Its first channel was unknown then: what was implied stood under one channel, what followed under another."""
    broadcast = await a_broadcast(store)
    poster, station = await a_channel(store, broadcast, "海报"), await a_channel(store, broadcast, "驿站")
    job, viewer = (await jobs_of(store, broadcast))[0], ViewerId(uuid4())

    async with batching(store):
        await apply(store, broadcast, job, watcher=Watcher(viewer, VisitId(uuid4()), poster))
    await a_visit(store, broadcast, Watcher(viewer, VisitId(uuid4()), station))

    lines = {line.name: line for line in (await store.actions.report.report_now(store.org, broadcast)).channels}
    assert (lines["海报"].visitors, lines["海报"].visits) == (1, 0)
    assert (lines["驿站"].visitors, lines["驿站"].visits) == (0, 1)
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT min(implied) FROM step_count WHERE broadcast_id = $1", broadcast) >= 0


async def test_step_that_was_implied_and_then_reported_is_not_implied_any_more(store: Store) -> None:
    """A click may overtake the impression before it."""
    broadcast = await a_broadcast(store)
    card, watcher = (await cards_of(store, broadcast))[0], await a_visit(store, broadcast)

    await send(store, broadcast, (watcher, a_signal(store, SignalStep.CLICK, card)))
    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 1, 0)
    await send(store, broadcast, (watcher, a_signal(store, SignalStep.IMPRESSION, card)))

    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 0, 1)
    assert await counted(store, broadcast, WHOLE_SHOW, Step.IMPRESSION) == (1, 0, 1)


async def test_what_happened_on_air_and_arrives_after_the_end_counts_and_is_told_apart(store: Store) -> None:
    """A phone that was there and lost its line; one that was not there is not believed."""
    broadcast = await a_broadcast(store)
    card = (await cards_of(store, broadcast))[0]
    here, away = await a_visit(store, broadcast), await a_visit(store, broadcast)
    row = (store.org, broadcast, here.visit_id, WorkerId(uuid4()), store.clock())
    await store.actions.watching.opened([row])
    store.clock.forward(minutes=10)
    seen_at = store.clock()
    store.clock.forward(minutes=10)
    await store.actions.watching.closed([(*row, store.clock())])
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    store.clock.forward(hours=1)

    for who in (here, away):
        await send(store, broadcast, (who, a_signal(store, SignalStep.IMPRESSION, card, at=seen_at)))
    store.clock.forward(hours=24)
    await send(store, broadcast, (here, a_signal(store, SignalStep.CLICK, card, at=seen_at)))

    apart = (await store.actions.report.report_now(store.org, broadcast)).apart
    assert (apart.late, apart.reasons) == (1, {"not_there": 1, "too_late": 1})
    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 0, 1)
    assert await counted(store, broadcast, card, Step.CLICK) == (0, 0, 0)


def a_connection(store: Store, broadcast: BroadcastId, watcher: Watcher) -> Connection:
    return store.org, broadcast, watcher.visit_id, WorkerId(uuid4()), store.clock()


async def test_what_a_page_saw_without_a_line_counts_when_the_next_page_of_the_device_tells_it(store: Store) -> None:
    """It was judged by the page that told it: minutes without a line and a reload, and a viewer was a fraud."""
    broadcast = await a_broadcast(store)
    card, viewer = (await cards_of(store, broadcast))[0], ViewerId(uuid4())
    poster = await a_channel(store, broadcast, "海报")
    before = await a_visit(store, broadcast, Watcher(viewer, VisitId(uuid4()), poster))
    connection = a_connection(store, broadcast, before)
    store.clock.forward(minutes=5)
    await store.actions.watching.closed([(*connection, store.clock())])
    store.clock.forward(minutes=10)
    seen = a_signal(store, SignalStep.IMPRESSION, card, visit_id=before.visit_id)
    store.clock.forward(minutes=10)
    now = await a_visit(store, broadcast, Watcher(viewer, VisitId(uuid4()), NO_CHANNEL))

    await send(store, broadcast, (now, seen))

    assert await counted(store, broadcast, card, Step.IMPRESSION) == (1, 0, 1)
    assert (await store.actions.report.report_now(store.org, broadcast)).apart.reasons == {}
    async with store.database.transaction(store.org) as tx:
        event = await tx.fetchrow("SELECT visit_id, channel_id FROM audience_event WHERE step = 'impression'")
    assert event is not None and tuple(event) == (before.visit_id, poster)


async def test_nobody_tells_what_happened_on_another_devices_page(store: Store) -> None:
    """Whoever learns a page load's id can add nothing to it."""
    broadcast = await a_broadcast(store)
    card, theirs, ours = (await cards_of(store, broadcast))[0], *[await a_visit(store, broadcast) for _ in range(2)]

    await send(store, broadcast, (ours, a_signal(store, SignalStep.CLICK, card, visit_id=theirs.visit_id)))

    assert (await store.actions.report.report_now(store.org, broadcast)).apart.reasons == {"no_visit": 1}
    assert await counted(store, broadcast, card, Step.CLICK) == (0, 0, 0)


async def test_who_only_sends_requests_is_not_there_while_the_show_is_live_either(store: Store) -> None:
    """It was only asked after the end: whoever had connected once could go on for hours without."""
    broadcast = await a_broadcast(store)
    card, here, gone = (await cards_of(store, broadcast))[0], *[await a_visit(store, broadcast) for _ in range(2)]
    rows = [a_connection(store, broadcast, who) for who in (here, gone)]
    await store.actions.watching.opened(rows)
    store.clock.forward(minutes=1)
    await store.actions.watching.closed([(*rows[1], store.clock())])

    for minutes in (1, 2):
        store.clock.forward(minutes=minutes)
        for who in (here, gone):
            await send(store, broadcast, (who, a_signal(store, SignalStep.CLICK, card)))

    assert (await store.actions.report.report_now(store.org, broadcast)).apart.reasons == {"not_there": 1}
    assert await counted(store, broadcast, card, Step.CLICK) == (2, 0, 3)


async def test_what_is_not_believed_makes_no_rows_of_its_own_choosing(store: Store) -> None:
    """A signal may name any card; made-up cards do not fill the counters."""
    broadcast = await a_broadcast(store)
    watcher = await a_visit(store, broadcast)

    await send(store, broadcast, *((watcher, a_signal(store, SignalStep.CLICK, CardId(uuid4()))) for _ in range(30)))

    async with store.database.transaction(store.org) as tx:
        cards = await tx.fetch("SELECT DISTINCT card_id FROM step_count WHERE broadcast_id = $1", broadcast)
    assert [row["card_id"] for row in cards] == [WHOLE_SHOW]


async def test_many_writers_at_once_neither_block_each_other_for_good_nor_lose_a_count(store: Store) -> None:
    """Counter rows are taken in sorted order, so that no two batches wait for each other."""
    broadcast = await a_broadcast(store, jobs=6)
    cards = await cards_of(store, broadcast)
    watchers = [await a_visit(store, broadcast) for _ in range(12)]

    async def one(nth: int) -> None:
        order = [*cards[nth % 6 :], *cards[: nth % 6]]
        who = [*watchers[nth:], *watchers[:nth]]
        batch = [(w, a_signal(store, SignalStep.CLICK, card)) for w, card in zip(who, order * 2, strict=True)]
        await send(store, broadcast, *batch)

    async with asyncio.timeout(30):
        await asyncio.gather(*(one(nth) for nth in range(12)))

    assert (await counted(store, broadcast, WHOLE_SHOW, Step.CLICK))[2] == 12 * 12
    assert (await counted(store, broadcast, WHOLE_SHOW, Step.CLICK))[0] == 12


async def test_a_clock_that_is_minutes_off_is_not_believed(store: Store) -> None:
    """Before the visit, or in the future: beyond travel and rounding."""
    broadcast = await a_broadcast(store)
    card, watcher = (await cards_of(store, broadcast))[0], await a_visit(store, broadcast)
    wrong = [store.clock() + timedelta(minutes=off) for off in (-10, 10)]

    await send(store, broadcast, *((watcher, a_signal(store, SignalStep.CLICK, card, at=at)) for at in wrong))

    assert await counted(store, broadcast, card, Step.CLICK) == (0, 0, 0)
    async with store.database.transaction(store.org) as tx:
        kept = await tx.fetchval("SELECT count(*) FROM audience_event WHERE fraud = 'wrong_time'")
    assert kept == 2


def test_whole_show_is_no_card() -> None:
    """Its id of zeros can be no card's."""
    assert UUID(int=0) == WHOLE_SHOW

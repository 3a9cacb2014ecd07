"""The stage log on a real PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest

from storage.stage_log import holding
from storage.tray_changes import take_out_of_trays
from stream_jobs.domain.errors import (
    BroadcastNotFound,
    BroadcastNotLive,
    CardBlocked,
    KeyReused,
    NothingToUndo,
    StageMoved,
)
from stream_jobs.domain.events import CardPushed, QuestionKind
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.model import CardState
from tests.builders import BY, Store, a_broadcast, a_job, an_employer, cards_of, jobs_of, until_waiting


async def test_every_push_takes_the_next_seq_without_gaps(store: Store) -> None:
    """A viewer who read up to one seq finds everything that came after it, in order."""
    broadcast = await a_broadcast(store)
    cards = await cards_of(store, broadcast)

    await asyncio.gather(*(store.actions.stage.push(store.org, broadcast, card, BY, uuid4()) for card in cards))

    entries = await store.actions.stage.stage_after(store.org, broadcast, 0)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert {e.event.card.id for e in entries if isinstance(e.event, CardPushed)} == set(cards)


async def test_two_consoles_pressing_next_push_once(store: Store) -> None:
    """Both name the same card and the same seq; one push is made."""
    broadcast = await a_broadcast(store)
    card = (await cards_of(store, broadcast))[0]
    seq = (await store.actions.stage.snapshot(store.org, broadcast)).seq

    pushed = await asyncio.gather(
        *(store.actions.stage.push(store.org, broadcast, card, BY, uuid4(), expected_seq=seq) for _ in range(2))
    )

    assert sorted(entry is None for entry in pushed) == [False, True]
    assert len((await store.actions.stage.snapshot(store.org, broadcast)).pushes) == 1


async def test_a_key_that_repeats_while_another_console_acts_acts_once(store: Store) -> None:
    """All three wait for the same row; whoever gets it sees what was stored while it waited."""
    broadcast = await a_broadcast(store)
    first, second, _ = await cards_of(store, broadcast)
    key = uuid4()

    async with store.database.transaction(store.org, first=holding(broadcast)):
        presses = [
            asyncio.create_task(store.actions.stage.push(store.org, broadcast, card, BY, pressed))
            for card, pressed in ((first, key), (first, key), (second, uuid4()))
        ]
        await until_waiting(store, len(presses))
    once, again, other = await asyncio.gather(*presses)

    assert once is not None and other is not None
    assert again == once
    assert len((await store.actions.stage.snapshot(store.org, broadcast)).pushes) == 2


async def test_a_repeated_key_that_had_nothing_to_do_has_nothing_to_do_again(store: Store) -> None:
    """At once, so that the second waits for the first."""
    broadcast = await a_broadcast(store)
    first = (await cards_of(store, broadcast))[0]
    await store.actions.stage.push(store.org, broadcast, first, BY, uuid4())
    key = uuid4()

    async with store.database.transaction(store.org, first=holding(broadcast)):
        presses = [
            asyncio.create_task(store.actions.stage.push(store.org, broadcast, first, BY, key)) for _ in range(2)
        ]
        await until_waiting(store, len(presses))

    assert await asyncio.gather(*presses) == [None, None]


async def test_a_console_that_gives_up_waiting_leaves_nothing_locked(store: Store) -> None:
    """Its connection goes back to the pool, and the next press is taken."""
    broadcast = await a_broadcast(store)
    first = (await cards_of(store, broadcast))[0]

    async with store.database.transaction(store.org, first=holding(broadcast)):
        press = asyncio.create_task(store.actions.stage.push(store.org, broadcast, first, BY, uuid4()))
        await until_waiting(store, 1)
        press.cancel()
        with pytest.raises(asyncio.CancelledError):
            await press

    assert await store.actions.stage.push(store.org, broadcast, first, BY, uuid4())


async def test_a_push_of_another_card_after_someone_acted_is_refused(store: Store) -> None:
    """Whoever decided on an older stage is told, instead of tearing the host's card away."""
    broadcast = await a_broadcast(store)
    first, second, _ = await cards_of(store, broadcast)
    seq = (await store.actions.stage.snapshot(store.org, broadcast)).seq
    await store.actions.stage.push(store.org, broadcast, first, BY, uuid4(), expected_seq=seq)

    with pytest.raises(StageMoved):
        await store.actions.stage.push(store.org, broadcast, second, BY, uuid4(), expected_seq=seq)


async def test_a_tray_change_does_not_stand_in_the_way_of_a_push(store: Store) -> None:
    """A job that fills up is no host command: the push decided before it still holds."""
    broadcast = await a_broadcast(store)
    first, second, _ = await cards_of(store, broadcast)
    seq = (await store.actions.stage.snapshot(store.org, broadcast)).seq
    await store.actions.stage.set_card_state(store.org, broadcast, second, CardState.FULL, BY)

    assert await store.actions.stage.push(store.org, broadcast, first, BY, uuid4(), expected_seq=seq)


async def test_the_same_command_key_acts_once(store: Store) -> None:
    """A click sent again after a lost line is the same click."""
    broadcast = await a_broadcast(store)
    first, second, _ = await cards_of(store, broadcast)
    key = uuid4()

    once = await store.actions.stage.push(store.org, broadcast, first, BY, key)
    await store.actions.stage.push(store.org, broadcast, second, BY, uuid4())
    again = await store.actions.stage.push(store.org, broadcast, first, BY, key)

    assert once == again
    assert [push.card_id for push in (await store.actions.stage.snapshot(store.org, broadcast)).pushes] == [
        first,
        second,
    ]


async def test_a_command_key_for_another_command_is_refused(store: Store) -> None:
    """A key means one thing; nothing changes."""
    broadcast = await a_broadcast(store)
    first, second, _ = await cards_of(store, broadcast)
    key = uuid4()
    await store.actions.stage.push(store.org, broadcast, first, BY, key)

    with pytest.raises(KeyReused):
        await store.actions.stage.push(store.org, broadcast, second, BY, key)


async def test_a_push_that_waits_for_a_job_being_removed_is_refused(store: Store) -> None:
    """What may be shown is asked once nobody else is changing it, not when the button was pressed."""
    broadcast = await a_broadcast(store)
    card, job = (await cards_of(store, broadcast))[0], (await jobs_of(store, broadcast))[0]

    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE job SET removed_at = $2 WHERE id = $1", job, store.clock())
        await take_out_of_trays(tx, store.org, "job", [job], at=store.clock(), by=BY)
        pushing = asyncio.create_task(store.actions.stage.push(store.org, broadcast, card, BY, uuid4()))
        await until_waiting(store, 1)

    with pytest.raises(CardBlocked):
        await pushing


async def test_undo_brings_back_what_was_on_stage(store: Store) -> None:
    """The card before returns; the push stays counted."""
    broadcast = await a_broadcast(store)
    first, second, _ = await cards_of(store, broadcast)
    await store.actions.stage.push(store.org, broadcast, first, BY, uuid4())
    await store.actions.stage.push(store.org, broadcast, second, BY, uuid4())

    await store.actions.stage.undo(store.org, broadcast, BY, uuid4())

    snapshot = await store.actions.stage.snapshot(store.org, broadcast)
    assert snapshot.on_stage is not None
    assert snapshot.on_stage.card.id == first
    assert len(snapshot.pushes) == 2


async def test_ending_can_be_undone_for_ten_seconds(store: Store) -> None:
    """A show ended by mistake goes on where it was."""
    broadcast = await a_broadcast(store)
    first = (await cards_of(store, broadcast))[0]
    await store.actions.stage.push(store.org, broadcast, first, BY, uuid4())
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    store.clock.forward(seconds=10)

    await store.actions.stage.undo(store.org, broadcast, BY, uuid4())

    snapshot = await store.actions.stage.snapshot(store.org, broadcast)
    assert snapshot.broadcast.status == "live"
    assert snapshot.broadcast.ended_at is None
    assert snapshot.on_stage is not None


async def test_undo_is_over_after_its_time(store: Store) -> None:
    """Nobody takes back what the audience has long seen."""
    broadcast = await a_broadcast(store)
    await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())
    store.clock.forward(seconds=14)

    with pytest.raises(NothingToUndo):
        await store.actions.stage.undo(store.org, broadcast, BY, uuid4())


async def test_a_card_cannot_be_pushed_before_the_start(store: Store) -> None:
    """Nothing is written."""
    broadcast = await a_broadcast(store, live=False)
    seq = (await store.actions.stage.snapshot(store.org, broadcast)).seq

    with pytest.raises(BroadcastNotLive):
        await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())

    assert (await store.actions.stage.snapshot(store.org, broadcast)).seq == seq


async def test_unverified_expired_and_unlawful_jobs_cannot_be_pushed(store: Store) -> None:
    """Each says why."""
    broadcast = await a_broadcast(store, jobs=0)
    jobs = [
        await a_job(store, employer=await an_employer(store, verified=False)),
        await a_job(store, valid_until=store.clock().date().replace(day=20)),
        await a_job(store, requirements="限女性，18-35岁"),
    ]
    await store.stores.trays.add_cards(store.org, broadcast, jobs, [], at=store.clock(), by=BY)

    reasons = []
    for card in await cards_of(store, broadcast):
        with pytest.raises(CardBlocked) as refused:
            await store.actions.stage.push(store.org, broadcast, card, BY, uuid4())
        reasons.append(refused.value.expected)

    assert reasons[:2] == ["employer_unverified", "job_expired"]
    assert str(reasons[2]).startswith("gender_female_only: ")


async def test_numbers_close_up_before_the_start_and_are_frozen_after(store: Store) -> None:
    """A number that was read aloud stays with its card."""
    broadcast = await a_broadcast(store, live=False, policies=1)
    first, second, third, _ = await cards_of(store, broadcast)
    await store.stores.trays.order_cards(store.org, broadcast, [third, first, second], at=store.clock(), by=BY)
    before = (await store.actions.stage.tray(store.org, broadcast)).cards
    await store.actions.stage.start(store.org, broadcast, BY, uuid4())
    await store.stores.trays.order_cards(store.org, broadcast, [first, second, third], at=store.clock(), by=BY)

    after = (await store.actions.stage.tray(store.org, broadcast)).cards

    assert [(card.id, card.label) for card in before][:3] == [(third, "1号"), (first, "2号"), (second, "3号")]
    assert [(card.id, card.label) for card in after][:3] == [(first, "2号"), (second, "3号"), (third, "1号")]
    assert after[3].label == "政1"


async def test_an_answer_stays_on_the_card(store: Store) -> None:
    """Whoever comes later reads it too."""
    broadcast = await a_broadcast(store)
    card = (await cards_of(store, broadcast))[0]

    await store.actions.stage.answer(store.org, broadcast, card, QuestionKind.PAY_DAY, "每月10日", BY)
    await store.actions.stage.answer(store.org, broadcast, card, QuestionKind.PAY_DAY, "每月15日", BY)

    answers = (await store.actions.stage.tray(store.org, broadcast)).cards[0].answers
    assert [(said.kind, said.answer) for said in answers] == [("pay_day", "每月15日")]


async def test_another_organisations_broadcast_is_not_there(store: Store) -> None:
    """Foreign looks exactly like missing."""
    broadcast = await a_broadcast(store)
    stranger = BroadcastId(uuid4())

    for org, id_ in ((uuid4(), broadcast), (store.org, stranger)):
        with pytest.raises(BroadcastNotFound):
            await store.actions.stage.snapshot(org, id_)  # type: ignore[arg-type]  # a stranger's id

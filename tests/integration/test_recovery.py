"""A viewer who was away gets every entry once and in order, or a fresh snapshot."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest

from realtime import figures, room, seats
from realtime.seats import Seat, Seats
from stream_jobs.domain.events import QuestionKind, StageEntry
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.embedded import Servers
from stream_jobs.ports import Snapshot
from tests.builders import BY, Store, a_broadcast, a_long_log, cards_of
from tests.clients import Running, a_connected, a_viewer, running_gateway


async def _events(running: Running, broadcast: BroadcastId, count: int) -> int:
    """So many stage events of any kind; returns the seq of the last."""
    stage, org = running.store.actions.stage, running.store.org
    card = (await cards_of(running.store, broadcast))[0]
    for number in range(count):
        await stage.answer(org, broadcast, card, QuestionKind.SHIFT, f"两班倒 {number}", BY)
    return (await stage.snapshot(org, broadcast)).seq


async def _epoch(running: Running, broadcast: BroadcastId) -> str:
    return (await running.store.actions.stage.snapshot(running.store.org, broadcast)).epoch


async def _resubscribe(running: Running, broadcast: BroadcastId, **asked: object) -> dict[str, Any]:
    async with await a_connected(running, running.token(broadcast)) as viewer:
        return await viewer.ask(subscribe={"channel": f"broadcast:{broadcast}", "recover": True, **asked})


def _offsets(reply: dict[str, Any]) -> Sequence[int]:
    return [publication["offset"] for publication in reply["subscribe"]["publications"]]


@pytest.mark.parametrize(
    "missed",
    [pytest.param(0, id="nothing"), pytest.param(7, id="in the tail"), pytest.param(150, id="from PostgreSQL")],
)
async def test_what_was_missed_comes_with_the_answer(store: Store, servers: Servers, missed: int) -> None:
    """From the offset asked for up to the head, whether the room still holds it or the database does."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        epoch, told = await _epoch(running, broadcast), await _events(running, broadcast, 1)
        head = await _events(running, broadcast, missed)

        reply = await _resubscribe(running, broadcast, offset=told, epoch=epoch)

        subscribed = reply["subscribe"]
        assert (subscribed["was_recovering"], subscribed["recovered"]) == (True, True)
        assert (subscribed["offset"], subscribed["epoch"]) == (told, epoch)
        assert list(_offsets(reply)) == list(range(told + 1, head + 1))
        assert "data" not in subscribed


async def test_another_log_or_a_future_offset_is_not_recovered(store: Store, servers: Servers) -> None:
    """After a restore the old positions mean nothing."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        epoch, head = await _epoch(running, broadcast), await _events(running, broadcast, 3)

        for asked in ({"offset": 1, "epoch": "other"}, {"offset": head + 1, "epoch": epoch}, {"offset": 1}, {}):
            _is_a_fresh_start(await _resubscribe(running, broadcast, **asked), head)


def _is_a_fresh_start(reply: dict[str, Any], head: int) -> None:
    subscribed = reply["subscribe"]
    assert (subscribed["was_recovering"], subscribed["recovered"]) == (True, False)
    assert (subscribed["offset"], subscribed["data"]["seq"]) == (head, head)
    assert "publications" not in subscribed


async def test_who_has_its_own_state_is_told_that_the_position_is_lost(store: Store, servers: Servers) -> None:
    """With flag 2 error 112 instead of a snapshot, and the subscription may be tried again."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        epoch, head = await _epoch(running, broadcast), await _events(running, broadcast, 3)
        channel = {"channel": f"broadcast:{broadcast}", "recover": True, "flag": 3}
        async with await a_connected(running, running.token(broadcast)) as viewer:
            for asked in ({"offset": 1, "epoch": "other"}, {"offset": head + 1, "epoch": epoch}):
                assert (await viewer.ask(subscribe={**channel, **asked}))["error"]["code"] == 112

            recovered = await viewer.ask(subscribe={**channel, "offset": 1, "epoch": epoch})
            assert list(_offsets(recovered)) == list(range(2, head + 1))


async def test_an_offset_ahead_of_this_process_is_looked_up_first(store: Store, servers: Servers) -> None:
    """A viewer told by another worker may know more than this one has read."""
    deaf = "redis://127.0.0.1:1"
    async with (
        running_gateway(store, deaf, poll_seconds=60, poll_unhealthy_seconds=60) as here,
        running_gateway(store, deaf) as there,
    ):
        broadcast = await a_broadcast(there.store)
        epoch = await _epoch(there, broadcast)
        async with await a_viewer(here, broadcast):
            head = await _events(there, broadcast, 2)

            reply = await _resubscribe(here, broadcast, offset=head, epoch=epoch)

            assert reply["subscribe"]["recovered"] is True
            assert reply["subscribe"]["publications"] == []


async def test_a_position_below_nothing_is_no_position(store: Store, servers: Servers) -> None:
    """It once shifted the page of entries read for everyone who came back in the same look: they missed some."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        epoch, channel = await _epoch(running, broadcast), {"channel": f"broadcast:{broadcast}", "recover": True}
        for asked in ({**channel, "epoch": epoch, "offset": -10}, {**channel, "epoch": epoch, "offset": 2**64}):
            async with await a_connected(running, running.token(broadcast)) as viewer:
                await viewer.tell(subscribe=asked)

                assert await viewer.close_code() == 3501


async def test_nobody_misses_or_doubles_an_entry_while_joining(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Viewers come, leave and come back during a burst of events, with the room yielding at every frame."""
    for module in (room, figures, seats):
        monkeypatch.setattr(module, "AT_ONCE", 1)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        epoch = await _epoch(running, broadcast)
        crowd = [await a_viewer(running, broadcast) for _ in range(10)]
        total = 40
        last = await _events(running, broadcast, 0) + total
        burst = asyncio.ensure_future(_events(running, broadcast, total))

        seen = await asyncio.gather(*(_a_restless_viewer(running, broadcast, epoch, last) for _ in range(8)))

        head = await burst
        for seqs in seen:
            assert seqs == list(range(seqs[0], head + 1))
        for viewer in crowd:
            heard = [(await viewer.publication("question_answered"))["offset"] for _ in range(total)]
            assert heard == list(range(head - total + 1, head + 1))
            await viewer.socket.close()


async def _a_restless_viewer(running: Running, broadcast: BroadcastId, epoch: str, last: int) -> list[int]:
    """Reconnects after every second entry until the last; returns every seq it was told, from the first."""
    seqs: list[int] = []
    token = running.token(broadcast)
    while not seqs or seqs[-1] < last:
        async with await a_connected(running, token) as viewer:
            asked: dict[str, object] = {"channel": f"broadcast:{broadcast}"}
            if seqs:
                asked |= {"recover": True, "offset": seqs[-1], "epoch": epoch}
            subscribed = (await viewer.ask(subscribe=asked))["subscribe"]
            assert not seqs or subscribed["recovered"]
            seqs += [one["offset"] for one in subscribed["publications"]] if seqs else [subscribed["offset"]]
            for _ in range(2):
                if seqs[-1] < last:
                    seqs.append((await viewer.publication("question_answered"))["offset"])
    return seqs


async def test_an_event_between_look_and_snapshot_is_told_once(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot may be ahead of the room that read it; the entry it holds is not told again."""
    monkeypatch.setattr(room, "SNAPSHOT_SECONDS", 0.0)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, stage = await a_broadcast(running.store), running.store.actions.stage
        async with await a_viewer(running, broadcast):
            read = stage.snapshot

            async def read_after_an_event(org: OrgId, broadcast: BroadcastId) -> Snapshot:
                monkeypatch.setattr(stage, "snapshot", read)
                await _events(running, broadcast, 1)
                return await read(org, broadcast)

            monkeypatch.setattr(stage, "snapshot", read_after_an_event)
            async with await a_connected(running, running.token(broadcast)) as viewer:
                reply = await viewer.ask(subscribe={"channel": f"broadcast:{broadcast}"})
                last = await _events(running, broadcast, 1)

                assert reply["subscribe"]["offset"] == last - 1
                assert (await viewer.publication("question_answered"))["offset"] == last


async def test_what_comes_while_a_room_is_told_goes_out_together(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room that is behind does not walk along everybody for each entry; each viewer hears all of them in order."""
    tell, walks, go_on = seats.Seats.tell, list[bytes](), asyncio.Event()

    async def told_slowly(self: Seats, ready: bytes, otherwise: Callable[[Seat], None]) -> list[Seat]:
        if b'"question_answered"' in ready:
            walks.append(ready)
            await go_on.wait()
        return await tell(self, ready, otherwise)

    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_viewer(running, broadcast) as viewer:
            monkeypatch.setattr(seats.Seats, "tell", told_slowly)
            last = await _events(running, broadcast, 6)
            go_on.set()
            heard = [(await viewer.publication("question_answered"))["offset"] for _ in range(6)]

        assert heard == list(range(last - 5, last + 1))
        assert sum(walk.count(b'"question_answered"') for walk in walks) == 6
        assert len(walks) <= 2


async def test_an_event_while_a_page_is_read_is_told_once(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on the page already, and comes to everybody a moment later."""
    monkeypatch.setattr(room, "TAIL_ENTRIES", 2)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, stage = await a_broadcast(running.store), running.store.actions.stage
        async with (
            await a_viewer(running, broadcast) as here,
            await a_connected(running, running.token(broadcast)) as back,
        ):
            epoch = await _epoch(running, broadcast)
            first, last = await _events(running, broadcast, 1), await _events(running, broadcast, 4)
            # The room is where the log is: what was missed lies beyond its memory.
            while (await here.publication("question_answered"))["offset"] < last:
                pass
            read = stage.stage_after

            async def read_after_an_event(org: OrgId, broadcast: BroadcastId, seq: int) -> Sequence[StageEntry]:
                if seq == 0:
                    await a_long_log(store, broadcast, 1)
                return await read(org, broadcast, seq)

            monkeypatch.setattr(stage, "stage_after", read_after_an_event)
            asked = {"channel": f"broadcast:{broadcast}", "recover": True, "offset": first, "epoch": epoch}
            subscribed = (await back.ask(subscribe=asked))["subscribe"]
            told = [one["offset"] for one in subscribed["publications"]]
            after = await _events(running, broadcast, 1)
            while told[-1] < after:
                told.append((await back.publication("question_answered"))["offset"])

            assert subscribed["recovered"]
            assert told == list(range(first + 1, last + 3))


async def test_an_event_while_a_room_opens_costs_it_none_of_its_past(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken into the tail but not into the snapshot it would look like a restored log, and the past be forgotten."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, stage = await a_broadcast(running.store), running.store.actions.stage
        last = await _events(running, broadcast, 3)
        read = stage.stage_after
        asked: list[int] = []

        async def read_after_an_event(org: OrgId, broadcast: BroadcastId, seq: int) -> Sequence[StageEntry]:
            if not asked:
                await stage.answer(org, broadcast, (await cards_of(store, broadcast))[0], QuestionKind.REST, "单休", BY)
            asked.append(seq)
            return await read(org, broadcast, seq)

        monkeypatch.setattr(stage, "stage_after", read_after_an_event)
        async with await a_viewer(running, broadcast):
            asked.clear()

            back = await _resubscribe(running, broadcast, offset=1, epoch=await _epoch(running, broadcast))

        assert _offsets(back) == list(range(2, last + 2))
        assert 1 not in asked


async def test_whoever_may_not_have_been_told_is_sent_back_to_say_how_far_it_is(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telling a room must not fail; if it does, nobody stays behind without knowing."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_viewer(running, broadcast) as viewer:
            with monkeypatch.context() as broken:
                broken.setattr(Seats, "_tell_some", _fails)
                await _events(running, broadcast, 1)

                assert await viewer.close_code() == 3010


def _fails(*_: object) -> None:
    raise OSError


async def test_a_restored_log_starts_everyone_over(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the database went back in time, viewers here are closed with a code that brings them back."""
    monkeypatch.setattr(room, "SNAPSHOT_SECONDS", 0.0)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        await _events(running, broadcast, 3)
        async with await a_viewer(running, broadcast) as viewer:
            async with store.database.transaction(store.org) as tx:
                await tx.execute("UPDATE broadcast SET epoch = $2 WHERE id = $1", broadcast, uuid4().hex[:8])
            async with await a_viewer(running, broadcast):
                assert await viewer.close_code() == 3010

"""Whoever missed more than one answer holds comes to the head of the log page by page, at its own pace."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from realtime import figures, forward, room, seats
from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.events import QuestionKind, StageEntry
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.embedded import Servers
from stream_jobs.ports import Topic
from tests.builders import BY, Store, a_broadcast, a_long_log, cards_of
from tests.clients import Running, Viewer, a_connected, a_viewer, eventually, running_gateway
from tests.sockets import TEXT, RawSocket, a_slow_socket

TIGHT: dict[str, Any] = {"max_queued_bytes": 16_384, "send_buffer_bytes": 4096}
"""So little that a few entries are a page."""
AN_ENTRY = 1500
"""Of a thousand characters, with what is said around it."""


async def _epoch(running: Running, broadcast: BroadcastId) -> str:
    return (await running.store.actions.stage.snapshot(running.store.org, broadcast)).epoch


async def _answers(running: Running, broadcast: BroadcastId, count: int = 1) -> int:
    """So many more events, announced; returns the seq of the last."""
    stage, card = running.store.actions.stage, (await cards_of(running.store, broadcast))[0]
    for number in range(count):
        await stage.answer(running.store.org, broadcast, card, QuestionKind.SHIFT, f"两班倒 {number}", BY)
    return (await stage.snapshot(running.store.org, broadcast)).seq


async def _asked(running: Running, broadcast: BroadcastId, offset: int, **more: object) -> dict[str, Any]:
    epoch = await _epoch(running, broadcast)
    return {"channel": f"broadcast:{broadcast}", "recover": True, "epoch": epoch, "offset": offset, **more}


async def _heard(viewer: Viewer, reply: dict[str, Any], last: int) -> Sequence[int]:
    """The offsets of everything up to the last, in the order it came."""
    assert reply["subscribe"]["recovered"] is True, reply
    offsets = [publication["offset"] for publication in reply["subscribe"]["publications"]]
    while not offsets or offsets[-1] < last:
        offsets.append((await viewer.publication("question_answered"))["offset"])
    return offsets


async def test_what_was_missed_comes_page_by_page_and_what_happens_next_behind_it(
    store: Store, servers: Servers
) -> None:
    """The answer holds what fits, from the offset asked for; then come the rest, the counts and the next event."""
    async with running_gateway(store, servers.valkey_url, **TIGHT) as running:
        broadcast = await a_broadcast(running.store)
        first = await _answers(running, broadcast)
        last = await a_long_log(store, broadcast, 400, 200)
        async with await a_connected(running, running.token(broadcast)) as viewer:
            reply = await viewer.ask(subscribe=await _asked(running, broadcast, first, flag=2))

            answered = reply["subscribe"]
            assert (answered["was_recovering"], answered["offset"]) == (True, first)
            assert 0 < len(json.dumps(answered["publications"])) < 16_384
            assert list(await _heard(viewer, reply, last)) == list(range(first + 1, last + 1))
            assert (await viewer.published("counts"))["watching"] == 1
            next_one = await _answers(running, broadcast)
            assert (await viewer.publication("question_answered"))["offset"] == next_one


async def test_what_memory_holds_is_not_read_again_however_much_it_is(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A storm of those who come back to long cards asks the database nothing."""
    async with running_gateway(store, servers.valkey_url, **TIGHT) as running:
        broadcast = await a_broadcast(running.store)
        last = await a_long_log(store, broadcast, 90, 1000)
        async with await a_viewer(running, broadcast), await a_connected(running, running.token(broadcast)) as viewer:
            asked = await _asked(running, broadcast, last - 90)
            reads = _count_reads(running, monkeypatch)

            heard = await _heard(viewer, await viewer.ask(subscribe=asked), last)

            assert (len(heard), reads) == (90, [])


async def test_many_who_come_back_read_the_log_together(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of it is read once, whatever the offsets they ask from."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        last = await a_long_log(store, broadcast, 1000, 1000)
        async with await a_viewer(running, broadcast):
            reads = _count_reads(running, monkeypatch)
            viewers = [await a_connected(running, running.token(broadcast)) for _ in range(10)]
            asked = [await _asked(running, broadcast, 10 * nth) for nth in range(10)]

            replies = await asyncio.gather(*(one.ask(subscribe=what) for one, what in zip(viewers, asked, strict=True)))
            heard = await asyncio.gather(*(_heard(*one, last) for one in zip(viewers, replies, strict=True)))

            assert [list(one) for one in heard] == [list(range(10 * nth + 1, last + 1)) for nth in range(10)]
            assert sorted(set(reads)) == [0, 300, 600, 900]
            assert len(reads) <= 5, "the last page has grown at most once"
            for viewer in viewers:
                await viewer.socket.close()


async def test_nobody_misses_or_doubles_what_happens_on_the_way(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each comes to the head during a burst of events, with the room yielding at every frame."""
    for module in (room, figures, seats):
        monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(room, "SHARE_OF_QUEUE", 262_144 // 700)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        first = await _answers(running, broadcast)
        last = await a_long_log(store, broadcast, 160) + 40
        asked = await _asked(running, broadcast, first)
        viewers = [await a_connected(running, running.token(broadcast)) for _ in range(12)]
        burst = asyncio.ensure_future(_answers(running, broadcast, 40))

        async def returns(viewer: Viewer) -> Sequence[int]:
            async with viewer:
                return await _heard(viewer, await viewer.ask(subscribe=asked), last)

        heard = await asyncio.gather(*map(returns, viewers))

        assert await burst == last
        assert [list(one) for one in heard] == [list(range(first + 1, last + 1))] * len(viewers)


def _count_reads(running: Running, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After which seq the log is read from now on; the room's own looks at its head are none."""
    stage, reads = running.store.actions.stage, list[int]()
    read = stage.stage_after

    async def counted(org: OrgId, broadcast: BroadcastId, seq: int) -> Sequence[StageEntry]:
        entries = await read(org, broadcast, seq)
        if entries:
            reads.append(seq)
        return entries

    monkeypatch.setattr(stage, "stage_after", counted)
    return reads


async def test_a_minute_at_fifty_a_second_is_brought_forward_and_more_than_the_most_is_not(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond it the snapshot is the shorter way to the same stage."""
    assert forward.MOST_ENTRIES > 60 * 50
    monkeypatch.setattr(forward, "MOST_ENTRIES", 310)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        last = await a_long_log(store, broadcast, 320)
        async with await a_connected(running, running.token(broadcast)) as viewer:
            reply = await viewer.ask(subscribe=await _asked(running, broadcast, last - 310))
            assert len(await _heard(viewer, reply, last)) == 310
        async with await a_connected(running, running.token(broadcast)) as viewer:
            refused = await viewer.ask(subscribe=await _asked(running, broadcast, last - 311, flag=2))
            beyond = (await viewer.ask(subscribe=await _asked(running, broadcast, last - 311)))["subscribe"]

    assert refused["error"]["code"] == 112
    assert (beyond["was_recovering"], beyond["recovered"], beyond["data"]["seq"]) == (True, False, last)


# ── at its own pace ───────────────────────────────────────────────────────────────────────────────────────────


async def test_who_does_not_read_what_it_missed_costs_a_page_and_is_let_go(store: Store, servers: Servers) -> None:
    """No answer to the ping behind it; what it had read until then it need not be told again."""
    impatient: dict[str, Any] = {"ping_seconds": 0.5, "pong_seconds": 0.25}
    async with running_gateway(store, servers.valkey_url, **TIGHT, **impatient) as running:
        broadcast = await a_broadcast(running.store)
        first = await _answers(running, broadcast)
        last = await a_long_log(store, broadcast, 400, 1000)
        most = 0.0

        async def is_let_go() -> bool:
            nonlocal most
            most = max(most, running.registry.get_sample_value("stream_jobs_most_waiting_bytes") or 0.0)
            return running.registry.get_sample_value("stream_jobs_closes_total", {"code": "3012"}) == 1

        async with await _a_slow_reader(running, broadcast, first) as slow:
            await eventually(is_let_go)
            heard = _offsets(await _rest_of(slow))
        async with await a_connected(running, running.token(broadcast)) as viewer:
            reply = await viewer.ask(subscribe=await _asked(running, broadcast, heard[-1]))
            heard += await _heard(viewer, reply, last)

        assert heard == list(range(first + 1, last + 1))
        assert 0 < most < 16_384 / 2 + AN_ENTRY


async def test_who_falls_ever_further_behind_is_let_go_as_slow(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line carries less than the stage says; coming back it begins from a snapshot."""
    monkeypatch.setattr(forward, "MOST_ENTRIES", 100)
    async with running_gateway(store, servers.valkey_url, send_buffer_bytes=4096) as running:
        broadcast = await a_broadcast(running.store)
        first = await _answers(running, broadcast)
        await a_long_log(store, broadcast, 99, 5000)
        async with await a_viewer(running, broadcast) as other, await _a_slow_reader(running, broadcast, first) as slow:
            last = await a_long_log(store, broadcast, 60)
            await running.bus.announce(broadcast, Topic.STAGE)
            while (await other.publication("question_answered"))["offset"] < last:
                pass

            heard = _offsets(await _rest_of(slow))

            assert heard == list(range(first + 1, first + 1 + len(heard)))
            assert running.registry.get_sample_value("stream_jobs_slow_closes_total") == 1


async def _a_slow_reader(running: Running, broadcast: BroadcastId, offset: int) -> RawSocket:
    """Connected and subscribed from there, with a kernel that takes little; it reads when it is asked to."""
    slow = await a_slow_socket(
        running,
        {"id": 1, "connect": {"token": running.token(broadcast)}},
        {"id": 2, "subscribe": await _asked(running, broadcast, offset)},
    )

    async def is_on_the_way() -> bool:
        return bool(running.registry.get_sample_value("stream_jobs_most_waiting_bytes"))

    await eventually(is_on_the_way)
    return slow


async def _rest_of(slow: RawSocket) -> list[dict[str, Any]]:
    """Every message until the server is gone."""
    said: list[dict[str, Any]] = []
    with suppress(TimeoutError):
        while (heard := await slow.frame()) and heard[0] == TEXT:
            said += [json.loads(line) for line in heard[1].split(b"\n")]
    return said


def _offsets(said: Sequence[dict[str, Any]]) -> list[int]:
    """Of all stage publications, in the answer and after it."""
    told = [one["subscribe"]["publications"] for one in said if "subscribe" in one]
    told += [[one["push"]["pub"]] for one in said if "push" in one]
    return [publication["offset"] for publications in told for publication in publications if "offset" in publication]


# ── what comes between ────────────────────────────────────────────────────────────────────────────────────────


async def test_who_leaves_on_the_way_is_told_nothing_more(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also before it was answered; and it may come again."""
    async with running_gateway(store, servers.valkey_url, **TIGHT) as running:
        broadcast = await a_broadcast(running.store)
        last = await a_long_log(store, broadcast, 400, 200)
        stage = running.store.actions.stage
        read, go_on = stage.stage_after, asyncio.Event()

        async def read_slowly(org: OrgId, broadcast: BroadcastId, seq: int) -> Sequence[StageEntry]:
            if seq == 0:
                await go_on.wait()
            return await read(org, broadcast, seq)

        async with await a_viewer(running, broadcast), await a_connected(running, running.token(broadcast)) as viewer:
            monkeypatch.setattr(stage, "stage_after", read_slowly)
            asked = await _asked(running, broadcast, 2)
            id_ = await viewer.tell(subscribe=asked)
            await viewer.ask(unsubscribe={"channel": f"broadcast:{broadcast}"})
            reply = await viewer.line()
            assert (reply["id"], reply["error"]["code"]) == (id_, 108)
            go_on.set()

            reply = await viewer.ask(subscribe=asked)
            await viewer.publication("question_answered")
            await viewer.ask(unsubscribe={"channel": f"broadcast:{broadcast}"})
            viewer.pushes.clear()
            await viewer.ask(rpc={"method": "mine"})
            assert viewer.pushes == []

            heard = await _heard(viewer, await viewer.ask(subscribe=asked), last)
            assert list(heard) == list(range(3, last + 1))


async def test_a_database_that_goes_away_sends_back_who_is_on_the_way(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come back and say how far they are; whoever only asks by then begins from what the room has in memory."""
    async with running_gateway(store, servers.valkey_url, **TIGHT) as running:
        broadcast = await a_broadcast(running.store)
        last = await a_long_log(store, broadcast, 700, 200)
        stage = running.store.actions.stage
        read = stage.stage_after

        async def reads_once(org: OrgId, broadcast: BroadcastId, seq: int) -> Sequence[StageEntry]:
            if seq >= 300:
                raise Unavailable
            return await read(org, broadcast, seq)

        async with await a_viewer(running, broadcast), await a_connected(running, running.token(broadcast)) as viewer:
            monkeypatch.setattr(stage, "stage_after", reads_once)
            reply = await viewer.ask(subscribe=await _asked(running, broadcast, 2))
            assert reply["subscribe"]["recovered"] is True
            assert await viewer.close_code() == 3010

            async with await a_connected(running, running.token(broadcast)) as another:
                anew = (await another.ask(subscribe=await _asked(running, broadcast, 301)))["subscribe"]
                assert (anew["recovered"], anew["offset"]) == (False, last)


async def test_a_restored_log_sends_back_who_is_on_the_way(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they were being told is the past of another log."""
    monkeypatch.setattr(room, "SNAPSHOT_SECONDS", 0.0)
    async with running_gateway(store, servers.valkey_url, **TIGHT) as running:
        broadcast = await a_broadcast(running.store)
        await a_long_log(store, broadcast, 400, 1000)
        async with await _a_slow_reader(running, broadcast, 2) as slow:
            async with store.database.transaction(store.org) as tx:
                await tx.execute("UPDATE broadcast SET epoch = 'another' WHERE id = $1", broadcast)
            async with await a_viewer(running, broadcast):
                pass

            said = await _rest_of(slow)

            assert _offsets(said) == list(range(3, 3 + len(_offsets(said)))) != []
            assert running.registry.get_sample_value("stream_jobs_closes_total", {"code": "3010"}) == 1

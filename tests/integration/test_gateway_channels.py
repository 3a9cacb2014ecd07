"""Subscribing: the stage for everyone, the desk for the host's side."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from realtime import figures
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.embedded import Servers
from stream_jobs.ports import Topic
from stream_jobs.tokens import Identity, Role
from tests.builders import Store, a_broadcast, a_long_log, a_watcher, cards_of
from tests.clients import (
    Running,
    a_connected,
    a_socket,
    a_viewer,
    apply_by_socket,
    eventually,
    push_card,
    running_gateway,
)
from tests.sockets import TEXT, RawSocket, a_frame, a_slow_socket

# ── channels ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_subscribing_starts_from_the_snapshot(store: Store, servers: Servers) -> None:
    """The stage as it is, its place in the log, and which log it is; the same for a scheduled show."""
    async with running_gateway(store, servers.valkey_url) as running:
        for live in (True, False):
            broadcast = await a_broadcast(running.store, live=live)
            async with await a_connected(running, running.token(broadcast)) as viewer:
                reply = await viewer.ask(subscribe={"channel": f"broadcast:{broadcast}"})

            subscribed = reply["subscribe"]
            snapshot = await running.store.actions.stage.snapshot(store.org, broadcast)
            assert subscribed["data"] == snapshot.model_dump(mode="json")
            assert (subscribed["offset"], subscribed["epoch"]) == (snapshot.seq, snapshot.epoch)
            assert subscribed["recoverable"]
            assert "was_recovering" not in subscribed


async def test_a_pushed_card_reaches_everyone_with_its_seq(store: Store, servers: Servers) -> None:
    """In the offset and in the body."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        viewers = [await a_viewer(running, broadcast) for _ in range(5)]

        seq = await push_card(running, broadcast)

        for viewer in viewers:
            publication = await viewer.publication("card_pushed")
            assert (publication["offset"], publication["data"]["seq"]) == (seq, seq)
            assert publication["data"]["show_at"] == publication["data"]["at"]
            assert publication["data"]["card"]["label"] == "1号"
            await viewer.socket.close()


@pytest.mark.parametrize(
    ("role", "channel", "code"),
    [
        ("viewer", "broadcast:{other}", 103),
        ("viewer", "desk:{own}", 103),
        ("overlay", "desk:{own}", 103),
        ("host", "desk:{other}", 103),
        ("host", "broadcast:{other}", 103),
        ("viewer", "chat:{own}", 102),
        ("viewer", "broadcast:x", 102),
    ],
)
async def test_other_channels_are_refused(store: Store, servers: Servers, role: Role, channel: str, code: int) -> None:
    """A token opens one broadcast, and its desk only to the host's side."""
    async with running_gateway(store, servers.valkey_url) as running:
        own, other = await a_broadcast(running.store), await a_broadcast(running.store)
        async with await a_connected(running, running.token(own, role)) as client:
            name = channel.format(own=own, other=other)

            for command in ("subscribe", "history", "presence_stats"):
                assert (await client.ask(**{command: {"channel": name}}))["error"]["code"] == code


async def test_a_broadcast_that_is_not_there_is_an_unknown_channel(store: Store, servers: Servers) -> None:
    """A token outlives what it names; the SDK stops asking."""
    async with running_gateway(store, servers.valkey_url) as running:
        gone = BroadcastId(uuid4())
        async with await a_connected(running, running.token(gone)) as viewer:
            assert (await viewer.ask(subscribe={"channel": f"broadcast:{gone}"}))["error"]["code"] == 102


async def test_subscribing_twice_is_an_error_and_after_leaving_it_is_not(store: Store, servers: Servers) -> None:
    """Error 105, and an unsubscribed viewer is told nothing more."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        channel = {"channel": f"broadcast:{broadcast}"}
        async with await a_viewer(running, broadcast) as viewer:
            assert (await viewer.ask(subscribe=channel))["error"]["code"] == 105
            assert (await viewer.ask(unsubscribe=channel))["unsubscribe"] == {}
            seq = await push_card(running, broadcast)
            await viewer.ask(history={**channel, "limit": 0})
            assert all(push["pub"]["data"]["type"] == "counts" for push in viewer.pushes)

            again = (await viewer.ask(subscribe=channel))["subscribe"]
            if again["offset"] < seq:
                assert (await viewer.publication("card_pushed"))["offset"] == seq


async def test_two_tabs_are_one_viewer_in_the_counts(store: Store, servers: Servers) -> None:
    """Counts are absolute, without an offset, and come to those who watch already."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, watcher = await a_broadcast(running.store), a_watcher()
        async with await a_viewer(running, broadcast, watcher=watcher) as first:
            async with (
                await a_viewer(running, broadcast, watcher=watcher),
                await a_viewer(running, broadcast),
            ):
                while (counts := await first.publication("counts"))["data"]["watching"] < 2:
                    pass
                stats = await first.ask(presence_stats={"channel": f"broadcast:{broadcast}"})

            assert counts["data"]["watching"] == 2
            assert "offset" not in counts
            assert stats["presence_stats"] == {"num_clients": 3, "num_users": 2}


async def test_a_newcomer_has_the_counts_in_the_answer(store: Store, servers: Servers) -> None:
    """Nobody waits for the number to change before seeing it."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_viewer(running, broadcast) as first:
            await first.published("counts")
            async with await a_viewer(running, broadcast) as second:
                assert (await second.published("counts"))["watching"] >= 1


async def test_who_comes_while_another_leaves_learns_how_many_are_left(store: Store, servers: Servers) -> None:
    """It was told one more on coming; to the others nothing has changed."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        first, second = await a_viewer(running, broadcast), await a_viewer(running, broadcast)
        while (await first.published("counts"))["watching"] < 2:
            pass
        async with first, await a_viewer(running, broadcast) as third:
            await second.socket.close()

            assert (await third.published("counts"))["watching"] == 3
            while (await third.published("counts"))["watching"] != 2:
                pass


async def test_history_gives_entries_both_ways(store: Store, servers: Servers) -> None:
    """A limit of 0 asks for the position alone; another epoch cannot be continued."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        last = [await push_card(running, broadcast, card) for card in (0, 1, 2)][-1]
        async with await a_viewer(running, broadcast) as viewer:

            async def offsets(**asked: object) -> list[int]:
                reply = await viewer.ask(history={"channel": f"broadcast:{broadcast}", **asked})
                assert reply["history"]["offset"] == last
                return [publication["offset"] for publication in reply["history"]["publications"]]

            assert await offsets() == []
            assert await offsets(limit=2) == [1, 2]
            assert await offsets(limit=2, since={"offset": last - 1, "epoch": ""}) == [last]
            assert await offsets(limit=2, reverse=True) == [last, last - 1]
            assert await offsets(limit=-1) == list(range(1, last + 1))
            other = await viewer.ask(
                history={"channel": f"broadcast:{broadcast}", "limit": 1, "since": {"offset": 1, "epoch": "other"}}
            )
            assert other["error"]["code"] == 112


async def test_history_ends_where_an_answer_would_be_too_long_for_a_slow_line(store: Store, servers: Servers) -> None:
    """The next page begins there, both ways; one entry comes however long it is."""
    async with running_gateway(store, servers.valkey_url, max_queued_bytes=16_384) as running:
        broadcast = await a_broadcast(running.store)
        last = await a_long_log(store, broadcast, 20, 1000)
        longest = await a_long_log(store, broadcast, 1, 20_000)
        async with await a_viewer(running, broadcast) as viewer:

            async def offsets(**asked: object) -> list[int]:
                asked |= {"channel": f"broadcast:{broadcast}", "limit": -1}
                publications = (await viewer.ask(history=asked))["history"]["publications"]
                assert len(publications) == 1 or len(json.dumps(publications)) < 16_384 / 2
                return [publication["offset"] for publication in publications]

            forth = await offsets()
            assert forth == list(range(1, len(forth) + 1))
            assert 2 < len(forth) < last
            assert (await offsets(since={"offset": forth[-1]}))[0] == forth[-1] + 1
            assert await offsets(reverse=True) == [longest]
            assert (await offsets(reverse=True, since={"offset": longest}))[:2] == [last, last - 1]


# ── the desk ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_desk_tells_how_far_a_push_got(store: Store, servers: Servers) -> None:
    """Delivered n of m counts devices: a second tab adds nothing."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, watcher = await a_broadcast(running.store), a_watcher()
        viewers = [await a_viewer(running, broadcast, watcher=one) for one in (watcher, watcher, a_watcher())]
        async with await a_connected(running, running.token(broadcast, "host")) as host:
            reply = await host.ask(subscribe={"channel": f"desk:{broadcast}"})
            assert reply["subscribe"]["data"]["type"] == "desk"
            assert "recoverable" not in reply["subscribe"]

            await push_card(running, broadcast)

            while not (desk := await host.published("desk"))["on_stage"] or not desk["on_stage"]["connected"]:
                pass
            assert (desk["on_stage"]["delivered"], desk["on_stage"]["connected"]) == (2, 2)
            assert desk["watching"] == 2
        for viewer in viewers:
            await viewer.socket.close()


async def test_the_prompters_desk_holds_no_applicants(store: Store, servers: Servers) -> None:
    """The host sees them masked; the prompter stands in the picture and sees none."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_viewer(running, broadcast) as viewer:
            await apply_by_socket(running, broadcast, viewer)
        newest = {}
        for role in ("host", "prompter"):
            async with await a_connected(running, running.token(broadcast, role)) as client:
                reply = await client.ask(subscribe={"channel": f"desk:{broadcast}"})
                newest[role] = reply["subscribe"]["data"]["newest"]

        assert [row["phone_masked"] for row in newest["host"]] == ["138****0001"]
        assert newest["prompter"] == []


async def test_the_desk_is_told_of_an_application_at_once(store: Store, servers: Servers) -> None:
    """The host hears of it without asking."""
    async with running_gateway(store, servers.valkey_url, poll_seconds=60) as running:
        broadcast = await a_broadcast(running.store)
        async with (
            await a_connected(running, running.token(broadcast, "host")) as host,
            await a_viewer(running, broadcast) as viewer,
        ):
            await host.ask(subscribe={"channel": f"desk:{broadcast}"})

            await apply_by_socket(running, broadcast, viewer)

            while (desk := await host.published("desk"))["applications"] != 1:
                pass
            assert [row["name_masked"] for row in desk["newest"]] == ["王**"]


async def test_the_prompter_is_told_of_points_and_note_at_once(store: Store, servers: Servers) -> None:
    """What the host should say does not wait until somebody asks."""
    async with running_gateway(store, servers.valkey_url, poll_seconds=60) as running:
        stage, broadcast = running.store.actions.stage, await a_broadcast(running.store)
        card = (await cards_of(running.store, broadcast))[0]
        await push_card(running, broadcast)
        async with await a_connected(running, running.token(broadcast, "prompter")) as prompter:
            await prompter.ask(subscribe={"channel": f"desk:{broadcast}"})

            await stage.set_points(store.org, broadcast, card, "专车周一发车")
            await stage.set_note(store.org, broadcast, "说慢一点")

            while (desk := await prompter.published("desk"))["note"] is None:
                pass
            assert (desk["on_stage"]["points"], desk["note"]) == ("专车周一发车", "说慢一点")


async def test_a_change_that_nobody_announced_reaches_the_desk(store: Store, servers: Servers) -> None:
    """Valkey may lose a word; the room looks by itself, as it does at the stage."""
    async with running_gateway(store, servers.valkey_url, poll_seconds=0.1) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_connected(running, running.token(broadcast, "host")) as host:
            await host.ask(subscribe={"channel": f"desk:{broadcast}"})

            await store.stores.desks.set_note(store.org, broadcast, "说慢一点")

            while (await host.published("desk"))["note"] != "说慢一点":
                pass


async def test_who_does_not_read_is_told_the_latest_numbers_alone(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts and the desk wait for it as one message each, however often they change meanwhile."""
    for pace in ("SECONDS_BETWEEN_NUMBERS", "SECONDS_UNTIL_TRYING_AGAIN"):
        monkeypatch.setattr(figures, pace, 0.05)
    async with running_gateway(store, servers.valkey_url, send_buffer_bytes=4096) as running:
        broadcast, stage = await a_broadcast(running.store), running.store.actions.stage
        await a_long_log(store, broadcast, 20, 5000)
        commands: list[dict[str, object]] = [{"connect": {"token": running.token(broadcast, "host")}}]
        commands += [{"subscribe": {"channel": f"{kind}:{broadcast}"}} for kind in ("broadcast", "desk")]
        slow = await a_slow_socket(running, *({"id": nth, **one} for nth, one in enumerate(commands, start=1)))
        async with slow, await a_socket(running) as quick, AsyncExitStack() as viewers:
            for one in commands:
                await quick.ask(**one)
            messages = _messages_of(slow)
            await _reply(messages, 3)
            history = {"id": 4, "history": {"channel": f"broadcast:{broadcast}", "limit": -1}}
            await slow.send(a_frame(TEXT, json.dumps(history).encode()))
            await eventually(lambda: _something_waits(running))

            for watching in (1, 2, 3):
                await viewers.enter_async_context(await a_viewer(running, broadcast))
                await stage.set_note(store.org, broadcast, f"第{watching}次")
                while (await quick.published("counts"))["watching"] != watching:
                    pass
                desk: dict[str, Any] = {}
                while (desk.get("note"), desk.get("watching")) != (f"第{watching}次", watching):
                    desk = await quick.published("desk")

            await _reply(messages, 4)
            told = [(await anext(messages))["push"] for _ in range(2)]

        by_channel = {push["channel"].partition(":")[0]: push["pub"]["data"] for push in told}
        assert by_channel["broadcast"]["watching"] == 3
        assert (by_channel["desk"]["watching"], by_channel["desk"]["note"]) == (3, "第3次")


async def _messages_of(slow: RawSocket) -> AsyncIterator[dict[str, Any]]:
    while heard := await slow.frame():
        for line in heard[1].split(b"\n"):
            yield json.loads(line)


async def _reply(messages: AsyncIterator[dict[str, Any]], id_: int) -> None:
    """Reads up to it."""
    while (await anext(messages)).get("id") != id_:
        pass


async def _something_waits(running: Running) -> bool:
    return bool(running.registry.get_sample_value("stream_jobs_most_waiting_bytes"))


async def test_a_revoked_session_is_closed_for_good(store: Store, servers: Servers) -> None:
    """Logging out closes the consoles of that session at once, and no one else's."""
    revoked: set[str] = set()

    async def access(identity: Identity) -> bool:
        return identity.session not in revoked

    async with running_gateway(store, servers.valkey_url, access=access) as running:
        broadcast = await a_broadcast(running.store)
        async with (
            await a_connected(running, running.token(broadcast, "host", session="first")) as host,
            await a_connected(running, running.token(broadcast, "host", session="second")) as other,
        ):
            revoked.add("first")
            await running.bus.announce(broadcast, Topic.ACCESS)

            assert await host.close_code() == 4500
            assert "subscribe" in await other.ask(subscribe={"channel": f"desk:{broadcast}"})
        async with await a_socket(running) as late:
            refused = await late.ask(connect={"token": running.token(broadcast, "host", session="first")})
            assert refused["error"]["code"] == 103

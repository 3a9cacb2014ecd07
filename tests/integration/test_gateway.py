"""The gateway behind a real port, over real actions: connecting, channels, calls, and being closed."""

import asyncio
import json
import socket
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from realtime import figures, presence, room
from stream_jobs.domain.events import QuestionKind
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.model import CardState
from stream_jobs.embedded import Servers
from stream_jobs.ports import Topic
from stream_jobs.tokens import Identity, Role
from tests.builders import BY, Store, a_broadcast, a_watcher, cards_of, jobs_of
from tests.clients import (
    PATIENCE,
    Running,
    Viewer,
    a_connected,
    a_socket,
    a_viewer,
    eventually,
    running_gateway,
)


async def _push(running: Running, broadcast: BroadcastId, card: int = 0) -> int:
    cards = await cards_of(running.store, broadcast)
    entry = await running.store.actions.stage.push(running.store.org, broadcast, cards[card], BY, uuid4())
    assert entry is not None
    return entry.seq


async def _signal(running: Running, broadcast: BroadcastId, step: str = "impression") -> dict[str, object]:
    card = (await cards_of(running.store, broadcast))[0]
    return {"event_id": uuid4(), "step": step, "card_id": card, "at": running.store.clock().isoformat()}


# ── connecting ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_connecting_tells_when_the_token_ends_and_how_we_ping(store: Store, servers: Servers) -> None:
    """What SDKs need: client id, ttl, whole seconds between pings, and that a pong is wanted."""
    async with running_gateway(store, servers.valkey_url) as running, await a_socket(running) as viewer:
        broadcast = await a_broadcast(running.store)

        reply = await viewer.ask(connect={"token": running.token(broadcast, seconds=900)})

        connected = reply["connect"]
        assert (connected["ttl"], connected["expires"], connected["pong"]) == (900, True, True)
        assert isinstance(connected["ping"], int)
        assert UUID(connected["client"])


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("not json", 3501),
        ('{"id":1,"subscribe":{"channel":"broadcast:x"}}', 3501),
        ('{"id":1,"rpc":{"method":"mine"}}', 3501),
        ('{"id":1,"nonsense":{}}', 3501),
        ('{"connect":{"token":"x"}}', 3501),
        ('{"id":1,"connect":{"token":"x"}}', 3500),
        ('{"id":1,"connect":{}}', 3500),
        (b'{"id":1,"connect":{}}', 3501),
        ("x" * 1_000_000, 1009),
    ],
)
async def test_a_connection_that_starts_wrongly_is_closed_with_the_reason(
    store: Store, servers: Servers, sent: str | bytes, code: int
) -> None:
    """Malformed, too early, with a wrong token, binary or too big; each has its code, and a reason in words."""
    async with running_gateway(store, servers.valkey_url) as running, await a_socket(running) as viewer:
        await viewer.socket.send(sent)

        assert await viewer.close_code() == code
        assert viewer.socket.close_reason


async def test_an_expired_token_is_an_error_and_a_new_one_may_follow(store: Store, servers: Servers) -> None:
    """Error 109 makes the SDK ask its page for a token; what it sent along is not the end of it."""
    async with running_gateway(store, servers.valkey_url) as running, await a_socket(running) as viewer:
        broadcast = await a_broadcast(running.store)
        old = running.token(broadcast, seconds=60)
        store.clock.forward(seconds=60)

        refused = await viewer.ask(connect={"token": old})
        too_early = await viewer.ask(subscribe={"channel": f"broadcast:{broadcast}"})
        accepted = await viewer.ask(connect={"token": running.token(broadcast)})

        assert refused["error"]["code"] == 109
        assert too_early["error"]["code"] == 101
        assert "connect" in accepted


async def test_a_second_connect_is_a_bad_request(store: Store, servers: Servers) -> None:
    """One connection, one identity."""
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(await a_broadcast(running.store))
        async with await a_connected(running, token) as viewer:
            await viewer.tell(connect={"token": token})

            assert await viewer.close_code() == 3501


async def test_a_silent_connection_is_closed(store: Store, servers: Servers) -> None:
    """Whoever does not connect in time only holds a descriptor."""
    impatient = running_gateway(store, servers.valkey_url, connect_seconds=0.1, ping_seconds=1)
    async with impatient as running, await a_socket(running) as viewer:
        assert await viewer.close_code() == 3502


async def test_a_page_of_another_site_is_refused_before_the_upgrade(store: Store, servers: Servers) -> None:
    """A 403, not a socket; our own origin is let in."""
    async with running_gateway(store, servers.valkey_url) as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.socket_url, additional_headers={"Origin": "https://evil.example"})
        assert refused.value.response.status_code == 403

        async with connect(running.socket_url, additional_headers={"Origin": running.http_url}) as socket:
            assert socket.state.name == "OPEN"


async def test_an_upgrade_on_a_reused_connection_becomes_a_socket(store: Store, servers: Servers) -> None:
    """Some proxies keep a connection to us and send everyone's requests over it."""
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(await a_broadcast(running.store))
        reader, writer = await asyncio.open_connection(running.host, running.port)
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(18) == b'{"hello": "world"}'

            writer.write(_upgrade("x"))
            assert b"101 Switching Protocols" in await reader.readuntil(b"\r\n\r\n")
            writer.write(_masked(json.dumps({"id": 1, "connect": {"token": token}}).encode()))
            assert b'"connect"' in await reader.read(1000)
        writer.close()


async def test_http_and_sockets_share_a_port_however_the_bytes_are_cut(store: Store, servers: Servers) -> None:
    """A request line in pieces still reaches HTTP, an upgrade in pieces the gateway."""
    async with running_gateway(store, servers.valkey_url) as running:
        for request, answer in (
            (b"GET /connection/websocket HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 426"),
            (b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200"),
            (_upgrade("x"), b"HTTP/1.1 101"),
        ):
            reader, writer = await asyncio.open_connection(running.host, running.port)
            for piece in (request[:10], request[10:40], request[40:]):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE):
                assert (await reader.read(1000)).startswith(answer)
            writer.close()


def _upgrade(host: str) -> bytes:
    return (
        f"GET /connection/websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def _masked(payload: bytes) -> bytes:
    """A text frame as a browser sends it; a zero mask leaves the payload as it is."""
    return bytes((0x81, 0x80 | 126)) + len(payload).to_bytes(2, "big") + bytes(4) + payload


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

        seq = await _push(running, broadcast)

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
            seq = await _push(running, broadcast)
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


async def test_history_gives_entries_both_ways(store: Store, servers: Servers) -> None:
    """A limit of 0 asks for the position alone; another epoch cannot be continued."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        last = [await _push(running, broadcast, card) for card in (0, 1, 2)][-1]
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

            await _push(running, broadcast)

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
            await _apply(running, broadcast, viewer)
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

            await _apply(running, broadcast, viewer)

            while (desk := await host.published("desk"))["applications"] != 1:
                pass
            assert [row["name_masked"] for row in desk["newest"]] == ["王**"]


async def test_the_prompter_is_told_of_points_and_note_at_once(store: Store, servers: Servers) -> None:
    """What the host should say does not wait until somebody asks."""
    async with running_gateway(store, servers.valkey_url, poll_seconds=60) as running:
        stage, broadcast = running.store.actions.stage, await a_broadcast(running.store)
        card = (await cards_of(running.store, broadcast))[0]
        await _push(running, broadcast)
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


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def _apply(running: Running, broadcast: BroadcastId, viewer: Viewer, **changes: object) -> dict[str, object]:
    job = (await jobs_of(running.store, broadcast))[0]
    consent = await running.store.actions.applying.consent(running.store.org, broadcast, job)
    application = {
        "key": uuid4(),
        "job_id": job,
        "contact": {"phone": "138 0000 0001", "name": "王师傅"},
        "consent": {"text_sha256": consent.text_sha256},
        **changes,
    }
    answer: dict[str, object] = await viewer.rpc("apply", **application)
    return answer


async def test_applying_is_answered_when_stored_and_again_with_the_same(store: Store, servers: Servers) -> None:
    """The same key from a retry is the same application; `mine` shows it."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, key = await a_broadcast(running.store), uuid4()
        async with await a_viewer(running, broadcast) as viewer:
            stored = await _apply(running, broadcast, viewer, key=key)
            again = await _apply(running, broadcast, viewer, key=key)
            mine = await viewer.rpc("mine")
            withdrawn = await viewer.rpc("withdraw", application_id=stored["application_id"])

            assert (stored["type"], stored["number"], stored["repeated"]) == ("stored", "0001", False)
            assert (again["application_id"], again["repeated"]) == (stored["application_id"], True)
            assert [row["application_id"] for row in mine["applications"]] == [stored["application_id"]]
            assert withdrawn["type"] == "withdrawn"


async def test_what_a_viewer_can_act_on_is_an_answer(store: Store, servers: Servers) -> None:
    """Phone, consent, a full job, a stranger's receipt: refused with code and field, never echoing."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        cards = await cards_of(running.store, broadcast)
        async with await a_viewer(running, broadcast) as viewer:
            phone = await _apply(running, broadcast, viewer, contact={"phone": "12345"})
            consent = await _apply(running, broadcast, viewer, consent={"text_sha256": "0" * 64})
            missing = await viewer.rpc("apply", key=uuid4())
            foreign = await viewer.rpc("withdraw", application_id=uuid4())
            await running.store.actions.stage.set_card_state(store.org, broadcast, cards[0], CardState.FULL, BY)
            full = await _apply(running, broadcast, viewer)

        assert (phone["code"], phone["field"]) == ("phone_invalid", "contact.phone")
        assert "12345" not in json.dumps(phone)
        assert consent["code"] == "consent_missing"
        assert (missing["code"], missing["field"]) == ("bad_input", "job_id")
        assert foreign["code"] == "application_not_found"
        assert full["code"] == "job_full"
        assert {answer["type"] for answer in (phone, consent, missing, foreign, full)} == {"refused"}


async def test_signals_are_answered_after_they_are_counted(store: Store, servers: Servers) -> None:
    """Each page gets the ids of its own events, and its visit is there before them."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        first, second = await a_viewer(running, broadcast), await a_viewer(running, broadcast)
        signals = [await _signal(running, broadcast), await _signal(running, broadcast, "click")]

        answers = await asyncio.gather(
            first.rpc("report", signals=signals[:1]), second.rpc("report", signals=signals[1:])
        )

        assert [answer["event_ids"] for answer in answers] == [[str(signal["event_id"])] for signal in signals]
        async with store.database.transaction(store.org) as tx:
            stored = await tx.fetch("SELECT event_id, fraud FROM audience_event WHERE step IN ('impression', 'click')")
        assert {row["event_id"] for row in stored} == {signal["event_id"] for signal in signals}
        assert {row["fraud"] for row in stored} == {None}
        await first.socket.close()
        await second.socket.close()


async def test_a_bad_signal_harms_only_its_own_page(store: Store, servers: Servers) -> None:
    """A time without zone is refused by its field."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_viewer(running, broadcast) as viewer:
            bad = await viewer.rpc("report", signals=[{**await _signal(running, broadcast), "step": "visit"}])
            good = await viewer.rpc("report", signals=[await _signal(running, broadcast)])

        assert (bad["code"], bad["field"]) == ("bad_input", "signals.0.step")
        assert good["type"] == "counted"


async def test_a_question_is_counted_once_and_everyone_sees_it(store: Store, servers: Servers) -> None:
    """One tap, one device, one count; the counts carry it."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        card = (await cards_of(running.store, broadcast))[0]
        async with await a_viewer(running, broadcast) as viewer, await a_viewer(running, broadcast) as other:
            first = await viewer.rpc("ask", card_id=card, kind=QuestionKind.PAY_DAY.value)
            again = await viewer.rpc("ask", card_id=card, kind=QuestionKind.PAY_DAY.value)

            assert (first["count"], again["count"]) == (1, 1)
            while not (counts := await other.published("counts"))["questions"]:
                pass
            assert counts["questions"] == {str(card): [{"kind": "pay_day", "count": 1}]}


@pytest.mark.parametrize("role", ["host", "prompter", "overlay"])
async def test_the_hosts_side_calls_nothing(store: Store, servers: Servers, role: Role) -> None:
    """It acts over HTTP."""
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(await a_broadcast(running.store), role)
        async with await a_connected(running, token) as client:
            for method in ("apply", "withdraw", "mine", "report", "ask"):
                assert (await client.rpc(method))["error"]["code"] == 103


async def test_unknown_methods_and_commands_are_not_found(store: Store, servers: Servers) -> None:
    """Error 104, and the connection goes on."""
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(await a_broadcast(running.store))
        async with await a_connected(running, token) as viewer:
            assert (await viewer.rpc("push"))["error"]["code"] == 104
            assert (await viewer.ask(publish={"channel": "c", "data": {}}))["error"]["code"] == 104
            assert (await viewer.rpc("mine"))["type"] == "mine"


# ── being closed ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_flood_is_closed(store: Store, servers: Servers) -> None:
    """Ten at once are fine, many more are not."""
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(await a_broadcast(running.store))
        async with await a_connected(running, token) as viewer:
            await viewer.socket.send("\n".join(["{}"] * 50))

            assert await viewer.close_code() == 3013


async def test_pings_are_answered_or_the_connection_is_closed(store: Store, servers: Servers) -> None:
    """A phone in a tunnel does not count as watching for long."""
    async with running_gateway(store, servers.valkey_url, ping_seconds=0.5, pong_seconds=0.2) as running:
        token = running.token(await a_broadcast(running.store))
        async with await a_connected(running, token) as alive, await a_connected(running, token) as dead:
            for _ in range(3):
                while await alive.line() != {}:
                    pass
                await alive.socket.send("{}")

            assert await dead.close_code() == 3012
            assert (await alive.rpc("mine"))["type"] == "mine"


async def test_a_token_is_refreshed_in_band_or_the_connection_ends(store: Store, servers: Servers) -> None:
    """With a fresh token of the same device it goes on; with another's it ends; without one it has its grace."""
    async with running_gateway(store, servers.valkey_url, ping_seconds=0.5) as running:
        broadcast, watcher = await a_broadcast(running.store), a_watcher()
        token = running.token(broadcast, watcher=watcher, seconds=60)
        async with (
            await a_connected(running, token) as refreshed,
            await a_connected(running, token) as stranger,
            await a_connected(running, token) as silent,
        ):
            fresh = running.token(broadcast, watcher=watcher, seconds=600)
            assert (await refreshed.ask(refresh={"token": fresh}))["refresh"]["ttl"] == 600
            await stranger.tell(refresh={"token": running.token(broadcast)})
            assert await stranger.close_code() == 3500
            store.clock.forward(seconds=60 + 26)

            assert await silent.close_code() == 3005
            assert (await refreshed.rpc("mine"))["type"] == "mine"


async def test_a_slow_reader_is_closed_and_the_others_are_untouched(store: Store, servers: Servers) -> None:
    """The slowest phone does not set the pace; it finds the reason when it reads again."""
    tight = running_gateway(store, servers.valkey_url, send_buffer_bytes=4096, max_queued_bytes=16_384)
    async with tight as running:
        broadcast = await a_broadcast(running.store)
        slow = await _a_viewer_that_does_not_read(running, broadcast)
        async with await a_viewer(running, broadcast) as quick:
            pushed: list[int] = []
            while not running.registry.get_sample_value("stream_jobs_slow_closes_total"):
                pushed.append(await _push(running, broadcast, len(pushed) % 2))
                assert len(pushed) < 200

            assert [(await quick.published("card_pushed"))["seq"] for _ in pushed] == pushed
        with slow:
            received = await asyncio.to_thread(_read_all, slow)
        assert (3008).to_bytes(2, "big") + b"slow" in received


async def _a_viewer_that_does_not_read(running: Running, broadcast: BroadcastId) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(PATIENCE)
    await asyncio.to_thread(sock.connect, (running.host, running.port))
    sock.sendall(_upgrade("x"))
    commands = [{"id": 1, "connect": {"token": running.token(broadcast)}}]
    commands.append({"id": 2, "subscribe": {"channel": f"broadcast:{broadcast}"}})
    sock.sendall(_masked("\n".join(map(json.dumps, commands)).encode()))
    return sock


def _read_all(sock: socket.socket) -> bytes:
    received = b""
    try:
        while b"slow" not in received and (data := sock.recv(65536)):
            received += data
    except ConnectionResetError:
        pass
    return received


async def test_a_draining_server_closes_everyone_and_lets_nobody_in(store: Store, servers: Servers) -> None:
    """Viewers are told, reports are answered, and it is written who left when."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        viewers = [await a_viewer(running, broadcast) for _ in range(3)]
        report = await viewers[0].tell(
            rpc={"method": "report", "data": {"signals": [_text(await _signal(running, broadcast))]}}
        )
        await viewers[0].ask(presence_stats={"channel": f"broadcast:{broadcast}"})

        draining = asyncio.ensure_future(running.gateway.drain(5))

        lines = [await viewers[0].line() for _ in range(2)]
        assert report in [line.get("id") for line in lines]
        assert (await viewers[1].published("shutdown"))["type"] == "shutdown"
        assert [await viewer.close_code() for viewer in viewers] == [3001] * 3
        await draining
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.socket_url)
        assert refused.value.response.status_code == 503
        async with store.database.transaction(store.org) as tx:
            rows = await tx.fetch("SELECT from_at, to_at FROM visit_interval WHERE broadcast_id = $1", broadcast)
        assert len(rows) == 3
        assert all(row["to_at"] is not None for row in rows)


def _text(signal: dict[str, object]) -> dict[str, object]:
    return {name: str(value) for name, value in signal.items()}


# ── presence ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reconnect_is_another_interval_of_the_same_visit(store: Store, servers: Servers) -> None:
    """One page load is one visit, however often its line breaks."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, watcher = await a_broadcast(running.store), a_watcher()
        for _ in range(2):
            async with await a_viewer(running, broadcast, watcher=watcher):
                store.clock.forward(seconds=30)
            store.clock.forward(seconds=5)

        async def written() -> bool:
            async with store.database.transaction(store.org) as tx:
                visits = await tx.fetchval("SELECT count(*) FROM visit WHERE broadcast_id = $1", broadcast)
                seconds = await tx.fetch(
                    "SELECT to_at - from_at AS long FROM visit_interval WHERE broadcast_id = $1", broadcast
                )
            return visits == 1 and [row["long"] and row["long"].total_seconds() for row in seconds] == [30, 30]

        await eventually(written)


async def test_the_connections_are_counted_by_role(store: Store, servers: Servers) -> None:
    """The gauge goes up and down with them."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_viewer(running, broadcast):
            assert running.registry.get_sample_value("stream_jobs_connections", {"role": "viewer"}) == 1

        async def gone() -> bool:
            return running.registry.get_sample_value("stream_jobs_connections", {"role": "viewer"}) == 0

        await eventually(gone)


async def test_nobody_who_left_is_pinged_any_more(store: Store, servers: Servers) -> None:
    """Connections closed by either end would else be kept, and pinged in vain, for as long as the worker runs."""
    async with running_gateway(store, servers.valkey_url, max_frame_bytes=1024) as running:
        broadcast, heartbeat = await a_broadcast(running.store), running.gateway.heartbeat
        leaving, thrown_out = [await a_viewer(running, broadcast) for _ in range(2)]
        assert len(heartbeat) == 2

        async def held(count: int) -> bool:
            return len(heartbeat) == count

        await leaving.socket.close()
        await eventually(lambda: held(1))
        await thrown_out.socket.send("x" * 2048)
        await eventually(lambda: held(0))


async def test_viewers_of_other_workers_are_counted_too(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a page shows is everyone, wherever they are connected."""
    monkeypatch.setattr(presence, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(figures, "SECONDS_UNTIL_ELSEWHERE_IS_ASKED", 0.1)
    async with (
        running_gateway(store, servers.valkey_url) as here,
        running_gateway(store, servers.valkey_url) as there,
    ):
        broadcast = await a_broadcast(here.store)
        async with await a_viewer(here, broadcast) as near, await a_viewer(there, broadcast):
            while (await near.published("counts"))["watching"] != 2:
                pass


async def test_an_empty_room_goes_away_and_opens_again(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that runs for months holds only the shows somebody watches."""
    monkeypatch.setattr(room, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(room, "SWEEP_SECONDS", 0.05)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)

        async def rooms(count: int) -> bool:
            return running.registry.get_sample_value("stream_jobs_rooms") == count

        for _ in range(2):
            async with await a_viewer(running, broadcast) as viewer:
                await eventually(lambda: rooms(1))
                seq = await _push(running, broadcast)
                assert (await viewer.publication("card_pushed"))["offset"] == seq
            await eventually(lambda: rooms(0))
            await running.store.actions.stage.withdraw(
                store.org, broadcast, (await cards_of(running.store, broadcast))[0], BY, uuid4()
            )

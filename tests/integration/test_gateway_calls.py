"""What a page calls over its socket, and how it is answered."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from realtime import client as client_module
from realtime import presence
from stream_jobs.domain.events import QuestionKind
from stream_jobs.domain.model import CardState
from stream_jobs.embedded import Servers
from stream_jobs.tokens import Role
from tests.builders import BY, Store, a_broadcast, a_watcher, cards_of
from tests.clients import (
    a_connected,
    a_signal,
    a_viewer,
    apply_by_socket,
    running_gateway,
)
from tests.site import a_site


async def test_applying_is_answered_when_stored_and_again_with_the_same(store: Store, servers: Servers) -> None:
    """The same key from a retry is the same application; `mine` shows it."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, key = await a_broadcast(running.store), uuid4()
        async with await a_viewer(running, broadcast) as viewer:
            stored = await apply_by_socket(running, broadcast, viewer, key=key)
            again = await apply_by_socket(running, broadcast, viewer, key=key)
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
            phone = await apply_by_socket(running, broadcast, viewer, contact={"phone": "12345"})
            consent = await apply_by_socket(running, broadcast, viewer, consent={"text_sha256": "0" * 64})
            missing = await viewer.rpc("apply", key=uuid4())
            foreign = await viewer.rpc("withdraw", application_id=uuid4())
            await running.store.actions.stage.set_card_state(store.org, broadcast, cards[0], CardState.FULL, BY)
            full = await apply_by_socket(running, broadcast, viewer)

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
        signals = [await a_signal(running, broadcast, step) for step in ("apply_start", "click")]

        answers = await asyncio.gather(
            first.rpc("report", signals=signals[:1]), second.rpc("report", signals=signals[1:])
        )

        assert [answer["event_ids"] for answer in answers] == [[str(signal["event_id"])] for signal in signals]
        async with store.database.transaction(store.org) as tx:
            stored = await tx.fetch("SELECT event_id, fraud FROM audience_event WHERE step IN ('apply_start', 'click')")
        assert {str(row["event_id"]) for row in stored} == {signal["event_id"] for signal in signals}
        assert {row["fraud"] for row in stored} == {None}
        await first.socket.close()
        await second.socket.close()


async def test_who_reports_by_a_request_right_after_connecting_was_there(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are written once a second: signals that came before that were fraud, for good."""
    monkeypatch.setattr(presence, "FLUSH_SECONDS", 3600)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, watcher = await a_broadcast(running.store), a_watcher()
        headers = {"Authorization": f"Bearer {running.token(broadcast, watcher=watcher)}"}
        body = {"signals": [await a_signal(running, broadcast, "click")]}
        async with (
            a_site(running.store, visits_written=running.gateway.visits_written) as site,
            await a_viewer(running, broadcast, watcher=watcher),
        ):
            answer = await site.ask("POST", f"/api/v1/broadcasts/{broadcast}/signals", json=body, headers=headers)

        assert await answer.json() == {"event_ids": [body["signals"][0]["event_id"]]}
        async with store.database.transaction(store.org) as tx:
            stored = await tx.fetch("SELECT fraud FROM audience_event WHERE step = 'click'")
        assert [row["fraud"] for row in stored] == [None]


async def test_a_bad_signal_harms_only_its_own_page(store: Store, servers: Servers) -> None:
    """A time without zone is refused by its field."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_viewer(running, broadcast) as viewer:
            bad = await viewer.rpc("report", signals=[{**await a_signal(running, broadcast), "step": "visit"}])
            good = await viewer.rpc("report", signals=[await a_signal(running, broadcast)])

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


async def test_calls_over_the_pace_are_told_when_to_come_again_and_a_flood_is_closed(
    store: Store, servers: Servers
) -> None:
    """Twelve at once: some wait a little, and the line stays; whoever goes on all the same is closed."""
    calls = [json.dumps({"id": 100 + nth, "rpc": {"method": "mine", "data": {}}}) for nth in range(80)]
    answers: list[dict[str, Any]] = []
    async with (
        running_gateway(store, servers.valkey_url) as running,
        await a_viewer(running, await a_broadcast(running.store)) as viewer,
    ):
        await viewer.socket.send("\n".join(calls[:12]))
        while len(answers) < 12:
            line = await viewer.line()
            answers += [line["rpc"]["data"]] if line.get("id", 0) >= 100 else []
        await viewer.socket.send("\n".join(calls[12:]))
        code = await viewer.close_code()

    refused = [answer for answer in answers if answer["type"] == "refused"]
    assert 2 <= len(refused) <= 6
    assert {(answer["code"], answer["retry_after_seconds"] >= 1) for answer in refused} == {("too_many", True)}
    assert code == 3013


async def test_more_calls_than_are_worked_on_at_once_are_told_when_to_come_again(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer, not a fault of the protocol."""
    monkeypatch.setattr(client_module, "CALLS_AT_ONCE", 0)
    async with (
        running_gateway(store, servers.valkey_url) as running,
        await a_viewer(running, await a_broadcast(running.store)) as viewer,
    ):
        answer = await viewer.rpc("mine")

    assert (answer["type"], answer["code"], answer["retry_after_seconds"]) == ("refused", "too_many", 1)


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

"""Every call, channel and command of the socket, tried as everyone; made from the message union and the roles."""

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from realtime.protocol import VIEWER_METHODS, ChannelKind, Command, ViewerCall
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.embedded import Servers
from stream_jobs.tokens import Identity, Role
from tests.builders import Store, a_broadcast, a_watcher, apply, cards_of, jobs_of
from tests.clients import Running, a_connected, a_socket, running_gateway

CALLS = {call.model_fields["method"].default for call in get_args(get_args(ViewerCall)[0])}
ROLES: tuple[Role, ...] = get_args(Role)
KINDS: tuple[ChannelKind, ...] = get_args(ChannelKind)
DENIED = 103

# Who may follow what of the show that their token names; of any other show nobody may follow anything.
FOLLOWS: Mapping[ChannelKind, set[Role]] = {
    "broadcast": {"viewer", "host", "prompter", "overlay"},
    "desk": {"host", "prompter"},
}


async def bodies(store: Store, broadcast: BroadcastId) -> dict[str, dict[str, Any]]:
    """A call of each kind that the right person is answered."""
    card, job = (await cards_of(store, broadcast))[0], (await jobs_of(store, broadcast))[0]
    consent = (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256
    signal = {"event_id": str(uuid4()), "step": "click", "card_id": str(card), "at": store.clock().isoformat()}
    return {
        "apply": {
            "key": str(uuid4()),
            "job_id": str(job),
            "contact": {"phone": "13800000001"},
            "consent": {"text_sha256": consent},
        },
        "withdraw": {"application_id": str(uuid4())},
        "mine": {},
        "report": {"signals": [signal]},
        "ask": {"card_id": str(card), "kind": "dorm"},
        "ask_code": {"phone": "13800000001"},
        "confirm_code": {"phone": "13800000001", "code": "000000"},
    }


def outcome(reply: dict[str, Any]) -> object:
    """An error's code, or that it was answered."""
    return reply["error"]["code"] if "error" in reply else "answered"


@pytest.mark.parametrize("role", ROLES)
async def test_every_call_is_the_viewers_alone(store: Store, servers: Servers, role: Role) -> None:
    """Made from the union: a call that is added is tried as every role the same day."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        tried = await bodies(running.store, broadcast)
        assert set(tried) == CALLS == VIEWER_METHODS, "a call without a body here"
        async with await a_connected(running, running.token(broadcast, role)) as someone:
            replies = {
                method: await someone.ask(rpc={"method": method, "data": body}) for method, body in tried.items()
            }

    assert {method: outcome(reply) for method, reply in replies.items()} == dict.fromkeys(
        CALLS, "answered" if role == "viewer" else DENIED
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", ROLES)
async def test_every_channel_is_for_who_may_follow_it(
    store: Store, servers: Servers, role: Role, kind: ChannelKind
) -> None:
    """Of their own show; another show's channel is refused whether that show exists or not."""
    async with running_gateway(store, servers.valkey_url) as running:
        own, other = await a_broadcast(running.store, jobs=1), await a_broadcast(running.store, jobs=1)
        async with await a_connected(running, running.token(own, role)) as someone:
            replies = {
                show: await someone.ask(subscribe={"channel": f"{kind}:{show}"}) for show in (own, other, uuid4())
            }
            commands = {
                command: await someone.ask(**{command: {"channel": f"{kind}:{other}"}})
                for command in ("presence_stats", "history")
            }

    mine, *foreign = replies.values()
    assert outcome(mine) == ("answered" if role in FOLLOWS[kind] else DENIED)
    assert [outcome(reply) for reply in (*foreign, *commands.values())] == [DENIED] * 4
    assert [reply["error"] for reply in foreign] == [foreign[0]["error"]] * 2


def test_every_command_of_the_protocol_is_tried_here_or_changes_nothing() -> None:
    """A command that is added must be tried as everyone too."""
    tried = {"connect", "subscribe", "rpc", "presence_stats", "history", "refresh"}
    harmless = {"unsubscribe"}

    assert set(Command.model_fields) - {"id"} == tried | harmless


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_connects_with_a_token_that_is_over_or_not_ours(
    store: Store, servers: Servers, role: Role
) -> None:
    """An expired one may be replaced; a made-up one ends it."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store, jobs=1)
        token = running.token(broadcast, role, seconds=60)
        head, claims, signature = token.split(".")
        store.clock.forward(seconds=60)
        async with await a_socket(running) as late:
            assert outcome(await late.ask(connect={"token": token})) == 109
        for made_up in (f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims}.", "", "x"):
            async with await a_socket(running) as forger:
                await forger.tell(connect={"token": made_up})
                assert await forger.close_code() == 3500


@pytest.mark.parametrize("role", [role for role in ROLES if role != "viewer"])
async def test_who_was_revoked_connects_no_more(store: Store, servers: Servers, role: Role) -> None:
    """The token is still good; the session or link behind it is not."""

    async def nobody(identity: Identity) -> bool:
        return identity.role == "viewer"

    async with running_gateway(store, servers.valkey_url, access=nobody) as running:
        broadcast = await a_broadcast(running.store, jobs=1)
        async with await a_socket(running) as someone:
            refused = await someone.ask(connect={"token": running.token(broadcast, role)})
            after = await someone.ask(subscribe={"channel": f"desk:{broadcast}"})

    assert (outcome(refused), outcome(after)) == (DENIED, 101)


@pytest.mark.parametrize("role", ROLES)
async def test_a_refresh_cannot_make_somebody_else_of_a_connection(store: Store, servers: Servers, role: Role) -> None:
    """Not another role, another show, nor another device."""
    async with running_gateway(store, servers.valkey_url) as running:
        own, other = await a_broadcast(running.store, jobs=1), await a_broadcast(running.store, jobs=1)
        watcher = a_watcher()
        strangers = [running.token(own, one, watcher=a_watcher()) for one in ROLES if one != role or one == "viewer"]
        for token in (*strangers, running.token(other, role, watcher=watcher)):
            async with await a_connected(running, running.token(own, role, watcher=watcher)) as someone:
                await someone.tell(refresh={"token": token})
                assert await someone.close_code() == 3500


async def test_what_is_another_shows_or_viewers_looks_like_what_is_missing(store: Store, servers: Servers) -> None:
    """A job, card or application of somebody else's is refused in the words of one that never was."""
    async with running_gateway(store, servers.valkey_url) as running:
        own, other = await a_broadcast(running.store), await a_broadcast(running.store)
        foreign = {
            "apply": ("job_id", (await jobs_of(running.store, other))[0]),
            "ask": ("card_id", (await cards_of(running.store, other))[0]),
            "withdraw": ("application_id", await _somebodys_application(running, own)),
        }
        tried = await bodies(running.store, own)
        async with await a_connected(running, running.token(own)) as someone:
            for method, (field, id_) in foreign.items():
                said = [await someone.rpc(method, **{**tried[method], field: str(named)}) for named in (id_, uuid4())]

                assert said[0]["type"] == "refused"
                assert said[0] == said[1]
            assert (await someone.rpc("mine"))["applications"] == []


async def _somebodys_application(running: Running, broadcast: BroadcastId) -> UUID:
    receipt = await apply(running.store, broadcast, (await jobs_of(running.store, broadcast))[0])
    return receipt.receipt_id

"""The gateway against the client protocol: each command is answered once, under its id, or ends the line."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.embedded import Servers
from tests.builders import a_broadcast, a_watcher
from tests.clients import Running, a_connected, a_socket
from tests.sockets import CLOSE, TEXT, a_close, a_frame, a_gateway_of_its_own, an_open_socket

OVER = {"id": 4_000_000_000, "rpc": {"method": "over"}}
"""Asks for nothing there is: whatever was said before has been heard when it is answered."""


@pytest_asyncio.fixture(scope="module")
async def running(servers: Servers, template: str) -> AsyncIterator[Running]:
    async with a_gateway_of_its_own(servers, template) as started:
        yield started


@pytest_asyncio.fixture(scope="module")
async def broadcast(running: Running) -> BroadcastId:
    return await a_broadcast(running.store)


@pytest.fixture
def watcher() -> Watcher:
    return a_watcher()


async def _told(
    running: Running, broadcast: BroadcastId, watcher: Watcher, sent: str, wanted: int, *, connects: bool = True
) -> list[str]:
    """What so many commands of one message are answered, or how the line ends; pushes are no answers."""
    said: list[str] = []
    token = running.token(broadcast, watcher=watcher)
    async with await an_open_socket(running) as socket:
        if connects:
            await socket.send(a_frame(TEXT, json.dumps({"id": 1, "connect": {"token": token}}).encode()))
            await socket.frame()
        text = sent.replace("<stage>", f"broadcast:{broadcast}").replace("<desk>", f"desk:{broadcast}")
        await socket.send(a_frame(TEXT, text.replace("<token>", token).encode()))
        while len(said) < wanted and (heard := await socket.frame()):
            if heard[0] == CLOSE:
                said.append(f"close {int.from_bytes(heard[1][:2], 'big')}")
                await socket.send(a_close(1000))
            else:
                said += [_outcome(reply) for reply in map(json.loads, heard[1].split(b"\n")) if "id" in reply]
    return said


def _outcome(reply: dict[str, Any]) -> str:
    fault = reply.pop("error", None)
    return f"{reply.pop('id')} {fault['code'] if fault else next(iter(reply))}"


SUBSCRIBE = '{"id":2,"subscribe":{"channel":"<stage>"}}'
UNSUBSCRIBE = '{"id":3,"unsubscribe":{"channel":"<stage>"}}'
ANSWERED = {
    "one": (SUBSCRIBE, ["2 subscribe"]),
    "with what SDKs add": (
        '{"id":2,"subscribe":{"channel":"<stage>","flag":1,"positioned":true,"tf":{"a":[1]}},"x":{"y":1}}',
        ["2 subscribe"],
    ),
    "several": (
        f'{SUBSCRIBE}\n{{"id":3,"presence_stats":{{"channel":"<stage>"}}}}\n{{"id":4,"rpc":{{"method":"mine"}}}}',
        ["2 subscribe", "3 presence_stats", "4 rpc"],
    ),
    "empty lines between, and pongs": (f"\n{{}}\n\n{UNSUBSCRIBE}\n\r\n{{}}\n", ["3 unsubscribe"]),
    "the largest id": ('{"id":4294967295,"rpc":{"method":"mine"}}', ["4294967295 rpc"]),
    "an id used again": (f"{UNSUBSCRIBE}\n{UNSUBSCRIBE}", ["3 unsubscribe", "3 unsubscribe"]),
    "subscribed twice at once": (f"{SUBSCRIBE}\n" + SUBSCRIBE.replace("2", "3", 1), ["2 subscribe", "3 105"]),
    "left what was never followed": ('{"id":3,"unsubscribe":{"channel":"chat:1"}}', ["3 unsubscribe"]),
    "history of what is not followed": ('{"id":3,"history":{"channel":"<stage>","limit":1}}', ["3 103"]),
    "presence of what is not followed": ('{"id":3,"presence_stats":{"channel":"<stage>"}}', ["3 103"]),
    "the desk": ('{"id":3,"subscribe":{"channel":"<desk>"}}', ["3 103"]),
    "no such channel": ('{"id":3,"subscribe":{"channel":"<stage>x"}}', ["3 102"]),
    "an rpc there is not": ('{"id":3,"rpc":{"method":"Mine"}}', ["3 104"]),
    "an rpc without a name": ('{"id":3,"rpc":{"method":""}}', ["3 104"]),
    **{
        f"command {name}": (f'{{"id":3,"{name}":{{"channel":"<stage>"}}}}', ["3 104"])
        for name in ("publish", "presence", "send", "ping", "sub_refresh", "")
    },
    "no command": ('{"id":3}', ["3 104"]),
    "a good refresh": ('{"id":3,"refresh":{"token":"<token>"}}', ["3 refresh"]),
}


@pytest.mark.parametrize(("sent", "told"), ANSWERED.values(), ids=ANSWERED)
async def test_each_command_is_answered_once(
    running: Running, broadcast: BroadcastId, watcher: Watcher, sent: str, told: list[str]
) -> None:
    """In a message of its own or with others; what waits for the database may come after what does not."""
    over = f"{sent}\n{json.dumps(OVER)}"

    heard = await _told(running, broadcast, watcher, over, len(told) + 1)

    assert sorted(heard) == sorted([*told, f"{OVER['id']} 104"])


LEFT = {
    "left": (f"{SUBSCRIBE}\n{UNSUBSCRIBE}", ["2 108", "3 unsubscribe"]),
    "left and back": (
        f"{SUBSCRIBE}\n{UNSUBSCRIBE}\n" + SUBSCRIBE.replace("2", "4", 1),
        ["2 108", "3 unsubscribe", "4 subscribe"],
    ),
}


@pytest.mark.parametrize(("sent", "told"), LEFT.values(), ids=LEFT)
async def test_who_leaves_before_it_was_answered_is_answered_all_the_same(
    running: Running, watcher: Watcher, sent: str, told: list[str]
) -> None:
    """A show that nobody watched has to be read first; nobody waits for an answer that never comes."""
    unwatched = await a_broadcast(running.store)

    assert sorted(await _told(running, unwatched, watcher, sent, len(told))) == told


async def test_who_leaves_the_desk_before_it_was_answered_is_answered_all_the_same(running: Running) -> None:
    """The desk is read first, too."""
    unwatched = await a_broadcast(running.store)
    desk = {"channel": f"desk:{unwatched}"}
    async with await a_connected(running, running.token(unwatched, "host")) as host:
        await host.socket.send(
            "\n".join(map(json.dumps, ({"id": 2, "subscribe": desk}, {"id": 3, "unsubscribe": desk})))
        )

        assert sorted([_outcome(await host.line()) for _ in range(2)]) == ["2 108", "3 unsubscribe"]


ENDED = {
    "no JSON": ("hello", 3501),
    "no object": ("[]", 3501),
    "nothing": ("", 3501),
    "cut off": ('{"id":2,"subscribe":{"channel":"<stage>"', 3501),
    "one bad among good": (f"{SUBSCRIBE}\n{{\n{UNSUBSCRIBE}", 3501),
    "two on one line": (f"{SUBSCRIBE} {UNSUBSCRIBE}", 3501),
    "no id": ('{"subscribe":{"channel":"<stage>"}}', 3501),
    "id 0": ('{"id":0,"rpc":{"method":"mine"}}', 3501),
    "id below 0": ('{"id":-1,"rpc":{"method":"mine"}}', 3501),
    "id too large": ('{"id":4294967296,"rpc":{"method":"mine"}}', 3501),
    "id that is no number": ('{"id":"x","rpc":{"method":"mine"}}', 3501),
    "half an id": ('{"id":1.5,"rpc":{"method":"mine"}}', 3501),
    "no channel": ('{"id":2,"subscribe":{}}', 3501),
    "a channel that is no text": ('{"id":2,"subscribe":{"channel":7}}', 3501),
    "an offset that is none": ('{"id":2,"subscribe":{"channel":"<stage>","recover":true,"offset":"many"}}', 3501),
    "no method": ('{"id":2,"rpc":{}}', 3501),
    "deeper than anybody nests": ('{"id":2,"rpc":{"method":"mine","data":' + "[" * 3000, 3501),
    "a second connect": ('{"id":2,"connect":{"token":"<token>"}}', 3501),
    "refreshed with nothing": ('{"id":2,"refresh":{}}', 3500),
    "refreshed with no token of ours": ('{"id":2,"refresh":{"token":"x"}}', 3500),
    "eleven at once": ("\n".join(['{"id":2,"unsubscribe":{"channel":"x"}}'] * 12), 3013),
}


@pytest.mark.parametrize(("sent", "code"), ENDED.values(), ids=ENDED)
async def test_what_is_no_command_ends_the_line(
    running: Running, broadcast: BroadcastId, watcher: Watcher, sent: str, code: int
) -> None:
    """With its code; of a message that cannot be read nothing is done."""
    heard = await _told(running, broadcast, watcher, sent, 100)

    assert heard[-1] == f"close {code}"
    assert code == 3013 or len(heard) == 1


BEFORE = {
    "connect and subscribe together": (
        '{"id":1,"connect":{"token":"<token>"}}\n' + SUBSCRIBE,
        ["1 connect", "2 subscribe"],
    ),
    "subscribe first": (SUBSCRIBE, ["close 3501"]),
    "refresh first": ('{"id":1,"refresh":{"token":"<token>"}}', ["close 3501"]),
    "an unknown command first": ('{"id":1,"ping":{}}', ["close 3501"]),
    "a pong first": ('{}\n{"id":1,"connect":{"token":"<token>"}}', ["1 connect"]),
    "no token, and a subscribe with it": ('{"id":1,"connect":{}}\n' + SUBSCRIBE, ["close 3500"]),
}


@pytest.mark.parametrize(("sent", "told"), BEFORE.values(), ids=BEFORE)
async def test_the_first_command_says_who_speaks(
    running: Running, broadcast: BroadcastId, watcher: Watcher, sent: str, told: list[str]
) -> None:
    """SDKs send their subscribes along with it."""
    assert await _told(running, broadcast, watcher, sent, len(told), connects=False) == told


async def test_the_hosts_commands_wait_until_its_session_is_known(running: Running, broadcast: BroadcastId) -> None:
    """They are answered in their order, the connect first."""
    commands: list[dict[str, Any]] = [
        {"id": 1, "connect": {"token": running.token(broadcast, "host")}},
        {"id": 2, "subscribe": {"channel": f"desk:{broadcast}"}},
        {"id": 3, "rpc": {"method": "mine"}},
        {"id": 4, "unsubscribe": {"channel": f"broadcast:{broadcast}"}},
    ]
    async with await a_socket(running) as host:
        await host.socket.send("\n".join(map(json.dumps, commands)))

        replies = [line for line in [await host.line() for _ in range(4)] if "id" in line]

    assert replies[0]["id"] == 1
    assert sorted(_outcome(reply) for reply in replies) == ["1 connect", "2 subscribe", "3 103", "4 unsubscribe"]


async def test_a_refresh_with_a_token_that_is_over_is_an_error_and_the_line_goes_on(
    running: Running, broadcast: BroadcastId, watcher: Watcher
) -> None:
    """The page gets another one in time."""
    async with await a_connected(running, running.token(broadcast, watcher=watcher)) as viewer:
        over = await viewer.ask(refresh={"token": running.token(broadcast, watcher=watcher, seconds=-1)})
        good = await viewer.ask(refresh={"token": running.token(broadcast, watcher=watcher, seconds=300)})

    assert (over["error"]["code"], good["refresh"]["ttl"]) == (109, 300)


@pytest.mark.parametrize("whose", ["another device's", "another show's", "another role's"])
async def test_a_refresh_with_somebody_elses_token_ends_the_line(
    running: Running, broadcast: BroadcastId, watcher: Watcher, whose: str
) -> None:
    """One line is one person at one show."""
    tokens = {
        "another device's": running.token(broadcast),
        "another show's": running.token(BroadcastId(UUID(int=uuid4().int)), watcher=watcher),
        "another role's": running.token(broadcast, "host", watcher=watcher),
    }
    async with await a_connected(running, running.token(broadcast, watcher=watcher)) as viewer:
        await viewer.tell(refresh={"token": tokens[whose]})

        assert await viewer.close_code() == 3500

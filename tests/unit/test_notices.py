"""Messages to telephones: signed, sent to a public address alone, and in words a person understands."""

import base64
import hmac
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from stream_jobs.domain.errors import NoticeRefused, NoticesUnavailable, SettingInvalid
from stream_jobs.domain.notices import NoticeKind, notice_text
from stream_jobs.notices import ConsoleNotices, WebhookNotices
from stream_jobs.notices.address import AddressForbidden, PublicResolver, may_be_called

KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()
PHONE = "+8613800000001"
PARAMS = {"organisation": "示例县人社局", "code": "314159", "minutes": "5"}
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)

INSIDE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "::127.0.0.1",
    "2001:db8::1",
    "100::1",
    "fe80::1%1",
    "0x7f000001",
    "127.1",
    "2130706433",
    "017700000001",
    "nonsense",
]


@asynccontextmanager
async def a_gateway(
    status: int = 200, body: bytes = b"", **headers: str
) -> AsyncIterator[tuple[BaseTestServer, list[Any]]]:
    got: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        got.append((request.path, request.headers.copy(), await request.read()))
        return web.Response(status=status, body=body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", take)
    async with TestServer(app) as server:
        yield server, got


def _to(server: BaseTestServer) -> WebhookNotices:
    return WebhookNotices(str(server.make_url("/sms")), SECRET, loopback=True, clock=lambda: NOW)


async def test_a_message_is_signed_as_standard_webhooks_say() -> None:
    """The gateway can check who sent it, when, and that nothing was changed."""
    message = uuid4()
    async with a_gateway() as (server, got):
        await _to(server).send(NoticeKind.ONE_TIME_CODE, PHONE, PARAMS, message_id=message)
    ((path, headers, body),) = got

    said = f"{message}.{int(NOW.timestamp())}.".encode() + body
    mac = base64.b64encode(hmac.digest(KEY, said, "sha256")).decode()
    assert (path, headers["webhook-id"]) == ("/sms", str(message))
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert "验证码314159" in body.decode() and PHONE in body.decode()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, NoticesUnavailable),
        (503, NoticesUnavailable),
        (429, NoticesUnavailable),
        (400, NoticeRefused),
        (302, NoticeRefused),
    ],
)
async def test_a_gateway_that_did_not_take_it_says_whether_to_try_again(status: int, error: type[Exception]) -> None:
    """Work is tried again only where that can help; a redirect is not followed."""
    async with a_gateway(status, Location="/elsewhere") as (server, got):
        with pytest.raises(error):
            await _to(server).send(NoticeKind.ONE_TIME_CODE, PHONE, PARAMS)

    assert [path for path, _, _ in got] == ["/sms"]


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    """64 KiB are enough to say yes."""
    async with a_gateway(200, b"x" * (8 << 20)) as (server, _):
        await _to(server).send(NoticeKind.ONE_TIME_CODE, PHONE, PARAMS)


async def test_a_gateway_nobody_listens_at_is_away() -> None:
    """And the error names no number and no address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        notices = WebhookNotices(f"http://127.0.0.1:{free.getsockname()[1]}/", SECRET, loopback=True)

        with pytest.raises(NoticesUnavailable) as raised:
            await notices.send(NoticeKind.ONE_TIME_CODE, PHONE, PARAMS)

    assert "138" not in str(raised.value) and raised.value.__cause__ is None


@pytest.mark.parametrize("address", INSIDE)
def test_no_request_goes_to_an_address_inside(address: str) -> None:
    """However it is written, and whatever it stands for."""
    assert not may_be_called(address, loopback=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "2400:3200::1", "223.5.5.5"])
def test_public_addresses_may_be_called(address: str) -> None:
    """The check above can pass."""
    assert may_be_called(address, loopback=False)
    assert not may_be_called(address, loopback=True)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433"])
async def test_a_name_that_leads_inside_is_not_called(host: str) -> None:
    """The resolver checks what it found and gives out exactly that."""
    with pytest.raises(AddressForbidden):
        await PublicResolver(loopback=False).resolve(host, 443)


async def test_a_gateway_whose_name_leads_inside_is_refused_and_not_reached() -> None:
    """An https name that points at this machine."""
    notices = WebhookNotices("https://localhost/sms", SECRET)

    with pytest.raises(NoticeRefused):
        await notices.send(NoticeKind.ONE_TIME_CODE, PHONE, PARAMS)


@pytest.mark.parametrize(
    "url",
    [
        "http://sms.example.cn/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://user:pass@sms.example.cn/",
        "ftp://sms.example.cn/",
        "https://",
        "https://sms.example.cn:99999/",
    ],
)
def test_an_address_that_must_not_be_called_is_refused_at_the_start(url: str) -> None:
    """Whoever starts the server is told, not whoever waits for a code."""
    with pytest.raises(SettingInvalid):
        WebhookNotices(url, SECRET)


@pytest.mark.parametrize("secret", ["", "abc8", "whsec_" + base64.b64encode(b"k" * 23).decode(), "whsec_ü"])
def test_a_weak_secret_is_refused_at_the_start(secret: str) -> None:
    """And never echoed."""
    with pytest.raises(SettingInvalid) as raised:
        WebhookNotices("https://sms.example.cn/", secret)

    assert not secret or secret not in str(raised.value)


async def test_without_a_gateway_messages_appear_in_the_terminal_with_a_masked_number() -> None:
    """A one-time code can be tried on a laptop."""
    out = io.StringIO()
    await ConsoleNotices(out).send(NoticeKind.ONE_TIME_CODE, PHONE, PARAMS)

    assert "138****0001" in out.getvalue() and "314159" in out.getvalue() and PHONE not in out.getvalue()


def test_a_name_somebody_typed_cannot_push_the_rest_out_of_the_message() -> None:
    """Long names are cut, line breaks are gone."""
    said = notice_text(NoticeKind.ONE_TIME_CODE, {**PARAMS, "organisation": "某" * 500})

    assert len(said) < 80 and "314159" in said

"""Any SMS gateway behind a signed HTTP request (Standard Webhooks 1.0)."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from stream_jobs.clock import utc_now
from stream_jobs.domain.errors import NoticeRefused, NoticesUnavailable, SettingInvalid
from stream_jobs.domain.notices import NoticeKind, notice_text
from stream_jobs.notices.address import AddressForbidden, PublicResolver, may_be_called
from stream_jobs.ports import Clock

SECONDS = 5
MOST_ANSWER_BYTES = 64 * 1024
LEAST_SECRET_BYTES = 24
# Too many, too early, too slow: trying again helps, as it does from 500 on.
AGAIN = (408, 409, 425, 429)


class WebhookNotices:
    """Posts each message as JSON with webhook-id, webhook-timestamp and webhook-signature.

    Never follows a redirect, and never calls an address inside a network: only `loopback` lets it call this machine,
    and then nothing else. A session a message: messages are rare, and a kept connection would outlive its address.
    """

    reaches_phones = True

    def __init__(self, url: str, secret: str, *, loopback: bool = False, clock: Clock = utc_now) -> None:
        """Raises SettingInvalid."""
        self._url = url
        self._key = _key(secret)
        self._clock = clock
        self._loopback = _checked(url, loopback)

    async def send(
        self, kind: NoticeKind, phone: str, text_params: Mapping[str, str], *, message_id: UUID | None = None
    ) -> None:
        now = self._clock()
        said = {"kind": kind.value, "phone": phone, "params": dict(text_params), "text": notice_text(kind, text_params)}
        body = json.dumps({"type": "notice", "timestamp": now.isoformat(), "data": said}, ensure_ascii=False).encode()
        status = await self._post(body, signed(self._key, message_id or uuid4(), now, body))
        if status >= 500 or status in AGAIN:
            raise NoticesUnavailable(retry_after_seconds=30)
        if not 200 <= status < 300:
            raise NoticeRefused

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> int:
        connector = TCPConnector(resolver=PublicResolver(loopback=self._loopback), use_dns_cache=False, limit=1)
        try:
            async with (
                ClientSession(
                    connector=connector, timeout=ClientTimeout(total=SECONDS), trust_env=False, auto_decompress=False
                ) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                await response.content.read(MOST_ANSWER_BYTES)
                return response.status
        except AddressForbidden:
            raise NoticeRefused("The message gateway's name leads to an address inside; it is not called") from None
        except (ClientError, OSError, TimeoutError) as error:
            if isinstance(error.__cause__, AddressForbidden):
                raise NoticeRefused from None
            raise NoticesUnavailable(retry_after_seconds=30) from None


def signed(key: bytes, message_id: UUID, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256(key, id ‖ "." ‖ unix seconds ‖ "." ‖ body), base64, after "v1,"."""
    moment = str(int(at.timestamp()))
    mac = hmac.digest(key, f"{message_id}.{moment}.".encode() + body, "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": str(message_id),
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < LEAST_SECRET_BYTES:
        name = "STREAM_JOBS_NOTICES_SECRET"
        expected = f"whsec_ and at least {LEAST_SECRET_BYTES} random bytes in base64"
        raise SettingInvalid(f"{name} is missing or too short", field=name, expected=expected)
    return key


def _checked(url: str, loopback: bool) -> bool:
    """Whether this machine, and nothing else, is called."""
    name = "STREAM_JOBS_NOTICES_URL"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise SettingInvalid(f"{name} is no address", field=name, expected="https://…") from None
    local = loopback and (host == "localhost" or may_be_called(host, loopback=True))
    if not host or parts.username or parts.scheme not in (("http", "https") if local else ("https",)):
        raise SettingInvalid(f"{name} must be an https address", field=name, expected="https://…")
    if not local and _is_literal(host) and not may_be_called(host, loopback=False):
        raise SettingInvalid(f"{name} names an address inside a network", field=name, expected="https://…")
    return local


def _is_literal(host: str) -> bool:
    """aiohttp asks no resolver about an address that is written out."""
    return ":" in host or host.replace(".", "").isdigit()

"""Signed things we hand out: connection tokens (JWT), channel links, and links to read-only pages."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, cast
from uuid import UUID

import jwt

from stream_jobs.domain.errors import ChannelNotFound, TokenExpired, TokenInvalid
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import AccountId, BroadcastId, ChannelId, OrgId, ViewerId, VisitId, WallId
from stream_jobs.domain.walls import WallClosed

Role = Literal["viewer", "host", "prompter", "overlay"]
AUDIENCE = "stream_jobs.connection"
LINK_SIGNATURE_BYTES = 10
UUID_BYTES = 16
# As many characters of base64 as hold an id.
UUID_CHARACTERS = 22
# The code a page goes by when nothing proves its link: one that nobody can have signed.
FORGED_CODE = "forged"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a connection speaks for, for how long; a viewer has a watcher, the host's side an account."""

    role: Role
    org_id: OrgId
    broadcast_id: BroadcastId
    subject: str
    expires_at: datetime
    watcher: Watcher | None = None
    account_id: AccountId | None = None
    session: str | None = None

    @property
    def may_see_desk(self) -> bool:
        return self.role in ("host", "prompter")


class Tokens:
    """Makes and reads signed things; keeps no state and asks no database."""

    def __init__(self, signing_key: bytes) -> None:
        self._jwt_key = hmac.digest(signing_key, b"jwt", "sha256")
        self._jwt_header = jwt.encode({}, self._jwt_key, algorithm="HS256").partition(".")[0].encode()
        self._link_key = hmac.digest(signing_key, b"link", "sha256")

    def connection_token(self, identity: Identity, now: datetime) -> str:
        claims: dict[str, object] = {
            "sub": identity.subject,
            "iat": int(now.timestamp()),
            "exp": int(identity.expires_at.timestamp()),
            "aud": AUDIENCE,
            "role": identity.role,
            "org": str(identity.org_id),
            "broadcast": str(identity.broadcast_id),
        }
        if identity.watcher:
            claims |= {"visit": str(identity.watcher.visit_id), "channel": str(identity.watcher.channel_id)}
            if identity.watcher.forged_link:
                claims["forged"] = True
        if identity.account_id:
            claims |= {"account": str(identity.account_id), "session": identity.session}
        return jwt.encode(claims, self._jwt_key, algorithm="HS256")

    def read_connection_token(self, token: str, now: datetime) -> Identity:
        """Raises TokenInvalid, TokenExpired."""
        try:
            claims = self._verified_claims(token)
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
            identity = _identity(claims, expires_at)
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            raise TokenInvalid from None
        if now >= expires_at:
            raise TokenExpired
        return identity

    def _verified_claims(self, token: str) -> dict[str, Any]:
        """By hand: everybody who comes back after a lost server shows one, and only our own header is believed.

        Raises ValueError.
        """
        signed, _, signature = token.encode("ascii").rpartition(b".")
        header, _, payload = signed.partition(b".")
        ours = _base64url(hmac.digest(self._jwt_key, signed, sha256))
        if header != self._jwt_header or not hmac.compare_digest(signature, ours):
            raise ValueError("not signed by us")
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        if claims["aud"] != AUDIENCE:
            raise ValueError("for somebody else")
        return claims

    def channel_code(self, channel_id: ChannelId) -> str:
        """The part of a channel's link that names it and proves that we made it."""
        return self._sign(b"channel", channel_id.bytes)

    def read_channel_code(self, code: str) -> ChannelId:
        """Raises ChannelNotFound for anything we did not sign."""
        return ChannelId(UUID(bytes=self._verified(b"channel", code)))

    def channel_path(self, broadcast_id: BroadcastId, channel_id: ChannelId) -> str:
        """What a channel's link ends with: its show, then the code; whatever happens to that, the show is found."""
        return f"{_base64url(broadcast_id.bytes).decode()}/{self.channel_code(channel_id)}"

    def read_channel_path(self, path: str) -> tuple[BroadcastId | None, ChannelId]:
        """The show is None of a link of before, that was the code alone.

        Raises ChannelNotFound for anything but a link we made, to the letter.
        """
        _, slash, code = path.rpartition("/")
        channel = self.read_channel_code(code)
        if not slash:
            return None, channel
        broadcast = BroadcastId(claimed_id(path))
        if path != self.channel_path(broadcast, channel):
            raise ChannelNotFound
        return broadcast, channel

    def page_code(self, page: Literal["remote", "prompter", "overlay"], broadcast_id: BroadcastId, secret: UUID) -> str:
        """A link to a host-side page; changing the broadcast's link secret revokes all of them."""
        return self._sign(page.encode() + secret.bytes, broadcast_id.bytes)

    def read_page_code(self, code: str) -> BroadcastId:
        """Whose page a code claims to be; prove it with page_code before believing it."""
        return BroadcastId(UUID(bytes=_payload(code)))

    def wall_code(self, wall_id: WallId) -> str:
        """What the link of a wall screen ends with."""
        return self._sign(b"wall", wall_id.bytes)

    def read_wall_code(self, code: str) -> WallId:
        """Raises WallClosed for anything we did not sign."""
        try:
            return WallId(UUID(bytes=self._verified(b"wall", code)))
        except ChannelNotFound:
            raise WallClosed from None

    def device_cookie(self, viewer_id: ViewerId) -> str:
        """A cookie that keeps a device's pseudonym; signed, so that nobody can take another's."""
        return self._sign(b"device", viewer_id.bytes)

    def read_device_cookie(self, value: str) -> ViewerId | None:
        try:
            return ViewerId(UUID(bytes=self._verified(b"device", value)))
        except ChannelNotFound:
            return None

    def _sign(self, purpose: bytes, payload: bytes) -> str:
        signature = hmac.digest(self._link_key, purpose + b"\0" + payload, sha256)[:LINK_SIGNATURE_BYTES]
        return base64.urlsafe_b64encode(payload + signature).decode().rstrip("=")

    def _verified(self, purpose: bytes, code: str) -> bytes:
        payload = _payload(code)
        if not hmac.compare_digest(self._sign(purpose, payload), code):
            raise ChannelNotFound
        return payload


def claimed_id(path: str) -> UUID:
    """The show, or of a link of before the channel, that a channel's link names, however it goes on; nothing proves it.

    Raises ChannelNotFound for what begins with no id.
    """
    try:
        return UUID(bytes=base64.urlsafe_b64decode(path[:UUID_CHARACTERS].encode("ascii") + b"=="))
    except ValueError:
        raise ChannelNotFound from None


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


@lru_cache(maxsize=4096)
def _shared_id(text: str) -> UUID:
    """An id that many tokens name."""
    return UUID(text)


def _payload(code: str) -> bytes:
    """The id that a code begins with, whoever signed it. Raises ChannelNotFound for what cannot be a code."""
    try:
        decoded = base64.urlsafe_b64decode(code.encode("ascii", "strict") + b"=" * (-len(code) % 4))
    except ValueError:
        raise ChannelNotFound from None
    if len(decoded) != UUID_BYTES + LINK_SIGNATURE_BYTES:
        raise ChannelNotFound
    return decoded[:UUID_BYTES]


def _identity(claims: dict[str, str], expires_at: datetime) -> Identity:
    role = cast(Role, claims["role"])
    watcher = account_id = None
    if role == "viewer":
        watcher = Watcher(
            ViewerId(UUID(claims["sub"])),
            VisitId(UUID(claims["visit"])),
            ChannelId(_shared_id(claims["channel"])),
            "forged" in claims,
        )
    elif role == "host":
        account_id = AccountId(UUID(claims["account"]))
    elif role not in ("prompter", "overlay"):
        raise ValueError(role)
    return Identity(
        role=role,
        org_id=OrgId(_shared_id(claims["org"])),
        broadcast_id=BroadcastId(_shared_id(claims["broadcast"])),
        subject=claims["sub"],
        expires_at=expires_at,
        watcher=watcher,
        account_id=account_id,
        session=claims.get("session"),
    )

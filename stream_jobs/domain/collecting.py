"""Collecting a list by a link and a code: how long, how often, and what is told of it."""

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from stream_jobs.domain.errors import Conflict, NotFound

CODE_DIGITS = 6
# One guess in 200,000 succeeds; then the link is closed and a new one is made.
MOST_WRONG_CODES = 5
# As long as somebody has the list open, and fills it in.
TICKET_FOR = timedelta(hours=2)


class CollectionNotFound(NotFound):
    """There is no such link."""

    code = "collection_not_found"


class CollectionRefused(NotFound):
    """Link or code are not right, or the link has ended; which of them is told to nobody."""

    code = "collection_refused"


class CollectionUsedUp(Conflict):
    """The list was opened as often as this link allows; ask for a new link."""

    code = "collection_used_up"


class CollectionState(StrEnum):
    OPEN = "open"
    USED_UP = "used_up"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CLOSED = "closed"


def state_of(
    *,
    openings: int,
    most_openings: int,
    wrong_codes: int,
    expires_at: datetime,
    revoked_at: datetime | None,
    at: datetime,
) -> CollectionState:
    """What was decided comes before what happened by itself."""
    if revoked_at is not None:
        return CollectionState.REVOKED
    if wrong_codes >= MOST_WRONG_CODES:
        return CollectionState.CLOSED
    if at >= expires_at:
        return CollectionState.EXPIRED
    return CollectionState.USED_UP if openings >= most_openings else CollectionState.OPEN


# Who knows the code may bring a list back after the last opening, as long as the link has not ended.
ALIVE = (CollectionState.OPEN, CollectionState.USED_UP)


def new_token() -> str:
    return secrets.token_urlsafe(24)


def new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def token_hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


def code_mac(token: str, code: str) -> bytes:
    """Keyed with the token, which is stored nowhere: from the database alone no code can be tried."""
    return hmac.digest(token.encode(), code.encode(), "sha256")

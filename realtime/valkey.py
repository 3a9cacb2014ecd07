"""A line to Valkey that fails at once and tells so: waiting and trying again is its user's own business."""

import asyncio
import logging

from redis.asyncio import Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    NoPermissionError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

from stream_jobs.domain.errors import SettingInvalid

AWAY = (RedisError, OSError, TimeoutError)
SETTING = "STREAM_JOBS_VALKEY_URL"


def connection(url: str, answer_seconds: float) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=answer_seconds,
        socket_timeout=answer_seconds,
        # Waiting inside the library would hide an outage.
        retry=Retry(NoBackoff(), 0),
    )


def check_address(url: str) -> None:
    """Raises SettingInvalid where this can lead to no server, however long one waits."""
    try:
        connection(url, 1).connection_pool.make_connection()  # type: ignore[no-untyped-call]  # redis
    except (ValueError, TypeError):
        expected = "redis://name:password@host:port, rediss://… or unix://…"
        raise SettingInvalid(f"{SETTING} is no address of a Valkey", field=SETTING, expected=expected) from None


async def a_line(valkey: Redis) -> Connection:
    """To say short commands on for as long as the client lives; its user limits how long an answer is waited for.

    Raises what is in AWAY.
    """
    line: Connection = await valkey.connection_pool.get_connection()  # type: ignore[no-untyped-call]  # redis
    # A task for each word that is said, otherwise.
    line.socket_timeout = None
    return line


def obey_cancellation() -> None:
    """The library swallows a cancellation that comes while it connects; without this the task would go on."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def why(error: BaseException) -> str:
    """In plain words, and none of the server's or the driver's: those may quote an address or a name."""
    match error:
        case AuthenticationError() | AuthorizationError():
            return f"it wants another name or password than those of {SETTING}"
        case NoPermissionError():
            return "its access rules (ACL) forbid what is asked of it"
        case ReadOnlyError():
            return "it is a replica, which stores nothing"
        case BusyLoadingError():
            return "it is still starting"
        case ResponseError():
            return "it refuses what is asked of it: it may be too old"
        case NoAnswer() | TimeoutError():
            return "it does not answer"
        case NoConnection(__cause__=Exception() as cause):
            # The library's own word for whatever ended a greeting, a wrong password too.
            return why(cause)
    return f"it cannot be reached where {SETTING} says"


class Absence:
    """What a user of Valkey logs while it is away: once, and once more when there is another reason."""

    def __init__(self, logger: logging.Logger, meanwhile: str) -> None:
        self._logger = logger
        self._meanwhile = meanwhile
        self._reason: str | None = None

    def goes_on(self, error: BaseException) -> None:
        reason = why(error)
        if reason != self._reason:
            self._logger.warning("valkey is away", extra={"reason": reason, "meanwhile": self._meanwhile})
        self._reason = reason

    def ends(self) -> None:
        if self._reason:
            self._logger.info("valkey is back")
        self._reason = None

"""A line to Valkey that fails at once and tells so: waiting and trying again is its user's own business."""

import asyncio

from redis.asyncio import Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

AWAY = (RedisError, OSError, TimeoutError)


def connection(url: str, answer_seconds: float) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=answer_seconds,
        socket_timeout=answer_seconds,
        # Waiting inside the library would hide an outage.
        retry=Retry(NoBackoff(), 0),
    )


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

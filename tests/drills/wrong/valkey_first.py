"""The server with one thing wrong: it asks Valkey before it stores an application."""

import os
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.cli import main
from stream_jobs.domain.errors import Unavailable

store = ApplyingActions.submit


async def ask_first(self: ApplyingActions, *given: Any, **named: Any) -> Any:
    """As somebody would who keeps a lock or a cache there."""
    try:
        async with Redis.from_url(os.environ["STREAM_JOBS_VALKEY_URL"], socket_timeout=2) as valkey:
            await valkey.ping()
    except (RedisError, OSError, TimeoutError):
        raise Unavailable from None
    return await store(self, *given, **named)


if __name__ == "__main__":
    ApplyingActions.submit = ask_first  # type: ignore[method-assign]  # this is what is wrong with it
    main()

"""Whether a Valkey does all that is asked of it, for whoever sets a server up."""

from redis.asyncio import Redis

from realtime.bus import CHANNEL, NOBODY
from realtime.shared_limits import count_once
from realtime.valkey import AWAY, check_address, connection, why
from stream_jobs.domain.errors import ValkeyUnreachable
from stream_jobs.ports import Topic

ANSWER_SECONDS = 3.0


async def try_out(url: str) -> None:
    """Says and counts something there, for nobody. Raises SettingInvalid, ValkeyUnreachable with the reason."""
    check_address(url)
    try:
        async with connection(url, ANSWER_SECONDS) as valkey:
            await _announce(valkey)
            await count_once(valkey)
    except AWAY as error:
        raise ValkeyUnreachable(f"Valkey cannot be used, and servers do without it: {why(error)}") from error


async def _announce(valkey: Redis) -> None:
    async with valkey.pubsub() as ear:
        await ear.subscribe(CHANNEL)
        await ear.get_message(timeout=ANSWER_SECONDS)
        await valkey.publish(CHANNEL, f"{NOBODY} {Topic.STAGE} doctor")

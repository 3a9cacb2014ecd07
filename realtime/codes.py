"""One-time codes in Valkey, as keyed hashes under keyed hashes: whoever reads it learns no code and no number."""

import hmac
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis

from realtime.valkey import AWAY, connection, obey_cancellation
from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.ids import OrgId, ViewerId
from stream_jobs.domain.phone_code import CODE_SECONDS, TRIES
from stream_jobs.keys import Keys

ANSWER_SECONDS = 2.0

Result = TypeVar("Result")


class ValkeyCodes:
    """A code belongs to one device and one phone: nobody else's tries use it up."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._url = url
        self._key = hmac.digest(keys.pepper, b"codes", "sha256")

    async def keep(self, org_id: OrgId, viewer_id: ViewerId, phone: str, code: str) -> None:
        place = self._place(org_id, viewer_id, phone)
        mac = self._mac(place, code)

        async def store(valkey: Redis) -> None:
            async with valkey.pipeline() as pipeline:
                pipeline.set(place, mac, ex=CODE_SECONDS)
                pipeline.delete(_tries(place))
                await pipeline.execute()

        await self._ask(store)

    async def matches(self, org_id: OrgId, viewer_id: ViewerId, phone: str, code: str) -> bool:
        place = self._place(org_id, viewer_id, phone)
        given = self._mac(place, code)

        async def compare(valkey: Redis) -> bool:
            async with valkey.pipeline() as pipeline:
                pipeline.get(place)
                pipeline.incr(_tries(place))
                pipeline.expire(_tries(place), CODE_SECONDS)
                kept, tries, _ = await pipeline.execute()
            # Compared in any case, so that no answer is quicker than another.
            is_same = hmac.compare_digest(kept or b"", given)
            if not is_same or tries > TRIES:
                return False
            # Of two that come at once with the right code, one has used it up.
            return bool(await valkey.delete(place))

        return await self._ask(compare)

    async def _ask(self, work: Callable[[Redis], Awaitable[Result]]) -> Result:
        """Codes are rare: each has a line of its own, and none is left open."""
        try:
            async with connection(self._url, ANSWER_SECONDS) as valkey:
                result = await work(valkey)
                obey_cancellation()
                return result
        except AWAY as error:
            obey_cancellation()
            raise Unavailable(retry_after_seconds=5) from error

    def _place(self, org_id: OrgId, viewer_id: ViewerId, phone: str) -> str:
        whose = hmac.digest(self._key, b"place\0" + viewer_id.bytes + phone.encode(), "sha256")[:16].hex()
        return f"code:{{{org_id}}}:{whose}"

    def _mac(self, place: str, code: str) -> bytes:
        return hmac.digest(self._key, f"{place}\0{code}".encode(errors="replace"), "sha256")


def _tries(place: str) -> str:
    return f"{place}:tries"

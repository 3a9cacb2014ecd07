"""The audit of files finds what is missing on either side."""

from collections.abc import AsyncIterator

from stream_jobs.keys import Keys
from tests.builders import Store, a_broadcast, a_phone
from tests.drills.audit import audit
from tests.integration.test_resume_files import applied, applying


async def _some_bytes() -> AsyncIterator[bytes]:
    yield b"nobody's"


async def test_files_and_bytes_are_compared_both_ways(store: Store, keys: Keys) -> None:
    """What was acknowledged must be in the object store, and whatever is there must be somebody's."""
    objects = store.stores.objects

    async def faults() -> dict[str, int]:
        return dict((await audit(store.database, keys, store.org, broadcast, {}, objects)).faults)

    broadcast = await a_broadcast(store, jobs=1)
    async with applying(store) as site:
        phone = await applied(site, await site.viewer(broadcast), broadcast, phone=a_phone(1))
        file = (await (await phone.announce("简历.pdf", 10)).json())["id"]
        await phone.append(file, 0, b"%PDF-")
    whole = await faults()
    (one,) = [one.key async for one in objects.listed()]
    await objects.put(objects.new_key(), _some_bytes())
    await objects.delete(one)

    assert whole == {}
    assert await faults() == {"files without their bytes": 1, "bytes that are nobody's": 1}

"""What many tests of the HTTP side stand on."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.builders import Store
from tests.site import Site, a_site


@pytest_asyncio.fixture
async def site(store: Store) -> AsyncIterator[Site]:
    async with a_site(store) as running:
        yield running

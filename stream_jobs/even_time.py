"""Answers that take as long whatever was found."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

APPLYING_SECONDS = 0.025
"""Storing takes a fifth of it, and a millisecond more for a number that was not known: a stranger could time that."""


@asynccontextmanager
async def even_time(seconds: float) -> AsyncIterator[None]:
    """A block that ends well takes so long at least; under a load that makes it slower anyway, nothing is added."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    yield
    if (left := until - clock()) > 0:
        await asyncio.sleep(left)

"""How long an answer took tells nothing of what was found."""

import asyncio

import pytest

from stream_jobs.even_time import even_time


async def _took(seconds: float, least: float = 0.05) -> float:
    clock = asyncio.get_running_loop().time
    began = clock()
    async with even_time(least):
        await asyncio.sleep(seconds)
    return clock() - began


@pytest.mark.parametrize("seconds", [0.0, 0.01])
async def test_what_is_quick_takes_as_long_as_the_rest(seconds: float) -> None:
    """Whoever times it learns the least there is."""
    assert await _took(seconds) >= 0.05


async def test_what_is_slow_already_waits_no_longer() -> None:
    """Under a load nothing is added."""
    assert await _took(0.3, least=0.3) < 0.55


async def test_what_goes_wrong_is_said_at_once() -> None:
    """Refusals do not depend on whose number it is."""
    clock = asyncio.get_running_loop().time
    began = clock()
    with pytest.raises(ValueError, match="wrong"):
        async with even_time(5):
            raise ValueError("wrong")

    assert clock() - began < 5

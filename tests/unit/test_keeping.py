"""Figures that are counted when asked for: only so many at once, and nobody waits for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from stream_jobs.actions.keeping import Fresh, Turns
from stream_jobs.domain.series import StillCounting


async def test_who_waits_too_long_for_a_turn_is_told_to_come_again_and_then_has_it() -> None:
    """Also when the one before failed; what was counted is of the moment it began, not of when it was asked for."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    kept: Fresh[str, datetime] = Fresh(
        lambda: now, at_least=timedelta(), times=1, turns=Turns(1, patience=timedelta(milliseconds=20))
    )
    may_end, began = asyncio.Event(), asyncio.Event()

    async def long(at: datetime) -> datetime:
        began.set()
        await may_end.wait()
        raise ValueError(at)

    async def short(at: datetime) -> datetime:
        return at

    asked = asyncio.create_task(kept.get("a season", long))
    await began.wait()
    with pytest.raises(StillCounting):
        await kept.get("a day", short)
    may_end.set()
    with pytest.raises(ValueError, match="2026"):
        await asked
    now += timedelta(minutes=1)

    assert await kept.get("a day", short) == now


async def test_nobody_waits_longer_for_others_who_ask_the_same() -> None:
    """They were told one after the other; the last of a crowd waited as many times as long."""
    patience, crowd = timedelta(milliseconds=200), 40
    turns = Turns(1, patience=patience)
    kept: Fresh[str, datetime] = Fresh(
        lambda: datetime(2026, 11, 22, tzinfo=UTC), at_least=timedelta(), times=1, turns=turns
    )

    async def never(at: datetime) -> datetime:
        raise AssertionError(at)

    async with turns, asyncio.timeout(crowd / 2 * patience.total_seconds()):
        told = await asyncio.gather(*(kept.get("a season", never) for _ in range(crowd)), return_exceptions=True)

    assert {type(one) for one in told} == {StillCounting}

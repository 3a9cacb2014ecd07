"""Keeps the database tidy while the server runs."""

import asyncio
import logging

from storage.presence import PresenceStore
from storage.reindexing import Reindexing
from storage.upkeep import UpkeepStore
from stream_jobs.domain.errors import Unavailable
from stream_jobs.ports import Clock

logger = logging.getLogger(__name__)

# Often enough that a month's partitions are there long before its first show, whatever was in the way.
HOURS_BETWEEN = 6
# What lies between is swept whenever a report is read.
SECONDS_BETWEEN_SEALS = 30


async def keep_tidy(upkeep: UpkeepStore, clock: Clock, *, event_months: int) -> None:
    """At once and every few hours, until cancelled."""
    while True:
        try:
            await tidy(upkeep, clock, event_months=event_months)
        except Unavailable:
            logger.warning("cannot keep the database tidy; trying again later")
        except Exception:
            logger.exception("keeping the database tidy failed")
        await asyncio.sleep(HOURS_BETWEEN * 3600)


async def tidy(upkeep: UpkeepStore, clock: Clock, *, event_months: int) -> None:
    if made := await upkeep.make_months(clock()):
        logger.info("partitions made", extra={"partitions": ",".join(made)})
    if dropped := await upkeep.drop_months(clock(), event_months):
        logger.info("partitions dropped", extra={"partitions": ",".join(dropped)})
    if gone := await upkeep.forget_workers(clock()):
        logger.info("workers forgotten", extra={"workers": gone})


async def keep_summed(presence: PresenceStore, clock: Clock) -> None:
    """Sums who watched as soon as it is over, until cancelled; several servers do it without harm."""
    while True:
        try:
            await presence.seal(clock())
        except Unavailable:
            logger.warning("cannot sum who watched; trying again soon")
        except Exception:
            logger.exception("summing who watched failed")
        await asyncio.sleep(SECONDS_BETWEEN_SEALS)


async def make_searchable(reindexing: Reindexing) -> None:
    """Once: what an older version stored becomes searchable; when PostgreSQL is away, at the next start."""
    try:
        if made := await reindexing.make_searchable():
            logger.info("applications made searchable", extra={"applications": made})
    except Unavailable:
        logger.warning("cannot make older applications searchable now")
    except Exception:
        logger.exception("making older applications searchable failed")

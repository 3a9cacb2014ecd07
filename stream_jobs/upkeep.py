"""Keeps the database tidy while the server runs."""

import asyncio
import logging

from storage.reindexing import Reindexing
from storage.upkeep import UpkeepStore
from stream_jobs.domain.errors import Unavailable
from stream_jobs.ports import Clock

logger = logging.getLogger(__name__)

# Often enough that a month's partitions are there long before its first show, whatever was in the way.
HOURS_BETWEEN = 6


async def keep_tidy(upkeep: UpkeepStore, clock: Clock) -> None:
    """At once and every few hours, until cancelled."""
    while True:
        try:
            await tidy(upkeep, clock)
        except Unavailable:
            logger.warning("cannot keep the database tidy; trying again later")
        except Exception:
            logger.exception("keeping the database tidy failed")
        await asyncio.sleep(HOURS_BETWEEN * 3600)


async def tidy(upkeep: UpkeepStore, clock: Clock) -> None:
    if made := await upkeep.make_months(clock()):
        logger.info("partitions made", extra={"partitions": ",".join(made)})
    if gone := await upkeep.forget_workers(clock()):
        logger.info("workers forgotten", extra={"workers": gone})


async def make_searchable(reindexing: Reindexing) -> None:
    """Once: what an older version stored becomes searchable; when PostgreSQL is away, at the next start."""
    try:
        if made := await reindexing.make_searchable():
            logger.info("applications made searchable", extra={"applications": made})
    except Unavailable:
        logger.warning("cannot make older applications searchable now")
    except Exception:
        logger.exception("making older applications searchable failed")

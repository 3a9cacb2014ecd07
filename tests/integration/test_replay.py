"""A season played through the real actions comes to the figures it was made from."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from stream_jobs.replay.run import replay
from stream_jobs.replay.season import Season, plans, sums
from stream_jobs.settings import Settings

# Of several parts each, so that something is under way whenever the line is cut.
PARTS = plans(Season(shows=3, cards=9, openings=300, views=7_500, applications=30))
SHOWS = plans(Season(shows=2, cards=8, openings=300, views=500, applications=20))


class Stopped(Exception):
    """The run was ended from outside."""


def quiet(_: int) -> None:
    return None


async def test_what_reports_say_is_what_was_played_and_playing_it_again_changes_nothing(
    database_url: str, tmp_path: Path
) -> None:
    """Shows, cards, openings, page loads and applications; a second run finds everything done."""
    settings = Settings(database_url=database_url, data=tmp_path)

    first = await replay(settings, SHOWS, quiet)
    again = await replay(settings, SHOWS, quiet)

    assert first.agree
    assert again.agree
    wanted = sums(SHOWS)
    assert (first.shows, first.cards, first.openings) == (wanted.shows, wanted.cards, wanted.openings)
    assert (first.views, first.applications) == (wanted.views, wanted.applications)
    assert again.events == first.events > wanted.views


async def test_a_run_that_was_stopped_goes_on_where_it_was(database_url: str, tmp_path: Path) -> None:
    """With page loads of a show stored, and nothing of what they did."""
    settings = Settings(database_url=database_url, data=tmp_path)

    def stop(_: int) -> None:
        raise Stopped

    with pytest.raises(ExceptionGroup):
        await replay(settings, SHOWS, stop)
    done: list[int] = []
    found = await replay(settings, SHOWS, done.append)

    assert found.agree
    assert sum(done) == sums(SHOWS).views


@pytest.mark.drill
async def test_a_database_that_goes_away_for_a_moment_costs_nothing(database_url: str, tmp_path: Path) -> None:
    """Every connection is cut, three times, in the middle of shows; nothing is lost, doubled or told twice."""
    done: list[int] = []
    cuts, more = 0, asyncio.Event()

    def tell(views: int) -> None:
        done.append(views)
        more.set()

    async def cut() -> None:
        nonlocal cuts
        connection = await asyncpg.connect(database_url)
        for _ in range(3):
            more.clear()
            await more.wait()
            cuts += await connection.fetchval(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """
            )
        await connection.close()

    cutting = asyncio.create_task(cut())
    found = await replay(Settings(database_url=database_url, data=tmp_path), PARTS, tell)
    await cutting

    assert cuts > 3
    assert found.agree
    assert sum(done) == sums(PARTS).views

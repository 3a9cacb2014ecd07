"""A season played through the real actions comes to the figures it was made from."""

from pathlib import Path

import pytest

from stream_jobs.replay.run import replay
from stream_jobs.replay.season import Season, plans, sums
from stream_jobs.settings import Settings

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

"""A replayed season adds up before anything is stored."""

from datetime import timedelta

from stream_jobs.domain.events import SignalStep
from stream_jobs.domain.ids import CardId, ChannelId, uuid7
from stream_jobs.replay.crowd import LONG, Dice, Window, applying, arrivals, signals, stays
from stream_jobs.replay.season import FIRST_SHOW, PUBLISHED, plans, shared, sums

SHOWS = plans(PUBLISHED)


def test_the_shows_add_up_to_what_was_published() -> None:
    """To the digit: shows, cards, openings, page loads, applications."""
    assert sums(SHOWS) == PUBLISHED


def test_the_season_is_the_same_every_time() -> None:
    """Else a run could not go on where an earlier one stopped."""
    assert plans(PUBLISHED) == SHOWS


def test_people_and_devices_come_back_but_never_twice_within_a_show() -> None:
    """So that what is distinct over the season is less than the sum of the shows."""
    for show in SHOWS:
        assert len(set(show.people)) == len(show.people)
        assert len(set(show.devices)) == len(show.devices) <= show.visits
    for named in ("people", "devices"):
        of_each = [getattr(show, named) for show in SHOWS]
        assert len(set().union(*of_each)) < sum(map(len, of_each))


def test_shares_are_whole_and_come_to_the_total() -> None:
    """Nobody is left with nothing."""
    assert shared(10, [1, 1, 1]) == [4, 3, 3]
    assert shared(5, [1000, 1, 1]) == [3, 1, 1]


def test_the_arrivals_of_a_show_are_shares_of_a_hundred_thousand() -> None:
    """One a minute of two hours."""
    assert (len(arrivals()), arrivals()[-1]) == (LONG // timedelta(minutes=1), 100_000)


def test_a_visit_sees_about_three_cards_and_applicants_saw_theirs() -> None:
    """And everything happens while its page is open."""
    plan = min(SHOWS, key=lambda show: show.visits)
    step = LONG / 35
    windows = [
        Window(CardId(uuid7(FIRST_SHOW)), nth, plan.starts_at + step * nth, plan.starts_at + step * (nth + 1))
        for nth in range(35)
    ]
    dice = Dice("a show")
    there = stays(dice, plan, plan.starts_at, [ChannelId(uuid7(FIRST_SHOW))])
    applied = applying(dice, plan, there, windows)
    said = signals(dice, there, windows, applied)

    assert (len(there), len(applied)) == (plan.visits, len(plan.people))
    seen = [signal for _, signal in said if signal.step is SignalStep.IMPRESSION]
    assert 2.5 < len(seen) / plan.visits < 3.5
    begun = {(watcher.viewer_id, s.card_id) for watcher, s in said if s.step is SignalStep.APPLY_START}
    assert {(one.stay.watcher.viewer_id, one.window.card_id) for one in applied} <= begun
    open_pages = {stay.watcher.visit_id: stay for stay in there}
    for watcher, signal in said:
        stay = open_pages[watcher.visit_id]
        assert stay.came <= signal.at <= stay.left + timedelta(seconds=6)

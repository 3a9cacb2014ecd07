"""Of which priority groups is told how many applied."""

import pytest

from stream_jobs.domain.priority import Priority, priority_lines

VETERAN, GRADUATE = Priority.VETERAN, Priority.GRADUATE


@pytest.mark.parametrize("small_group", [1, 5])
def test_a_group_is_told_where_as_many_as_the_limit_are_in_it_and_as_many_are_not(small_group: int) -> None:
    """Nothing of few people, nor of all but few; and no setting makes it fewer than five."""
    told = {people: priority_lines({VETERAN: people, GRADUATE: 10}, 20, small_group)[0] for people in range(21)}

    assert [people for people, line in told.items() if line.hidden_below is None] == list(range(5, 16))
    assert all(line.applicants == (None if line.hidden_below else people) for people, line in told.items())


def test_a_higher_limit_holds_for_groups_too() -> None:
    """And nothing at all is told while no group may be."""
    assert priority_lines({VETERAN: 9, GRADUATE: 0}, 50, 10) == ()
    few, enough = priority_lines({VETERAN: 9, GRADUATE: 40}, 50, 10)

    assert (few.applicants, few.hidden_below, enough.applicants) == (None, 10, 40)

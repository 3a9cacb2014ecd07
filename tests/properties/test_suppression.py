"""Outcomes of few people are not given back by any difference: from sums, from other cuts, or between two times."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from fractions import Fraction
from itertools import combinations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stream_jobs.domain.suppression import hidden, hidden_across, hidden_within, is_small

LIMIT = 5
# Others use the machine too: how long an example takes says nothing of it.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# By card, the people of each employer it has applications of: two, where the job went to another meanwhile.
Tray = list[dict[int, int]]
trays: st.SearchStrategy[Tray] = st.lists(
    st.dictionaries(st.integers(0, 3), st.integers(1, 12), min_size=1, max_size=2), min_size=1, max_size=6
)
# A card's people of one employer.
Part = tuple[int, int]


def cards_of(tray: Tray) -> dict[int, dict[int, int]]:
    return dict(enumerate(tray))


def parts_of(tray: Tray) -> dict[Part, int]:
    return {(card, employer): people for card, own in enumerate(tray) for employer, people in own.items()}


def employers_of(tray: Tray) -> dict[int, int]:
    found: dict[int, int] = {}
    for (_, employer), people in sorted(parts_of(tray).items(), key=lambda part: part[0][1]):
        found[employer] = found.get(employer, 0) + people
    return found


def seen(tray: Tray) -> list[set[Part]]:
    """What everyone sees an exact figure of, each as the parts whose people it is of: the whole, employers, cards."""
    untold, untold_cards = hidden_within(employers_of(tray), cards_of(tray), LIMIT)
    parts = set(parts_of(tray))
    return [
        parts,
        *({part for part in parts if part[1] == one} for one in employers_of(tray) if one not in untold),
        *({part for part in parts if part[0] == card} for card in cards_of(tray) if card not in untold_cards),
    ]


def left_of(row: Sequence[Fraction], basis: Mapping[int, Sequence[Fraction]]) -> list[Fraction]:
    """What is left of a row when all that the others can give is taken from it; exact."""
    left = list(row)
    for column, other in basis.items():
        if times := left[column]:
            left = [cell - times * above for cell, above in zip(left, other, strict=True)]
    return left


def basis_of(rows: Iterable[Sequence[Fraction]]) -> dict[int, Sequence[Fraction]]:
    """By elimination: each has a column of its own, in which it is one and those that follow are none."""
    found: dict[int, Sequence[Fraction]] = {}
    for row in rows:
        left = left_of(row, found)
        pivot = next((column for column, cell in enumerate(left) if cell), None)
        if pivot is not None:
            found[pivot] = [cell / left[pivot] for cell in left]
    return found


@UNHURRIED
@given(trays)
@example([{0: 6, 1: 3}, {1: 10}])  # a job that went to another employer, who has another card
def test_no_sum_or_difference_tells_of_fewer_people_than_the_limit(tray: Tray) -> None:
    """Of any cards together, or an employer's part of them, of one employer or of several: unless they are all."""
    people = parts_of(tray)
    parts = sorted(people)

    def row(of: Set[Part]) -> list[Fraction]:
        return [Fraction(part in of) for part in parts]

    # Whatever adding and subtracting what is known, as often as one likes, comes to.
    known = basis_of(row(one) for one in seen(tray))
    for many in range(1, LIMIT):
        for some in combinations(parts, many):
            if is_small(sum(people[part] for part in some), LIMIT) and set(some) != set(parts):
                assert any(left_of(row(set(some)), known)), some


@UNHURRIED
@given(trays, st.lists(st.integers(0, 3), min_size=6, max_size=6))
@example([{0: 6}, {1: 3}, {2: 8}], [0, 0, 1, 0, 0, 0])  # a city less a job that is told would be a small one
def test_regions_that_cut_the_cards_once_more_give_nobody_back(tray: Tray, region_of: Sequence[int]) -> None:
    """Nor do regions together with employers, cards and the whole, by adding and subtracting as often as one likes."""
    people = parts_of(tray)
    parts, whole = sorted(people), Counter[int]()
    for (card, _), count in people.items():
        whole[region_of[card]] += count
    employers, untold_cards = hidden_within(employers_of(tray), cards_of(tray), LIMIT)
    placed = {card: (region_of[card], own) for card, own in cards_of(tray).items()}
    untold = hidden_across({one: whole[one] for one in sorted(whole)}, placed, untold_cards, employers, LIMIT)

    def row(of: Set[Part]) -> list[Fraction]:
        return [Fraction(part in of) for part in parts]

    regions = [{part for part in parts if region_of[part[0]] == one} for one in whole if one not in untold]
    known = basis_of(row(one) for one in [*seen(tray), *regions])
    assert all(one in untold for one, count in whole.items() if is_small(count, LIMIT))
    for many in range(1, LIMIT):
        for some in combinations(parts, many):
            if is_small(sum(people[part] for part in some), LIMIT) and set(some) != set(parts):
                assert any(left_of(row(set(some)), known)), (some, untold)


def test_regions_are_told_where_small_jobs_are_many() -> None:
    """Three employers in two cities, a small job of each in each: none can be worked out, so both cities are told."""
    cards = {(one, city): (city, {one: 3}) for one in range(3) for city in range(2)}

    assert hidden_across({0: 9, 1: 9}, cards, frozenset(cards), frozenset(), LIMIT) == frozenset()
    alone = {"large": (0, {"one employer": 9}), "small": (1, {"one employer": 3})}
    assert hidden_across({0: 9, 1: 3}, alone, frozenset(alone), frozenset(), LIMIT) == {0, 1}


@UNHURRIED
@given(trays)
def test_whatever_is_hidden_is_missing_together_with_as_many_people_as_the_limit(tray: Tray) -> None:
    """From the whole, and from each employer that is told; or it is all there is of it."""
    untold, untold_cards = hidden_within(employers_of(tray), cards_of(tray), LIMIT)

    for one, people in employers_of(tray).items():
        own = [count for (card, whose), count in parts_of(tray).items() if whose == one and card in untold_cards]
        assert one in untold or not any(own) or sum(own) >= min(LIMIT, people)
    missing = sum(people for one, people in employers_of(tray).items() if one in untold)
    assert missing == 0 or missing >= min(LIMIT, sum(employers_of(tray).values()))


@UNHURRIED
@given(st.dictionaries(st.integers(0, 9), st.integers(0, 12)), st.data())
def test_while_the_same_groups_are_small_the_same_are_hidden(groups: Mapping[int, int], data: st.DataObject) -> None:
    """Two times then differ in nothing but what is hidden both times, however the figures of the others move."""
    ordered = {group: groups[group] for group in sorted(groups)}
    later = {
        group: data.draw(st.integers(1, LIMIT - 1))
        if is_small(people, LIMIT)
        else people + data.draw(st.integers(0, 9))
        for group, people in ordered.items()
        if people
    }

    assert hidden({group: people for group, people in ordered.items() if people}, LIMIT) == hidden(later, LIMIT)


@UNHURRIED
@given(st.dictionaries(st.integers(0, 9), st.integers(0, 12)))
def test_nothing_is_hidden_where_no_group_is_small(groups: Mapping[int, int]) -> None:
    """What need not be hidden is told."""
    some_small = any(is_small(people, LIMIT) for people in groups.values())

    assert bool(hidden(groups, LIMIT)) is some_small

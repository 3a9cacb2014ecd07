"""Outcomes of few people are not given back by any difference: from sums, from other cuts, or between two times."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from stream_jobs.domain.suppression import hidden, hidden_within, is_small

LIMIT = 5
# By employer, the people of each of its cards.
Tray = list[list[int]]
trays: st.SearchStrategy[Tray] = st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=4), min_size=1, max_size=4)


def cards_of(tray: Tray) -> dict[tuple[int, int], tuple[int, int]]:
    return {(nth, card): (nth, people) for nth, own in enumerate(tray) for card, people in enumerate(own)}


def employers_of(tray: Tray) -> dict[int, int]:
    return {nth: sum(own) for nth, own in enumerate(tray)}


def seen(tray: Tray) -> list[set[tuple[int, int]]]:
    """What everyone sees an exact figure of, each as the cards whose people it is of: the whole, employers, cards."""
    untold, untold_cards = hidden_within(employers_of(tray), cards_of(tray), LIMIT)
    return [
        set(cards_of(tray)),
        *({card for card in cards_of(tray) if card[0] == one} for one in employers_of(tray) if one not in untold),
        *({card} for card in cards_of(tray) if card not in untold_cards),
    ]


def rank(rows: Iterable[Sequence[int]]) -> int:
    """By elimination, exact."""
    left = [[Fraction(cell) for cell in row] for row in rows]
    found = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left.insert(found, pivot)
        for row in left[found + 1 :]:
            times = row[column] / pivot[column]
            row[:] = [cell - times * above for cell, above in zip(row, pivot, strict=True)]
        found += 1
    return found


def gives_back(
    known: Sequence[set[tuple[int, int]]], wanted: set[tuple[int, int]], cards: Sequence[tuple[int, int]]
) -> bool:
    """Whether adding and subtracting what is known, as often as one likes, comes to what is wanted."""
    rows = [[int(card in one) for card in cards] for one in known]
    return rank([*rows, [int(card in wanted) for card in cards]]) == rank(rows)


@given(trays)
def test_no_sum_or_difference_tells_of_fewer_people_than_the_limit(tray: Tray) -> None:
    """Of any cards together, of one employer or of several: unless they are all there is."""
    people = {card: count for card, (_, count) in cards_of(tray).items() if count}
    known = [{card for card in one if card in people} for one in seen(tray)]
    cards = sorted(people)

    for many in range(1, LIMIT):
        for some in combinations(cards, many):
            if is_small(sum(people[card] for card in some), LIMIT) and set(some) != set(cards):
                assert not gives_back(known, set(some), cards), some


@given(trays)
def test_whatever_is_hidden_is_missing_together_with_as_many_people_as_the_limit(tray: Tray) -> None:
    """From the whole, and from each employer that is told; or it is all there is of it."""
    untold, untold_cards = hidden_within(employers_of(tray), cards_of(tray), LIMIT)

    for one, people in employers_of(tray).items():
        own = [count for card, (whose, count) in cards_of(tray).items() if whose == one and card in untold_cards]
        assert one in untold or not any(own) or sum(own) >= min(LIMIT, people)
    missing = sum(people for one, people in employers_of(tray).items() if one in untold)
    assert missing == 0 or missing >= min(LIMIT, sum(employers_of(tray).values()))


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


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 12)))
def test_nothing_is_hidden_where_no_group_is_small(groups: Mapping[int, int]) -> None:
    """What need not be hidden is told."""
    some_small = any(is_small(people, LIMIT) for people in groups.values())

    assert bool(hidden(groups, LIMIT)) is some_small

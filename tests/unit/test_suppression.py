"""How much it takes to find which regions must not be told."""

import random
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import pytest

from stream_jobs.domain import suppression
from stream_jobs.domain.missing import Missing
from stream_jobs.domain.suppression import MOST_LOOKED_AT, hidden_across, hidden_within


def regions_of(
    seed: int, limit: int, employers: int, regions: int, sizes: Sequence[int], jobs: int = 500
) -> tuple[int, int]:
    """Of a show of jobs spread at random: how many regions there are, and how many are not told."""
    chance = random.Random(seed)
    cards = {job: {chance.randrange(employers): chance.choice(sizes)} for job in range(jobs)}
    placed = {job: (chance.randrange(regions), own) for job, own in cards.items()}
    of_employer, of_region = Counter[int](), Counter[int]()
    for region, own in placed.values():
        of_employer.update(own)
        of_region[region] += sum(own.values())
    whole, untold = hidden_within(dict(sorted(of_employer.items())), cards, limit)
    return len(of_region), len(hidden_across(dict(sorted(of_region.items())), placed, untold, whole, limit))


@pytest.mark.parametrize(
    ("limit", "employers", "regions", "sizes"),
    [
        (5, 60, 24, (1, 1, 2, 2, 3, 4, 8, 15)),
        (5, 100, 20, (2,)),
        (5, 250, 20, (1, 2, 3, 4)),
        (10, 65, 22, (3,)),
        (20, 400, 20, (1, 7, 13, 19)),
        (100, 108, 20, (1, 2, 49, 50, 99)),
    ],
)
def test_of_500_jobs_however_large_few_steps_find_what_gives_way(
    monkeypatch: pytest.MonkeyPatch, limit: int, employers: int, regions: int, sizes: Sequence[int]
) -> None:
    """It runs on the loop where everybody else waits: 200 jobs once took 11 seconds."""
    steps = 0

    class Counted(Missing):
        def beyond(self, here: Hashable) -> Iterator[tuple[Hashable, int]]:
            nonlocal steps
            for one in super().beyond(here):
                steps += 1
                yield one

    monkeypatch.setattr(suppression, "Missing", Counted)

    for seed in range(3):
        steps = 0
        there, untold = regions_of(seed, limit, employers, regions, sizes)
        assert 0 < steps < 2 * MOST_LOOKED_AT
        assert untold < there


def test_where_there_is_too_much_to_look_at_no_region_is_told() -> None:
    """Hiding more than need be is safe; most regions of as many jobs are told as soon as they share fewer."""
    assert regions_of(1, 5, 400, 100, (1, 2, 3, 4)) == (100, 100)
    there, untold = regions_of(1, 5, 400, 10, (1, 2, 3, 4))

    assert untold < there == 10

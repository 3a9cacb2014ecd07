"""Which groups' outcomes are not told: those of few people, and enough others that no difference gives them back."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Group = TypeVar("Group", bound=Hashable)
Part = TypeVar("Part", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)


def is_small(people: int, limit: int) -> bool:
    """Whether what became of this many people must not be told; of nobody there is nothing to hide."""
    return 0 < people < limit


def hidden(groups: Mapping[Group, int], limit: int) -> frozenset[Group]:
    """Of groups whose sum everyone sees, by their people: the small ones, and with them the last of the others.

    What is missing from the sum then belongs to the small ones and that other one together, at least as many people as
    the limit. While the same groups are small the same are hidden: two times differ in nothing but what is hidden both
    times. The order given must therefore stay; it may not depend on the figures.
    """
    small = [group for group, people in groups.items() if is_small(people, limit)]
    others = [group for group, people in groups.items() if people >= limit]
    return frozenset([*small, *others[-1:]] if small else ())


def hidden_within(
    groups: Mapping[Group, int], parts: Mapping[Part, Mapping[Group, int]], limit: int
) -> tuple[frozenset[Group], frozenset[Part]]:
    """The same of groups told beside their parts: of a hidden group every part, of each other those of its own sum.

    parts: the people of each, by the groups they belong to, mostly one; of two, what is hidden of one hides the part.
    """
    whole = hidden(groups, limit)
    of_group: dict[Group, dict[Part, int]] = {}
    for part, own in parts.items():
        for group, people in own.items():
            of_group.setdefault(group, {})[part] = people
    hidden_parts: set[Part] = set()
    for group, people_of in of_group.items():
        hidden_parts |= people_of.keys() if group in whole else hidden(people_of, limit)
    return whole, frozenset(hidden_parts)


def hidden_across(
    groups: Mapping[Group, int],
    parts: Mapping[Part, tuple[Group, Mapping[Other, int]]],
    untold: frozenset[Part],
    untold_others: frozenset[Other],
    limit: int,
) -> frozenset[Group]:
    """The same of groups that cut the parts once more, beside others which are told already.

    parts: of which group each is, and its people by those others, mostly one; untold: what hidden_within found of them.
    A part that is not told is missing from its group's sum and from its other one's. Whatever can be worked out is of
    parts that lead from some of the others to some groups, and are all that do: of fewer people than the limit there
    must be none. Groups give way: those with a small part that could be worked out, then those of parts that are not
    told either, then from the last. Where any part has two others no group is told beside one that is not.
    """
    if untold and any(len(own) > 1 for _, own in parts.values()):
        return frozenset(groups)
    found = {group for group, people in groups.items() if is_small(people, limit)}
    missing = [(parts[part][0], *one) for part in parts if part in untold for one in parts[part][1].items()]
    while left := [group for group in groups if group not in found]:
        lines: list[Line] = [
            (("other", None if other in untold_others else other), ("group", None if group in found else group), people)
            for group, other, people in missing
        ]
        bare = [
            group
            for (group, _, people), (one, end, _) in zip(missing, lines, strict=True)
            if is_small(people, limit) and _between(lines, one, end, limit) < limit
        ]
        if not bare:
            break
        found.add(next((group for group in (*bare, *(group for group, *_ in missing)) if group in left), left[-1]))
    return frozenset(found)


# A part: the sum of its other one that it is missing from, that of its group, and its people.
Line = tuple[Hashable, Hashable, int]


def _between(lines: Sequence[Line], start: Hashable, end: Hashable, enough: int) -> int:
    """The fewest people of parts that are all that leads from one sum to another, or enough of them.

    As the most that flows there (Ford and Fulkerson): along each part as many as its people, back as many as one likes.
    """
    flowing = [0] * len(lines)
    for came in range(enough):
        way = _way(lines, flowing, start, end)
        if way is None:
            return came
        for nth, by in way:
            flowing[nth] += by
    return enough


def _way(lines: Sequence[Line], flowing: Sequence[int], start: Hashable, end: Hashable) -> list[tuple[int, int]] | None:
    """Along which parts one more comes through, each forward (1) or back (-1)."""
    ways: dict[Hashable, list[tuple[int, int]]] = {start: []}
    waiting = [start]
    for here in waiting:
        for nth, (one, other, people) in enumerate(lines):
            if here == one and flowing[nth] < people:
                beyond, by = other, 1
            elif here == other:
                beyond, by = one, -1
            else:
                continue
            if beyond not in ways:
                ways[beyond] = [*ways[here], (nth, by)]
                waiting.append(beyond)
    return ways.get(end)

"""Which groups' outcomes are not told: those of few people, and enough others that no difference gives them back."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Group = TypeVar("Group", bound=Hashable)
Part = TypeVar("Part", bound=Hashable)


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

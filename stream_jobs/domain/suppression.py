"""Which groups' outcomes are not told: those of few people, and enough others that no difference gives them back."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

from stream_jobs.domain.missing import Missing

Group = TypeVar("Group", bound=Hashable)
Part = TypeVar("Part", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)

# Of which no sum is told.
NO_OTHER, NO_GROUP = ("other", None), ("group", None)
# Others and groups that share untold parts, times all groups: looking takes about as many steps, of a microsecond each.
MOST_LOOKED_AT = 10_000


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
    told either, then from the last. No group is told beside one that is not where any part has two others, nor where
    parts that are not told are of so many others and groups that looking would take long (MOST_LOOKED_AT).
    """
    if untold and any(len(own) > 1 for _, own in parts.values()):
        return frozenset(groups)
    pairs: dict[tuple[Other, Group], int] = {}
    for group, own in (parts[part] for part in parts if part in untold):
        for other, people in own.items():
            pairs[other, group] = pairs.get((other, group), 0) + people
    if len(pairs) * len(groups) > MOST_LOOKED_AT:
        return frozenset(groups)
    return _giving_way(groups, pairs, untold_others, limit)


def _giving_way(
    groups: Mapping[Group, int], pairs: Mapping[tuple[Other, Group], int], untold_others: frozenset[Other], limit: int
) -> frozenset[Group]:
    """pairs: the people of parts that are not told, by the two sums they are missing from."""
    found = [group for group, people in groups.items() if is_small(people, limit)]
    missing = Missing(limit)
    for other, group in pairs:
        missing.add(("other", other), ("group", group), pairs[other, group])
    for other in untold_others:
        missing.join(NO_OTHER, ("other", other))
    for group in found:
        missing.join(NO_GROUP, ("group", group))
    left = {group: None for group in groups if group not in found}

    def give_way(group: Group) -> None:
        del left[group]
        found.append(group)
        missing.join(NO_GROUP, ("group", group))

    bare = [pair for pair, people in pairs.items() if is_small(people, limit)]
    for other, group in bare:
        if group in left and not missing.protects(("other", other), ("group", group)):
            give_way(group)
    for other, group in bare:
        while left and not missing.protects(("other", other), ("group", group)):
            give_way(next((one for _, one in pairs if one in left), next(reversed(left))))
    return frozenset(found)

"""Units of an organisation: the tree below its top, and what may be done with it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stream_jobs.domain.errors import Conflict, NotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, UnitId

# Beneath the organisation: 市、县、乡镇、村 and a station of it leave one to spare.
DEEPEST = 6


class UnitNotFound(NotFound):
    """There is no such unit."""

    code = "unit_not_found"


class UnitClosed(Conflict):
    """This unit is closed; it takes no new shows and no units beneath it."""

    code = "unit_closed"


class UnitHasUnits(Conflict):
    """There are open units beneath it; close or move those first."""

    code = "unit_has_units"


class UnitInUse(Conflict):
    """Shows were made for it, or units stand beneath it: it can be closed, and not deleted."""

    code = "unit_in_use"


class UnitMisplaced(Conflict):
    """A unit stands beneath another one, never beneath itself, and the organisation beneath nothing."""

    code = "unit_misplaced"


class UnitKind(StrEnum):
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    BASE = "base"
    STATION = "station"
    COMPANY = "company"


class Unit(Body):
    """The organisation itself has no parent_id. depth: how many are above it. shows: its own that were started.

    empty: not the organisation itself, no show was ever made for it, and no unit stands beneath it.
    """

    id: UnitId
    parent_id: UnitId | None
    kind: UnitKind
    name: str
    closed_at: datetime | None = None
    depth: int = 0
    shows: int = 0
    empty: bool = False


@dataclass(frozen=True)
class Tree:
    """All units of an organisation."""

    units: Mapping[UnitId, Unit]
    _beneath: dict[UnitId, list[UnitId]] = field(default_factory=dict)

    @classmethod
    def of(cls, units: Iterable[Unit]) -> "Tree":
        tree = cls({unit.id: unit for unit in units})
        for unit in tree.units.values():
            if unit.parent_id is not None:
                tree._beneath.setdefault(unit.parent_id, []).append(unit.id)
        return tree

    def __getitem__(self, unit: UnitId) -> Unit:
        """Raises UnitNotFound."""
        if unit not in self.units:
            raise UnitNotFound
        return self.units[unit]

    @property
    def top(self) -> UnitId:
        return next(unit.id for unit in self.units.values() if unit.parent_id is None)

    def above(self, unit: UnitId) -> Iterator[UnitId]:
        """From the unit itself up to the organisation."""
        at: UnitId | None = unit
        while at is not None:
            yield at
            at = self.units[at].parent_id

    def beneath(self, unit: UnitId) -> Iterator[tuple[UnitId, int]]:
        """The unit itself and everything beneath it, each before what is beneath it, and how far down it is."""
        waiting = [(unit, 0)]
        while waiting:
            one, depth = waiting.pop()
            yield one, depth
            waiting += [(child, depth + 1) for child in reversed(self._beneath.get(one, []))]

    def must_take(self, parent: UnitId, unit: UnitId | None = None) -> None:
        """Whether a new unit, or this one with all that is beneath it, may stand there.

        Raises UnitNotFound, UnitClosed, UnitMisplaced.
        """
        if self[parent].closed_at is not None:
            raise UnitClosed(field="parent_id", expected="a unit that is open")
        moved = dict(self.beneath(unit)) if unit else {}
        deepest = len(list(self.above(parent))) + max(moved.values(), default=0)
        if parent in moved or unit == self.top or deepest > DEEPEST:
            raise UnitMisplaced(
                field="parent_id", expected=f"another unit, at most {DEEPEST} levels beneath the organisation"
            )

    def must_close(self, unit: UnitId) -> None:
        """Raises UnitNotFound, UnitHasUnits, UnitMisplaced for the organisation itself."""
        if self[unit].parent_id is None:
            raise UnitMisplaced(field="unit_id", expected="a unit beneath the organisation")
        if any(self.units[child].closed_at is None for child in self._beneath.get(unit, [])):
            raise UnitHasUnits


@dataclass(frozen=True, slots=True)
class Held:
    """What a unit and everything beneath it holds; or it alone (own), told where units beneath it hold some too."""

    unit: Unit
    depth: int
    own: bool
    shows: tuple[BroadcastId, ...]


def held_beneath(tree: Tree, of: UnitId, shows: Mapping[BroadcastId, UnitId]) -> list[Held]:
    """The units beneath that hold any of these shows, each before those beneath it and what it holds itself."""
    own: dict[UnitId, list[BroadcastId]] = {}
    for show, unit in shows.items():
        own.setdefault(unit, []).append(show)
    found = []
    for unit, depth in tree.beneath(of):
        every = tuple(show for one, _ in tree.beneath(unit) for show in own.get(one, ()))
        if every and unit != of:
            found.append(Held(tree[unit], depth, False, every))
        if unit in own and len(own[unit]) < len(every):
            found.append(Held(tree[unit], depth + 1, True, tuple(own[unit])))
    return found

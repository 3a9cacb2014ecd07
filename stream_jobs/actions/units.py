"""What an organiser does with the units of the organisation."""

from collections.abc import Sequence

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import OrgId, UnitId, uuid7
from stream_jobs.domain.text import clean_name
from stream_jobs.domain.units import Unit, UnitKind, UnitMisplaced
from stream_jobs.ports import By, Clock
from stream_jobs.ports.units import Units


class UnitActions:
    """Each answers the whole tree as it is then: the organisation first, each unit before those beneath it."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def listed(self, org: OrgId) -> Sequence[Unit]:
        return await self._units.listed(org)

    async def add(self, org: OrgId, parent: UnitId, kind: UnitKind, name: str, by: By) -> Sequence[Unit]:
        """Raises UnitNotFound, UnitClosed, UnitMisplaced, NameTaken, BadInput."""
        now = self._clock()
        await self._units.add(org, UnitId(uuid7(now)), parent, kind, _good(name), by=by, at=now)
        return await self._units.listed(org)

    async def change(
        self, org: OrgId, unit: UnitId, parent: UnitId, kind: UnitKind, name: str, by: By
    ) -> Sequence[Unit]:
        """Another name, kind or place; figures of its shows go with it at once. Raises as add."""
        if unit == org:
            raise UnitMisplaced(field="unit_id", expected="a unit beneath the organisation")
        await self._units.change(org, unit, parent, kind, _good(name), by=by, at=self._clock())
        return await self._units.listed(org)

    async def close(self, org: OrgId, unit: UnitId, by: By) -> Sequence[Unit]:
        """It takes no new shows; those it had stay its own. Raises UnitNotFound, UnitHasUnits, UnitMisplaced."""
        await self._units.close(org, unit, by=by, at=self._clock())
        return await self._units.listed(org)

    async def reopen(self, org: OrgId, unit: UnitId, by: By) -> Sequence[Unit]:
        """Raises UnitNotFound, UnitClosed when the one above it is."""
        await self._units.reopen(org, unit, by=by, at=self._clock())
        return await self._units.listed(org)

    async def delete(self, org: OrgId, unit: UnitId, by: By) -> Sequence[Unit]:
        """One that was made by mistake, a name mistyped in the form of a show. Raises UnitNotFound, UnitInUse."""
        await self._units.delete(org, unit, by=by, at=self._clock())
        return await self._units.listed(org)


def _good(name: str) -> str:
    clean = clean_name(name)
    if not clean:
        raise BadInput(field="name", expected="a name, such as 会宁县人力资源和社会保障局")
    return clean

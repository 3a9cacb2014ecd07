"""The units of an organisation, kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from stream_jobs.domain.ids import OrgId, UnitId
from stream_jobs.domain.units import Unit, UnitKind
from stream_jobs.ports.bus import By


class Units(Protocol):
    """What changes is audited. Each raises UnitNotFound, and NameTaken when another unit has the name."""

    async def listed(self, org_id: OrgId) -> Sequence[Unit]:
        """The organisation first, then its units, each before those beneath it."""

    async def add(
        self, org_id: OrgId, unit_id: UnitId, parent_id: UnitId, kind: UnitKind, name: str, *, by: By, at: datetime
    ) -> None:
        """Raises UnitClosed, UnitMisplaced too."""

    async def change(
        self, org_id: OrgId, unit_id: UnitId, parent_id: UnitId, kind: UnitKind, name: str, *, by: By, at: datetime
    ) -> None:
        """Its name, kind and place; what is beneath it goes along. Raises UnitClosed, UnitMisplaced too."""

    async def close(self, org_id: OrgId, unit_id: UnitId, *, by: By, at: datetime) -> None:
        """Closing again changes nothing. Raises UnitHasUnits, UnitMisplaced too."""

    async def reopen(self, org_id: OrgId, unit_id: UnitId, *, by: By, at: datetime) -> None:
        """Raises UnitClosed, when the one above is."""

    async def delete(self, org_id: OrgId, unit_id: UnitId, *, by: By, at: datetime) -> None:
        """Only where nothing was ever held there and nothing stands beneath. Raises UnitInUse too."""

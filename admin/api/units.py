"""The units of an organisation; their reports are those of several shows."""

from pydantic import Field

from admin.api.programme import Line
from admin.api.several import ORGANISER
from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Route
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import UnitId
from stream_jobs.domain.programme import NameTaken
from stream_jobs.domain.units import Unit, UnitClosed, UnitHasUnits, UnitInUse, UnitKind, UnitMisplaced, UnitNotFound

ONE = "/api/v1/units/{unit_id}"
PLACED = (UnitNotFound, UnitClosed, UnitMisplaced, NameTaken)


class UnitRequest(Input):
    name: Line = Field(min_length=1)
    kind: UnitKind
    parent_id: UnitId = Field(description="The unit it stands beneath, or the organisation")


class UnitList(Body):
    """The organisation first, each unit before those beneath it."""

    units: list[Unit]


async def listed(call: Call) -> UnitList:
    return UnitList(units=list(await call.actions.units.listed(call.org)))


async def add(call: Call) -> UnitList:
    wanted = call.body(UnitRequest)
    return UnitList(
        units=list(await call.actions.units.add(call.org, wanted.parent_id, wanted.kind, wanted.name, call.by))
    )


async def change(call: Call) -> UnitList:
    wanted = call.body(UnitRequest)
    units = await call.actions.units.change(call.org, _unit(call), wanted.parent_id, wanted.kind, wanted.name, call.by)
    return UnitList(units=list(units))


async def close(call: Call) -> UnitList:
    return UnitList(units=list(await call.actions.units.close(call.org, _unit(call), call.by)))


async def reopen(call: Call) -> UnitList:
    return UnitList(units=list(await call.actions.units.reopen(call.org, _unit(call), call.by)))


async def delete(call: Call) -> UnitList:
    return UnitList(units=list(await call.actions.units.delete(call.org, _unit(call), call.by)))


def _unit(call: Call) -> UnitId:
    return UnitId(call.id("unit_id", UnitNotFound))


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/units",
        callers=ORGANISER,
        summary="The organisation and its units, as a tree",
        handler=listed,
        answer=UnitList,
    ),
    Route(
        method="POST",
        path="/api/v1/units",
        callers=ORGANISER,
        summary="Add a unit; audited",
        handler=add,
        body=UnitRequest,
        answer=UnitList,
        errors=PLACED,
    ),
    Route(
        method="PUT",
        path=ONE,
        callers=ORGANISER,
        summary="Rename a unit, or move it with everything beneath it; audited",
        handler=change,
        body=UnitRequest,
        answer=UnitList,
        errors=PLACED,
    ),
    Route(
        method="DELETE",
        path=ONE,
        callers=ORGANISER,
        summary="Delete a unit that no show was ever made for and nothing stands beneath; audited",
        handler=delete,
        answer=UnitList,
        errors=(UnitNotFound, UnitInUse),
    ),
    Route(
        method="POST",
        path=f"{ONE}/close",
        callers=ORGANISER,
        summary="Close a unit: it takes no new shows and keeps those it had; audited",
        handler=close,
        answer=UnitList,
        errors=(UnitNotFound, UnitHasUnits, UnitMisplaced),
    ),
    Route(
        method="POST",
        path=f"{ONE}/reopen",
        callers=ORGANISER,
        summary="Open a closed unit again; audited",
        handler=reopen,
        answer=UnitList,
        errors=(UnitNotFound, UnitClosed),
    ),
)

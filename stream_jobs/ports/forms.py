"""A bureau's own workbooks, kept by name, and the figures of several shows that a form asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, FormId, OrgId
from stream_jobs.ports.bus import By


class FormBody(Body):
    """A kept form: how many marks it has, and how many of them nobody knows."""

    id: FormId
    name: str
    file_name: str
    marks: int
    unknown: int
    bytes: int
    by: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FormFile:
    """The workbook as it was uploaded."""

    file_name: str
    content: bytes
    marks: int
    unknown: int


class Forms(Protocol):
    """Each raises FormNotFound when the organisation has no such form, NameTaken when another has the name."""

    async def listed(self, org_id: OrgId) -> Sequence[FormBody]:
        """By name."""

    async def one(self, org_id: OrgId, form_id: FormId) -> FormBody: ...

    async def file(self, org_id: OrgId, form_id: FormId) -> FormFile: ...

    async def add(self, org_id: OrgId, form_id: FormId, name: str, file: FormFile, *, by: By, at: datetime) -> None: ...

    async def replace(self, org_id: OrgId, form_id: FormId, file: FormFile, *, by: By, at: datetime) -> None:
        """Another workbook under the same name."""

    async def rename(self, org_id: OrgId, form_id: FormId, name: str, at: datetime) -> None: ...

    async def remove(self, org_id: OrgId, form_id: FormId) -> None: ...


class OverShows(Protocol):
    async def shows_of_series(self, org_id: OrgId, series: str) -> Sequence[BroadcastId]:
        """Shows of the series of this name that were started, oldest first; never a rehearsal."""

    async def distinct(self, org_id: OrgId, shows: Sequence[BroadcastId]) -> Mapping[str, int]:
        """Devices, people and employers counted once over all these shows, by metric."""

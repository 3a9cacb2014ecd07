"""Figures out of a platform's export: preview, confirm, undo; they stand beside ours and are never added."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import cast

from stream_jobs.actions.forms import good_file_name
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import BroadcastId, OrgId, PlatformImportId, uuid7
from stream_jobs.domain.platform_sheet.matching import Matched, match_rows
from stream_jobs.domain.platform_sheet.reading import PlatformRow, Read
from stream_jobs.domain.text import clean_name
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import By, Clock, ImportFault, PlatformMetric, SkippedSheet, VerdictKind
from stream_jobs.ports.platform_imports import (
    FigureWanted,
    NewPlatformImport,
    PlatformImportBody,
    PlatformImportRow,
    PlatformImports,
    PlatformTotals,
)


class PlatformImportActions:
    """Reading the bytes is the caller's, because it belongs outside the event loop."""

    def __init__(self, imports: PlatformImports, clock: Clock) -> None:
        self._imports = imports
        self._clock = clock

    def today(self) -> date:
        return china_date(self._clock())

    async def preview(
        self,
        org: OrgId,
        file_name: str,
        read: Sequence[Read],
        by: By,
        *,
        platform: str,
        broadcast: BroadcastId | None = None,
    ) -> PlatformImportBody:
        """Keeps a verdict for every row; no figure is written yet. Raises BadInput, BroadcastNotFound."""
        if (named := clean_name(platform)) is None:
            raise BadInput(field="platform", expected="the platform's name")
        now = self._clock()
        matched = list(match_rows(read, await self._imports.shows(org, named), broadcast))
        rows = list(_rows(matched))
        new = NewPlatformImport(
            id=PlatformImportId(uuid7(now)),
            file_name=good_file_name(file_name),
            platform=named,
            broadcast_id=broadcast,
            totals=_totals(rows),
            sheets=[
                SkippedSheet(sheet=one.row.sheet, reason=one.row.reason)
                for one in matched
                if not isinstance(one.row, PlatformRow) and one.row.row == 0
            ],
            rows=rows,
        )
        await self._imports.add(org, new, by=by, at=now)
        return await self._imports.one(org, new.id)

    async def listed(self, org: OrgId) -> Sequence[PlatformImportBody]:
        """Newest first."""
        return await self._imports.listed(org)

    async def one(self, org: OrgId, import_: PlatformImportId) -> PlatformImportBody:
        """Raises ImportNotFound."""
        return await self._imports.one(org, import_)

    async def rows(
        self, org: OrgId, import_: PlatformImportId, verdict: VerdictKind | None, *, after: int, limit: int
    ) -> Sequence[PlatformImportRow]:
        """In the file's order. Raises ImportNotFound."""
        return await self._imports.rows(org, import_, verdict, after, limit)

    async def confirm(self, org: OrgId, import_: PlatformImportId, by: By) -> PlatformImportBody:
        """Writes the figures, all or none. Raises ImportNotFound, ImportDone."""
        await self._imports.confirm(org, import_, by=by, at=self._clock())
        return await self._imports.one(org, import_)

    async def undo(self, org: OrgId, import_: PlatformImportId) -> PlatformImportBody:
        """What stood before stands again. Raises ImportNotFound, ImportDone."""
        await self._imports.undo(org, import_, self._clock())
        return await self._imports.one(org, import_)


def _rows(matched: Sequence[Matched]) -> Iterator[PlatformImportRow]:
    rows = [one for one in matched if one.row.row]
    for nth, one in enumerate(rows, start=1):
        if not isinstance(one.row, PlatformRow):
            yield PlatformImportRow(
                nth=nth, sheet=one.row.sheet, row=one.row.row, verdict="skipped", skipped=one.row.reason.value
            )
            continue
        yield PlatformImportRow(
            nth=nth,
            sheet=one.row.sheet,
            row=one.row.row,
            verdict=one.verdict,
            broadcast_id=one.show.id if one.show else None,
            show=one.show.title if one.show else None,
            started_at=one.show.started_at if one.show else None,
            typed={name.value: said for name, said in one.row.typed.items()},
            figures=tuple(_figures(one)) if one.verdict in ("imports", "duplicate") else (),
            faults=tuple(ImportFault(field=f.field, code=f.code, cell=f.cell) for f in one.faults),
            same_row=one.same_row,
        )


def _figures(one: Matched) -> Iterator[FigureWanted]:
    if isinstance(one.row, PlatformRow) and one.show:
        for name, value in one.row.values.items():
            before = one.show.figures.get(name)
            yield FigureWanted(metric=cast(PlatformMetric, name.value), value=value, before=before)


def _totals(rows: Sequence[PlatformImportRow]) -> PlatformTotals:
    kinds = [row.verdict for row in rows]
    writing = [figure for row in rows if row.verdict == "imports" for figure in row.figures]
    return PlatformTotals(
        imports=kinds.count("imports"),
        faulty=kinds.count("faulty"),
        duplicate=kinds.count("duplicate"),
        skipped=kinds.count("skipped"),
        replaces=sum(figure.before is not None and figure.before != figure.value for figure in writing),
    )

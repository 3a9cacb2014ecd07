"""Jobs out of a workbook: preview, confirm, and undo until they were used."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.events import PayBody
from stream_jobs.domain.ids import ImportId, JobId, OrgId, uuid7
from stream_jobs.domain.job_sheet import (
    Duplicate,
    ExistingJob,
    Faulty,
    Imports,
    JobDraft,
    Reading,
    Skipped,
    SkipReason,
    Verdict,
)
from stream_jobs.domain.job_sheet.text import compact
from stream_jobs.domain.pay import Pay, pay_basis, show_pay
from stream_jobs.domain.text import clean_name
from stream_jobs.domain.vetting import china_date
from stream_jobs.domain.wording import Finding, blocking
from stream_jobs.ports import (
    Bus,
    By,
    Clock,
    FindingBody,
    ImportBody,
    ImportDraft,
    ImportFault,
    ImportRow,
    ImportTotals,
    JobFacts,
    JobLibrary,
    KeptWorkbook,
    NewImport,
    SkippedSheet,
    Topic,
    VerdictKind,
)
from stream_jobs.ports import Imports as ImportsPort

# A sheet formatted down to its last row has a million blank ones: all are counted, so many are listed.
BLANK_ROWS_LISTED = 1000
FILE_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ReadingNeeds:
    """What a workbook is read against: the day it is, and the jobs that are there, by job_key()."""

    today: date
    existing: Mapping[str, str]


class ImportActions:
    """Reading the bytes is the caller's, because it belongs outside the event loop."""

    def __init__(self, imports: ImportsPort, library: JobLibrary, bus: Bus, clock: Clock) -> None:
        self._imports = imports
        self._library = library
        self._bus = bus
        self._clock = clock

    async def reading_needs(self, org: OrgId) -> ReadingNeeds:
        return ReadingNeeds(china_date(self._clock()), await self._library.known_keys(org))

    async def preview(
        self, org: OrgId, file_name: str, content: bytes, reading: Reading, today: date, by: By
    ) -> ImportBody:
        """Keeps the workbook with a verdict for every row; no job is made yet."""
        now = self._clock()
        known = {compact(name) for name in await self._imports.employer_names(org)}
        # Twenty thousand rows take seconds: not on the loop that viewers wait for.
        rows, totals = await asyncio.to_thread(lambda: (import_rows(reading), _totals(reading, known)))
        new = NewImport(
            id=ImportId(uuid7(now)),
            org_id=org,
            file_name=_good_name(file_name),
            content=content,
            today=today,
            totals=totals,
            sheets=[SkippedSheet(sheet=sheet.name, reason=sheet.skipped) for sheet in reading.sheets if sheet.skipped],
            rows=rows,
        )
        await self._imports.add(new, at=now, by=by)
        return await self._imports.one(org, new.id)

    async def listed(self, org: OrgId) -> Sequence[ImportBody]:
        """Newest first."""
        return await self._imports.listed(org)

    async def one(self, org: OrgId, import_: ImportId) -> ImportBody:
        """Raises ImportNotFound."""
        return await self._imports.one(org, import_)

    async def rows(
        self, org: OrgId, import_: ImportId, verdict: VerdictKind | None, *, offset: int = 0, limit: int = 50
    ) -> Sequence[ImportRow]:
        """In the workbook's order. Raises ImportNotFound."""
        return await self._imports.rows(org, import_, verdict, offset, limit)

    async def workbook(self, org: OrgId, import_: ImportId) -> KeptWorkbook:
        """Raises ImportNotFound."""
        return await self._imports.workbook(org, import_)

    async def confirm(self, org: OrgId, import_: ImportId, by: By) -> ImportBody:
        """Makes its jobs, all or none. Raises ImportNotFound, ImportDone."""
        await self._imports.confirm(org, import_, at=self._clock(), by=by)
        return await self._imports.one(org, import_)

    async def undo(self, org: OrgId, import_: ImportId, by: By) -> ImportBody:
        """Raises ImportNotFound, ImportDone, ImportUsed once a job of it was pushed or applied for."""
        for broadcast in await self._imports.undo(org, import_, at=self._clock(), by=by):
            await self._bus.announce(broadcast, Topic.STAGE)
        return await self._imports.one(org, import_)


# ── what a reading says, row by row ───────────────────────────────────────────────────────────────────────────


def import_rows(reading: Reading) -> list[ImportRow]:
    """A row for each verdict, in order; of blank rows only the first."""
    rows: list[ImportRow] = []
    blanks = 0
    for sheet, verdict in reading:
        blanks += _is_blank(verdict)
        if not _is_blank(verdict) or blanks <= BLANK_ROWS_LISTED:
            rows.append(_row(len(rows) + 1, sheet, verdict))
    return rows


def _is_blank(verdict: Verdict) -> bool:
    return isinstance(verdict, Skipped) and verdict.reason is SkipReason.BLANK


def _row(nth: int, sheet: str, verdict: Verdict) -> ImportRow:
    match verdict:
        case Imports(row=row, draft=draft):
            return ImportRow(
                nth=nth,
                sheet=sheet,
                row=row,
                verdict="imports",
                typed=draft.typed,
                draft=_draft(draft),
                findings=_findings(verdict.findings),
            )
        case Faulty(row=row):
            faults = tuple(ImportFault(field=f.field, code=f.code, cell=f.cell) for f in verdict.errors)
            return ImportRow(
                nth=nth,
                sheet=sheet,
                row=row,
                verdict="faulty",
                typed=verdict.typed,
                faults=faults,
                findings=_findings(verdict.findings),
            )
        case Duplicate(row=row, draft=draft):
            return ImportRow(
                nth=nth,
                sheet=sheet,
                row=row,
                verdict="duplicate",
                typed=draft.typed,
                draft=_draft(draft),
                **_repeats(verdict),
            )
        case Skipped(row=row):
            return ImportRow(nth=nth, sheet=sheet, row=row, verdict="skipped", skipped=verdict.reason)


def _repeats(verdict: Duplicate) -> dict[str, object]:
    if isinstance(verdict.of, ExistingJob):
        return {"duplicate_job": JobId(UUID(verdict.of.id))}
    return {"duplicate_sheet": verdict.of.sheet, "duplicate_row": verdict.of.row}


def _draft(draft: JobDraft) -> ImportDraft:
    stated: dict[str, Any] = {name: getattr(draft, name) or None for name in _SAME_NAME}
    return ImportDraft(
        employer=draft.employer,
        facts=JobFacts(
            pay_text=draft.pay.text, headcount_min=draft.headcount.min, headcount_max=draft.headcount.max, **stated
        ),
        pay=pay_body(draft.pay),
        contact_name=draft.contact_name,
        contact_phone=draft.contact_phone,
    )


_SAME_NAME = tuple(name for name in JobFacts.__dataclass_fields__ if name in JobDraft.__dataclass_fields__)


def pay_body(pay: Pay) -> PayBody:
    """Pay as pages show it, with what stands behind it."""
    basis = pay_basis(pay.text)
    return PayBody(
        text=pay.text,
        min_fen=pay.min_fen,
        max_fen=pay.max_fen,
        unit=pay.unit.value,
        months=pay.months,
        negotiable=pay.negotiable,
        open_ended=pay.open_ended,
        base_text=basis.base_text,
        monthly_text=show_pay(basis.monthly) if basis.monthly else None,
        pay_day=basis.pay_day,
    )


def _findings(findings: Sequence[Finding]) -> tuple[FindingBody, ...]:
    return tuple(FindingBody.model_validate(asdict(finding)) for finding in findings)


def _totals(reading: Reading, known: set[str]) -> ImportTotals:
    importing = [verdict for _, verdict in reading if isinstance(verdict, Imports)]
    employers = {compact(verdict.draft.employer): verdict.draft.employer for verdict in reversed(importing)}
    fresh = [name for key, name in reversed(employers.items()) if key not in known]
    return ImportTotals(
        imports=len(importing),
        faulty=reading.count(Faulty),
        duplicate=reading.count(Duplicate),
        skipped=reading.count(Skipped),
        blocked=sum(bool(blocking(verdict.findings)) for verdict in importing),
        new_employers=tuple(fresh),
    )


def _good_name(typed: str) -> str:
    """The name alone: some browsers send the path of the sender's own disk."""
    name = clean_name(typed.replace("\\", "/").rpartition("/")[2])
    if not name:
        raise BadInput(field="file", expected="a file with a name")
    return name[-FILE_NAME_CHARACTERS:]

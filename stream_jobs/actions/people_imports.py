"""Lists of people out of workbooks: preview, confirm once, undo while nothing has followed."""

import re
from collections.abc import Sequence
from datetime import date
from uuid import uuid5

from stream_jobs.actions.applying import ApplyingActions, Recorded
from stream_jobs.domain.errors import BadInput, ChannelNotFound, JobNotFound
from stream_jobs.domain.ids import ChannelId, JobId, PeopleImportId, ReceiptId, uuid7
from stream_jobs.domain.people_sheet.columns import Kind
from stream_jobs.domain.people_sheet.matching import Matched, match_applicants, match_outcomes
from stream_jobs.domain.people_sheet.reading import NoPerson, PeopleReading, PersonRow
from stream_jobs.domain.text import clean_name
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import Bus, Clock, Receipt, Topic, VerdictKind
from stream_jobs.ports.imports import SkippedSheet
from stream_jobs.ports.people_imports import (
    ApplicantRow,
    FaultyList,
    Given,
    ListScope,
    NewPeopleImport,
    NewPeopleRow,
    PeopleImportBody,
    PeopleImportRow,
    PeopleImports,
    PeopleMatching,
    PeopleTotals,
    RowWritten,
)

AT_ONCE = 200
FILE_NAME_CHARACTERS = 200


class PeopleImportActions:
    """Reading the bytes is the caller's, because it belongs outside the event loop."""

    def __init__(
        self, imports: PeopleImports, matching: PeopleMatching, applying: ApplyingActions, bus: Bus, clock: Clock
    ) -> None:
        self._imports = imports
        self._matching = matching
        self._applying = applying
        self._bus = bus
        self._clock = clock

    def today(self) -> date:
        return china_date(self._clock())

    async def preview(
        self,
        scope: ListScope,
        kind: Kind,
        file_name: str,
        content: bytes,
        reading: PeopleReading,
        *,
        channel: ChannelId | None = None,
        given: Given | None = None,
        job: JobId | None = None,
    ) -> PeopleImportBody:
        """Keeps the list, sealed, with a verdict for every row; nothing is changed yet.

        job: of applicants, that of the rows which name none. Raises BadInput for applicants without a basis of
        consent, ChannelNotFound, JobNotFound.
        """
        if (kind == "applicants") != (given is not None):
            raise BadInput(field="given", expected="how the people of a list of applicants agreed")
        if channel is not None and not await self._matching.has_channel(scope, channel):
            raise ChannelNotFound
        now = self._clock()
        id_ = PeopleImportId(uuid7(now))
        rows = await self._verdicts(scope, kind, id_, reading, job)
        new = NewPeopleImport(
            id=id_,
            kind=kind,
            file_name=_good_name(file_name),
            content=content,
            totals=_totals(rows),
            sheets=[SkippedSheet(sheet=r.sheet, reason=r.reason) for r in _nobody(reading) if r.row == 0],
            rows=rows,
            channel_id=channel,
            given=given,
        )
        await self._imports.add(scope, new, now)
        return await self._imports.one(scope, id_, now)

    async def _verdicts(
        self, scope: ListScope, kind: Kind, id_: PeopleImportId, reading: PeopleReading, job: JobId | None
    ) -> list[NewPeopleRow]:
        people = [row for row in reading.rows if isinstance(row, PersonRow)]
        phones = sorted({row.phone for row in people if row.phone})
        if kind == "outcomes":
            numbers = sorted({row.number for row in people if row.number is not None})
            matched = match_outcomes(people, await self._matching.candidates(scope, numbers, phones))
        else:
            applied = await self._matching.candidates(scope, [], phones, everyone=True)
            jobs = await self._matching.jobs(scope, self._clock())
            otherwise = next((one for one in jobs if one.id == job), None)
            if job is not None and otherwise is None:
                raise JobNotFound
            matched = match_applicants(people, jobs, applied, otherwise=otherwise)
        verdicts = iter(matched)
        rows: list[NewPeopleRow] = []
        for row in reading.rows:
            if isinstance(row, PersonRow):
                rows.append(_row(id_, len(rows) + 1, next(verdicts)))
            elif row.row and row.reason not in ("blank", "header"):
                rows.append(_skipped(id_, len(rows) + 1, row))
        return rows

    async def listed(self, scope: ListScope) -> Sequence[PeopleImportBody]:
        """Newest first."""
        return await self._imports.listed(scope, self._clock())

    async def one(self, scope: ListScope, import_: PeopleImportId) -> PeopleImportBody:
        """Raises ImportNotFound."""
        return await self._imports.one(scope, import_, self._clock())

    async def rows(
        self, scope: ListScope, import_: PeopleImportId, verdict: VerdictKind | None, *, offset: int, limit: int
    ) -> Sequence[PeopleImportRow]:
        """In the workbook's order. Raises ImportNotFound."""
        return await self._imports.rows(scope, import_, verdict, offset, limit)

    async def faulty(self, scope: ListScope, import_: PeopleImportId) -> FaultyList:
        """The list and its rows that were not taken, in clear; recorded, and for whoever brought it alone.

        Raises ImportNotFound, NotAllowed, ImportDone once it cannot be read any more.
        """
        return await self._imports.faulty(scope, import_, self._clock())

    async def confirm(self, scope: ListScope, import_: PeopleImportId) -> PeopleImportBody:
        """Writes what imports, once: called again after a crash it goes on where it stopped.

        Raises ImportNotFound, ImportDone.
        """
        if await self._imports.begin(scope, import_, self._clock()) == "outcomes":
            await self._imports.write_outcomes(scope, import_, self._clock())
        else:
            while await self._record_some(scope, import_):
                pass
            await self._imports.finish(scope, import_, self._clock())
        await self._bus.announce(scope.broadcast_id, Topic.DESK)
        return await self.one(scope, import_)

    async def _record_some(self, scope: ListScope, import_: PeopleImportId) -> bool:
        waiting = await self._imports.next_applicants(scope, import_, AT_ONCE)
        if not waiting.rows or waiting.account_id is None:
            return False
        answers = await self._applying.record_all(
            scope.org_id,
            scope.broadcast_id,
            waiting.account_id,
            [Recorded(row.key, row.job_id, row.phone, row.name) for row in waiting.rows],
            channel=waiting.channel_id,
            consent_given=waiting.given,
        )
        written = [_written(row, answer) for row, answer in zip(waiting.rows, answers, strict=True)]
        await self._imports.wrote(scope, import_, written, self._clock())
        return True

    async def undo(self, scope: ListScope, import_: PeopleImportId) -> PeopleImportBody:
        """Takes back what nothing has followed; totals.kept says how many stay.

        Raises ImportNotFound, ImportDone, UndoOver.
        """
        await self._imports.undo(scope, import_, self._clock())
        await self._bus.announce(scope.broadcast_id, Topic.DESK)
        return await self.one(scope, import_)


def _written(row: ApplicantRow, answer: object) -> RowWritten:
    if isinstance(answer, Receipt):
        return RowWritten(row.nth, ReceiptId(answer.receipt_id))
    return RowWritten(row.nth, None, getattr(answer, "code", "error"))


def _row(import_: PeopleImportId, nth: int, one: Matched) -> NewPeopleRow:
    row, candidate = one.row, one.candidate
    result = row.result
    body = {
        "state": result.state if result else None,
        "reason": result.reason if result else None,
        "done": result.done if result else None,
        "day": row.day,
        "applied_at": row.applied_at,
        "job": candidate.job if candidate else f"{one.job.label} {one.job.title}" if one.job else None,
        "job_id": one.job.id if one.job else None,
        "number": f"{candidate.number:04}" if candidate else None,
        "stands": candidate.state if candidate else None,
        "faults": [{"field": f.field, "code": f.code, "cell": f.cell} for f in one.faults] or None,
        "repeats": one.repeats,
        "same_sheet": one.same_as.sheet if one.same_as else None,
        "same_row": one.same_as.row if one.same_as else None,
        "skipped": "nothing_yet" if row.nothing_yet else None,
    }
    said = {"typed": dict(row.typed), "phone": row.phone, "name": row.name, "said": row.said}
    return NewPeopleRow(
        nth=nth,
        sheet=row.sheet,
        row=row.row,
        verdict=one.verdict,
        body={name: value for name, value in body.items() if value is not None},
        said=said,
        key=uuid5(import_, f"{row.sheet}!{row.row}"),
        phone=row.phone,
        application_id=candidate.id if candidate and one.verdict == "imports" else None,
        lacks_job=any(fault.code == "job_missing" for fault in one.faults),
    )


def _skipped(import_: PeopleImportId, nth: int, row: NoPerson) -> NewPeopleRow:
    return NewPeopleRow(
        nth=nth,
        sheet=row.sheet,
        row=row.row,
        verdict="skipped",
        body={"skipped": row.reason.value},
        said={"typed": dict(row.typed)} if row.typed else {},
        key=uuid5(import_, f"{row.sheet}!{row.row}"),
    )


def _nobody(reading: PeopleReading) -> Sequence[NoPerson]:
    return [row for row in reading.rows if isinstance(row, NoPerson)]


def _totals(rows: Sequence[NewPeopleRow]) -> PeopleTotals:
    kinds = [row.verdict for row in rows]
    return PeopleTotals(
        imports=kinds.count("imports"),
        faulty=kinds.count("faulty"),
        duplicate=kinds.count("duplicate"),
        skipped=kinds.count("skipped"),
        without_job=sum(row.lacks_job for row in rows),
    )


def _good_name(typed: str) -> str:
    """The name alone: some browsers send the path of the sender's own disk."""
    name = clean_name(typed.replace("\\", "/").rpartition("/")[2])
    if not name:
        raise BadInput(field="file", expected="a file with a name")
    # A name may be somebody's number, and names of files are not sealed.
    return re.sub(r"\d{9,}", "…", name[-FILE_NAME_CHARACTERS:])

"""Whom the rows of a list speak of, and what would become of each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from stream_jobs.domain.errors import Conflict, ReasonMissing
from stream_jobs.domain.following import LADDER, State, check_move
from stream_jobs.domain.ids import ApplicationId, JobId
from stream_jobs.domain.job_sheet.text import compact
from stream_jobs.domain.job_sheet.verdicts import RowRef
from stream_jobs.domain.people_sheet.columns import Field
from stream_jobs.domain.people_sheet.reading import PeopleFault, PersonRow

# What a row repeats is in the file, in the application as it stands already, or in what was applied for before.
Repeats = Literal["row", "state", "further", "done", "applied"]


@dataclass(frozen=True, slots=True, repr=False)
class Candidate:
    """An application a row may speak of; phone only where the list names it. guarded: the employer has a recruiter."""

    id: ApplicationId
    number: int
    phone: str | None
    job_id: JobId
    job: str
    state: State
    guarded: bool
    last_done: str | None = None


@dataclass(frozen=True, slots=True)
class JobChoice:
    """A job of the show; closed says why nobody can apply for it now."""

    id: JobId
    label: str
    title: str
    employer: str
    closed: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Matched:
    """A row with its verdict."""

    row: PersonRow
    verdict: Literal["imports", "faulty", "duplicate", "skipped"]
    candidate: Candidate | None = None
    job: JobChoice | None = None
    faults: tuple[PeopleFault, ...] = ()
    repeats: Repeats | None = None
    same_as: RowRef | None = None


class _Fault(Exception):
    def __init__(self, name: Field, code: str) -> None:
        self.name, self.code = name, code
        super().__init__(code)


def match_outcomes(rows: Sequence[PersonRow], candidates: Sequence[Candidate]) -> list[Matched]:
    """candidates are those in scope that a number or phone of the rows may mean."""
    by_number = {one.number: one for one in candidates}
    by_phone: dict[str, list[Candidate]] = {}
    for one in candidates:
        by_phone.setdefault(one.phone or "", []).append(one)
    met: dict[ApplicationId, RowRef] = {}
    return [_outcome(row, by_number, by_phone, met) for row in rows]


def _outcome(
    row: PersonRow,
    by_number: Mapping[int, Candidate],
    by_phone: Mapping[str, Sequence[Candidate]],
    met: dict[ApplicationId, RowRef],
) -> Matched:
    if row.nothing_yet:
        return Matched(row, "skipped")
    if row.faults or row.result is None:
        return Matched(row, "faulty", faults=row.faults)
    try:
        one = _whom(row, by_number, by_phone)
        if one.id in met:
            return Matched(row, "duplicate", one, repeats="row", same_as=met[one.id])
        if repeats := _repeats(row, one):
            return Matched(row, "duplicate", one, repeats=repeats)
        _must_be_movable(row, one)
    except _Fault as fault:
        return Matched(row, "faulty", faults=(PeopleFault(fault.name, fault.code, row.cells.get(fault.name)),))
    met[one.id] = RowRef(row.sheet, row.row)
    return Matched(row, "imports", one)


def _whom(row: PersonRow, by_number: Mapping[int, Candidate], by_phone: Mapping[str, Sequence[Candidate]]) -> Candidate:
    if row.number is not None:
        one = by_number.get(row.number)
        if one is None:
            raise _Fault(Field.NUMBER, "application_unknown")
        if row.phone is not None and one.phone != row.phone:
            raise _Fault(Field.PHONE, "number_and_phone_differ")
        return _allowed(one, Field.NUMBER)
    found = by_phone.get(row.phone or "-", ())
    if len(found) > 1 and row.job:
        found = [one for one in found if _names(row.job, one.job)]
    if not found:
        raise _Fault(Field.PHONE, "application_unknown")
    if len(found) > 1:
        raise _Fault(Field.PHONE, "several_applications")
    return _allowed(found[0], Field.PHONE)


def _allowed(one: Candidate, name: Field) -> Candidate:
    if one.guarded:
        raise _Fault(name, "employer_has_recruiter")
    if one.state is State.WITHDRAWN:
        raise _Fault(name, "application_withdrawn")
    return one


def _repeats(row: PersonRow, one: Candidate) -> Repeats | None:
    result = row.result
    if result is None:
        return None
    if result.state is None:
        return "done" if result.done == one.last_done else None
    if result.state is one.state:
        return "state"
    further = result.state in LADDER and one.state in LADDER and LADDER.index(result.state) < LADDER.index(one.state)
    return "further" if further else None


def _must_be_movable(row: PersonRow, one: Candidate) -> None:
    if row.result is None or row.result.state is None:
        return
    try:
        check_move(one.state, row.result.state, row.result.reason)
    except (Conflict, ReasonMissing):
        raise _Fault(Field.RESULT, "move_not_allowed") from None


def match_applicants(
    rows: Sequence[PersonRow],
    jobs: Sequence[JobChoice],
    applied: Sequence[Candidate],
    *,
    otherwise: JobChoice | None = None,
) -> list[Matched]:
    """applied are the applications in the show of the people the rows name; otherwise: the job of who names none."""
    before = {(one.phone, one.job_id): one for one in applied if one.state is not State.WITHDRAWN}
    met: dict[tuple[str, JobId], RowRef] = {}
    return [_applicant(row, jobs, otherwise, before, met) for row in rows]


def _applicant(
    row: PersonRow,
    jobs: Sequence[JobChoice],
    otherwise: JobChoice | None,
    before: Mapping[tuple[str | None, JobId], Candidate],
    met: dict[tuple[str, JobId], RowRef],
) -> Matched:
    faults = list(row.faults)
    job = None
    try:
        job = None if any(known.field is Field.JOB for known in faults) else _job(row, jobs, otherwise)
    except _Fault as fault:
        faults.append(PeopleFault(fault.name, fault.code, row.cells.get(fault.name)))
    if faults or job is None or row.phone is None:
        return Matched(row, "faulty", job=job, faults=tuple(faults))
    earlier = before.get((row.phone, job.id))
    if earlier is not None:
        return Matched(row, "duplicate", earlier, job, repeats="applied")
    if (row.phone, job.id) in met:
        return Matched(row, "duplicate", job=job, repeats="row", same_as=met[row.phone, job.id])
    met[row.phone, job.id] = RowRef(row.sheet, row.row)
    return Matched(row, "imports", job=job)


def _job(row: PersonRow, jobs: Sequence[JobChoice], otherwise: JobChoice | None) -> JobChoice:
    if not row.job and otherwise is None:
        raise _Fault(Field.JOB, "job_missing")
    named = [job for job in jobs if _names(row.job, f"{job.label} {job.title}")]
    found = [otherwise] if otherwise and not row.job else named
    if len(found) > 1 and row.employer:
        typed = compact(row.employer)
        found = [job for job in found if typed in compact(job.employer) or compact(job.employer) in typed]
    if len(found) != 1:
        raise _Fault(Field.JOB, "job_ambiguous" if found else "job_unknown")
    if not _fits(found[0], row, jobs):
        raise _Fault(Field.JOB, "job_unclear")
    if found[0].closed:
        raise _Fault(Field.JOB, found[0].closed)
    return found[0]


def _fits(job: JobChoice, row: PersonRow, jobs: Sequence[JobChoice]) -> bool:
    """Whether a comment speaks of no other job by its title; one that two share needs the number beside it."""
    said = compact(row.comment)
    titles = {title for one in jobs if len(title := _title(one.title)) > 1 and title in said}
    meant = {title for title in titles if not any(title != longer and title in longer for longer in titles)}
    if row.job or not meant:
        return not meant or _title(job.title) in meant
    return [one for one in jobs if _title(one.title) in meant] == [job]


@lru_cache(maxsize=1024)
def _title(typed: str) -> str:
    """As people call it: without what stands in brackets."""
    return re.sub(r"[(\[【].*?[)\]】]", "", compact(typed))


def _names(typed: str, job: str) -> bool:
    """3, 3号, 3号 焊工 and 焊工 all name the job “3号 焊工”."""
    label, _, title = job.partition(" ")
    said, label, title = compact(typed), compact(label), compact(title)
    number = re.match(r"(\d+)(?:号|$|[-_、.:])?", said)
    if number and label.rstrip("号").isdigit():
        rest = said[number.end() :].removeprefix("岗位")
        return int(number[1]) == int(label.rstrip("号")) and (not rest or rest == title)
    return said in (title, label, label + title)

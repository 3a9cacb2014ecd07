"""Reads workbooks in a process of their own, so that no upload holds up a show or outgrows the server."""

import asyncio
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from admin.children import NoAnswer, TooSlow, answer_of
from admin.form.reading import FormMark
from stream_jobs.domain.errors import StreamJobsError
from stream_jobs.domain.form.values import Filling
from stream_jobs.domain.job_sheet import Reading, WorkbookTooLarge
from stream_jobs.domain.pay import Language
from stream_jobs.domain.people_sheet.columns import Kind
from stream_jobs.domain.people_sheet.reading import PeopleReading
from stream_jobs.domain.platform_sheet.reading import Read

# The largest workbook that is taken is read in about ten seconds on one old core.
PATIENCE_SECONDS = 60.0
# Each takes a core and up to the child's memory limit; the next upload waits its turn.
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Preview:
    content: bytes
    today: date
    existing: dict[str, str]
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Faults:
    content: bytes
    today: date
    language: Language


@dataclass(frozen=True, slots=True)
class People:
    content: bytes
    kind: Kind
    today: date
    max_bytes: int


@dataclass(frozen=True, slots=True, repr=False)
class WrongPerson:
    """A row of a list of people that was not taken: each fault's cell, where one is to blame, and what to say of it."""

    sheet: str
    row: int
    faults: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True, repr=False)
class PeopleFaults:
    content: bytes
    kind: Kind
    today: date
    rows: tuple[WrongPerson, ...]
    at_cell: str
    language: Language


@dataclass(frozen=True, slots=True)
class ReadForm:
    content: bytes


@dataclass(frozen=True, slots=True)
class FillForm:
    content: bytes
    filling: Filling


@dataclass(frozen=True, slots=True)
class Platform:
    content: bytes
    today: date
    max_bytes: int


Work = Preview | Faults | People | PeopleFaults | ReadForm | FillForm | Platform


class WorkbookReader:
    """At most AT_ONCE at a time. Raises the workbook errors, WorkbookTooLarge also for what takes too long."""

    def __init__(self) -> None:
        self._line = asyncio.Semaphore(AT_ONCE)

    async def reading(self, content: bytes, *, today: date, existing: Mapping[str, str], max_bytes: int) -> Reading:
        answer = await self._done(Preview(content, today, dict(existing), max_bytes))
        if not isinstance(answer, Reading):
            raise AssertionError("the child answers what it was asked")
        return answer

    async def people(self, content: bytes, *, kind: Kind, today: date, max_bytes: int) -> PeopleReading:
        answer = await self._done(People(content, kind, today, max_bytes))
        if not isinstance(answer, PeopleReading):
            raise AssertionError("the child answers what it was asked")
        return answer

    async def faulty(self, content: bytes, *, today: date, language: Language) -> bytes:
        """The rows to correct, as an .xlsx."""
        return await self._workbook(Faults(content, today, language))

    async def faulty_people(
        self,
        content: bytes,
        *,
        kind: Kind,
        today: date,
        rows: Sequence[WrongPerson],
        at_cell: str,
        language: Language,
    ) -> bytes:
        """The rows of a list that were not taken, as an .xlsx; see `faulty_list`."""
        return await self._workbook(PeopleFaults(content, kind, today, tuple(rows), at_cell, language))

    async def _workbook(self, work: Work) -> bytes:
        answer = await self._done(work)
        if not isinstance(answer, bytes):
            raise AssertionError("the child answers what it was asked")
        return answer

    async def platform_rows(self, content: bytes, *, today: date, max_bytes: int) -> Sequence[Read]:
        answer = await self._done(Platform(content, today, max_bytes))
        if not isinstance(answer, tuple):
            raise AssertionError("the child answers what it was asked")
        return answer

    async def form_marks(self, content: bytes) -> tuple[FormMark, ...]:
        """Every mark of a form. Raises FormNotXlsx, FormHasMacros, FormWithoutMarks too."""
        answer = await self._done(ReadForm(content))
        if not isinstance(answer, tuple):
            raise AssertionError("the child answers what it was asked")
        return answer

    async def filled_form(self, content: bytes, filling: Filling) -> bytes:
        answer = await self._done(FillForm(content, filling))
        if not isinstance(answer, bytes):
            raise AssertionError("the child answers what it was asked")
        return answer

    async def _done(self, work: Work) -> object:
        async with self._line:
            told = await _in_child(await asyncio.to_thread(pickle.dumps, work))
            # Written by our own code in our own child; nothing of the upload is unpickled as it came.
            answer: object = await asyncio.to_thread(pickle.loads, told)
        if isinstance(answer, StreamJobsError):
            raise answer
        return answer


async def _in_child(asked: bytes) -> bytes:
    try:
        return await answer_of("admin.import_child", asked=asked, seconds=PATIENCE_SECONDS)
    except TooSlow:
        raise WorkbookTooLarge(field="file", expected=f"what can be read in {PATIENCE_SECONDS:.0f} seconds") from None
    except NoAnswer:
        # Beyond its memory or its time.
        raise WorkbookTooLarge(field="file", expected="a smaller workbook") from None

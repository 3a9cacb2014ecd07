"""The process an import is worked out in: asked on stdin, answers on stdout, then ends; bounded in memory and time."""

import pickle
import resource
import sys

from admin.bounds import bound
from admin.faulty_workbook import faulty_list, faulty_workbook
from admin.form.filling import fill_form
from admin.form.reading import FormMark, read_form
from admin.import_reader import Faults, FillForm, People, PeopleFaults, Platform, Preview, ReadForm, Work
from admin.workbook import read_workbook
from stream_jobs.domain.errors import StreamJobsError
from stream_jobs.domain.job_sheet import Reading, read_jobs
from stream_jobs.domain.people_sheet.reading import PeopleReading, read_people
from stream_jobs.domain.platform_sheet.reading import Read, read_platform

# The largest rectangle of cells that is taken, as Python objects, and room to work on it.
MEMORY_BYTES = 2 * 1024**3
CPU_SECONDS = 60


def done(work: Work) -> Reading | PeopleReading | tuple[FormMark, ...] | tuple[Read, ...] | bytes:
    """Raises the workbook errors."""
    match work:
        case Preview():
            sheets = read_workbook(work.content, work.max_bytes)
            return read_jobs(sheets, today=work.today, existing=work.existing)
        case Faults():
            sheets = read_workbook(work.content, max(len(work.content), 1))
            return faulty_workbook(work.content, read_jobs(sheets, today=work.today), work.language)
        case People():
            return read_people(read_workbook(work.content, work.max_bytes), work.kind, work.today)
        case PeopleFaults():
            sheets = read_workbook(work.content, max(len(work.content), 1))
            found = read_people(sheets, work.kind, work.today)
            return faulty_list(work.content, found, work.rows, work.at_cell, work.language)
        case Platform():
            return read_platform(read_workbook(work.content, work.max_bytes), work.today)
        case ReadForm():
            return read_form(work.content)
        case FillForm():
            return fill_form(work.content, work.filling)


def main() -> None:
    bound({resource.RLIMIT_AS: MEMORY_BYTES, resource.RLIMIT_CPU: CPU_SECONDS})
    work = pickle.load(sys.stdin.buffer)
    try:
        answer: object = done(work)
    except StreamJobsError as error:
        answer = error
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    main()

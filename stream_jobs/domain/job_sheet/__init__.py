"""Jobs out of a bureau's workbook: sheets of cells in, a verdict for every row out."""

from stream_jobs.domain.job_sheet.errors import (
    WorkbookEncrypted,
    WorkbookTooLarge,
    WorkbookTooLong,
    WorkbookUnreadable,
)
from stream_jobs.domain.job_sheet.fields import Field
from stream_jobs.domain.job_sheet.grid import Cell, Merge, Sheet, cell_name, column_letters
from stream_jobs.domain.job_sheet.headcount import Headcount
from stream_jobs.domain.job_sheet.reading import MAX_DATA_ROWS, read_jobs
from stream_jobs.domain.job_sheet.reasons import (
    expected_text,
    fault_text,
    faulty_text,
    field_name,
    skip_text,
)
from stream_jobs.domain.job_sheet.rows import job_key
from stream_jobs.domain.job_sheet.verdicts import (
    CellFault,
    Duplicate,
    ExistingJob,
    Fault,
    Faulty,
    Imports,
    JobDraft,
    Reading,
    RowRef,
    SheetReading,
    Skipped,
    SkipReason,
    Verdict,
)

__all__ = [
    "MAX_DATA_ROWS",
    "Cell",
    "CellFault",
    "Duplicate",
    "ExistingJob",
    "Fault",
    "Faulty",
    "Field",
    "Headcount",
    "Imports",
    "JobDraft",
    "Merge",
    "Reading",
    "RowRef",
    "Sheet",
    "SheetReading",
    "SkipReason",
    "Skipped",
    "Verdict",
    "WorkbookEncrypted",
    "WorkbookTooLarge",
    "WorkbookTooLong",
    "WorkbookUnreadable",
    "cell_name",
    "column_letters",
    "expected_text",
    "fault_text",
    "faulty_text",
    "field_name",
    "job_key",
    "read_jobs",
    "skip_text",
]

"""What can be wrong with a workbook as a whole; what is wrong with one cell is a verdict, not an error."""

from stream_jobs.domain.errors import BadInput


class WorkbookUnreadable(BadInput):
    """The file is no workbook that can be read."""

    code = "workbook_unreadable"


class WorkbookEncrypted(BadInput):
    """The workbook is protected by a password; save it without one."""

    code = "workbook_encrypted"


class WorkbookTooLarge(BadInput):
    """The workbook is too large."""

    code = "workbook_too_large"


class WorkbookTooLong(BadInput):
    """The workbook has too many rows; split it."""

    code = "workbook_too_long"

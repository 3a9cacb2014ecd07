"""Why a workbook is no form that could be filled, or cannot be kept."""

from stream_jobs.domain.errors import BadInput, NotFound


class FormNotXlsx(BadInput):
    """The file is no .xlsx workbook; save it as one."""

    code = "form_not_xlsx"


class FormHasMacros(BadInput):
    """The workbook has macros; save it without."""

    code = "form_has_macros"


class FormWithoutMarks(BadInput):
    """No cell of the workbook holds a mark."""

    code = "form_without_marks"


class FormNotFound(NotFound):
    """There is no such form."""

    code = "form_not_found"

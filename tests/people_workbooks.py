"""Lists of people as employers and platforms send them."""

import io
from collections.abc import Sequence

import openpyxl

from stream_jobs.domain.job_sheet import Sheet

RETURNED = ("编号", "称呼", "手机", "岗位", "报名时间", "联系结果", "备注")
PLATFORM = ("线索时间", "姓名", "手机号", "意向岗位")


def a_list(*rows: Sequence[object], header: Sequence[object] = RETURNED) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for row in (header, *rows):
        sheet.append(list(row))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def a_sheet(*rows: Sequence[object], header: Sequence[object] = RETURNED) -> list[Sheet]:
    return [Sheet("名单", [list(row) for row in (header, *rows)])]  # type: ignore[arg-type]  # cells of tests

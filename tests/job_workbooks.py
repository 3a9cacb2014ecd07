"""Small job workbooks as a bureau sends them, made on the spot."""

import io
from collections.abc import Sequence

import openpyxl

HEADER = ("企业名称", "岗位名称", "招聘人数", "工资", "工作地点", "岗位要求", "联系电话")
GOOD = ("示例·星河电子", "电子厂普工", "60", "5500-7000元/月", "东莞长安", "吃苦耐劳", "0000-1000001")


def a_row(**changes: str) -> tuple[str, ...]:
    """A row that imports, except for what is changed: employer, title, headcount, pay, workplace, requirements."""
    names = ("employer", "title", "headcount", "pay", "workplace", "requirements", "phone")
    return tuple(changes.get(name, value) for name, value in zip(names, GOOD, strict=True))


def a_workbook(*rows: Sequence[str], header: Sequence[str] = HEADER, title: str = "春风行动岗位汇总表") -> bytes:
    """An .xlsx with a title above the header."""
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append([title])
    for row in (header, *rows):
        sheet.append(list(row))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()

"""Which column of a list of people holds what: headings as employers, platforms and stations write them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from stream_jobs.domain.job_sheet.grid import Grid
from stream_jobs.domain.job_sheet.text import cell_text

Kind = Literal["outcomes", "applicants"]
MAX_HEADING = 40


class Field(StrEnum):
    """What a row can say of somebody."""

    NUMBER = "number"
    PHONE = "phone"
    NAME = "name"
    JOB = "job"
    EMPLOYER = "employer"
    RESULT = "result"
    REASON = "reason"
    DAY = "day"
    APPLIED_AT = "applied_at"
    NOTE = "note"
    COMMENT = "comment"


# The first that fits wins; None is a column of no use to us.
_HEADINGS: tuple[tuple[Field | None, re.Pattern[str]], ...] = tuple(
    (field, re.compile(pattern))
    for field, pattern in (
        (None, r"错误原因|errors?|序号|序|.*(?:微信号|邮箱|性别|年龄|身份证).*"),
        (
            Field.APPLIED_AT,
            r"(?:报名|提交|留资|线索|投递|创建|评论|登记|来电|通话|填写|留言)(?:时间|日期)|时间|applied(?:at)?|time|createdat",
        ),
        (Field.DAY, r".{0,6}(?:日期|时间)|date|day"),
        (Field.REASON, r".*原因|reason"),
        (Field.NUMBER, r"编号|报名(?:编?号|序号)|申请编?号|(?:application)?(?:number|no\.?)"),
        (Field.PHONE, r".*(?:手机|电话|联系方式|号码).*|(?:mobile|tele)?phone.*|mobile|tel"),
        (
            Field.RESULT,
            r".*(?:结果|状态|进展|跟进).*|联系情况|(?:应聘|录用|入职|面试|处理)情况|outcome|result|status|state",
        ),
        (Field.JOB, r".*(?:岗位|职位|工种).*|job.*|position"),
        (Field.EMPLOYER, r".*(?:企业|公司|单位).*|employer|company"),
        (Field.NAME, r".*(?:称呼|姓名|名字|昵称|用户名|来电人|应聘者|求职者|联系人|客户名称).*|name"),
        (Field.COMMENT, r"(?:评论|留言|弹幕|聊天|消息)(?:内容)?|内容|comments?(?:text)?|content|messages?"),
        (Field.NOTE, r".*备注.*|说明|remarks?|notes?"),
    )
)


@dataclass(frozen=True, slots=True)
class Layout:
    """A header: its row, and which columns hold what."""

    first_row: int
    last_row: int
    columns: Mapping[Field, tuple[int, ...]]

    @property
    def of_comments(self) -> bool:
        """Of people who wrote something in a show; many of them do not apply."""
        return Field.COMMENT in self.columns


def find_layout(grid: Grid, row: int, kind: Kind, before: Layout | None = None) -> Layout | None:
    """The header in this row; None when it is none, or names nobody, or not what became of them.

    before: the one above. Comments may read like another header, so among them it counts as repeated alone.
    """
    columns: dict[Field, tuple[int, ...]] = {}
    for number in grid.filled(row):
        value = grid.typed(row, number)
        field = _heading(cell_text(value)) if isinstance(value, str) else None
        if field is not None:
            columns[field] = (*columns.get(field, ()), number)
    wanted = _applicants(columns) if kind == "applicants" else _outcomes(columns)
    found = Layout(row, row, columns) if wanted else None
    return None if found and before and before.of_comments and before.columns != found.columns else found


def _applicants(columns: dict[Field, tuple[int, ...]]) -> bool:
    """Somebody's number, or words it may stand in, beside something else about them."""
    if day := columns.pop(Field.DAY, ()):
        columns.setdefault(Field.APPLIED_AT, day)
    sources = set(columns) & {Field.PHONE, Field.COMMENT}
    return bool(sources) and len(set(columns) & {Field.NAME, Field.JOB, Field.APPLIED_AT}) > 0


def _outcomes(columns: dict[Field, tuple[int, ...]]) -> bool:
    if comment := columns.pop(Field.COMMENT, ()):
        columns[Field.NOTE] = (*columns.get(Field.NOTE, ()), *comment)
    return Field.RESULT in columns and len(set(columns) & {Field.NUMBER, Field.PHONE}) > 0


def _heading(text: str) -> Field | None:
    if len(text) > MAX_HEADING:
        return None
    label = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    label = re.sub(r"[(\[【<].*?[)\]】>]", "", label).strip("*※:.,;、_-")
    return next((field for field, pattern in _HEADINGS if pattern.fullmatch(label)), None)

"""What verdicts say to people, in both languages, by code."""

from collections.abc import Mapping

from stream_jobs.domain.job_sheet.fields import Field
from stream_jobs.domain.job_sheet.verdicts import CellFault, Fault, Faulty, SkipReason
from stream_jobs.domain.pay import Language

FIELD_NAMES: Mapping[Field, tuple[str, str]] = {
    Field.EMPLOYER: ("企业名称", "Employer"),
    Field.TITLE: ("岗位名称", "Job title"),
    Field.HEADCOUNT: ("招聘人数", "Headcount"),
    Field.PAY: ("工资", "Pay"),
    Field.WORKPLACE: ("工作地点", "Workplace"),
    Field.SHIFT: ("班次", "Shift"),
    Field.REST: ("休息", "Rest days"),
    Field.MEALS: ("吃饭", "Meals"),
    Field.DORM: ("住宿", "Dorm"),
    Field.AGE: ("年龄", "Age"),
    Field.EDUCATION: ("学历", "Education"),
    Field.GENDER: ("性别", "Sex"),
    Field.BENEFITS: ("福利", "Benefits"),
    Field.REQUIREMENTS: ("岗位要求", "Requirements"),
    Field.DUTIES: ("工作内容", "Duties"),
    Field.VALID_UNTIL: ("截止日期", "Closing date"),
    Field.CONTACT_NAME: ("联系人", "Contact"),
    Field.CONTACT_PHONE: ("联系电话", "Telephone"),
    Field.SOURCE: ("信息来源", "Source"),
    Field.REMARK: ("备注", "Remark"),
}

_FAULTS: Mapping[Fault, tuple[str, str]] = {
    Fault.REQUIRED: ("没有填", "is blank"),
    Fault.UNPARSEABLE: ("读不懂", "cannot be read"),
    Fault.RANGE_REVERSED: ("前面的数比后面的大", "the first number is above the second"),
    Fault.NOT_POSITIVE: ("要大于0", "must be more than 0"),
    Fault.DATE_CELL: ("被表格软件变成了日期", "was turned into a date by the spreadsheet program"),
}
# Where a field can say it better.
_FIELD_FAULTS: Mapping[tuple[Field, Fault], tuple[str, str]] = {
    (Field.HEADCOUNT, Fault.UNPARSEABLE): ("读不出数字", "no number can be read"),
    (Field.PAY, Fault.UNPARSEABLE): ("读不出金额", "no amount can be read"),
    (Field.VALID_UNTIL, Fault.UNPARSEABLE): ("读不出日期", "no date can be read"),
}
_EXPECTED: Mapping[Field, tuple[str, str]] = {
    Field.EMPLOYER: ("请写企业全称", "write the full name"),
    Field.TITLE: ("请写一个岗位名称", "write one job title"),
    Field.HEADCOUNT: ("请写成 10 或 3-5", "write 10 or 3-5"),
    Field.PAY: (
        "请写成 5500-7000元/月、200元/天、24元/小时 或 面议",
        "write 5500-7000元/月, 200元/天, 24元/小时 or 面议",
    ),
    Field.WORKPLACE: ("请写到区县，如 东莞市长安镇", "write the town or district"),
    Field.VALID_UNTIL: ("请写成 2025-12-31 或 长期有效", "write 2025-12-31 or 长期有效"),
}
_AS_TEXT = ("先把单元格设成文本，再写 3-5", "set the cell to text, then write 3-5")
_NO_COLUMN = ("表头里没有这一列", "the header has no such column")

SKIP_REASONS: Mapping[SkipReason, tuple[str, str]] = {
    SkipReason.TITLE: ("表头上面的标题", "title above the header"),
    SkipReason.HEADER: ("表头", "header"),
    SkipReason.REPEATED_HEADER: ("重复的表头", "repeated header"),
    SkipReason.BLANK: ("空行", "blank line"),
    SkipReason.TOTAL: ("合计行", "total"),
    SkipReason.FOOTER: ("表尾说明", "note at the foot"),
    SkipReason.SECTION: ("分组标题", "section heading"),
    SkipReason.EXAMPLE: ("填写示例", "example"),
    SkipReason.EMPTY_SHEET: ("空表", "empty sheet"),
    SkipReason.HIDDEN_SHEET: ("隐藏的表，没有读", "hidden sheet, not read"),
    SkipReason.NO_HEADER: ("没有找到表头，没有读", "no header found, not read"),
    SkipReason.NO_PHONE: ("没有留手机号", "leaves no phone number"),
}


def _in(language: Language, texts: tuple[str, str]) -> str:
    return texts[0] if language == "zh" else texts[1]


def field_name(field: Field, language: Language = "zh") -> str:
    return _in(language, FIELD_NAMES[field])


def fault_text(fault: CellFault, language: Language = "zh") -> str:
    """招聘人数 D7：读不出数字，请写成 10 或 3-5"""
    where = field_name(fault.field, language) + (f" {fault.cell}" if fault.cell else "")
    wrong = _in(language, _wrong(fault))
    parts = [wrong, expected_text(fault, language)]
    return f"{where}：{'，'.join(filter(None, parts))}" if language == "zh" else f"{where}: {'; '.join(parts)}"


def expected_text(fault: CellFault, language: Language = "zh") -> str:
    """What should stand in the cell."""
    if fault.code is Fault.DATE_CELL:
        return _in(language, _AS_TEXT)
    return _in(language, _EXPECTED[fault.field])


def _wrong(fault: CellFault) -> tuple[str, str]:
    if fault.cell is None:
        return _NO_COLUMN
    return _FIELD_FAULTS.get((fault.field, fault.code), _FAULTS[fault.code])


def faulty_text(verdict: Faulty, language: Language = "zh") -> str:
    """All that is wrong with a row, one fault a line."""
    return "\n".join(fault_text(fault, language) for fault in verdict.errors)


def skip_text(reason: SkipReason, language: Language = "zh") -> str:
    return _in(language, SKIP_REASONS[reason])

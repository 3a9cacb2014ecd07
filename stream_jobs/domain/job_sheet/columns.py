"""Which column holds what: headings as bureaus, companies and stations write them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from stream_jobs.domain.job_sheet.grid import Grid
from stream_jobs.domain.job_sheet.text import cell_text
from stream_jobs.domain.pay import PayUnit


class Column(StrEnum):
    """What a heading announces."""

    EMPLOYER = "employer"
    TITLE = "title"
    HEADCOUNT = "headcount"
    PAY = "pay"
    PAY_MIN = "pay_min"
    PAY_MAX = "pay_max"
    PAY_BASE = "pay_base"
    TREATMENT = "treatment"  # 待遇: the pay, or the benefits where another column has the pay
    WORKPLACE = "workplace"
    EMPLOYER_ADDRESS = "employer_address"
    AREA = "area"
    EDUCATION = "education"
    AGE = "age"
    GENDER = "gender"
    SHIFT = "shift"
    REST = "rest"
    MEALS = "meals"
    DORM = "dorm"
    BOARD = "board"  # 食宿: meals and dorm in one
    BENEFITS = "benefits"
    REQUIREMENTS = "requirements"
    DUTIES = "duties"
    VALID_UNTIL = "valid_until"
    CONTACT = "contact"  # name and telephone in one
    CONTACT_NAME = "contact_name"
    CONTACT_PHONE = "contact_phone"
    SOURCE = "source"
    REMARK = "remark"
    INDEX = "index"
    IGNORED = "ignored"


_CORE = frozenset(
    {
        Column.EMPLOYER,
        Column.TITLE,
        Column.HEADCOUNT,
        Column.PAY,
        Column.PAY_MIN,
        Column.TREATMENT,
        Column.WORKPLACE,
    }
)
_SIDE = frozenset({Column.INDEX, Column.REMARK, Column.IGNORED})

_WHO = r"(?:招聘|用工|用人|招工|需求|合作|入驻|参会|参展|务工)?"
_EMPLOYER = rf"{_WHO}(?:企业|公司|单位|雇主|工厂|机构|商户|店铺|门店)"
_JOB = r"(?:招聘|用工|需求|招工|空缺|缺工|拟招|招录)?(?:岗位|职位|工种|职务|岗位工种|工种岗位|岗位职位)"
_INFO = r"(?:信息|情况|基本情况|基本信息|需求)?"

# The first that fits wins. Core headings are matched whole, so that a company's name is not taken for one.
_HEADINGS: tuple[tuple[Column, re.Pattern[str]], ...] = tuple(
    (column, re.compile(pattern))
    for column, pattern in (
        (
            Column.IGNORED,
            r"错误原因|.*(?:现有|在职|在岗|单位性质|企业性质|企业类型|单位类型|行业|信用代码|规模|注册|法人|简介"
            r"|岗位类别|工种类别|职位类别|岗位性质|岗位编号|职位编号|用工时间|用工形式|用工期限).*|errors?",
        ),
        (Column.VALID_UNTIL, r".*(?:截止|有效期|到期|失效|招聘期限|报名期限).*|deadline|validuntil|expir.*|applyuntil"),
        (Column.CONTACT, r".*联系人.*(?:电话|方式|手机).*|.*(?:电话|方式)[及/、和]联系人"),
        (Column.CONTACT_PHONE, r".*(?:电话|手机|联系方式).*|.*(?:phone|tel|mobile).*"),
        (Column.CONTACT_NAME, r".*(?:联系人|联络人|招聘负责人).*|contact(?:name|person)?"),
        (Column.SOURCE, r".*来源.*|source"),
        (
            Column.PAY_MIN,
            r".*(?:薪|工资|待遇|收入).*(?:最低|下限|低值)|(?:最低|起始)(?:月薪|工资|薪.?)|(?:min|minimum)(?:pay|salary|wage)|(?:pay|salary|wage)(?:min|from|minimum)",
        ),
        (
            Column.PAY_MAX,
            r".*(?:薪|工资|待遇|收入).*(?:最高|上限|高值)|最高(?:月薪|工资|薪.?)|(?:max|maximum)(?:pay|salary|wage)|(?:pay|salary|wage)(?:max|to|maximum)",
        ),
        (Column.PAY_BASE, r".*(?:底薪|基本工资|基础工资|保底).*"),
        (Column.REMARK, r".*(?:发薪|工资发放|发放时间).*"),
        (Column.PAY, r"(?!.*面[议谈]).*(?:薪|工资|月收入|年收入|日收入|报酬|计价|单价).*"),
        (Column.PAY, r"收入|综合收入|(?:monthly|hourly|daily)?(?:pay|salary|wages?|compensation)(?:range)?"),
        (Column.BENEFITS, r"(?!.*\d).*(?:福利|社保|保险|补贴).*|五险一金|benefits?|perks"),
        (Column.TREATMENT, r"(?:岗位|综合)?待遇"),
        (
            Column.HEADCOUNT,
            rf"(?:{_JOB}|招聘|需求|招工|用工|计划|拟招|缺工|空缺|招录|招收|拟聘|岗位)*(?:总)?(?:人数|数量|名额|数|人员数量)(?:合计|小计|总数)?"
            r"|headcount|openings?|vacanc(?:y|ies)|numberof.*|people|positionsopen|no\.?ofpeople",
        ),
        (Column.AGE, r".*年龄.*|age(?:range|limit)?"),
        (Column.GENDER, r".*性别.*|gender|sex"),
        (Column.EDUCATION, r".*(?:学历|文化程度|文化水平|教育程度).*|education|degree"),
        (
            Column.SHIFT,
            r".*(?:班次|班制|上班时间|工作时间|作息|倒班|(?<!用)工时).*|shifts?|working(?:hours|time)|hours",
        ),
        (Column.REST, r".*(?:休息|休假|月休).*|rest(?:days)?|daysoff|off"),
        (Column.BOARD, r".*(?:食宿|吃住).*|boardandlodging|boardlodging"),
        (Column.MEALS, r".*(?:吃饭|伙食|用餐|就餐|膳食|餐饮|包吃|工作餐).*|meals?|food"),
        (Column.DORM, r".*(?:住宿|宿舍|包住).*|dorm(?:itory)?|accommodation|housing|lodging"),
        (
            Column.REQUIREMENTS,
            r".*(?:要求|条件|资格|技能|经验|专业|特长).*|(?:job)?requirements?|qualifications?|experience|skills",
        ),
        (
            Column.DUTIES,
            r".*(?:职责|工作内容|岗位内容|岗位描述|职位描述|岗位说明|职位说明|岗位介绍|工作描述).*|内容|描述|(?:job)?(?:duties|description)|responsibilities|content",
        ),
        (Column.EMPLOYER_ADDRESS, rf"{_EMPLOYER}(?:详细)?(?:地址|所在地|地点|位置)|(?:company|employer)address"),
        (
            Column.WORKPLACE,
            r"(?:详细)?(?:工作|上班|就业|用工|岗位|务工)?(?:地点|地址|地|区域|城市|所在地|地区|位置|场所)(?:信息)?"
            r"|(?:work)?(?:place|location|address)|placeofwork|city|where",
        ),
        (Column.AREA, r"(?:所属|所在)?(?:区县|县区|市县|乡镇|镇街|街道|园区|区域|省市|市|省)"),
        (
            Column.TITLE,
            rf"{_JOB}{_INFO}(?:名称|工种|岗位)?|(?:job|position)(?:title|name)?|title|post|role|vacancytitle",
        ),
        (
            Column.EMPLOYER,
            rf"{_EMPLOYER}{_INFO}(?:名称|全称|简称)?|(?:employer|company|enterprise|organi[sz]ation)(?:name)?",
        ),
        (Column.REMARK, r".*备注.*|其他|其它|说明|remarks?|notes?|comments?"),
        (Column.INDEX, r"序号|编号|序|号|no\.?|#|id|index"),
    )
)
MAX_HEADING = 80
_SUB_HEADING = re.compile(r"最低|最高|下限|上限|名称|人数|姓名|男|女|合计|小计|数量|类别|区间|范围|单位|起|止")
_BRACKETS = re.compile(r"[(\[【<][^)\]】>]*[)\]】>]")


@dataclass(frozen=True, slots=True)
class Layout:
    """A header: its rows and which columns hold what; pay_unit and pay_scale as the pay's heading states them."""

    first_row: int
    last_row: int
    columns: Mapping[Column, tuple[int, ...]]
    pay_unit: PayUnit | None = None
    pay_scale: int = 1

    def first(self, column: Column) -> int | None:
        return next(iter(self.columns.get(column, ())), None)


def heading(text: str) -> Column | None:
    """What a heading announces; None when it is none that we know."""
    label = _label(text)
    if not label or len(label) > 24 or re.search(r"\d", label):
        return None
    return next((column for column, pattern in _HEADINGS if pattern.fullmatch(label)), None)


def find_layout(grid: Grid, row: int) -> Layout | None:
    """The header that starts in this row, of one line or two; None when the row is no header."""
    filled = grid.filled(row)
    # A header has no numbers; most rows of data do, and there may be thousands.
    if len(filled) < 2 or any(not isinstance(grid.typed(row, column), str) for column in filled):
        return None
    one = _layout(grid, row, row)
    if not _is_sub_heading(grid, row + 1):
        return one
    two, below = _layout(grid, row, row + 1), _layout(grid, row + 1, row + 1)
    # Only where the two lines say more together; a title above a header adds nothing.
    alone = one or below
    return two if two and (alone is None or _known(two) > _known(alone)) else one


def _layout(grid: Grid, first: int, last: int) -> Layout | None:
    columns: dict[Column, tuple[int, ...]] = {}
    pay_heading = ""
    labels = 0
    for number, texts in _labels(grid, first, last):
        labels += 1
        column, text = _announced(texts)
        if column is None:
            continue
        if column in (Column.PAY, Column.PAY_MIN, Column.TREATMENT) and not pay_heading:
            pay_heading = "".join(texts) + text
        columns[column] = (*columns.get(column, ()), number)
    if not _is_header(columns, labels):
        return None
    unit, scale = _pay_measure(pay_heading)
    return Layout(first, last, _settled(columns), unit, scale)


def _labels(grid: Grid, first: int, last: int) -> list[tuple[int, list[str]]]:
    """Per column the texts to try: both lines together, the lower, the upper."""
    found = []
    left = ""
    for column in range(1, grid.width + 1):
        upper = cell_text(grid.spread(first, column))
        lower = cell_text(grid.typed(last, column)) if last > first else ""
        # A text file has lost the merge that spanned 最低 and 最高.
        upper = upper or (left if lower else "")
        left = upper
        texts = [upper + lower, lower, upper] if lower else [upper]
        if any(texts):
            found.append((column, texts))
    return found


def _announced(texts: list[str]) -> tuple[Column | None, str]:
    return next(((column, text) for text in texts if (column := heading(text))), (None, ""))


def _is_header(columns: Mapping[Column, tuple[int, ...]], labels: int) -> bool:
    """Three known headings, two of them about the job itself, and not lost among other text."""
    known = set(columns) - _SIDE
    matched = sum(len(numbers) for numbers in columns.values())
    return len(known) >= 3 and len(known & _CORE) >= 2 and matched * 2 >= labels


def _is_sub_heading(grid: Grid, row: int) -> bool:
    texts = [cell_text(grid.typed(row, column)) for column in grid.filled(row)]
    return bool(texts) and all(_SUB_HEADING.fullmatch(_label(text)) or heading(text) for text in texts)


def _known(layout: Layout) -> int:
    return len(set(layout.columns) - _SIDE)


def _settled(columns: dict[Column, tuple[int, ...]]) -> dict[Column, tuple[int, ...]]:
    """待遇 becomes pay or benefits; a base alone is the pay; an address stands in for a missing workplace."""
    settled = dict(columns)
    if treatment := settled.pop(Column.TREATMENT, None):
        has_pay = Column.PAY in settled or Column.PAY_MIN in settled
        target = Column.BENEFITS if has_pay else Column.PAY
        settled[target] = (*settled.get(target, ()), *treatment)
    if Column.PAY not in settled and Column.PAY_MIN not in settled and Column.PAY_BASE in settled:
        settled[Column.PAY] = settled.pop(Column.PAY_BASE)
    for stand_in in (Column.AREA, Column.EMPLOYER_ADDRESS):
        if stand_in in settled and Column.WORKPLACE not in settled:
            settled[Column.WORKPLACE] = settled[stand_in]
    return settled


@lru_cache(maxsize=1024)
def _label(text: str) -> str:
    if len(text) > MAX_HEADING:
        return ""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    return _BRACKETS.sub("", text).strip("*※:.,;、_-")


_MEASURES = (
    (PayUnit.HOUR, re.compile(r"/小时|/时|时薪|小时工资|hour")),
    (PayUnit.DAY, re.compile(r"/天|/日|日薪|日工资|日收入|daily|/day")),
    (PayUnit.YEAR, re.compile(r"/年|年薪|年收入|annual|/year")),
    (PayUnit.PIECE, re.compile(r"/件|/个|计件单价|/piece")),
    (PayUnit.MONTH, re.compile(r"/月|月薪|月工资|月收入|每月|monthly|/month")),
)


def _pay_measure(text: str) -> tuple[PayUnit | None, int]:
    label = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    unit = next((unit for unit, pattern in _MEASURES if pattern.search(label)), None)
    scale = 10_000 if "万" in label else 1000 if re.search(r"千元|\(千|\(k", label) else 1
    return unit, scale

"""Shift, rest, meals and dorm, where benefits or description state them plainly."""

import re
from collections.abc import Mapping, Sequence

from stream_jobs.domain.job_sheet.fields import Field

_TIMES = (
    r"(?<=时间[:：])\d{1,2}[:：]\d{2}\s*[-~—–～至到]+\s*(?:次日)?\d{1,2}[:：]\d{2}(?!\W*(?:下午|晚上)?\W*\d{1,2}[:：])"
)
_SPELLED = r"[一二三四五六七八九十\d]"

# The longest word of a group is taken. Two groups of SHIFT or REST contradict each other (two jobs in one text),
# as do the last group of MEALS or DORM (none) and any other; else the first group says more.
_GROUPS: Mapping[Field, Sequence[tuple[str, ...]]] = {
    Field.SHIFT: (
        (r"长白班", r"常白班", r"正常白班", r"(?<![长常黑])白班(?!夜)"),
        (r"两班倒", r"二班倒", r"两班制", r"二班制", r"两班两倒", r"黑白班", r"白夜班"),
        (r"三班倒", r"三班制", r"四班三运转", r"四班三倒", r"三班两倒"),
        (r"(?:长|固定)夜班",),
        (_TIMES,),
    ),
    Field.REST: (
        (r"周末双休", r"双休(?!日)", r"做五休二", r"上五休二", r"周休二日"),
        (r"单休(?!日)", r"做六休一", r"上六休一", r"周休一天", r"每周休息?一天"),
        (r"大小周", r"单双休"),
        (rf"月休{_SPELLED}天", rf"每月休息?{_SPELLED}天", rf"月休息{_SPELLED}天"),
    ),
    Field.MEALS: (
        (
            rf"包{_SPELLED}餐",
            rf"免费{_SPELLED}餐",
            rf"包吃{_SPELLED}餐",
            r"(?<!不)包吃",
            r"(?<!不)包食宿",
            r"(?<!不)提供食宿",
            r"免费食宿",
            r"[吃食][宿住]全[免包]",
            r"免费工作餐",
            r"(?<!免费)工作餐",
        ),
        (r"餐补\d+元/[天日月]", r"餐补", r"饭补", r"餐饮补贴", r"餐费补贴", r"伙食补贴", r"伙食补助"),
        (r"不包吃", r"不包食宿", r"不提供食宿", r"食宿自理"),
    ),
    Field.DORM: (
        (
            rf"免费{_SPELLED}人间",
            r"有?夫妻房",
            r"(?<!不)包住",
            r"(?<!不)包吃住",
            r"(?<!不)包食宿",
            r"(?<!不)提供食宿",
            r"免费食宿",
            r"[吃食][宿住]全[免包]",
            r"免费住宿",
            r"免费(?:提供)?宿舍",
            r"(?<!不)提供住宿",
            r"(?<!不)提供(?:员工)?宿舍",
        ),
        (r"住房补贴", r"房补", r"住宿补贴", r"租房补贴"),
        (r"不包住", r"不包吃住", r"不包食宿", r"不提供住宿", r"不提供食宿", r"食宿自理", r"住宿自理"),
    ),
}
_SHORT = {
    Field.MEALS: ((r"食宿自理|不", "不提供"), (r"食宿|[吃食][宿住]全", "包吃")),
    Field.DORM: ((r"自理|不", "不提供"), (r"食宿|吃住|[吃食][宿住]全", "包住")),
}
_YES = re.compile(r"[是有√✓包对]|提供|免费|yes|y", re.IGNORECASE)
_NO = re.compile(r"[否×✗x]|没有|不包|不提供|no|n", re.IGNORECASE)
_AGE = re.compile(r"(?<![\d元])\d{2}\s*(?:周?岁)?\s*[-~—–－～至到]+\s*\d{2}\s*周?岁(?:以下|以内)?")


def stated(field: Field, text: str) -> str | None:
    """What the text says of the field; None when it says nothing, or two things."""
    if field is Field.AGE:
        return _stated_age(text)
    found = [_longest(group, text) for group in _COMPILED[field]]
    said = [words for words in found if words]
    is_no_too = field in _SHORT and len(said) > 1 and found[-1] is not None
    if not said or is_no_too or (field not in _SHORT and len(said) > 1):
        return None
    return _shortened(field, said[0])


_COMPILED = {field: [[re.compile(word) for word in group] for group in groups] for field, groups in _GROUPS.items()}


def yes_or_no(field: Field, text: str) -> str:
    """A tick under 包吃 or 包住 in words; any other text as it is."""
    if _YES.fullmatch(text):
        return "包吃" if field is Field.MEALS else "包住"
    return "不提供" if _NO.fullmatch(text) else text


def _longest(group: Sequence[re.Pattern[str]], text: str) -> str | None:
    hits = [match[0] for pattern in group if (match := pattern.search(text))]
    return max(hits, key=len, default=None)


def _shortened(field: Field, words: str) -> str:
    return next((short for pattern, short in _SHORT.get(field, ()) if re.search(pattern, words)), words)


def _stated_age(text: str) -> str | None:
    ages = {re.sub(r"\s+", "", match[0]) for match in _AGE.finditer(text)}
    return ages.pop() if len(ages) == 1 else None

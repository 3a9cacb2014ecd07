"""What a comment of a live show says of who wrote it: a number to call, and the job by its number."""

import re
from dataclasses import dataclass

from stream_jobs.domain.people_sheet.phones import LONG_NUMBER, MOBILE

# 666666666 is applause.
_DIFFERENT = 4
_CHINESE = "一二三四五六七八九"
_N = rf"(?:(?<!\d)\d{{1,3}}(?!\d)|(?<![{_CHINESE}十百千])[{_CHINESE}十]{{1,3}}(?![{_CHINESE}十百千]))"
_AND = r"[、,，和或跟与及]|还有|以及"
# Not 到岗 and 上岗, which have a day beside them.
_BESIDE = r"(?<![到上下在离返])岗位?(?:编号)?|职位(?:编号)?|报名?"
_END = r"(?=\s*(?:[^\w\s]|$))"
# Never a job's: a day of a month, one and the same number, a line of the metro, a house, a time of the day.
_ELSEWHERE = r"(?P<before>月份?\s*|同)"
_NO_JOB = re.compile(r"\s*(?:线|楼|门|[上下中]午|[早晚]上)")
_NUMBERED = re.compile(
    rf"(?:(?P<denied>[不没别未])?(?P<said>{_BESIDE}|应聘|想去|第)\s*[:：]?\s*)?{_ELSEWHERE}?"
    rf"(?P<range>\d{{1,4}}\s*[-－–—~～到至./·]\s*)?"
    rf"(?P<numbers>{_N}(?:\s*(?:号?\s*(?:{_AND})\s*|号\s*){_N}){{0,9}})\s*(?:号(?:\s*(?P<post>[岗职位]))?|(?P<place>(?<=\d)岗))"
)
_SAID = re.compile(
    rf"(?P<denied>[不没别未])?(?:{_BESIDE}|应聘|想去)\s*[:：]?\s*(?P<numbers>{_N}(?:\s*(?:{_AND})\s*{_N}){{0,9}}){_END}"
)
_LOOSE = re.compile(rf"(?:{_BESIDE})\s*[:：]?\s*\d{{1,3}}(?![\d\s]*岁|\d)")
_ENDS = re.compile(_END)
# A number ends what stands beside it, a job that was read does not.
_PHONE, _READ = "☎", "号"


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """Numbers that may be a telephone's, and jobs as 3号; unclear: a number that may be a job's, or a day."""

    phone: str
    job: str
    unclear: bool


def said_in(comment: str) -> Said:
    """Every number and every job of it; nothing of either where there is none."""
    # No last digits of the number before it.
    text = re.sub(r"(?<!\d)\d{1,3}\s*号", "号", comment)
    phones = MOBILE.findall(text) or [one for one in LONG_NUMBER.findall(text) if len(set(one)) >= _DIFFERENT]
    jobs, unclear = _jobs(MOBILE.sub(_PHONE, comment))
    return Said("，".join(phones), " ".join(f"{number}号" for number in dict.fromkeys(jobs)), unclear)


def _jobs(text: str) -> tuple[list[int], bool]:
    found = [_numbered(text, one) for one in _NUMBERED.finditer(text)]
    rest = _NUMBERED.sub(_READ, text)
    found += [None if one["denied"] else _numbers(one) for one in _SAID.finditer(rest)]
    unclear = None in found or _LOOSE.search(_SAID.sub(_READ, rest)) is not None
    return [number for one in found if one for number in one], unclear


def _numbered(text: str, one: re.Match[str]) -> list[int] | None:
    """The jobs of one 3号; None where it cannot be told from a day."""
    asked = one["said"] or one["post"] or one["place"]
    if one["before"] or _NO_JOB.match(text, one.end()):
        return None if asked else []
    numbers = _numbers(one)
    alone = not re.match(r"\w", text[one.start() - 1 : one.start()]) and _ENDS.match(text, one.end())
    several = numbers is not None and len(numbers) > 1
    sure = not one["range"] and not one["denied"] and (asked or alone or several)
    return numbers if sure else None


def _numbers(one: re.Match[str]) -> list[int] | None:
    numbers = [_value(text) for text in re.findall(rf"\d+|[{_CHINESE}十]+", one["numbers"])]
    return None if None in numbers else [number for number in numbers if number is not None]


def _value(text: str) -> int | None:
    """3, 三, 十三 and 二十三; None for 二三, which may be two."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return None
    return (10 * (_CHINESE.find(tens) + 1 if tens else 1) if ten else 0) + (_CHINESE.find(ones) + 1 if ones else 0)

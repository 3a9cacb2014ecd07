"""What a comment of a live show says of who wrote it: a number to call, and the job by its number."""

import re
from collections.abc import Mapping

from stream_jobs.domain.people_sheet.columns import Field
from stream_jobs.domain.people_sheet.phones import MOBILE

# What may be a mistyped number; 666666666 is applause.
_DIGITS = re.compile(r"\d(?:[- ]?\d){8,}")
_DIFFERENT = 4
# Not a day (12月3号, 3号下午, 3号过来), nor a line of the metro or a house.
_JOB = re.compile(r"(?<![\d月])(\d{1,3})\s*号(?![线楼门早晚来去到过]|上午|下午)")
# No last digits of the number before it.
_NUMBERED = re.compile(r"(?<!\d)\d{1,3}\s*号")


def said_in(comment: str) -> Mapping[Field, str]:
    """Every number in it that may be a telephone's, and every job; nothing of either where there is none."""
    text = _NUMBERED.sub("号", comment)
    phones = MOBILE.findall(text) or [one for one in _DIGITS.findall(text) if len(set(one)) >= _DIFFERENT]
    jobs = dict.fromkeys(f"{int(number)}号" for number in _JOB.findall(comment))
    found = {Field.PHONE: "，".join(phones), Field.JOB: " ".join(jobs)}
    return {name: text for name, text in found.items() if text}

"""Telephone numbers in cells and comments, as people write them."""

import re

from stream_jobs.domain.errors import PhoneInvalid
from stream_jobs.domain.phone import BETWEEN_DIGITS, parse_phone

MOBILE = re.compile(rf"(?<!\d)(?:\+?86{BETWEEN_DIGITS}*)?1[3-9]\d(?:{BETWEEN_DIGITS}*\d){{8}}(?!\d)")
# What may be a mistyped one.
LONG_NUMBER = re.compile(rf"\d(?:{BETWEEN_DIGITS}*\d){{8,}}")


def read_phone(typed: str) -> str:
    """The one number in a cell, whatever stands beside it. Raises PhoneInvalid."""
    plain = typed.strip().lstrip("'’`")
    try:
        return parse_phone(plain)
    except PhoneInvalid:
        found = {parse_phone(re.sub(BETWEEN_DIGITS, "", one)) for one in MOBILE.findall(plain)}
        if len(found) != 1:
            raise
        return found.pop()

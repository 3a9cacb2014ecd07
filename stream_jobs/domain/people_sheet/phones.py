"""Telephone numbers in cells and comments, as people write them."""

import re

from stream_jobs.domain.errors import PhoneInvalid
from stream_jobs.domain.phone import parse_phone

MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d){8}(?!\d)")


def read_phone(typed: str) -> str:
    """The one number in a cell, whatever stands beside it. Raises PhoneInvalid."""
    plain = typed.strip().lstrip("'’`")
    try:
        return parse_phone(plain)
    except PhoneInvalid:
        found = {parse_phone(one) for one in MOBILE.findall(plain)}
        if len(found) != 1:
            raise
        return found.pop()

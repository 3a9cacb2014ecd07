"""One-time codes by phone: six digits that prove who holds a number."""

import secrets
import unicodedata
from datetime import timedelta
from enum import StrEnum

from stream_jobs.domain.errors import BadInput, Conflict

DIGITS = 6
CODE_LASTS = timedelta(minutes=5)
TRIES = 5
# A number that was given up may be another subscriber's after 90 days: by then it is asked about again.
VERIFIED_FOR = timedelta(days=90)


class PhoneCheck(StrEnum):
    """When a broadcast asks applicants to prove their number."""

    OFF = "off"
    AFTER = "after"
    BEFORE = "before"


class CodeWrong(BadInput):
    """The code is not the newest one sent to this number, or has been tried too often."""

    code = "code_wrong"


class PhoneUnverified(Conflict):
    """This needs a phone number proven by a one-time code."""

    code = "phone_unverified"


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def read_code(typed: str) -> str:
    """The digits of what was typed; full-width ones and spaces are fine."""
    return "".join(c for c in unicodedata.normalize("NFKC", typed) if c.isdecimal())

"""Phone numbers as people type them, and how they are shown."""

import re
import unicodedata

import phonenumbers

from stream_jobs.domain.errors import PhoneInvalid

EXPECTED = "11 digits, such as 138 0000 0000; +86, +852, +853 and +886 are understood"


def _mobile_of(region: str) -> str:
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if plan is None or plan.mobile is None or plan.mobile.national_number_pattern is None:
        raise AssertionError("the numbering plan of a region we serve is known")
    return str(plan.mobile.national_number_pattern)


# What people put between the digits of a number, as a class of a pattern.
BETWEEN_DIGITS = r"[\s()（）.．·/／_\-－‐-―−]"
# What nearly everybody types is told by one pattern of the same numbering plan; all else is read by its rules.
_CHINA_MOBILE = re.compile(_mobile_of("CN"), re.ASCII)
_BETWEEN = str.maketrans("", "", " -")


def parse_phone(typed: str, *, field: str = "contact.phone") -> str:
    """The number in E.164; mainland unless it says otherwise. Raises PhoneInvalid, never echoing it."""
    plain = unicodedata.normalize("NFKC", typed)
    digits = plain.translate(_BETWEEN).removeprefix("+86")
    if _CHINA_MOBILE.fullmatch(digits):
        return f"+86{digits}"
    return _parse(plain, field)


def _parse(plain: str, field: str = "contact.phone") -> str:
    try:
        number = phonenumbers.parse(plain, "CN")
    except phonenumbers.NumberParseException:
        raise PhoneInvalid(field=field, expected=EXPECTED) from None
    mobile = phonenumbers.number_type(number) in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
    if not mobile or not phonenumbers.is_valid_number(number) or number.extension:
        raise PhoneInvalid(field=field, expected=EXPECTED)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(e164: str) -> str:
    """138****0001: enough to tell apart, too little to call."""
    national = e164.removeprefix("+86")
    return f"{national[:3]}****{national[-4:]}"


def mask_name(name: str | None) -> str:
    """王**: the surname and stars, whatever the length; nothing where no name was given."""
    return f"{name[0]}**" if name else ""

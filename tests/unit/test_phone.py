"""Phone numbers as people type them, read by the numbering plan."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_jobs.domain import phone
from stream_jobs.domain.errors import PhoneInvalid
from stream_jobs.domain.phone import parse_phone


def _by_the_rules(typed: str) -> str | None:
    try:
        return phone._parse(typed)
    except PhoneInvalid:
        return None


def _parsed(typed: str) -> str | None:
    try:
        return parse_phone(typed)
    except PhoneInvalid:
        return None


def test_the_short_way_says_what_the_rules_say() -> None:
    """For every beginning a mainland number can have, taken or not."""
    differing = [typed for prefix in range(1000, 2000) if _parsed(typed := f"{prefix}0012345") != _by_the_rules(typed)]

    assert not differing


@settings(max_examples=50)
@given(st.from_regex(r"\A(\+86|\+852|86|0)?[ -]?[0-9]{3,4}[ -]?[0-9]{4}[ -]?[0-9]{3,4}\Z"))
def test_whatever_is_typed_the_short_way_says_what_the_rules_say(typed: str) -> None:
    """Also with a country in front, spaces and dashes."""
    assert _parsed(typed) == _by_the_rules(typed)


@pytest.mark.parametrize("typed", ["138 0000 0000", "+86 138-0000-0000", "１３８００００００００", "138 0000 0000 "])
def test_a_number_is_understood_as_it_is_typed(typed: str) -> None:
    assert parse_phone(typed) == "+8613800000000"


@pytest.mark.parametrize("typed", ["12345", "1380000000", "138000000000", "not a number", "010 12345678"])
def test_what_is_no_mobile_number_is_refused(typed: str) -> None:
    with pytest.raises(PhoneInvalid):
        parse_phone(typed)

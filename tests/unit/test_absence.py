"""What is logged of a Valkey that is away: why, in plain words, and not every half second."""

import logging

import pytest
from redis.exceptions import AuthenticationError, BusyLoadingError, ConnectionError, NoPermissionError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from realtime.valkey import Absence, check_address, why
from stream_jobs.domain.errors import SettingInvalid

SECRET = "hunter2"


def test_it_is_said_once_for_as_long_as_the_reason_lasts(caplog: pytest.LogCaptureFixture) -> None:
    """And that it is over, once."""
    absence = Absence(logging.getLogger("bus"), "rooms look by themselves")
    refused, wrong = ConnectionError(f"Error 111 connecting to {SECRET}"), AuthenticationError(SECRET)

    with caplog.at_level(logging.INFO):
        absence.ends()
        for error in (refused, OSError(SECRET), refused, wrong, wrong):
            absence.goes_on(error)
        absence.ends()
        absence.ends()

    said = [(record.levelname, record.getMessage(), getattr(record, "reason", None)) for record in caplog.records]
    assert said == [
        ("WARNING", "valkey is away", "it cannot be reached where STREAM_JOBS_VALKEY_URL says"),
        ("WARNING", "valkey is away", "it wants another name or password than those of STREAM_JOBS_VALKEY_URL"),
        ("INFO", "valkey is back", None),
    ]


def test_reasons_are_told_apart_without_the_server_s_words() -> None:
    """Each asks for something else to be done."""
    errors = (AuthenticationError, NoPermissionError, BusyLoadingError, ResponseError, NoAnswer, ConnectionError)
    reasons = [why(error(SECRET)) for error in errors]

    assert len(set(reasons)) == len(errors)
    assert why(TimeoutError(SECRET)) == why(NoAnswer(SECRET))
    assert SECRET not in str(reasons)


@pytest.mark.parametrize("url", ["valkey:6379", "http://valkey", "redis://valkey:port", "redis://valkey?colour=red"])
def test_what_leads_nowhere_is_no_outage(url: str) -> None:
    """It would not come back; the value is not repeated, for there may be a password in it."""
    with pytest.raises(SettingInvalid) as refused:
        check_address(url)

    assert (refused.value.field, url in str(refused.value)) == ("STREAM_JOBS_VALKEY_URL", False)
    check_address("rediss://name:password@valkey:6379/1")

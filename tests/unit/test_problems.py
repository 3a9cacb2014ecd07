"""Errors leave as RFC 9457 problems with the status of their kind, and say nothing they should not."""

import json

import pytest
from aiohttp import web
from pydantic import ValidationError

from admin.api.public import ApplicationRequest
from admin.problems import (
    BodyTooLarge,
    ContentEncodingRefused,
    InternalError,
    MethodNotAllowed,
    PathNotFound,
    error_headers,
    input_error,
    our_error,
    problem_of,
    problem_response,
    status_of,
)
from stream_jobs.domain.errors import (
    BadInput,
    BroadcastNotFound,
    CardBlocked,
    ConsentMissing,
    CrossSite,
    NotAllowed,
    PhoneInvalid,
    StartError,
    StorageUnavailable,
    StreamJobsError,
    TokenExpired,
    TooMany,
    WrongPassword,
    every_error,
)

REFUSALS: dict[str, type[BadInput]] = {"consent": ConsentMissing, "contact.phone": PhoneInvalid}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BroadcastNotFound, 404),
        (PathNotFound, 404),
        (NotAllowed, 403),
        (CrossSite, 403),
        (WrongPassword, 401),
        (TokenExpired, 401),
        (CardBlocked, 409),
        (PhoneInvalid, 422),
        (TooMany, 429),
        (StorageUnavailable, 503),
        (MethodNotAllowed, 405),
        (BodyTooLarge, 413),
        (ContentEncodingRefused, 415),
        (InternalError, 500),
    ],
)
def test_status_follows_the_kind_of_error(error: type[StreamJobsError], status: int) -> None:
    """A client can act on the status alone."""
    assert status_of(error) == status


def test_every_error_that_a_request_can_meet_has_a_status_of_its_own_kind() -> None:
    """No domain error falls through to 500."""
    met = [e for e in every_error() if not issubclass(e, StartError) and e not in (StreamJobsError, InternalError)]

    assert [error.code for error in met if status_of(error) == 500] == []


def test_codes_are_unique() -> None:
    """One code, one meaning."""
    codes = [error.code for error in every_error()]

    assert sorted(codes) == sorted(set(codes))


def test_problem_carries_code_field_expected_and_request_id() -> None:
    """What a page needs to say it in the reader's words."""
    problem = problem_of(PhoneInvalid(field="contact.phone", expected="11 digits"), "abc")

    assert problem.model_dump() == {
        "type": "urn:stream-jobs:error:phone_invalid",
        "title": "The phone number is not one.",
        "status": 422,
        "code": "phone_invalid",
        "field": "contact.phone",
        "expected": "11 digits",
        "retry_after_seconds": None,
        "request_id": "abc",
    }


def test_problem_is_sent_as_problem_json_with_retry_after() -> None:
    """Retry-After is whole seconds and never too early."""
    response = problem_response(TooMany(retry_after_seconds=1.2), "abc")

    assert response.content_type == "application/problem+json"
    assert response.headers["Retry-After"] == "2"
    assert isinstance(response.body, bytes)
    assert json.loads(response.body)["retry_after_seconds"] == 1.2


def test_wrong_method_names_the_right_ones() -> None:
    """RFC 9110 §15.5.6: a 405 says which methods there are."""
    error = our_error(web.HTTPMethodNotAllowed("PUT", ["POST", "GET"]))

    assert error_headers(error)["Allow"] == "GET, POST"


def _invalid(body: dict[str, object]) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        ApplicationRequest.model_validate_json(json.dumps(body), strict=True)
    return caught.value


def _application(**changes: object) -> dict[str, object]:
    given: dict[str, object] = {
        "key": "01990000-0000-7000-8000-000000000001",
        "job_id": "01990000-0000-7000-8000-000000000002",
        "contact": {"phone": "13800000001"},
        "consent": {"text_sha256": "0" * 64},
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def test_missing_consent_has_its_own_code() -> None:
    """The page can say what is missing without reading our English."""
    error = input_error(_invalid(_application(consent=None)), "body", REFUSALS)

    assert (error.code, error.field) == ("consent_missing", "consent")


def test_missing_phone_has_its_own_code() -> None:
    error = input_error(_invalid(_application(contact={})), "body", REFUSALS)

    assert (error.code, error.field) == ("phone_invalid", "contact.phone")


def test_unknown_field_is_named() -> None:
    """A misspelt field fails at once, by its name."""
    error = input_error(_invalid(_application(jobid=1)), "body", REFUSALS)

    assert (error.code, error.field) == ("bad_input", "jobid")


def test_what_is_no_name_is_not_echoed_as_a_field() -> None:
    """Somebody's name or number may stand where a field's name should."""
    for sent in ("13812345678", "p13812345678", "王小明", "x" * 41, "a b"):
        assert input_error(_invalid({**_application(), sent: 1}), "body", REFUSALS).field == "body"
    contact = {"phone": "13800000001", "王小明": "1"}
    assert input_error(_invalid(_application(contact=contact)), "body", REFUSALS).field == "contact"


def test_what_was_sent_is_never_echoed() -> None:
    """A phone number typed into the wrong field stays out of answers and logs."""
    secret = "13812345678"

    error = input_error(_invalid(_application(key=secret, push_seq=secret)), "body", REFUSALS)

    assert secret not in str(problem_of(error, "abc"))


def test_numbers_are_not_taken_for_what_they_are_not() -> None:
    """Strict: false is not 0, and "1" is not 1."""
    for sent in (False, "1", 1.5):
        assert input_error(_invalid(_application(push_seq=sent)), "body", REFUSALS).field == "push_seq"

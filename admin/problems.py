"""What went wrong, as RFC 9457 problems; the only place that knows HTTP statuses."""

import re
from collections.abc import Mapping
from typing import Literal

from aiohttp import web
from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from stream_jobs.domain.errors import (
    BadInput,
    Conflict,
    FilesFull,
    NotAllowed,
    NotFound,
    NotSignedIn,
    StreamJobsError,
    TooMany,
    Unavailable,
)
from stream_jobs.domain.events import Body
from stream_jobs.domain.resume_files import FileNotSupported, FileTooBig

MEDIA_TYPE = "application/problem+json"
FIELD_CHARACTERS = 80
NAME_FORM = re.compile(r"[A-Za-z_]{1,40}\d{0,2}", re.ASCII)


class RequestRefused(StreamJobsError):
    """The request itself cannot be understood."""

    code = "request_refused"


class PathNotFound(NotFound):
    """There is nothing at this address."""

    code = "path_not_found"


class MethodNotAllowed(RequestRefused):
    """This address does not take that method."""

    code = "method_not_allowed"


class BodyTooLarge(RequestRefused):
    """The request is larger than this address takes."""

    code = "body_too_large"


class BodyTooSlow(RequestRefused):
    """The request's body did not arrive in time."""

    code = "body_too_slow"


class TusVersionRefused(RequestRefused):
    """Uploads are spoken of in tus 1.0.0 alone."""

    code = "tus_version_refused"


class ContentTypeRefused(RequestRefused):
    """The request's body is of another kind than expected."""

    code = "content_type_refused"


class ContentEncodingRefused(RequestRefused):
    """Compressed requests are not taken."""

    code = "content_encoding_refused"


class InternalError(StreamJobsError):
    """Something went wrong on our side; the request id helps us find it."""

    code = "internal_error"


# The nearest class above an error decides.
STATUSES: Mapping[type[StreamJobsError], int] = {
    StreamJobsError: 500,
    RequestRefused: 400,
    MethodNotAllowed: 405,
    BodyTooSlow: 408,
    TusVersionRefused: 412,
    BodyTooLarge: 413,
    ContentTypeRefused: 415,
    ContentEncodingRefused: 415,
    NotFound: 404,
    NotSignedIn: 401,
    NotAllowed: 403,
    Conflict: 409,
    BadInput: 422,
    FileTooBig: 413,
    FileNotSupported: 415,
    TooMany: 429,
    Unavailable: 503,
    FilesFull: 507,
}


class Problem(Body):
    """RFC 9457 with our members: a stable code, the field, what is expected of it, and when to try again."""

    type: str = Field(description="urn:stream-jobs:error:<code>")
    title: str
    status: int
    code: str
    field: str | None = None
    expected: str | None = None
    retry_after_seconds: float | None = None
    request_id: str


def status_of(error: type[StreamJobsError]) -> int:
    return next(STATUSES[cls] for cls in error.__mro__ if cls in STATUSES)


def problem_of(error: StreamJobsError, request_id: str) -> Problem:
    return Problem(
        type=f"urn:stream-jobs:error:{error.code}",
        title=error.message,
        status=status_of(type(error)),
        code=error.code,
        field=error.field,
        expected=error.expected,
        retry_after_seconds=error.retry_after_seconds,
        request_id=request_id,
    )


def problem_response(error: StreamJobsError, request_id: str) -> web.Response:
    problem = problem_of(error, request_id)
    return web.Response(
        body=problem.model_dump_json().encode(),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers=error_headers(error),
    )


def error_headers(error: StreamJobsError) -> dict[str, str]:
    """When to try again (RFC 9110 §10.2.3), what else the address takes (§15.5.6), what is spoken (tus 1.0.0 §Core)."""
    headers = {}
    if error.retry_after_seconds is not None:
        # Whole seconds, never before the time named.
        headers["Retry-After"] = str(-int(-error.retry_after_seconds // 1))
    if isinstance(error, MethodNotAllowed) and error.expected:
        headers["Allow"] = error.expected
    if isinstance(error, TusVersionRefused) and error.expected:
        headers["Tus-Version"] = error.expected
    return headers


def our_error(error: web.HTTPException) -> StreamJobsError:
    """What aiohttp itself raises, as one of ours."""
    match error:
        case web.HTTPMethodNotAllowed():
            return MethodNotAllowed(expected=", ".join(sorted(error.allowed_methods)))
        case web.HTTPRequestEntityTooLarge():
            return BodyTooLarge()
        case web.HTTPNotFound():
            return PathNotFound()
        case _:
            return RequestRefused()


def input_error(
    error: ValidationError, where: Literal["body", "query"], refusals: Mapping[str, type[BadInput]]
) -> BadInput:
    """The first thing that did not fit, without the value; refusals name fields that have a code of their own."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    field = _field_of(first)[:FIELD_CHARACTERS] or where
    cls = next((cls for name, cls in refusals.items() if f"{field}.".startswith(f"{name}.")), BadInput)
    return cls(field=field, expected=first["msg"])


def _field_of(error: ErrorDetails) -> str:
    parts = [str(part) for part in error["loc"]]
    # A misspelt name is told, so that it is found; what is no name may be anything, somebody's number too.
    if error["type"] == "extra_forbidden" and not NAME_FORM.fullmatch(parts[-1]):
        parts.pop()
    return ".".join(parts)

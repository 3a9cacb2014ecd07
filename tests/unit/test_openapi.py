"""The OpenAPI document says what the table says, in the form of the standard."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from admin.assets import Assets
from admin.declare import Anyone, PageLink, Route, SignedIn, UndeclaredRoute
from admin.html import Html
from admin.openapi import openapi
from admin.routes import API_VERSION, all_routes
from stream_jobs.ports import AccountRole


@pytest.fixture(scope="module")
def table() -> tuple[Route, ...]:
    return all_routes(Html(Assets()))


@pytest.fixture(scope="module")
def document(table: tuple[Route, ...]) -> dict[str, Any]:
    return openapi(table, API_VERSION)


def test_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    """Tools that read OpenAPI 3.1 can read ours."""
    OpenAPIV31SpecValidator(document).validate()

    assert document["openapi"].startswith("3.1")


def test_every_api_route_is_in_the_document_once(document: dict[str, Any], table: tuple[Route, ...]) -> None:
    """What the server answers under /api is what the document says, no more and no less."""
    documented = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    assert documented == {(route.method, route.path) for route in table if route.is_api}


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    """Generated clients name their functions after them."""
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]

    assert len(names) == len(set(names))


def test_request_schemas_refuse_unknown_fields(document: dict[str, Any], table: tuple[Route, ...]) -> None:
    """A misspelt field is an error in every body we take."""
    for route in table:
        if route.is_api and route.body:
            schema = document["components"]["schemas"][route.body.__name__]
            assert schema["additionalProperties"] is False, route.path


def test_document_says_who_may_call(document: dict[str, Any]) -> None:
    """Security is part of the document, made from the same declaration that is enforced."""
    paths = document["paths"]

    assert paths["/api/v1/accounts"]["get"]["security"] == [{"session": []}]
    assert paths["/api/v1/broadcasts/{broadcast_id}/applications"]["post"]["security"] == [{"viewer": []}]
    assert paths["/api/v1/broadcasts/{broadcast_id}/push"]["post"]["security"] == [{"page": []}, {"session": []}]


def test_document_names_error_codes_by_status(document: dict[str, Any]) -> None:
    """A caller can read in the document which codes to expect."""
    answers = document["paths"]["/api/v1/broadcasts/{broadcast_id}/applications"]["post"]["responses"]

    assert "consent_missing" in answers["422"]["description"]
    assert "job_full" in answers["409"]["description"]
    assert "application/problem+json" in answers["409"]["content"]


async def _answer(_: object) -> None:
    return None


def test_route_that_names_no_caller_cannot_be_made() -> None:
    """Forgetting to say who may call fails when the module is imported."""
    with pytest.raises(UndeclaredRoute):
        Route(method="GET", path="/api/v1/x", callers=(), summary="", handler=_answer)


def test_link_or_token_needs_a_broadcast_in_the_path() -> None:
    """A page's link opens one broadcast, so a route open to it must name one."""
    with pytest.raises(UndeclaredRoute):
        Route(method="GET", path="/api/v1/x", callers=(PageLink("remote"),), summary="", handler=_answer)


def test_signed_in_without_roles_means_every_role() -> None:
    assert SignedIn().roles == frozenset(AccountRole)


def test_table_repeats_nothing(table: tuple[Route, ...]) -> None:
    """Two handlers for one address would make one of them unreachable."""
    addresses = [(route.method, route.path) for route in table]

    assert len(addresses) == len(set(addresses))


def test_only_what_is_meant_to_be_public_is_open_to_anyone(table: tuple[Route, ...]) -> None:
    """Opening an address to everybody is a decision made here as well."""
    open_to_all = {f"{route.method} {route.path}" for route in table if Anyone() in route.callers and route.is_api}

    assert open_to_all == {
        "GET /api/v1/openapi.json",
        "GET /api/v1/broadcasts/{broadcast_id}",
        "GET /api/v1/broadcasts/{broadcast_id}/tray",
        "GET /api/v1/broadcasts/{broadcast_id}/consent",
        "GET /api/v1/broadcasts/{broadcast_id}/notice",
        "POST /api/v1/broadcasts/{broadcast_id}/connection-token",
        # Which tus is spoken, and nothing of the application named.
        "OPTIONS /api/v1/broadcasts/{broadcast_id}/applications/{application_id}/files",
        "OPTIONS /api/v1/broadcasts/{broadcast_id}/applications/{application_id}/files/{file_id}",
        # Of whoever has the link: figures, and of applicants a surname and a number.
        "GET /api/v1/wall/{wall_code}",
        "POST /api/v1/sign-in",
        "POST /api/v1/sign-out",
        # Of whoever has link and code: each asks for the code, or for the ticket that the code gave.
        "POST /api/v1/collections/{token}/enter",
        "POST /api/v1/collections/{token}/file",
        "GET /api/v1/collections/{token}/people-imports",
        "POST /api/v1/collections/{token}/people-imports",
        "GET /api/v1/collections/{token}/people-imports/{import_id}",
        "GET /api/v1/collections/{token}/people-imports/{import_id}/rows",
        "GET /api/v1/collections/{token}/people-imports/{import_id}/faulty",
        "POST /api/v1/collections/{token}/people-imports/{import_id}/confirm",
        "POST /api/v1/collections/{token}/people-imports/{import_id}/undo",
    }

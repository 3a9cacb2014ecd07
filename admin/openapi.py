"""The OpenAPI 3.1 document, made from the table of routes and the models that validate the requests."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from admin.declare import Anyone, Caller, PageLink, Route, SignedIn, ViewerToken
from admin.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    ContentTypeRefused,
    InternalError,
    Problem,
    RequestRefused,
    status_of,
)
from stream_jobs.domain.errors import (
    BadInput,
    BroadcastNotFound,
    CrossSite,
    NotAllowed,
    NotSignedIn,
    StorageUnavailable,
    StreamJobsError,
    TokenExpired,
    TokenInvalid,
)
from stream_jobs.domain.events import Body

Json = dict[str, Any]
SECURITY: Json = {
    "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": "__Host-session over https"},
    "page": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Page-Code",
        "description": "The code a page's link ends with",
    },
    "viewer": {"type": "http", "scheme": "bearer", "description": "A viewer's connection token"},
}


class Upload(Body):
    """multipart/form-data with one file."""

    file: bytes


def openapi(table: Iterable[Route], version: str) -> Json:
    routes = [route for route in table if route.is_api]
    schemas, definitions = _schemas(routes)
    by_path = groupby(sorted(routes, key=lambda route: route.path), key=lambda route: route.path)
    return {
        "openapi": "3.1.0",
        "info": {"title": "stream_jobs", "version": version, "summary": "直播带岗: live shows, jobs, applications"},
        "paths": {
            path: {route.method.lower(): _operation(route, schemas) for route in of_path} for path, of_path in by_path
        },
        "components": {"schemas": definitions, "securitySchemes": SECURITY},
    }


def errors_of(route: Route) -> list[type[StreamJobsError]]:
    """What a route may answer instead: what it declares, and what its shape brings along."""
    found: list[type[StreamJobsError]] = [*route.errors, *route.refusals.values(), InternalError, StorageUnavailable]
    if route.body or route.upload:
        found += [BadInput, RequestRefused, BodyTooLarge, ContentTypeRefused]
    if route.query or route.idempotency_key:
        found.append(BadInput)
    if route.method != "GET":
        found.append(CrossSite)
    if not any(isinstance(caller, Anyone) for caller in route.callers):
        found += [NotSignedIn, NotAllowed]
    if any(isinstance(caller, ViewerToken) for caller in route.callers):
        found += [TokenInvalid, TokenExpired]
    if "{broadcast_id}" in route.path:
        found.append(BroadcastNotFound)
    return sorted(set(found), key=lambda cls: (status_of(cls), cls.code))


Schemas = Mapping[tuple[Any, JsonSchemaMode], Json]


def _schemas(routes: Sequence[Route]) -> tuple[Schemas, Json]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for route in routes:
        wanted |= {(model, "validation"): None for model in (route.body, route.query) if model}
        if route.answer:
            wanted[route.answer, "serialization"] = None
    schemas, definitions = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
    defined: Json = definitions["$defs"]
    return schemas, defined


def _operation(route: Route, schemas: Schemas) -> Json:
    operation: Json = {
        "summary": route.summary,
        "description": _who(route.callers),
        "operationId": _operation_id(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": {**_answer(route, schemas), **_problems(route)},
        "security": [_security(caller) for caller in route.callers],
    }
    if route.body:
        content = {"application/json": {"schema": schemas[route.body, "validation"]}}
        operation["requestBody"] = {"required": _required(route.body), "content": content}
    if route.stream:
        content = {route.stream: {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.upload:
        schema = {
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary"}},
            "required": ["file"],
        }
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"[a-z]+", route.path.removeprefix("/api/v1").replace("_id}", "}"))
    return "_".join([route.method.lower(), *words])


def _required(body: type[BaseModel]) -> bool:
    return any(field.is_required() for field in body.model_fields.values())


def _who(callers: Sequence[Caller]) -> str:
    return "For " + ", or ".join(_caller(caller) for caller in callers) + "."


def _caller(caller: Caller) -> str:
    match caller:
        case Anyone():
            return "anyone"
        case SignedIn(roles=roles):
            return "a signed-in " + ", ".join(sorted(roles))
        case PageLink(pages=pages):
            return "the link of a " + ", ".join(sorted(pages))
        case ViewerToken(kept_out=kept_out):
            return "a viewer of this broadcast" + (", kept out or not" if kept_out else "")


def _security(caller: Caller) -> Json:
    match caller:
        case Anyone():
            return {}
        case SignedIn():
            return {"session": []}
        case PageLink():
            return {"page": []}
        case ViewerToken():
            return {"viewer": []}


def _path_parameters(route: Route) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", route.path)
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string"},
        }
        for name in names
    ]


def _query_parameters(route: Route) -> list[Json]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(ref_template="#/components/schemas/{model}")
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": property_}
        for name, property_ in schema["properties"].items()
    ]


def _headers(route: Route) -> list[Json]:
    key = {"type": "string", "format": "uuid"}
    wanted = {"Idempotency-Key": key} if route.idempotency_key else {}
    wanted |= {name: {"type": "string"} for name in route.headers}
    return [{"name": name, "in": "header", "required": True, "schema": schema} for name, schema in wanted.items()]


def _answer(route: Route, schemas: Schemas) -> Json:
    if route.answer:
        content = {"application/json": {"schema": schemas[route.answer, "serialization"]}}
        status = "201" if route.created else "200"
        return {status: {"description": route.answer.__doc__ or route.summary, "content": content}}
    if route.media_type:
        return {"200": {"description": route.summary, "content": {kind: {} for kind in route.media_type.split(", ")}}}
    return {"204": {"description": "Done"}}


def _problems(route: Route) -> Json:
    """RFC 9457, one answer per status, naming the codes it may carry."""
    by_status = groupby(errors_of(route), key=status_of)
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        str(status): {
            "description": ", ".join(sorted({cls.code for cls in classes})),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status, classes in by_status
    }

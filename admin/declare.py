"""How a route says who may call it, what it takes, what it answers and how it fails."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aiohttp import web
from pydantic import BaseModel

from stream_jobs.actions.accounts import Page
from stream_jobs.domain.errors import BadInput, StreamJobsError
from stream_jobs.ports import AccountRole

if TYPE_CHECKING:
    from admin.call import Call

JSON_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Anyone:
    """No proof needed."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account of one of these roles; where the path names a broadcast, one that may act on it."""

    roles: frozenset[AccountRole]

    def __init__(self, *roles: AccountRole) -> None:
        object.__setattr__(self, "roles", frozenset(roles or AccountRole))


@dataclass(frozen=True, slots=True)
class PageLink:
    """The code of a host-side page's link, for the broadcast the path names."""

    pages: frozenset[Page]

    def __init__(self, *pages: Page) -> None:
        object.__setattr__(self, "pages", frozenset(pages))


@dataclass(frozen=True, slots=True)
class ViewerToken:
    """A viewer's connection token as bearer, for the broadcast the path names.

    kept_out: also of a device that may not watch it any more; its applications are still its own.
    """

    kept_out: bool = False


Caller = Anyone | SignedIn | PageLink | ViewerToken
Answer = BaseModel | web.StreamResponse | None
Handler = Callable[["Call"], Awaitable[Answer]]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address and method. The table in admin/routes.py is all there is: the server answers nothing else."""

    method: Method
    path: str
    callers: tuple[Caller, ...]
    summary: str
    handler: Handler
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    # What the answer is when it is no model, such as text/csv.
    media_type: str | None = None
    errors: tuple[type[StreamJobsError], ...] = ()
    # Fields whose absence or form has a code of its own.
    refusals: Mapping[str, type[BadInput]] = field(default_factory=dict)
    idempotency_key: bool = False
    # The handler reads the body itself, as multipart/form-data with one part named file.
    upload: bool = False
    # The handler reads the body itself as it comes; of this media type.
    stream: str | None = None
    # Headers it needs, beside those every request has.
    headers: tuple[str, ...] = ()
    # Answered with 201 and the new thing.
    created: bool = False
    # A signed-in page sends who is not signed in to the login page instead of refusing.
    page: bool = False

    def __post_init__(self) -> None:
        if not self.callers:
            raise UndeclaredRoute(f"{self.method} {self.path} does not say who may call it")
        if any(isinstance(c, PageLink | ViewerToken) for c in self.callers) and not self._names_broadcast:
            raise UndeclaredRoute(f"{self.method} {self.path}: a link or token is for a broadcast, name it in the path")

    @property
    def _names_broadcast(self) -> bool:
        return "{broadcast_id}" in self.path or "{code}" in self.path

    @property
    def canonical(self) -> str:
        """The path with its parameters by name alone: /static/{path}."""
        return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", self.path)

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


class UndeclaredRoute(Exception):
    """A route that does not say who may call it; the server does not start with one."""


def check_declared(app: web.Application, table: Sequence[Route]) -> None:
    """Raises UndeclaredRoute when the application answers what the table does not name, or the table repeats itself."""
    declared = {(route.method, route.canonical) for route in table}
    if len(declared) != len(table):
        raise UndeclaredRoute("a method and path is in the table twice")
    for route in app.router.routes():
        method = "GET" if route.method == "HEAD" else route.method
        path = route.resource.canonical if route.resource else "?"
        if (method, path) not in declared:
            raise UndeclaredRoute(f"{route.method} {path} is not in the table")

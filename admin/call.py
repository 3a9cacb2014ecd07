"""One request on its way to a handler: who asks, for what, with which input."""

import re
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from admin.assets import Assets
from admin.parts import Parts
from stream_jobs.actions import Actions
from stream_jobs.actions.accounts import Page
from stream_jobs.domain.errors import NotFound
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.limits import Quotas
from stream_jobs.ports import Account, By, Session
from stream_jobs.tokens import Identity

Model = TypeVar("Model", bound=BaseModel)
REMOTE = By(None, "遥控器")
# The form of RFC 9562 §4 alone: uuid.UUID() would also read braces, urn: and 32 digits.
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, proven; and the organisation and broadcast it is about, where there is one."""

    org_id: OrgId | None = None
    broadcast_id: BroadcastId | None = None
    session: Session | None = None
    page: Page | None = None
    code: str | None = None
    viewer: Identity | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler is given. Its properties may be used only where the route's callers provide them."""

    request: web.Request
    parts: Parts
    assets: Assets
    asker: Asker
    address: str
    idempotency_key: UUID | None = None
    input: BaseModel | None = None
    asked: BaseModel | None = None

    def body(self, model: type[Model]) -> Model:
        return _must_be(self.input, model)

    def query(self, model: type[Model]) -> Model:
        return _must_be(self.asked, model)

    @property
    def actions(self) -> Actions:
        return self.parts.actions

    @property
    def limits(self) -> Quotas:
        return self.parts.limits

    def id(self, name: str, missing: type[NotFound]) -> UUID:
        """An id from the path; what is no id names nothing."""
        return path_id(self.request, name, missing)

    @property
    def org(self) -> OrgId:
        return _given(self.asker.org_id)

    @property
    def broadcast(self) -> BroadcastId:
        return _given(self.asker.broadcast_id)

    @property
    def session(self) -> Session:
        return _given(self.asker.session)

    @property
    def account(self) -> Account:
        return self.session.account

    @property
    def by(self) -> By:
        return REMOTE if self.asker.page else self.account.by

    @property
    def watcher(self) -> Watcher:
        return _given(_given(self.asker.viewer).watcher)

    @property
    def key(self) -> UUID:
        return _given(self.idempotency_key)


def path_id(request: web.Request, name: str, missing: type[NotFound]) -> UUID:
    text = request.match_info[name]
    if not UUID_FORM.fullmatch(text):
        raise missing
    return UUID(text)


def json_response(model: BaseModel, *, cache: str = "no-store") -> web.Response:
    return web.Response(
        body=model.model_dump_json().encode(), content_type="application/json", headers={"Cache-Control": cache}
    )


Thing = TypeVar("Thing")


def _given(thing: Thing | None) -> Thing:
    if thing is None:
        raise AssertionError("the route's declaration does not provide this")
    return thing


def _must_be(found: BaseModel | None, model: type[Model]) -> Model:
    if not isinstance(found, model):
        raise AssertionError(f"the route does not declare {model.__name__}")
    return found

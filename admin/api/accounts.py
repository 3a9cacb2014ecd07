"""Signing in and out, and an organiser's accounts."""

from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import Input
from admin.auth import cookie_name, set_cookie
from admin.call import Call, json_response
from admin.declare import Anyone, Route, SignedIn
from stream_jobs.actions.accounts import normal_login
from stream_jobs.domain.errors import (
    AccountNotFound,
    BroadcastNotFound,
    Conflict,
    EmployerNotFound,
    LoginTaken,
    TooMany,
    WrongPassword,
)
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import AccountId, EmployerId
from stream_jobs.ports import Account, AccountRole

ORGANISER = (SignedIn(AccountRole.ORGANISER),)


class SignInRequest(Input):
    login: str = Field(max_length=200)
    password: str = Field(max_length=200)


class AccountBody(Body):
    id: AccountId
    role: AccountRole
    login: str
    name: str
    employer_id: EmployerId | None = None
    disabled: bool = False


class AccountList(Body):
    accounts: list[AccountBody]


class NewAccountRequest(Input):
    role: AccountRole
    login: str = Field(max_length=64)
    password: str = Field(max_length=200, description="At least 8 characters")
    name: str = Field(max_length=40)
    employer_id: EmployerId | None = Field(default=None, description="Of a recruiter, and of nobody else")


class RoleRequest(Input):
    role: AccountRole


class PasswordRequest(Input):
    password: str = Field(max_length=200, description="At least 8 characters")


class ReserveRequest(Input):
    accounts: list[UUID] = Field(max_length=200, description="Hosts and operators; none opens it to all of them")


async def sign_in(call: Call) -> web.Response:
    wanted = call.body(SignInRequest)
    await call.limits.sign_in(normal_login(wanted.login), call.address)
    old = call.request.cookies.get(cookie_name(call.parts, "session"))
    signed_in = await call.actions.accounts.sign_in(wanted.login, wanted.password, replaces=old)
    response = json_response(_body(signed_in.session.account))
    life = signed_in.session.expires_at - call.parts.clock()
    return set_cookie(call.parts, response, "session", signed_in.token, int(life.total_seconds()))


async def sign_out(call: Call) -> web.Response:
    token = call.request.cookies.get(cookie_name(call.parts, "session"))
    if token:
        await call.actions.accounts.sign_out(token)
    return set_cookie(call.parts, web.Response(status=204), "session", "", 0)


async def me(call: Call) -> AccountBody:
    return _body(call.account)


async def listed(call: Call) -> AccountList:
    accounts = await call.actions.accounts.listed(call.org)
    return AccountList(accounts=[_body(account) for account in accounts])


async def create(call: Call) -> AccountBody:
    wanted = call.body(NewAccountRequest)
    account = await call.actions.accounts.create_account(
        call.org,
        role=wanted.role,
        login=wanted.login,
        password=wanted.password,
        name=wanted.name,
        employer=wanted.employer_id,
        by=call.by,
    )
    return _body(account)


async def disable(call: Call) -> None:
    await call.actions.accounts.disable(call.org, _account_id(call), call.by)


async def set_role(call: Call) -> None:
    await call.actions.accounts.set_role(call.org, _account_id(call), call.body(RoleRequest).role, call.by)


async def set_password(call: Call) -> None:
    password = call.body(PasswordRequest).password
    await call.actions.accounts.set_password(call.org, _account_id(call), password, call.by)


async def reserve(call: Call) -> None:
    accounts = [AccountId(id_) for id_ in call.body(ReserveRequest).accounts]
    await call.actions.accounts.reserve(call.org, call.broadcast, accounts)


def _account_id(call: Call) -> AccountId:
    return AccountId(call.id("account_id", AccountNotFound))


def _body(account: Account) -> AccountBody:
    return AccountBody(
        id=account.id,
        role=account.role,
        login=account.login,
        name=account.name,
        employer_id=account.employer_id,
        disabled=account.disabled,
    )


ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/api/v1/sign-in",
        callers=(Anyone(),),
        summary="Sign in; sets the session cookie and ends the session it had",
        handler=sign_in,
        body=SignInRequest,
        answer=AccountBody,
        errors=(WrongPassword, TooMany),
    ),
    Route(
        method="POST",
        path="/api/v1/sign-out",
        callers=(Anyone(),),
        summary="End the session; doing it again changes nothing",
        handler=sign_out,
    ),
    Route(
        method="GET",
        path="/api/v1/me",
        callers=(SignedIn(),),
        summary="The account signed in",
        handler=me,
        answer=AccountBody,
    ),
    Route(
        method="GET",
        path="/api/v1/accounts",
        callers=ORGANISER,
        summary="All accounts of the organisation",
        handler=listed,
        answer=AccountList,
    ),
    Route(
        method="POST",
        path="/api/v1/accounts",
        callers=ORGANISER,
        summary="Create an account",
        handler=create,
        body=NewAccountRequest,
        answer=AccountBody,
        errors=(LoginTaken, EmployerNotFound),
    ),
    Route(
        method="POST",
        path="/api/v1/accounts/{account_id}/disable",
        callers=ORGANISER,
        summary="Disable an account and end its sessions",
        handler=disable,
        errors=(AccountNotFound, Conflict),
    ),
    Route(
        method="PUT",
        path="/api/v1/accounts/{account_id}/role",
        callers=ORGANISER,
        summary="Change a role and end its sessions",
        handler=set_role,
        body=RoleRequest,
        errors=(AccountNotFound, Conflict),
    ),
    Route(
        method="PUT",
        path="/api/v1/accounts/{account_id}/password",
        callers=ORGANISER,
        summary="Set a new password and end its sessions",
        handler=set_password,
        body=PasswordRequest,
        errors=(AccountNotFound,),
    ),
    Route(
        method="PUT",
        path=f"{BROADCAST}/accounts",
        callers=ORGANISER,
        summary="Reserve a broadcast for some hosts and operators",
        handler=reserve,
        body=ReserveRequest,
        errors=(BroadcastNotFound, AccountNotFound),
    ),
)

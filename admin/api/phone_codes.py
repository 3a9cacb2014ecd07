"""One-time codes: sent to a phone, and confirmed by the device that asked; a viewer's token says which device."""

from datetime import datetime

from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Route, ViewerToken
from stream_jobs.domain.errors import NoticeRefused, PhoneInvalid, TooMany, Unavailable
from stream_jobs.domain.events import Body
from stream_jobs.domain.phone_code import CodeWrong

CODES = f"{BROADCAST}/phone-codes"


class CodeRequest(Input):
    phone: str = Field(min_length=1, max_length=40, description="As typed")


class CodeSent(Body):
    """The same for every number, known or not."""

    valid_seconds: int
    resend_seconds: int


class CodeConfirmation(Input):
    phone: str = Field(min_length=1, max_length=40, description="As typed")
    code: str = Field(min_length=1, max_length=20, description="Six digits, as typed")


class PhoneVerified(Body):
    at: datetime


async def ask_code(call: Call) -> CodeSent:
    phone, viewer = call.body(CodeRequest).phone, call.watcher.viewer_id
    await call.limits.send_code(call.org, viewer, call.address, phone)
    sent = await call.parts.phones.ask_code(call.org, viewer, phone)
    return CodeSent(valid_seconds=sent.valid_seconds, resend_seconds=sent.resend_seconds)


async def confirm_code(call: Call) -> PhoneVerified:
    await call.limits.try_code(call.org, call.watcher.viewer_id, call.address)
    given = call.body(CodeConfirmation)
    return PhoneVerified(at=await call.parts.phones.confirm(call.org, call.watcher.viewer_id, given.phone, given.code))


ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path=CODES,
        callers=(ViewerToken(kept_out=True),),
        summary="Send a one-time code to a phone; the answer is the same for every number",
        handler=ask_code,
        body=CodeRequest,
        answer=CodeSent,
        errors=(NoticeRefused, TooMany, Unavailable),
        refusals={"phone": PhoneInvalid},
    ),
    Route(
        method="POST",
        path=f"{CODES}/confirm",
        callers=(ViewerToken(kept_out=True),),
        summary="Prove a phone by the code that came to it, for this device",
        handler=confirm_code,
        body=CodeConfirmation,
        answer=PhoneVerified,
        errors=(CodeWrong, TooMany, Unavailable),
        refusals={"phone": PhoneInvalid},
    ),
)

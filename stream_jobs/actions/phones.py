"""Proving a phone number: a code goes out, comes back, and the device is known to have that number."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stream_jobs.domain.ids import OrgId, ViewerId
from stream_jobs.domain.notices import NoticeKind
from stream_jobs.domain.phone import parse_phone
from stream_jobs.domain.phone_code import CODE_LASTS, DIGITS, CodeWrong, new_code, read_code
from stream_jobs.ports import Clock
from stream_jobs.ports.notices import Notices
from stream_jobs.ports.phones import Codes, VerifiedPhones


@dataclass(frozen=True, slots=True)
class CodeOnItsWay:
    """The same for every number, so that no answer tells whether it is known."""

    valid_seconds: int
    resend_seconds: int


class PhoneActions:
    def __init__(
        self, codes: Codes, notices: Notices, verified: VerifiedPhones, clock: Clock, *, resend_seconds: int
    ) -> None:
        self._codes = codes
        self._notices = notices
        self._verified = verified
        self._clock = clock
        self._resend_seconds = resend_seconds

    async def ask_code(self, org: OrgId, viewer: ViewerId, phone: str) -> CodeOnItsWay:
        """Sends a code to this phone, known or not: nobody is looked up.

        Raises PhoneInvalid, Unavailable, NoticeRefused.
        """
        number, code = parse_phone(phone, field="phone"), new_code()
        await self._codes.keep(org, viewer, number, code, until=self._clock() + CODE_LASTS)
        organisation = await self._verified.asked_by(org)
        words = {"organisation": organisation, "code": code, "minutes": str(CODE_LASTS // timedelta(minutes=1))}
        await self._notices.send(NoticeKind.ONE_TIME_CODE, number, words)
        return CodeOnItsWay(CODE_LASTS // timedelta(seconds=1), self._resend_seconds)

    async def confirm(self, org: OrgId, viewer: ViewerId, phone: str, code: str) -> datetime:
        """When this device was found to have this phone.

        Raises CodeWrong, whatever is wrong with the code; PhoneInvalid, Unavailable.
        """
        number = parse_phone(phone, field="phone")
        now = self._clock()
        if not await self._verified.confirm(org, viewer, number, read_code(code), now):
            raise CodeWrong(field="code", expected=f"the {DIGITS} digits of the newest message; ask for another one")
        return now

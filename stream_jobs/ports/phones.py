"""Who has proven to hold a phone number."""

from datetime import datetime
from typing import Protocol

from stream_jobs.domain.ids import OrgId, ViewerId


class Codes(Protocol):
    """One-time codes on their way back; only a keyed hash of one is kept, and not for long."""

    async def keep(self, org_id: OrgId, viewer_id: ViewerId, phone: str, code: str, *, until: datetime) -> None:
        """The code of this device and phone (E.164) from now on; it replaces the one before. Raises Unavailable."""


class VerifiedPhones(Protocol):
    async def asked_by(self, org_id: OrgId) -> str:
        """The organisation's name, for the message."""

    async def confirm(self, org_id: OrgId, viewer_id: ViewerId, phone: str, code: str, at: datetime) -> bool:
        """Whether this is that code; from now on this device is known to have this phone (E.164) then.

        A right one is used up with that, or stays; one that was tried five times is never right. Raises Unavailable.
        """

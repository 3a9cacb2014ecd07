"""Messages to telephones, by whatever gateway there is."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from stream_jobs.domain.notices import NoticeKind


class Notices(Protocol):
    @property
    def reaches_phones(self) -> bool:
        """Whether a gateway is there; without one, messages appear where the server was started."""

    async def send(
        self, kind: NoticeKind, phone: str, text_params: Mapping[str, str], *, message_id: UUID | None = None
    ) -> None:
        """Once the gateway has taken it. phone is E.164; text_params are what `notice_text` needs.

        The same message sent again carries the same id, so that the gateway can leave it. Raises NoticesUnavailable
        when trying again may help, NoticeRefused when it will not.
        """

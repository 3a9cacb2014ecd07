"""Messages where the server was started: for a demo, and for whoever tries a one-time code."""

import sys
from collections.abc import Mapping
from typing import TextIO
from uuid import UUID

from stream_jobs.domain.notices import NoticeKind, notice_text
from stream_jobs.domain.phone import mask_phone


class ConsoleNotices:
    """Not the log: a log is kept, and holds neither codes nor numbers."""

    reaches_phones = False

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    async def send(
        self, kind: NoticeKind, phone: str, text_params: Mapping[str, str], *, message_id: UUID | None = None
    ) -> None:
        print(f"→ {mask_phone(phone)}  {notice_text(kind, text_params)}", file=self._out or sys.stderr, flush=True)

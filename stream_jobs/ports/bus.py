"""Who acts, when, and how other processes are told to look."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from stream_jobs.domain.events import StageEntry
from stream_jobs.domain.ids import AccountId, BroadcastId

Clock = Callable[[], datetime]


class Topic(StrEnum):
    STAGE = "stage"
    DESK = "desk"
    ACCESS = "access"


class Bus(Protocol):
    async def announce(self, broadcast_id: BroadcastId, topic: Topic, entry: StageEntry | None = None) -> None:
        """Tells every process to look. Never raises: what it announces is committed already.

        Rooms of this process may go by the entry, where it is the next one, without looking.
        """


@dataclass(frozen=True, slots=True)
class By:
    """Who acts."""

    account_id: AccountId | None
    name: str

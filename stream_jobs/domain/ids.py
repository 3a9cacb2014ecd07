"""Typed ids, so that a card id cannot be passed as a broadcast id; all are UUIDv7 (RFC 9562 §5.7)."""

import secrets
from datetime import UTC, datetime
from itertools import count
from typing import NewType
from uuid import UUID

OrgId = NewType("OrgId", UUID)
AccountId = NewType("AccountId", UUID)
EmployerId = NewType("EmployerId", UUID)
JobId = NewType("JobId", UUID)
ImportId = NewType("ImportId", UUID)
PolicyId = NewType("PolicyId", UUID)
SegmentId = NewType("SegmentId", UUID)
SeriesId = NewType("SeriesId", UUID)
UnitId = NewType("UnitId", UUID)
BroadcastId = NewType("BroadcastId", UUID)
CardId = NewType("CardId", UUID)
ChannelId = NewType("ChannelId", UUID)
ViewerId = NewType("ViewerId", UUID)
VisitId = NewType("VisitId", UUID)
PersonId = NewType("PersonId", UUID)
ApplicationId = NewType("ApplicationId", UUID)
ReceiptId = NewType("ReceiptId", UUID)
WorkerId = NewType("WorkerId", UUID)
ExportId = NewType("ExportId", UUID)
NoticeId = NewType("NoticeId", UUID)
ResumeFileId = NewType("ResumeFileId", UUID)
CollectionId = NewType("CollectionId", UUID)
PeopleImportId = NewType("PeopleImportId", UUID)
WallId = NewType("WallId", UUID)
FormId = NewType("FormId", UUID)
PlatformImportId = NewType("PlatformImportId", UUID)

WHOLE_SHOW = CardId(UUID(int=0))
NO_CHANNEL = ChannelId(UUID(int=0))


# Ids of one millisecond sort in the order they were made, but for one in sixteen million (RFC 9562 §6.2, method 1).
_turn = count()


def uuid7(at: datetime) -> UUID:
    """A new id that sorts by the time given, to the millisecond, and within it by the order of calls."""
    milliseconds, turn = int(at.timestamp() * 1000), next(_turn) & 0xFFFFFF
    before, after = turn >> 12, turn & 0xFFF
    return UUID(int=milliseconds << 80 | 0x7 << 76 | before << 64 | 0b10 << 62 | after << 50 | secrets.randbits(50))


def made_at(id_: UUID) -> datetime:
    """When a UUIDv7 says it was made."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)

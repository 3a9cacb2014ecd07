"""The organiser's programme: shows as they are prepared, and channels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from stream_jobs.domain.events import Body, Status
from stream_jobs.domain.ids import BroadcastId, CardId, ChannelId, ImportId, JobId, OrgId, PolicyId
from stream_jobs.domain.phone_code import PhoneCheck
from stream_jobs.ports.broadcasts import NewBroadcast
from stream_jobs.ports.bus import By


class ShowBody(Body):
    """A broadcast as its organiser typed it; organiser_phone stands in where no service phone is given."""

    id: BroadcastId
    status: Status
    title: str
    starts_at: datetime
    series: str | None = None
    unit: str | None = None
    host: str | None = None
    platform: str | None = None
    platform_url: str | None = None
    picture_url: str | None = None
    service_phone: str | None = None
    organiser_phone: str | None = None
    rehearsal: bool
    apply_days: int
    phone_check: PhoneCheck = PhoneCheck.OFF
    tray_version: int
    # What is still to be filled in before going live: service_phone, keeper_contact, privacy_notice.
    missing: tuple[str, ...] = ()


class KnownNames(Body):
    """What was typed before, to choose from."""

    series: tuple[str, ...]
    units: tuple[str, ...]
    hosts: tuple[str, ...]


class TodoBody(Body):
    """Something waiting for the organiser; broadcast_id or import_id says where, count how many."""

    code: Literal[
        "people_uncontacted",
        "lists_uncollected",
        "import_waits",
        "tray_empty",
        "tray_blocked",
        "service_phone_missing",
        "verification_ends",
        "employers_unverified",
    ]
    count: int = 1
    title: str | None = None
    broadcast_id: BroadcastId | None = None
    import_id: ImportId | None = None


class Shows(Protocol):
    async def show(self, org_id: OrgId, broadcast_id: BroadcastId) -> ShowBody:
        """Raises BroadcastNotFound."""

    async def names(self, org_id: OrgId) -> KnownNames: ...

    async def create(
        self,
        new: NewBroadcast,
        jobs: Sequence[JobId],
        policies: Sequence[PolicyId],
        like: BroadcastId | None,
        *,
        at: datetime,
        by: By,
    ) -> None:
        """With the tray and talking points of the show it is like, then these; or, when one is missing, not at all.

        Raises BroadcastNotFound, JobNotFound, CardNotFound.
        """

    async def todo(self, org_id: OrgId, at: datetime) -> Sequence[TodoBody]:
        """The most pressing first."""


ChannelKind = Literal["platform", "account", "poster", "station", "stall", "group", "other"]


class ChannelRow(Body):
    """visits counts page loads of viewers whom this channel brought first."""

    id: ChannelId
    kind: ChannelKind
    name: str
    card_id: CardId | None = None
    card_label: str | None = None
    visits: int
    revoked_at: datetime | None = None
    created_at: datetime


class Channels(Protocol):
    async def listed(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[ChannelRow]:
        """Oldest first, the revoked ones last."""

    async def channel(self, org_id: OrgId, broadcast_id: BroadcastId, channel_id: ChannelId) -> ChannelRow:
        """Raises ChannelNotFound."""

    async def create(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        channel_id: ChannelId,
        kind: ChannelKind,
        name: str,
        card_id: CardId | None,
        at: datetime,
    ) -> None:
        """Raises CardNotFound, NameTaken."""

    async def revoke(self, org_id: OrgId, broadcast_id: BroadcastId, channel_id: ChannelId, at: datetime) -> None:
        """Its link opens nothing any more; what came through it keeps it. Raises ChannelNotFound."""

"""Links by which employers without an account collect their lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from stream_jobs.domain.collecting import CollectionState
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, CollectionId, EmployerId, OrgId
from stream_jobs.ports.applications import HandOverLine
from stream_jobs.ports.bus import By


class Collection(Body):
    """A link as the organiser follows it: how often it was opened, and whether it still can be."""

    id: CollectionId
    employer_id: EmployerId
    employer: str
    purpose: str
    receiver: str
    state: CollectionState
    openings: int
    most_openings: int
    last_opened_at: datetime | None
    expires_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NewCollection:
    id: CollectionId
    org_id: OrgId
    broadcast_id: BroadcastId
    employer_id: EmployerId
    purpose: str
    receiver: str
    token_sha256: bytes
    code_mac: bytes
    most_openings: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What the right code gives; the secret itself is only with whoever was given it."""

    id: UUID
    secret_sha256: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Collector:
    """Who collects, proven by a ticket: for which link they act, and under which name."""

    org_id: OrgId
    broadcast_id: BroadcastId
    employer_id: EmployerId
    collection_id: CollectionId
    employer: str
    title: str
    by: By


@dataclass(frozen=True, slots=True, repr=False)
class Entered:
    """What the right code shows: without lines where a list is brought back. openings_left: after this one."""

    collector: Collector
    openings_left: int
    expires_at: datetime
    lines: Sequence[HandOverLine] | None


class Collections(Protocol):
    async def add(self, new: NewCollection, *, by: By, at: datetime) -> Collection:
        """Recorded. Raises EmployerNotFound."""

    async def listed(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Sequence[Collection]:
        """Newest first."""

    async def revoke(
        self, org_id: OrgId, broadcast_id: BroadcastId, collection_id: CollectionId, *, by: By, at: datetime
    ) -> Collection:
        """It opens nothing from then on, nor do tickets of it. Raises CollectionNotFound."""

    async def enter(
        self, token_sha256: bytes, code_mac: bytes, ticket: NewTicket, *, shows: bool, at: datetime
    ) -> Entered:
        """With shows, one opening: counted and recorded before anything is read, never more than there are.

        Raises CollectionRefused, for a wrong code too, which is counted; CollectionUsedUp.
        """

    async def collector(self, token_sha256: bytes, secret_sha256: bytes, at: datetime) -> Collector:
        """Raises CollectionRefused."""

    async def lines(
        self, token_sha256: bytes, secret_sha256: bytes, at: datetime
    ) -> tuple[Collector, Sequence[HandOverLine]]:
        """Once more what the ticket's own opening shows. Raises CollectionRefused."""

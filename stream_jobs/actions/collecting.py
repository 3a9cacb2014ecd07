"""Handing an employer its list by a link and a code."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from stream_jobs.domain.collecting import TICKET_FOR, code_mac, new_code, new_token, token_hash
from stream_jobs.domain.ids import BroadcastId, CollectionId, EmployerId, OrgId, uuid7
from stream_jobs.ports import By, Clock, HandOverLine
from stream_jobs.ports.collecting import Collection, Collections, Collector, Entered, NewCollection, NewTicket


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """A new link: its token and its code are told this once."""

    collection: Collection
    token: str
    code: str


class CollectingActions:
    def __init__(self, collections: Collections, clock: Clock, *, hours: int, openings: int) -> None:
        self._collections = collections
        self._clock = clock
        self._hours = hours
        self._openings = openings

    async def make(
        self, org: OrgId, broadcast: BroadcastId, employer: EmployerId, *, purpose: str, receiver: str, by: By
    ) -> Made:
        """Raises EmployerNotFound."""
        now, token, code = self._clock(), new_token(), new_code()
        new = NewCollection(
            id=CollectionId(uuid7(now)),
            org_id=org,
            broadcast_id=broadcast,
            employer_id=employer,
            purpose=purpose,
            receiver=receiver,
            token_sha256=token_hash(token),
            code_mac=code_mac(token, code),
            most_openings=self._openings,
            expires_at=now + timedelta(hours=self._hours),
        )
        return Made(await self._collections.add(new, by=by, at=now), token, code)

    async def listed(self, org: OrgId, broadcast: BroadcastId) -> Sequence[Collection]:
        """Newest first."""
        return await self._collections.listed(org, broadcast, self._clock())

    async def revoke(self, org: OrgId, broadcast: BroadcastId, collection: CollectionId, by: By) -> Collection:
        """Raises CollectionNotFound."""
        return await self._collections.revoke(org, broadcast, collection, by=by, at=self._clock())

    async def enter(self, token: str, code: str, *, shows: bool) -> tuple[str, Entered]:
        """A ticket's secret, and the list where it is to be shown. Raises CollectionRefused, CollectionUsedUp."""
        now, secret = self._clock(), secrets.token_urlsafe(24)
        ticket = NewTicket(uuid7(now), _hash(secret), now + TICKET_FOR)
        return secret, await self._collections.enter(
            token_hash(token), code_mac(token, code), ticket, shows=shows, at=now
        )

    async def collector(self, token: str, secret: str) -> Collector:
        """Raises CollectionRefused."""
        return await self._collections.collector(token_hash(token), _hash(secret), self._clock())

    async def lines(self, token: str, secret: str) -> tuple[Collector, Sequence[HandOverLine]]:
        """The list of this opening once more, to take along. Raises CollectionRefused."""
        return await self._collections.lines(token_hash(token), _hash(secret), self._clock())


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()

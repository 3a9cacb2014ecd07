"""Whom a list of people speaks of: the applications, jobs and channels of its show."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from storage.moves import IN_SCOPE
from storage.pool import Database
from storage.terms import Terms, terms_of
from storage.vault import Vault
from stream_jobs.domain.errors import JobClosed, JobFull, JobPaused
from stream_jobs.domain.following import State
from stream_jobs.domain.ids import ChannelId
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.people_sheet.matching import Candidate, JobChoice
from stream_jobs.ports.people_imports import ListScope


class PeopleMatchingStore:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def candidates(
        self, scope: ListScope, numbers: Sequence[int], phones: Sequence[str], *, everyone: bool = False
    ) -> Sequence[Candidate]:
        hashes = {self._vault.phone_hmac(scope.org_id, phone): phone for phone in phones}
        async with self._database.transaction(scope.org_id) as tx:
            rows = await tx.fetch(
                f"""
                SELECT p.id, p.number, e.phone_hmac, p.job_id, c.kind, c.number AS card, j.title, p.state,
                    ({IN_SCOPE}) IS NOT TRUE AS guarded, (
                        SELECT u.kind FROM follow_up u WHERE u.application_id = p.id AND u.kind <> 'note'
                        ORDER BY u.at DESC, u.id DESC LIMIT 1
                    ) AS last_done
                FROM application p JOIN person e ON e.id = p.person_id JOIN keys.person_key k ON k.person_id = e.id
                JOIN card c ON c.id = p.card_id JOIN job j ON j.id = p.job_id
                WHERE p.broadcast_id = $1 AND p.org_id = $2 AND ($6 OR $3::uuid IS NULL OR p.employer_id = $3)
                    AND (p.number = ANY($4::int[]) OR e.phone_hmac = ANY($5::bytea[]))
                """,  # noqa: S608  # a constant of this package
                scope.broadcast_id,
                scope.org_id,
                scope.employer_id,
                list(numbers),
                list(hashes),
                everyone,
            )
        return [_candidate(row, hashes) for row in rows]

    async def jobs(self, scope: ListScope, at: datetime) -> Sequence[JobChoice]:
        async with self._database.transaction(scope.org_id) as tx:
            cards = await tx.fetch(
                """
                SELECT c.job_id, c.kind, c.number, j.title, m.name AS employer FROM card c
                JOIN job j ON j.id = c.job_id JOIN employer m ON m.id = j.employer_id
                WHERE c.broadcast_id = $1 AND c.org_id = $2
                """,
                scope.broadcast_id,
                scope.org_id,
            )
            terms = await terms_of(tx, scope.org_id, scope.broadcast_id, [card["job_id"] for card in cards])
        closed = {job: _closed(one, at) for job, one in terms.items()}
        return [
            JobChoice(
                card["job_id"],
                card_label(CardKind(card["kind"]), card["number"]),
                card["title"],
                card["employer"],
                closed.get(card["job_id"]),
            )
            for card in cards
        ]

    async def has_channel(self, scope: ListScope, channel_id: ChannelId) -> bool:
        async with self._database.transaction(scope.org_id) as tx:
            return bool(
                await tx.fetchval(
                    "SELECT true FROM channel WHERE id = $1 AND broadcast_id = $2 AND org_id = $3",
                    channel_id,
                    scope.broadcast_id,
                    scope.org_id,
                )
            )


def _candidate(row: asyncpg.Record, hashes: Mapping[bytes, str]) -> Candidate:
    return Candidate(
        id=row["id"],
        number=row["number"],
        phone=hashes.get(row["phone_hmac"]),
        job_id=row["job_id"],
        job=f"{card_label(CardKind(row['kind']), row['card'])} {row['title']}",
        state=State(row["state"]),
        guarded=row["guarded"],
        last_done=row["last_done"],
    )


def _closed(terms: Terms, at: datetime) -> str | None:
    try:
        terms.must_be_open(at)
    except (JobPaused, JobFull, JobClosed) as refusal:
        return refusal.code
    return None

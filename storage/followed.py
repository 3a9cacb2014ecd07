"""An employer's applications as who recruits reads them: by filter, by search, and one with all that was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from storage.applicants import APPLICANT_COLUMNS, APPLICANT_TABLES, masked
from storage.file_reading import said_in_files
from storage.grams import resume_text
from storage.people import Contact, People
from storage.pool import Transaction
from stream_jobs.domain.following import CLOSED, OPEN, UNDO_FOR, UNDONE
from stream_jobs.domain.ids import ApplicationId, EmployerId, OrgId
from stream_jobs.domain.searching import Term, plain
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import (
    Followed,
    FollowedEvent,
    FollowedFilter,
    FollowedPage,
    FollowUp,
    Resume,
)

# Nobody has contacted the person about this employer's jobs in that broadcast.
WAITING = """
    (p.state = ANY($4::text[]) AND NOT EXISTS (
        SELECT FROM application q WHERE q.broadcast_id = p.broadcast_id AND q.person_id = p.person_id
            AND q.employer_id = p.employer_id AND q.contacted_at IS NOT NULL))
"""

_FILTER = f"""
    p.org_id = $1 AND p.employer_id = $2 AND (p.at, p.id) < ($5, $6)
        AND ($7::text[] IS NULL OR p.state = ANY($7)) AND ($8::uuid IS NULL OR p.job_id = $8)
        AND ($9::uuid IS NULL OR p.broadcast_id = $9) AND ($10::text IS NULL OR coalesce(n.name, '') = $10)
        AND (NOT $11::boolean OR {WAITING}) AND p.at >= $12
        AND ($13::date IS NULL OR (p.next_on BETWEEN $13 AND $14 AND p.state <> ALL($3::text[])))
    ORDER BY p.at DESC, p.id DESC LIMIT $15
"""
_PAGE = f"""
    WITH page AS (
        SELECT p.id FROM application p LEFT JOIN channel n ON n.id = p.last_channel_id WHERE {_FILTER}
    )
"""  # noqa: S608  # constants of this module

# Those whose hashes hold one term, in four places of the arguments; not all of them do hold it.
_HOLDING = """
    SELECT applications_of_grams(${0}::int4[]) AS id
    UNION SELECT applications_of_grams(${1}::int4[])
    UNION SELECT id FROM application WHERE employer_id = $2 AND number = ${2}
    UNION
    SELECT p.id FROM persons_of_grams(${3}::int4[]) AS s (person_id)
    JOIN application p ON p.person_id = s.person_id AND p.employer_id = $2
    UNION
    SELECT p.id FROM vault.resume_file s JOIN application p ON p.person_id = s.person_id AND p.employer_id = $2
    WHERE s.grams @> ${3}::int4[]
"""

# The résumé is that of a device which made the application: nobody else's words about the person.
_ROWS = f"""
    SELECT {APPLICANT_COLUMNS}, b.title AS broadcast_title, p.next_on, s.id AS resume_id, s.resume,
        l.kind AS last_kind, l.at AS last_at, (
            SELECT count(*) FROM application q WHERE q.person_id = p.person_id AND q.employer_id = p.employer_id
        ) AS same_person,
        EXISTS (SELECT FROM application_event e WHERE e.application_id = p.id AND e.kind = 'viewed') AS viewed
    {APPLICANT_TABLES} JOIN broadcast b ON b.id = p.broadcast_id
    LEFT JOIN LATERAL (
        SELECT u.kind, u.at FROM follow_up u WHERE u.application_id = p.id AND u.kind <> 'note'
        ORDER BY u.at DESC, u.id DESC LIMIT 1
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT r.id, r.resume FROM receipt t
        JOIN vault.resume r ON r.person_id = p.person_id AND r.viewer_id = t.viewer_id
        WHERE t.application_id = p.id AND t.own ORDER BY r.at DESC, r.id DESC LIMIT 1
    ) s ON true
"""  # noqa: S608  # constants of this package
# As an array, so that only the page's rows are ever joined, whatever the planner makes of so many tables.
_OF_PAGE = "WHERE p.id = ANY(ARRAY(SELECT id FROM page)) ORDER BY p.at DESC, p.id DESC"
LISTED = f"{_PAGE} {_ROWS} {_OF_PAGE}"


def searched(terms: int) -> str:
    """For that many terms: those whose hashes hold all of them."""
    hits = [f"({_HOLDING.format(*range(first, first + 4))})" for first in range(16, 16 + 4 * terms, 4)]
    return f"""
        WITH hit AS MATERIALIZED ({" INTERSECT ".join(hits)}), page AS (
            SELECT p.id FROM hit JOIN application p ON p.id = hit.id LEFT JOIN channel n ON n.id = p.last_channel_id
            WHERE {_FILTER}
        )
        {_ROWS} {_OF_PAGE}
    """  # noqa: S608  # constants of this module


# How many that may hold all terms are opened at once, and for one answer.
OPENED_AT_ONCE = 100
OPENED_AT_MOST = 1000
END = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
BEGIN = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Clear:
    """A row and what is sealed in it."""

    row: asyncpg.Record
    contact: Contact
    resume: Resume | None

    @property
    def place(self) -> tuple[datetime, UUID]:
        return self.row["at"], self.row["id"]


class Reader:
    """Reads one employer's applications in the caller's transaction."""

    def __init__(self, people: People, org_id: OrgId, employer_id: EmployerId) -> None:
        self._people = people
        self._org_id = org_id
        self._employer_id = employer_id

    async def page(self, tx: Transaction, wanted: FollowedFilter, today: date) -> FollowedPage:
        if wanted.terms:
            return await self._search(tx, wanted, today)
        rows = await tx.fetch(LISTED, *self._given(wanted, today, wanted.after or END, wanted.limit + 1))
        shown = [followed(row, self._people.contact(row)) for row in rows[: wanted.limit]]
        more = len(rows) > wanted.limit
        return FollowedPage(applications=tuple(shown), next=_cursor(rows[wanted.limit - 1]) if more else None)

    async def _search(self, tx: Transaction, wanted: FollowedFilter, today: date) -> FollowedPage:
        """What the hashes find is opened and compared, newest first, until the page is full or enough were opened.

        So a page with a next may hold few or none.
        """
        statement, hashes = searched(len(wanted.terms)), [one for term in wanted.terms for one in self._hashes(term)]
        after: tuple[datetime, UUID] = wanted.after or END
        shown: list[Followed] = []
        for _ in range(OPENED_AT_MOST // OPENED_AT_ONCE):
            rows = await tx.fetch(statement, *self._given(wanted, today, after, OPENED_AT_ONCE), *hashes)
            said = await said_in_files(tx, self._people, [row["id"] for row in rows])
            for row in rows:
                one = self.opened(row)
                if all(_holds(one, said.get(row["id"], ""), term) for term in wanted.terms):
                    shown.append(followed(row, one.contact))
                if len(shown) == wanted.limit:
                    return FollowedPage(applications=tuple(shown), next=_cursor(row))
            if len(rows) < OPENED_AT_ONCE:
                return FollowedPage(applications=tuple(shown))
            after = (rows[-1]["at"], rows[-1]["id"])
        return FollowedPage(applications=tuple(shown), next=_place(after))

    def _given(
        self, wanted: FollowedFilter, today: date, after: tuple[datetime, UUID], limit: int
    ) -> tuple[object, ...]:
        before = _midnight(wanted.until + timedelta(days=1)) if wanted.until else END[0]
        low, high = _due(wanted, today)
        return (
            self._org_id,
            self._employer_id,
            CLOSED,
            OPEN,
            *min(after, (before, UUID(int=0))),
            list(wanted.states) or None,
            wanted.job_id,
            wanted.broadcast_id,
            wanted.channel,
            wanted.waiting,
            _midnight(wanted.since) if wanted.since else BEGIN,
            low,
            high,
            limit,
        )

    def _hashes(self, term: Term) -> tuple[object, ...]:
        grams = self._people.grams
        return (
            grams.in_application(self._employer_id, term),
            grams.of_phone_end(self._employer_id, term),
            term.number,
            grams.in_resume(self._org_id, term),
        )

    def opened(self, row: asyncpg.Record) -> Clear:
        return Clear(row, self._people.contact(row), self._resume(row))

    def _resume(self, row: asyncpg.Record) -> Resume | None:
        if row["resume"] is None or row["wrapped"] is None:
            return None
        key = self._people.vault.unwrap(row["person_id"], row["wrapped"])
        clear = self._people.vault.open(key, "vault.resume.resume", row["resume_id"], row["resume"])
        return Resume.model_validate_json(clear)

    async def one(self, tx: Transaction, application_id: ApplicationId) -> asyncpg.Record | None:
        return await tx.fetchrow(
            f"{_ROWS} WHERE p.id = $1 AND p.org_id = $2 AND p.employer_id = $3",
            application_id,
            self._org_id,
            self._employer_id,
        )

    async def others(self, tx: Transaction, row: asyncpg.Record) -> Sequence[Followed]:
        """The same person's other applications here, newest first."""
        rows = await tx.fetch(
            f"""
            {_ROWS} WHERE p.person_id = $1 AND p.employer_id = $2 AND p.org_id = $3 AND p.id <> $4
            ORDER BY p.at DESC, p.id DESC LIMIT 50
            """,
            row["person_id"],
            self._employer_id,
            self._org_id,
            row["id"],
        )
        return [followed(other, self._people.contact(other)) for other in rows]


def followed(row: asyncpg.Record, contact: Contact) -> Followed:
    more: Mapping[str, Any] = {
        name: row[name] for name in ("broadcast_title", "viewed", "next_on", "last_kind", "last_at")
    }
    return Followed(**masked(row, contact), **more, has_resume=row["resume_id"] is not None)


def _holds(one: Clear, in_files: str, term: Term) -> bool:
    """A single character is looked for in names alone."""
    if term.is_in(plain(one.contact.name or "")) or term.ends(one.contact.phone) or term.number == one.row["number"]:
        return True
    in_resume = resume_text(one.resume) if one.resume else ""
    return len(term.text) > 1 and (term.is_in(in_resume) or term.is_in(in_files))


def _due(wanted: FollowedFilter, today: date) -> tuple[date | None, date | None]:
    match wanted.due:
        case "today":
            return today, today
        case "overdue":
            return date.min, today - timedelta(days=1)
        case "any":
            return date.min, today
    return None, None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _cursor(row: asyncpg.Record) -> str:
    return _place((row["at"], row["id"]))


def _place(place: tuple[datetime, UUID]) -> str:
    return f"{place[0].astimezone(UTC).isoformat().removesuffix('+00:00')}Z_{place[1]}"


async def events_of(tx: Transaction, application_id: ApplicationId) -> Sequence[FollowedEvent]:
    """Newest first; what was taken back is told as undone."""
    rows = await tx.fetch(
        """
        SELECT e.kind, e.at, coalesce(e.by_name, a.name) AS by, e.reason,
            EXISTS (SELECT FROM application_event u WHERE u.undoes = e.id) AS undone
        FROM application_event e LEFT JOIN account a ON a.id = e.account_id
        WHERE e.application_id = $1 AND e.kind <> $2 ORDER BY e.at DESC, e.id DESC
        """,
        application_id,
        UNDONE,
    )
    return [FollowedEvent.model_validate(dict(row)) for row in rows]


async def sealed_follow_ups(tx: Transaction, application_id: ApplicationId) -> Sequence[asyncpg.Record]:
    """Newest first, as they are kept."""
    return await tx.fetch(
        """
        SELECT u.id, u.kind, u.by_name AS by, u.at, v.said FROM follow_up u
        LEFT JOIN vault.follow_up v ON v.follow_up_id = u.id
        WHERE u.application_id = $1 ORDER BY u.at DESC, u.id DESC
        """,
        application_id,
    )


def follow_up_body(people: People, person: asyncpg.Record, row: asyncpg.Record) -> FollowUp:
    said = None
    if row["said"] is not None and person["wrapped"] is not None:
        key = people.vault.unwrap(person["person_id"], person["wrapped"])
        said = people.vault.open(key, "vault.follow_up.said", row["id"], row["said"])
    return FollowUp(id=row["id"], kind=row["kind"], by=row["by"], at=row["at"], said=said)


async def undo_of(tx: Transaction, application_id: ApplicationId, at: datetime) -> UUID | None:
    """The batch of its last move, while that can be taken back."""
    batch: UUID | None = await tx.fetchval(
        """
        SELECT e.batch_id FROM application p JOIN application_event e ON e.id = p.last_move AND e.kind = p.state
        WHERE p.id = $1 AND e.at >= $2
        """,
        application_id,
        at - UNDO_FOR,
    )
    return batch

"""A person's own copy of everything that is kept about them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from storage.file_reading import own_files
from storage.keeping import KEEPERS
from storage.pool import Transaction
from storage.priority import declared
from storage.vault import Vault
from stream_jobs.domain.audited import without_numbers
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.domain.priority import NAMES, Priority
from stream_jobs.ports import MyApplication, MyConsent, MyContact, MyData, MyDisclosure, MyEvent, MyResume, Resume

_APPLICATIONS = """
    SELECT p.id, p.number, p.state, p.at, b.title AS broadcast, b.starts_at AS broadcast_at, j.title AS job,
        m.full_name AS employer, w.name, p.next_on
    FROM application p JOIN broadcast b ON b.id = p.broadcast_id JOIN job j ON j.id = p.job_id
    JOIN employer m ON m.id = p.employer_id LEFT JOIN vault.application w ON w.application_id = p.id
    WHERE p.person_id = $1 AND p.org_id = $2 ORDER BY p.at, p.id
"""

_EVENTS = """
    SELECT application_id, kind, at FROM application_event
    WHERE application_id = ANY($1::uuid[]) AND org_id = $2 ORDER BY at, id
"""

_CONSENTS = """
    SELECT c.application_id, t.text, c.employer, c.fields, c.purpose, c.keeper, c.until, c.given, c.at
    FROM consent c JOIN consent_text t ON t.sha256 = c.text_sha256
    WHERE c.application_id = ANY($1::uuid[]) AND c.org_id = $2 ORDER BY c.at
"""

# As applications_asked and application_exports.py chose them, told by the audit alone: its rows outlive the export's.
_FETCHED = """
    SELECT p.id, 'export', f.actor, NULL, f.purpose, f.at
    FROM audit f JOIN audit e ON e.org_id = f.org_id AND e.subject = f.subject AND e.action = 'export'
    JOIN LATERAL (
        SELECT max(a.at) AS at FROM audit a
        WHERE a.org_id = f.org_id AND a.subject = f.subject AND a.action IN ('export', 'export_again') AND a.at <= f.at
    ) asked ON true
    JOIN application p ON p.org_id = f.org_id AND p.at <= asked.at JOIN broadcast b ON b.id = p.broadcast_id
    LEFT JOIN account o ON o.id = e.account_id
    WHERE p.id = ANY($1::uuid[]) AND f.org_id = $2 AND f.action = 'export_fetched' AND f.purpose IS NOT NULL
        AND coalesce((e.detail ->> 'broadcast')::uuid, p.broadcast_id) = p.broadcast_id
        AND (e.detail ->> 'series' IS NULL OR (e.detail ->> 'series')::uuid = b.series_id)
        AND coalesce((e.detail ->> 'employer')::uuid, p.employer_id) = p.employer_id
        AND (e.detail ->> 'broadcast' IS NOT NULL OR NOT b.rehearsal)
        AND (o.role = 'recruiter' OR NOT EXISTS (
            SELECT FROM account r WHERE r.employer_id = p.employer_id AND r.role = 'recruiter'
                AND r.created_at <= asked.at AND (r.disabled_at IS NULL OR r.disabled_at > asked.at)))
"""

# One by one, with its employer's list, and in exports that showed it in full.
_DISCLOSED = f"""
    SELECT p.id AS application_id, a.action AS how, a.actor AS by, a.detail ->> 'receiver' AS receiver, a.purpose, a.at
    FROM application p JOIN audit a ON a.org_id = p.org_id AND a.subject = p.id::text
    WHERE p.id = ANY($1::uuid[]) AND p.org_id = $2
    UNION ALL
    SELECT p.id, 'hand_over', h.by_name, h.receiver, h.purpose, h.at
    FROM application p JOIN hand_over h
        ON h.broadcast_id = p.broadcast_id AND h.employer_id = p.employer_id AND h.at >= p.at
    WHERE p.id = ANY($1::uuid[]) AND p.org_id = $2
    UNION ALL
    {_FETCHED}
    ORDER BY at
"""  # noqa: S608  # constants of this module

_CONTACTS = """
    SELECT u.application_id, u.id, u.kind, u.by_name AS by, u.at, v.said
    FROM follow_up u LEFT JOIN vault.follow_up v ON v.follow_up_id = u.id
    WHERE u.application_id = ANY($1::uuid[]) AND u.org_id = $2 ORDER BY u.at, u.id
"""


async def read_my_data(
    tx: Transaction, vault: Vault, org_id: OrgId, person_id: PersonId, key: bytes, at: datetime
) -> MyData:
    """Raises DataDamaged."""
    person = await tx.fetchrow(
        """
        SELECT p.created_at, v.phone FROM person p LEFT JOIN vault.person v ON v.person_id = p.id
        WHERE p.id = $1 AND p.org_id = $2
        """,
        person_id,
        org_id,
    )
    if person is None:
        raise AssertionError("its key was read in this transaction")
    return MyData(
        taken_at=at,
        known_since=person["created_at"],
        phone=vault.open(key, "vault.person.phone", person_id, person["phone"]) if person["phone"] else None,
        applications=await _applications(tx, vault, org_id, person_id, key),
        resumes=await _resumes(tx, vault, org_id, person_id, key),
        files=await own_files(tx, vault, org_id, person_id, key),
        priority_groups=await _priorities(tx, vault, org_id, person_id),
        more=await _elsewhere(tx, org_id, person_id, key),
    )


async def _priorities(tx: Transaction, vault: Vault, org_id: OrgId, person_id: PersonId) -> tuple[str, ...]:
    said = await declared(tx, vault.priorities, org_id, person_id)
    return tuple(NAMES[group][0] for group in Priority if group in said)


async def _elsewhere(tx: Transaction, org_id: OrgId, person_id: PersonId, key: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for keeper in KEEPERS:
        if keeper.tell:
            found |= await keeper.tell(tx, org_id, person_id, key)
    return found


async def _applications(
    tx: Transaction, vault: Vault, org_id: OrgId, person_id: PersonId, key: bytes
) -> tuple[MyApplication, ...]:
    rows = await tx.fetch(_APPLICATIONS, person_id, org_id)
    ids = [row["id"] for row in rows]
    events = _by_application(await tx.fetch(_EVENTS, ids, org_id))
    consents = _by_application(await tx.fetch(_CONSENTS, ids, org_id))
    disclosed = _by_application(await tx.fetch(_DISCLOSED, ids, org_id))
    contacts = _by_application(await tx.fetch(_CONTACTS, ids, org_id))
    return tuple(
        MyApplication(
            **{field: row[field] for field in ("id", "number", "state", "at", "broadcast", "broadcast_at", "job")},
            employer=row["employer"],
            next_on=row["next_on"],
            name=vault.open(key, "vault.application.name", row["id"], row["name"]) if row["name"] else None,
            events=tuple(MyEvent(**one) for one in events[row["id"]]),
            consents=tuple(MyConsent(**one) for one in consents[row["id"]]),
            disclosed=tuple(MyDisclosure(**one) for one in disclosed[row["id"]]),
            contacts=tuple(_contact(vault, key, **one) for one in contacts[row["id"]]),
        )
        for row in rows
    )


def _contact(vault: Vault, key: bytes, *, id: UUID, said: bytes | None, **more: Any) -> MyContact:
    """Whoever else is named in a note stands there as it was typed; numbers, by which they could be called, do not."""
    words = vault.open(key, "vault.follow_up.said", id, said) if said else None
    return MyContact(said=without_numbers(words), **more)


def _by_application(rows: Sequence[asyncpg.Record]) -> Mapping[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        fields = dict(row)
        found[fields.pop("application_id")].append(fields)
    return found


async def _resumes(
    tx: Transaction, vault: Vault, org_id: OrgId, person_id: PersonId, key: bytes
) -> tuple[MyResume, ...]:
    rows = await tx.fetch(
        "SELECT id, resume, at FROM vault.resume WHERE person_id = $1 AND org_id = $2 ORDER BY at", person_id, org_id
    )
    return tuple(
        MyResume(
            resume=Resume.model_validate_json(vault.open(key, "vault.resume.resume", row["id"], row["resume"])),
            at=row["at"],
        )
        for row in rows
    )

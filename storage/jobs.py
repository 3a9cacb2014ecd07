"""Employers, their jobs, and policy notices."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import asyncpg

from storage.audit import write_audit
from storage.cards import block_findings, pay_body
from storage.places import hold_counting, recount_employers
from storage.pool import Database, Transaction
from storage.tray_changes import take_out_of_trays, tell_trays
from stream_jobs.domain.audited import AuditAction
from stream_jobs.domain.errors import EmployerNotFound, JobNotFound
from stream_jobs.domain.ids import BroadcastId, EmployerId, ImportId, JobId, OrgId
from stream_jobs.domain.job_sheet import job_key
from stream_jobs.domain.pay import Pay, PayUnit, parse_pay, pay_basis, show_pay
from stream_jobs.domain.vetting import china_date, verified_on, why_blocked
from stream_jobs.domain.wording import check_wording
from stream_jobs.ports import (
    By,
    FindingBody,
    JobFacts,
    JobFilter,
    JobPage,
    JobRow,
    NewEmployer,
    NewJob,
    NewPolicy,
    Override,
)

# The columns of job that a person writes, in the order of JobFacts.
FACTS = tuple(JobFacts.__dataclass_fields__)
PAY = (
    "pay_min_fen",
    "pay_max_fen",
    "pay_unit",
    "pay_months",
    "pay_negotiable",
    "pay_open_ended",
    "pay_base",
    "pay_monthly",
    "pay_day",
)
COLUMNS = ("id", "org_id", "employer_id", "import_id", "import_row", "created_at", "changed_at", "findings")
# Everything an advertisement says, as its reader meets it; the age is named so that a bare range is read as one.
WORDS = (
    *("title", "pay_text", "age", "benefits", "requirements", "duties", "remark"),
    *("education", "shift", "rest", "meals", "dorm", "arrival", "insurance"),
)


class JobStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_employer(self, employer: NewEmployer, at: datetime) -> None:
        async with self._database.transaction(employer.org_id) as tx:
            await tx.execute(
                """
                INSERT INTO employer (id, org_id, name, full_name, contact_name, contact_phone, calls_within,
                    licence_no, verified_at, verified_until, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                """,
                *asdict(employer).values(),
                at,
            )

    async def add_jobs(self, org_id: OrgId, jobs: Sequence[NewJob], at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            await insert_jobs(tx, jobs, at)

    async def add_policy(self, policy: NewPolicy, at: datetime) -> None:
        async with self._database.transaction(policy.org_id) as tx:
            await tx.execute(
                """
                INSERT INTO policy (id, org_id, title, who, how_much, how_to_claim, phone, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                *asdict(policy).values(),
                at,
            )

    async def listed(self, org_id: OrgId, wanted: JobFilter, at: datetime) -> JobPage:
        search = f"%{escaped(wanted.search)}%" if wanted.search else None
        filters = (org_id, search, wanted.employer_id, wanted.import_id, wanted.state, china_date(at))
        async with self._database.transaction(org_id, one_moment=True) as tx:
            total = await tx.fetchval(_COUNT, *filters)
            rows = await tx.fetch(_PAGE, *filters, wanted.limit, wanted.offset)
        return JobPage(total=total, jobs=tuple(_job_row(row, at) for row in rows))

    async def job(self, org_id: OrgId, job_id: JobId, at: datetime) -> JobRow:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(_ONE, org_id, job_id)
        if row is None:
            raise JobNotFound
        return _job_row(row, at)

    async def edit(
        self, org_id: OrgId, job_id: JobId, employer_id: EmployerId, facts: JobFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            shows = await _shown_for_another(tx, org_id, job_id, employer_id)
            await hold_counting(tx, *shows)
            await _locked(tx, org_id, job_id)
            await _must_be_ours(tx, org_id, employer_id)
            values = (*facts_row(facts), *understood_pay(facts.pay_text))
            await tx.execute(_EDIT, job_id, employer_id, findings(facts), at, *values)
            for show in shows:
                await recount_employers(tx, show)
            return await tell_trays(tx, org_id, "job", [job_id], at=at, by=by)

    async def remove(self, org_id: OrgId, job_id: JobId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            await _locked(tx, org_id, job_id)
            await tx.execute("UPDATE job SET removed_at = $2, changed_at = $2 WHERE id = $1", job_id, at)
            return await take_out_of_trays(tx, org_id, "job", [job_id], at=at, by=by)

    async def override(
        self, org_id: OrgId, job_id: JobId, *, reason: str, covers: Sequence[str], at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            await _locked(tx, org_id, job_id)
            await _set_override(tx, job_id, reason, by.name, at, covers)
            told = await tell_trays(tx, org_id, "job", [job_id], at=at, by=by)
            await _audit_override(tx, org_id, job_id, "job.overridden", reason, covers, at, by)
        return told

    async def take_override_back(self, org_id: OrgId, job_id: JobId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            covered = await _locked(tx, org_id, job_id)
            await _set_override(tx, job_id, None, None, None, ())
            told = await tell_trays(tx, org_id, "job", [job_id], at=at, by=by)
            await _audit_override(tx, org_id, job_id, "job.override_taken_back", None, covered, at, by)
        return told

    async def known_keys(self, org_id: OrgId) -> Mapping[str, str]:
        async with self._database.transaction(org_id) as tx:
            return await known_job_keys(tx, org_id)

    async def ids_of_import(self, org_id: OrgId, import_id: ImportId) -> Sequence[JobId]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT id FROM job WHERE org_id = $1 AND import_id = $2 AND removed_at IS NULL ORDER BY id
                """,
                org_id,
                import_id,
            )
        return [JobId(row["id"]) for row in rows]


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

_INSERT = f"""
    INSERT INTO job ({", ".join(COLUMNS + FACTS + PAY)})
    VALUES ({", ".join(f"${n}" for n in range(1, len(COLUMNS + FACTS + PAY) + 1))})
"""  # noqa: S608  # names of this module only
_EDIT = f"""
    UPDATE job SET employer_id = $2, findings = $3, changed_at = $4,
        {", ".join(f"{name} = ${n}" for n, name in enumerate(FACTS + PAY, start=5))}
    WHERE id = $1
"""  # noqa: S608  # names of this module only
# A long import is sent in parts, so that none of them outlasts the time a statement has.
ROWS_AT_ONCE = 200


async def insert_jobs(tx: Transaction, jobs: Sequence[NewJob], at: datetime) -> None:
    """Raises PayUnparseable and its kin."""
    for start in range(0, len(jobs), ROWS_AT_ONCE):
        # Pay and wording of so many jobs take tenths of a second: not on the loop that viewers wait for.
        rows = await asyncio.to_thread(_new_rows, jobs[start : start + ROWS_AT_ONCE], at)
        await tx.executemany(_INSERT, rows)


def _new_rows(jobs: Sequence[NewJob], at: datetime) -> list[tuple[object, ...]]:
    return [_new_row(job, at) for job in jobs]


def _new_row(job: NewJob, at: datetime) -> tuple[object, ...]:
    head = (job.id, job.org_id, job.employer_id, job.import_id, job.import_row, at, at, findings(job.facts))
    return (*head, *facts_row(job.facts), *understood_pay(job.facts.pay_text))


def facts_row(facts: JobFacts) -> tuple[object, ...]:
    return tuple(getattr(facts, name) for name in FACTS)


def understood_pay(text: str) -> tuple[object, ...]:
    """The columns of PAY. Raises PayUnparseable and its kin."""
    pay, basis = parse_pay(text), pay_basis(text)
    return (
        pay.min_fen,
        pay.max_fen,
        pay.unit.value,
        pay.months,
        pay.negotiable,
        pay.open_ended,
        basis.base_text,
        show_pay(basis.monthly) if basis.monthly else None,
        basis.pay_day,
    )


def findings(facts: JobFacts) -> list[dict[str, object]]:
    """What the wording rules say of everything that is written."""
    words = {name: getattr(facts, name) for name in WORDS}
    if facts.age:
        words["age"] = f"年龄：{facts.age}"
    text = "\n".join(word for word in words.values() if word)
    return [asdict(finding) for finding in check_wording(text, facts.gender)]


async def _locked(tx: Transaction, org_id: OrgId, job_id: JobId) -> Sequence[str]:
    """What its override covers. Raises JobNotFound."""
    row = await tx.fetchrow(
        """
        SELECT override_covers FROM job WHERE id = $1 AND org_id = $2 AND removed_at IS NULL FOR NO KEY UPDATE
        """,
        job_id,
        org_id,
    )
    if row is None:
        raise JobNotFound
    return tuple(row["override_covers"])


async def _shown_for_another(
    tx: Transaction, org_id: OrgId, job_id: JobId, employer_id: EmployerId
) -> Sequence[BroadcastId]:
    """The shows that have this job as another employer's than this one's."""
    rows = await tx.fetch(
        """
        SELECT c.broadcast_id FROM card c JOIN job j ON j.id = c.job_id
        WHERE j.id = $1 AND j.org_id = $2 AND j.employer_id <> $3
        """,
        job_id,
        org_id,
        employer_id,
    )
    return [BroadcastId(row["broadcast_id"]) for row in rows]


async def _must_be_ours(tx: Transaction, org_id: OrgId, employer_id: EmployerId) -> None:
    if not await tx.fetchval("SELECT EXISTS (SELECT FROM employer WHERE id = $1 AND org_id = $2)", employer_id, org_id):
        raise EmployerNotFound


async def _set_override(
    tx: Transaction, job_id: JobId, reason: str | None, by: str | None, at: datetime | None, covers: Sequence[str]
) -> None:
    await tx.execute(
        """
        UPDATE job SET override_reason = $2, override_by = $3, override_at = $4, override_covers = $5 WHERE id = $1
        """,
        job_id,
        reason,
        by,
        at,
        list(covers),
    )


async def _audit_override(
    tx: Transaction,
    org_id: OrgId,
    job_id: JobId,
    action: AuditAction,
    reason: str | None,
    covers: Sequence[str],
    at: datetime,
    by: By,
) -> None:
    await write_audit(
        tx,
        org_id,
        by=by,
        action=action,
        subject=f"job:{job_id}",
        purpose=reason,
        detail={"covers": list(covers)},
        at=at,
    )


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────

_ROW = f"""
    SELECT j.id, j.employer_id, m.name AS employer, m.verified_at, m.verified_until,
        {", ".join(f"j.{name}" for name in FACTS + PAY)},
        j.findings, j.override_reason, j.override_by, j.override_at, j.override_covers,
        j.import_id, j.import_row, j.removed_at, j.created_at, j.changed_at,
        (SELECT count(*) FROM card c WHERE c.job_id = j.id) AS shows
    FROM job j JOIN employer m ON m.id = j.employer_id
"""  # noqa: S608  # names of this module only
# Says in SQL what vetting.why_blocked says; a test holds the two to each other.
_BLOCKED = """
    (NOT (m.verified_at IS NOT NULL AND (m.verified_until IS NULL OR m.verified_until >= $6))
        AND NOT 'employer_unverified' = ANY(j.override_covers))
    OR (j.valid_until IS NOT NULL AND j.valid_until < $6 AND NOT 'job_expired' = ANY(j.override_covers))
    OR EXISTS (SELECT FROM jsonb_array_elements(j.findings) f
        WHERE f ->> 'severity' = 'block' AND NOT f ->> 'rule_id' = ANY(j.override_covers))
"""
_FILTER = f"""
    j.org_id = $1 AND j.removed_at IS NULL
    AND ($2::text IS NULL OR j.title ILIKE $2 OR m.name ILIKE $2 OR m.full_name ILIKE $2 OR j.workplace ILIKE $2)
    AND ($3::uuid IS NULL OR j.employer_id = $3) AND ($4::uuid IS NULL OR j.import_id = $4)
    AND ($5::text = 'all' OR ($5 = 'blocked') = ({_BLOCKED}))
"""
_COUNT = f"SELECT count(*) FROM job j JOIN employer m ON m.id = j.employer_id WHERE {_FILTER}"  # noqa: S608  # as above
_PAGE = f"{_ROW} WHERE {_FILTER} ORDER BY j.created_at DESC, j.id LIMIT $7 OFFSET $8"
_ONE = f"{_ROW} WHERE j.org_id = $1 AND j.id = $2"


def escaped(search: str) -> str:
    """For ILIKE: what is typed is looked for as it stands."""
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def known_job_keys(tx: Transaction, org_id: OrgId) -> dict[str, str]:
    rows = await tx.fetch(
        f"""
        SELECT j.id, j.title, j.workplace, m.name, m.full_name, j.pay_text, {", ".join(f"j.{name}" for name in PAY)}
        FROM job j JOIN employer m ON m.id = j.employer_id WHERE j.org_id = $1 AND j.removed_at IS NULL
        """,  # noqa: S608  # names of this module only
        org_id,
    )
    return await asyncio.to_thread(_keys, rows)


def _keys(rows: Sequence[asyncpg.Record]) -> dict[str, str]:
    return {
        job_key(employer, row["title"], _pay_of(row), row["workplace"]): str(row["id"])
        for row in rows
        for employer in {row["name"], row["full_name"]}
    }


def _pay_of(row: asyncpg.Record) -> Pay:
    return Pay(
        text=row["pay_text"],
        min_fen=row["pay_min_fen"],
        max_fen=row["pay_max_fen"],
        unit=PayUnit(row["pay_unit"]),
        months=row["pay_months"],
        negotiable=row["pay_negotiable"],
        open_ended=row["pay_open_ended"],
    )


def _job_row(row: asyncpg.Record, at: datetime) -> JobRow:
    today = china_date(at)
    facts: dict[str, Any] = {name: row[name] for name in FACTS}
    return JobRow(
        id=row["id"],
        employer_id=row["employer_id"],
        employer=row["employer"],
        facts=JobFacts(**facts),
        pay=pay_body(row),
        findings=tuple(FindingBody.model_validate(finding) for finding in row["findings"]),
        override=_override(row),
        blocked=why_blocked(
            today=today,
            employer_verified=verified_on(today, row["verified_at"], row["verified_until"]),
            valid_until=row["valid_until"],
            removed=row["removed_at"] is not None,
            findings=block_findings(row["findings"]),
            overridden=row["override_covers"],
        ),
        import_id=row["import_id"],
        import_row=row["import_row"],
        shows=row["shows"],
        removed=row["removed_at"] is not None,
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )


def _override(row: asyncpg.Record) -> Override | None:
    if row["override_reason"] is None:
        return None
    return Override(
        reason=row["override_reason"],
        by=row["override_by"],
        at=row["override_at"],
        covers=tuple(row["override_covers"]),
    )

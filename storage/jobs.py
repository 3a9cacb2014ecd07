"""Employers, their jobs, and policy notices."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from storage.pool import Database
from stream_jobs.domain.ids import OrgId
from stream_jobs.domain.pay import parse_pay, pay_basis, show_pay
from stream_jobs.domain.wording import check_wording
from stream_jobs.ports import JobFacts, NewEmployer, NewJob, NewPolicy

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
        rows = [_row(job, at) for job in jobs]
        async with self._database.transaction(org_id) as tx:
            await tx.executemany(_INSERT, rows)

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


_INSERT = f"""
    INSERT INTO job ({", ".join(COLUMNS + FACTS + PAY)})
    VALUES ({", ".join(f"${n}" for n in range(1, len(COLUMNS + FACTS + PAY) + 1))})
"""  # noqa: S608  # names of this module only


def _row(job: NewJob, at: datetime) -> tuple[object, ...]:
    facts = asdict(job.facts)
    head = (job.id, job.org_id, job.employer_id, job.import_id, job.import_row, at, at, findings(job.facts))
    return (*head, *(facts[name] for name in FACTS), *understood_pay(job.facts.pay_text))


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
    """What the wording rules say of everything that is shown."""
    words = (facts.title, facts.age, facts.education, facts.benefits, facts.requirements, facts.duties)
    text = "\n".join(word for word in words if word)
    return [asdict(finding) for finding in check_wording(text, facts.gender)]

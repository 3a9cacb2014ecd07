"""Organisations, employers, jobs and policy notices as they are first stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from stream_jobs.domain.ids import EmployerId, ImportId, JobId, OrgId, PolicyId


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    id: OrgId
    name: str
    kind: Literal["province", "city", "county", "base", "station", "company"]
    service_phone: str | None = None
    keeper_contact: str | None = None
    privacy_notice: str | None = None


@dataclass(frozen=True, slots=True)
class NewEmployer:
    id: EmployerId
    org_id: OrgId
    name: str
    full_name: str
    contact_name: str | None = None
    contact_phone: str | None = None
    calls_within: str | None = None
    licence_no: str | None = None
    verified_at: date | None = None
    verified_until: date | None = None


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as it was written; pay and wording are understood from it."""

    title: str
    pay_text: str
    workplace: str
    headcount_min: int | None = None
    headcount_max: int | None = None
    shift: str | None = None
    rest: str | None = None
    meals: str | None = None
    dorm: str | None = None
    age: str | None = None
    education: str | None = None
    gender: str | None = None
    benefits: str | None = None
    requirements: str | None = None
    duties: str | None = None
    arrival: str | None = None
    insurance: str | None = None
    source: str | None = None
    valid_until: date | None = None
    # Written beside the job; read for unlawful wording, not shown to viewers.
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    id: JobId
    org_id: OrgId
    employer_id: EmployerId
    facts: JobFacts
    import_id: ImportId | None = None
    import_row: str | None = None


@dataclass(frozen=True, slots=True)
class NewPolicy:
    id: PolicyId
    org_id: OrgId
    title: str
    who: str
    how_much: str
    how_to_claim: str
    phone: str | None = None


class Jobs(Protocol):
    """Employers, their jobs, and policy notices."""

    async def add_employer(self, employer: NewEmployer, at: datetime) -> None: ...

    async def add_jobs(self, org_id: OrgId, jobs: Sequence[NewJob], at: datetime) -> None:
        """Pay and wording are read from the facts. Raises PayUnparseable and its kin; then none is stored."""

    async def add_policy(self, policy: NewPolicy, at: datetime) -> None: ...

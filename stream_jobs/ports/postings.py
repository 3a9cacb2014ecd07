"""The organiser's library: employers, jobs, policy notices."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from stream_jobs.domain.events import Body, PayBody
from stream_jobs.domain.ids import BroadcastId, EmployerId, ImportId, JobId, OrgId, PolicyId
from stream_jobs.domain.vetting import Blocked
from stream_jobs.ports.bus import By
from stream_jobs.ports.jobs import JobFacts


@dataclass(frozen=True, slots=True)
class EmployerFacts:
    """An employer as it was written."""

    name: str
    full_name: str
    contact_name: str | None = None
    contact_phone: str | None = None
    calls_within: str | None = None
    licence_no: str | None = None


class EmployerRow(Body):
    """verified says whether it counts as verified today; jobs are those not removed."""

    id: EmployerId
    name: str
    full_name: str
    contact_name: str | None = None
    contact_phone: str | None = None
    calls_within: str | None = None
    licence_no: str | None = None
    verified: bool
    verified_at: date | None = None
    verified_until: date | None = None
    verified_by: str | None = None
    jobs: int


# ending: verified, for two weeks or less.
EmployerState = Literal["all", "unverified", "ending"]


class FindingBody(Body):
    """One wording rule that a job breaks, with the words that broke it."""

    rule_id: str
    severity: Literal["block", "warn", "notice", "allow"]
    category: str
    matched: str
    reason: str
    reason_en: str
    legal_basis: str


class Override(Body):
    """Why someone let a job be pushed all the same; covers names what was accepted, nothing that came later."""

    reason: str
    by: str
    at: datetime
    covers: tuple[str, ...]


class JobRow(Body):
    """A job of the library: as written, as understood, and what keeps it from being pushed."""

    id: JobId
    employer_id: EmployerId
    employer: str
    facts: JobFacts
    pay: PayBody
    findings: tuple[FindingBody, ...] = ()
    override: Override | None = None
    blocked: tuple[Blocked, ...] = ()
    import_id: ImportId | None = None
    import_row: str | None = None
    shows: int
    removed: bool = False
    created_at: datetime
    changed_at: datetime


class JobPage(Body):
    """Newest first, those of one import in its order; total counts all that fit the filter."""

    total: int
    jobs: tuple[JobRow, ...]


@dataclass(frozen=True, slots=True)
class JobFilter:
    """search looks in title, employer and workplace."""

    search: str | None = None
    employer_id: EmployerId | None = None
    import_id: ImportId | None = None
    state: Literal["all", "pushable", "blocked"] = "all"
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    title: str
    who: str
    how_much: str
    how_to_claim: str
    phone: str | None = None


class PolicyRow(Body):
    id: PolicyId
    title: str
    who: str
    how_much: str
    how_to_claim: str
    phone: str | None = None
    shows: int


class Employers(Protocol):
    """Every change tells the trays that show the employer, and returns their broadcasts."""

    async def listed(self, org_id: OrgId, search: str | None, at: datetime) -> Sequence[EmployerRow]:
        """By name; the unverified first."""

    async def employer(self, org_id: OrgId, employer_id: EmployerId, at: datetime) -> EmployerRow:
        """Raises EmployerNotFound."""

    async def edit(
        self, org_id: OrgId, employer_id: EmployerId, facts: EmployerFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Raises EmployerNotFound, NameTaken."""

    async def verify(
        self,
        org_id: OrgId,
        employer_ids: Collection[EmployerId],
        *,
        today: date,
        until: date,
        who: str,
        seen: Sequence[str],
        at: datetime,
        by: By,
    ) -> Sequence[BroadcastId]:
        """All of them, with an audit row for each that names the papers seen. Raises EmployerNotFound: then none."""

    async def unverify(
        self, org_id: OrgId, employer_id: EmployerId, *, reason: str, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Writes an audit row. Raises EmployerNotFound."""


class JobLibrary(Protocol):
    """Every change tells the trays that hold the job, and returns their broadcasts."""

    async def listed(self, org_id: OrgId, wanted: JobFilter, at: datetime) -> JobPage: ...

    async def job(self, org_id: OrgId, job_id: JobId, at: datetime) -> JobRow:
        """Raises JobNotFound."""

    async def edit(
        self, org_id: OrgId, job_id: JobId, employer_id: EmployerId, facts: JobFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Reads pay and wording anew.

        Raises JobNotFound, EmployerNotFound, PayUnparseable and its kin.
        """

    async def remove(self, org_id: OrgId, job_id: JobId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        """Takes it out of the library and of trays not started; where someone applied, its card stays, closed."""

    async def override(
        self, org_id: OrgId, job_id: JobId, *, reason: str, covers: Sequence[str], at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Writes an audit row; an override before is replaced. Raises JobNotFound."""

    async def take_override_back(
        self, org_id: OrgId, job_id: JobId, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]: ...

    async def known_keys(self, org_id: OrgId) -> Mapping[str, str]:
        """job_key() of every job there is to its id, under the employer's short and full name."""

    async def ids_of_import(self, org_id: OrgId, import_id: ImportId) -> Sequence[JobId]:
        """Its jobs that are still there, in the workbook's order."""


class Policies(Protocol):
    async def listed(self, org_id: OrgId) -> Sequence[PolicyRow]:
        """Those not removed, oldest first."""

    async def edit(
        self, org_id: OrgId, policy_id: PolicyId, facts: PolicyFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Raises PolicyNotFound."""

    async def remove(self, org_id: OrgId, policy_id: PolicyId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        """Takes it out of the list and of trays not started. Raises PolicyNotFound."""

"""What an organiser keeps for all shows: employers, their jobs, policy notices."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import BroadcastId, EmployerId, JobId, OrgId, PolicyId, uuid7
from stream_jobs.domain.programme import PAPERS, NameTaken, NothingToOverride
from stream_jobs.domain.text import clean_name, clean_text
from stream_jobs.domain.vetting import VERIFIED_DAYS, Blocked, china_date, ends_soon
from stream_jobs.ports import (
    Bus,
    By,
    Clock,
    EmployerFacts,
    EmployerRow,
    Employers,
    JobFacts,
    JobFilter,
    JobLibrary,
    JobPage,
    JobRow,
    Jobs,
    NewEmployer,
    NewJob,
    NewPolicy,
    Policies,
    PolicyFacts,
    PolicyRow,
    Topic,
)
from stream_jobs.ports.postings import EmployerState


class PostingActions:
    """Every change of what a tray shows is committed first and then announced to whoever watches."""

    def __init__(
        self, jobs: Jobs, library: JobLibrary, employers: Employers, policies: Policies, bus: Bus, clock: Clock
    ) -> None:
        self._jobs = jobs
        self._library = library
        self._employers = employers
        self._policies = policies
        self._bus = bus
        self._clock = clock

    # ── employers ─────────────────────────────────────────────────────────────────────────────────────────────

    async def employers(
        self, org: OrgId, search: str | None = None, state: EmployerState = "all"
    ) -> Sequence[EmployerRow]:
        """The unverified first, then by name."""
        now = self._clock()
        return [row for row in await self._employers.listed(org, clean_name(search), now) if _is(state, row, now)]

    async def create_employer(self, org: OrgId, facts: EmployerFacts) -> EmployerRow:
        """Unverified until someone has seen its papers. Raises NameTaken, BadInput."""
        now = self._clock()
        facts = _good_employer(facts)
        if any(facts.name == there.name for there in await self._employers.listed(org, facts.name, now)):
            raise NameTaken(field="name")
        employer = EmployerId(uuid7(now))
        await self._jobs.add_employer(
            NewEmployer(
                employer,
                org,
                facts.name,
                facts.full_name,
                contact_name=facts.contact_name,
                contact_phone=facts.contact_phone,
                calls_within=facts.calls_within,
                licence_no=facts.licence_no,
            ),
            now,
        )
        return await self._employers.employer(org, employer, now)

    async def employer(self, org: OrgId, employer: EmployerId) -> EmployerRow:
        """Raises EmployerNotFound."""
        return await self._employers.employer(org, employer, self._clock())

    async def edit_employer(self, org: OrgId, employer: EmployerId, facts: EmployerFacts, by: By) -> EmployerRow:
        """Raises EmployerNotFound, NameTaken, BadInput."""
        now = self._clock()
        await self._tell(await self._employers.edit(org, employer, _good_employer(facts), at=now, by=by))
        return await self._employers.employer(org, employer, now)

    async def verify_employer(
        self,
        org: OrgId,
        employer: EmployerId,
        by: By,
        *,
        until: date | None = None,
        who: str | None = None,
        seen: Sequence[str] = (),
    ) -> EmployerRow:
        """As verify_employers does."""
        await self.verify_employers(org, [employer], by, until=until, who=who, seen=seen)
        return await self.employer(org, employer)

    async def verify_employers(
        self,
        org: OrgId,
        employers: Collection[EmployerId],
        by: By,
        *,
        until: date | None = None,
        who: str | None = None,
        seen: Sequence[str] = (),
    ) -> date:
        """From today until the day it returns: 180 days at most, which is also the default.

        All of them or, raising EmployerNotFound or BadInput, none.
        """
        now = self._clock()
        today = china_date(now)
        last = today + timedelta(days=VERIFIED_DAYS)
        until = until or last
        if not today <= until <= last:
            raise BadInput(field="until", expected=f"{today} to {last}")
        if unknown := set(seen) - set(PAPERS):
            raise BadInput(field="seen", expected=f"of {', '.join(PAPERS)}, not {len(unknown)} others")
        told = await self._employers.verify(
            org, employers, today=today, until=until, who=clean_name(who) or by.name, seen=seen, at=now, by=by
        )
        await self._tell(told)
        return until

    async def unverify_employer(self, org: OrgId, employer: EmployerId, reason: str, by: By) -> EmployerRow:
        """None of its jobs can be pushed from now on. Raises EmployerNotFound, BadInput."""
        now = self._clock()
        reason = _required("reason", reason)
        await self._tell(await self._employers.unverify(org, employer, reason=reason, at=now, by=by))
        return await self._employers.employer(org, employer, now)

    # ── jobs ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def jobs(self, org: OrgId, wanted: JobFilter) -> JobPage:
        return await self._library.listed(org, replace(wanted, search=clean_name(wanted.search)), self._clock())

    async def job(self, org: OrgId, job: JobId) -> JobRow:
        """Raises JobNotFound."""
        return await self._library.job(org, job, self._clock())

    async def create_job(self, org: OrgId, employer: EmployerId, facts: JobFacts) -> JobRow:
        """Raises EmployerNotFound, BadInput, PayUnparseable and its kin."""
        now = self._clock()
        await self._employers.employer(org, employer, now)
        job = JobId(uuid7(now))
        await self._jobs.add_jobs(org, [NewJob(job, org, employer, _good_job(facts))], now)
        return await self._library.job(org, job, now)

    async def edit_job(self, org: OrgId, job: JobId, employer: EmployerId, facts: JobFacts, by: By) -> JobRow:
        """The wording is read anew; what an override did not cover keeps the job from being pushed again.

        Raises JobNotFound, EmployerNotFound, BadInput, PayUnparseable and its kin.
        """
        now = self._clock()
        await self._tell(await self._library.edit(org, job, employer, _good_job(facts), at=now, by=by))
        return await self._library.job(org, job, now)

    async def remove_job(self, org: OrgId, job: JobId, by: By) -> None:
        """Raises JobNotFound."""
        await self._tell(await self._library.remove(org, job, at=self._clock(), by=by))

    async def override_job(self, org: OrgId, job: JobId, by: By, *, reason: str, covers: Sequence[str] = ()) -> JobRow:
        """Lets the job be pushed in spite of what covers names (codes and rule ids; none: all that there is now).

        Recorded for good. Raises JobNotFound, NothingToOverride, BadInput.
        """
        now = self._clock()
        reason = _required("reason", reason)
        row = await self._library.job(org, job, now)
        open_ = [_name(blocked) for blocked in row.blocked if blocked.code != "job_removed"]
        covers = covers or open_
        if not covers or set(covers) - set(open_):
            raise NothingToOverride(field="covers", expected=", ".join(open_) or "a job that is blocked")
        kept = row.override.covers if row.override else ()
        everything = list(dict.fromkeys((*kept, *covers)))
        await self._tell(await self._library.override(org, job, reason=reason, covers=everything, at=now, by=by))
        return await self._library.job(org, job, now)

    async def take_override_back(self, org: OrgId, job: JobId, by: By) -> JobRow:
        """Raises JobNotFound."""
        now = self._clock()
        await self._tell(await self._library.take_override_back(org, job, at=now, by=by))
        return await self._library.job(org, job, now)

    # ── policy notices ────────────────────────────────────────────────────────────────────────────────────────

    async def policies(self, org: OrgId) -> Sequence[PolicyRow]:
        return await self._policies.listed(org)

    async def create_policy(self, org: OrgId, facts: PolicyFacts) -> PolicyRow:
        """Raises BadInput."""
        now = self._clock()
        facts = _good_policy(facts)
        policy = PolicyId(uuid7(now))
        await self._jobs.add_policy(
            NewPolicy(policy, org, facts.title, facts.who, facts.how_much, facts.how_to_claim, facts.phone), now
        )
        return _policy_row(policy, facts)

    async def edit_policy(self, org: OrgId, policy: PolicyId, facts: PolicyFacts, by: By) -> None:
        """Raises PolicyNotFound, BadInput."""
        await self._tell(await self._policies.edit(org, policy, _good_policy(facts), at=self._clock(), by=by))

    async def remove_policy(self, org: OrgId, policy: PolicyId, by: By) -> None:
        """Raises PolicyNotFound."""
        await self._tell(await self._policies.remove(org, policy, at=self._clock(), by=by))

    async def _tell(self, broadcasts: Sequence[BroadcastId]) -> None:
        for broadcast in broadcasts:
            await self._bus.announce(broadcast, Topic.STAGE)


def _name(blocked: Blocked) -> str:
    return blocked.rule_id or blocked.code


def _required(field: str, typed: str) -> str:
    text = clean_text(typed)
    if not text:
        raise BadInput(field=field, expected="some words")
    return text


def _is(state: EmployerState, employer: EmployerRow, at: datetime) -> bool:
    match state:
        case "all":
            return True
        case "unverified":
            return not employer.verified
        case "ending":
            return employer.verified and ends_soon(china_date(at), employer.verified_until)


def _good_employer(facts: EmployerFacts) -> EmployerFacts:
    name = clean_name(facts.name) or _required("name", "")
    return EmployerFacts(
        name=name,
        full_name=clean_name(facts.full_name) or name,
        contact_name=clean_name(facts.contact_name),
        contact_phone=clean_name(facts.contact_phone),
        calls_within=clean_name(facts.calls_within),
        licence_no=clean_name(facts.licence_no),
    )


def _good_job(facts: JobFacts) -> JobFacts:
    texts = {name: getattr(facts, name) for name in JobFacts.__dataclass_fields__}
    cleaned: dict[str, Any] = {
        name: clean_text(text) or None if isinstance(text, str) else text for name, text in texts.items()
    }
    for name in ("title", "pay_text", "workplace"):
        _required(name, cleaned[name] or "")
    low, high = facts.headcount_min, facts.headcount_max
    if low is not None and high is not None and low > high:
        raise BadInput(field="headcount_max", expected=f"{low} or more")
    return JobFacts(**cleaned)


def _good_policy(facts: PolicyFacts) -> PolicyFacts:
    return PolicyFacts(
        title=_required("title", facts.title),
        who=_required("who", facts.who),
        how_much=_required("how_much", facts.how_much),
        how_to_claim=_required("how_to_claim", facts.how_to_claim),
        phone=clean_name(facts.phone),
    )


def _policy_row(policy: PolicyId, facts: PolicyFacts) -> PolicyRow:
    return PolicyRow(
        id=policy,
        title=facts.title,
        who=facts.who,
        how_much=facts.how_much,
        how_to_claim=facts.how_to_claim,
        phone=facts.phone,
        shows=0,
    )

"""What the demo's shows are made of, prepared where it is not there yet: organisation, employers, jobs, policies."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from stream_jobs.demo import appendix
from stream_jobs.demo.appendix import BLOCKED_JOBS, EMPLOYERS, JOBS, POLICIES, DemoJob
from stream_jobs.demo.past import Place
from stream_jobs.domain.ids import EmployerId, JobId, OrgId, PolicyId, uuid7
from stream_jobs.domain.vetting import VERIFIED_DAYS, china_date
from stream_jobs.ports import JobFacts, JobFilter, NewEmployer, NewJob, NewOrganisation, NewPolicy

PREPARED_BEFORE = timedelta(days=12)
VERIFIED_BEFORE = timedelta(days=30)


async def ready_organisation(place: Place, now: datetime) -> OrgId:
    there = await place.stores.organisations.named(appendix.ORGANISATION)
    if there:
        return there
    at = now - PREPARED_BEFORE
    new = NewOrganisation(
        OrgId(uuid7(at)),
        appendix.ORGANISATION,
        "county",
        service_phone=appendix.SERVICE_PHONE,
        keeper_contact=appendix.SERVICE_PHONE,
        privacy_notice=appendix.PRIVACY_NOTICE,
    )
    await place.stores.organisations.add(new, at)
    return new.id


async def ready_employers(place: Place, org_id: OrgId, now: datetime) -> Mapping[str, EmployerId]:
    there = {row.name: row.id for row in await place.stores.employers.listed(org_id, None, now)}
    for name in EMPLOYERS:
        if appendix.shown(name) not in there:
            new = _employer(org_id, name, now)
            await place.stores.jobs.add_employer(new, now - PREPARED_BEFORE)
            there[new.name] = new.id
    return {name: there[appendix.shown(name)] for name in EMPLOYERS}


def _employer(org_id: OrgId, name: str, now: datetime) -> NewEmployer:
    verified_at = china_date(now - VERIFIED_BEFORE)
    return NewEmployer(
        EmployerId(uuid7(now - PREPARED_BEFORE)),
        org_id,
        appendix.shown(name),
        f"{appendix.shown(name)}有限公司",
        contact_name="招聘部",
        contact_phone=appendix.telephone(name),
        calls_within=appendix.CALLS_WITHIN,
        verified_at=verified_at,
        verified_until=verified_at + timedelta(days=VERIFIED_DAYS),
    )


async def ready_jobs(
    place: Place, org_id: OrgId, employers: Mapping[str, EmployerId], now: datetime
) -> Mapping[int, JobId]:
    page = await place.stores.jobs.listed(org_id, JobFilter(limit=1000), now)
    there = {(row.facts.title, row.employer_id): row.id for row in page.jobs}
    wanted = {job.number: (job, employers[job.employer]) for job in JOBS + BLOCKED_JOBS}
    new = [
        NewJob(JobId(uuid7(now - PREPARED_BEFORE)), org_id, employer, _facts(job, now))
        for job, employer in wanted.values()
        if (job.title, employer) not in there
    ]
    await place.stores.jobs.add_jobs(org_id, new, now - PREPARED_BEFORE)
    there |= {(job.facts.title, job.employer_id): job.id for job in new}
    return {number: there[job.title, employer] for number, (job, employer) in wanted.items()}


def _facts(job: DemoJob, now: datetime) -> JobFacts:
    return JobFacts(
        title=job.title,
        pay_text=job.pay,
        workplace=job.workplace,
        headcount_min=job.headcount,
        headcount_max=job.headcount,
        shift=job.shift,
        rest=job.rest,
        meals=job.meals,
        dorm=job.dorm,
        age=job.age,
        education=job.education,
        requirements=job.requirements,
        source=appendix.SOURCE,
        valid_until=china_date(now) - timedelta(days=1) if job.expired else None,
    )


async def ready_policies(place: Place, org_id: OrgId, now: datetime) -> Sequence[PolicyId]:
    there = {row.title: row.id for row in await place.stores.policies.listed(org_id)}
    at = now - PREPARED_BEFORE
    for policy in POLICIES:
        if policy.title not in there:
            new = NewPolicy(
                PolicyId(uuid7(at)),
                org_id,
                policy.title,
                policy.who,
                policy.how_much,
                policy.how_to_claim,
                appendix.SERVICE_PHONE,
            )
            await place.stores.jobs.add_policy(new, at)
            there[policy.title] = new.id
    return [there[policy.title] for policy in POLICIES]

"""What an organiser keeps for all shows: employers, jobs, policy notices."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from admin.api.shapes import Input, Text
from admin.call import Call
from admin.declare import Route, SignedIn
from stream_jobs.actions.imports import pay_body
from stream_jobs.domain.errors import EmployerNotFound, JobNotFound
from stream_jobs.domain.events import Body, PayBody
from stream_jobs.domain.ids import EmployerId, ImportId, JobId, PolicyId
from stream_jobs.domain.pay import PayNotPositive, PayRangeReversed, PayUnparseable, parse_pay
from stream_jobs.domain.programme import NameTaken, NothingToOverride, PolicyNotFound
from stream_jobs.ports import (
    AccountRole,
    EmployerFacts,
    EmployerRow,
    JobFacts,
    JobFilter,
    JobPage,
    JobRow,
    PolicyFacts,
    PolicyRow,
)
from stream_jobs.ports.postings import EmployerState

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
PAGE = 50
MOST_EMPLOYERS = 500

Line = Annotated[Text, Field(max_length=100)]
Paragraph = Annotated[Text, Field(max_length=4000)]


# ── employers ─────────────────────────────────────────────────────────────────────────────────────────────────


class EmployersQuery(Input):
    q: str | None = Field(default=None, max_length=100, description="In name or full name")
    state: EmployerState = Field(default="all", description="unverified today; ending: verified for 14 days or less")


class EmployerList(Body):
    """The unverified first, then by name."""

    employers: list[EmployerRow]


class EmployerRequest(Input):
    name: Line = Field(description="As it is said aloud; the full name goes into consents")
    full_name: Line | None = None
    contact_name: Line | None = None
    contact_phone: Line | None = None
    calls_within: Line | None = Field(default=None, description="How soon applicants are called: 1–3个工作日")
    licence_no: Line | None = None


class VerifyRequest(Input):
    until: date | None = Field(default=None, description="At most 180 days from today, which is the default")
    who: Line | None = Field(default=None, description="Who saw the papers; without it, whoever asks")
    seen: list[Literal["licence", "recruitment_letter", "agent_identity", "mandate"]] = Field(
        default_factory=list, max_length=4
    )


class VerifyManyRequest(VerifyRequest):
    """The same papers, seen by the same person, of each."""

    employers: list[EmployerId] = Field(min_length=1, max_length=MOST_EMPLOYERS)


class VerifiedBody(Body):
    verified: int
    until: date


class ReasonRequest(Input):
    reason: Text = Field(min_length=1, max_length=500)


async def employers(call: Call) -> EmployerList:
    asked = call.query(EmployersQuery)
    return EmployerList(employers=list(await call.actions.postings.employers(call.org, asked.q, asked.state)))


async def employer(call: Call) -> EmployerRow:
    return await call.actions.postings.employer(call.org, _employer(call))


async def create_employer(call: Call) -> EmployerRow:
    return await call.actions.postings.create_employer(call.org, _employer_facts(call))


async def edit_employer(call: Call) -> EmployerRow:
    return await call.actions.postings.edit_employer(call.org, _employer(call), _employer_facts(call), call.by)


async def verify(call: Call) -> EmployerRow:
    wanted = call.body(VerifyRequest)
    return await call.actions.postings.verify_employer(
        call.org, _employer(call), call.by, until=wanted.until, who=wanted.who, seen=wanted.seen
    )


async def verify_many(call: Call) -> VerifiedBody:
    wanted = call.body(VerifyManyRequest)
    ids = set(wanted.employers)
    until = await call.actions.postings.verify_employers(
        call.org, ids, call.by, until=wanted.until, who=wanted.who, seen=wanted.seen
    )
    return VerifiedBody(verified=len(ids), until=until)


async def unverify(call: Call) -> EmployerRow:
    reason = call.body(ReasonRequest).reason
    return await call.actions.postings.unverify_employer(call.org, _employer(call), reason, call.by)


def _employer(call: Call) -> EmployerId:
    return EmployerId(call.id("employer_id", EmployerNotFound))


def _employer_facts(call: Call) -> EmployerFacts:
    typed = call.body(EmployerRequest).model_dump()
    return EmployerFacts(**{**typed, "full_name": typed["full_name"] or typed["name"]})


# ── jobs ──────────────────────────────────────────────────────────────────────────────────────────────────────


class JobsQuery(Input):
    q: str | None = Field(default=None, max_length=100, description="In title, employer or workplace")
    employer_id: EmployerId | None = None
    import_id: ImportId | None = None
    state: Literal["all", "pushable", "blocked"] = "all"
    offset: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=PAGE, ge=1, le=200)


class JobRequest(Input):
    """A job as it is written; what is left out nobody wrote down."""

    employer_id: EmployerId
    title: Line
    pay_text: Line = Field(
        description="5500-7000元/月, 24元/小时, 200元/天, 0.35元/件, 12-18万/年, 8000元以上/月, 面议"
    )
    workplace: Line
    headcount_min: int | None = Field(default=None, ge=1, le=100_000)
    headcount_max: int | None = Field(default=None, ge=1, le=100_000)
    shift: Line | None = None
    rest: Line | None = None
    meals: Line | None = None
    dorm: Line | None = None
    age: Line | None = None
    education: Line | None = None
    gender: Line | None = None
    benefits: Paragraph | None = None
    requirements: Paragraph | None = None
    duties: Paragraph | None = None
    arrival: Paragraph | None = None
    insurance: Line | None = None
    source: Line | None = None
    valid_until: date | None = None
    remark: Paragraph | None = Field(default=None, description="Not shown to viewers; read for unlawful wording")


class OverrideRequest(ReasonRequest):
    """covers names what is accepted: rule ids, employer_unverified, job_expired; none: all that blocks it now."""

    covers: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=50)


class PayRequest(Input):
    text: Line


async def jobs(call: Call) -> JobPage:
    asked = call.query(JobsQuery)
    return await call.actions.postings.jobs(
        call.org, JobFilter(asked.q, asked.employer_id, asked.import_id, asked.state, asked.offset, asked.limit)
    )


async def job(call: Call) -> JobRow:
    return await call.actions.postings.job(call.org, _job(call))


async def create_job(call: Call) -> JobRow:
    wanted = call.body(JobRequest)
    return await call.actions.postings.create_job(call.org, wanted.employer_id, _job_facts(wanted))


async def edit_job(call: Call) -> JobRow:
    wanted = call.body(JobRequest)
    return await call.actions.postings.edit_job(call.org, _job(call), wanted.employer_id, _job_facts(wanted), call.by)


async def remove_job(call: Call) -> None:
    await call.actions.postings.remove_job(call.org, _job(call), call.by)


async def override(call: Call) -> JobRow:
    wanted = call.body(OverrideRequest)
    return await call.actions.postings.override_job(
        call.org, _job(call), call.by, reason=wanted.reason, covers=wanted.covers
    )


async def take_override_back(call: Call) -> JobRow:
    return await call.actions.postings.take_override_back(call.org, _job(call), call.by)


async def understand_pay(call: Call) -> PayBody:
    return pay_body(parse_pay(call.body(PayRequest).text))


def _job(call: Call) -> JobId:
    return JobId(call.id("job_id", JobNotFound))


def _job_facts(wanted: JobRequest) -> JobFacts:
    return JobFacts(**wanted.model_dump(exclude={"employer_id"}))


# ── policy notices ────────────────────────────────────────────────────────────────────────────────────────────


class PolicyRequest(Input):
    title: Line
    who: Annotated[Text, Field(max_length=500)]
    how_much: Annotated[Text, Field(max_length=200)]
    how_to_claim: Annotated[Text, Field(max_length=500)]
    phone: Line | None = None


class PolicyList(Body):
    policies: list[PolicyRow]


async def policies(call: Call) -> PolicyList:
    return PolicyList(policies=list(await call.actions.postings.policies(call.org)))


async def create_policy(call: Call) -> PolicyRow:
    return await call.actions.postings.create_policy(call.org, _policy_facts(call))


async def edit_policy(call: Call) -> None:
    await call.actions.postings.edit_policy(call.org, _policy(call), _policy_facts(call), call.by)


async def remove_policy(call: Call) -> None:
    await call.actions.postings.remove_policy(call.org, _policy(call), call.by)


def _policy(call: Call) -> PolicyId:
    return PolicyId(call.id("policy_id", PolicyNotFound))


def _policy_facts(call: Call) -> PolicyFacts:
    return PolicyFacts(**call.body(PolicyRequest).model_dump())


PAY_ERRORS = (PayUnparseable, PayRangeReversed, PayNotPositive)
ONE_EMPLOYER = "/api/v1/employers/{employer_id}"
ONE_JOB = "/api/v1/jobs/{job_id}"
ONE_POLICY = "/api/v1/policies/{policy_id}"

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/employers",
        callers=ORGANISER,
        summary="Employers, the unverified first",
        handler=employers,
        query=EmployersQuery,
        answer=EmployerList,
    ),
    Route(
        method="POST",
        path="/api/v1/employers/verify",
        callers=ORGANISER,
        summary="Mark several as verified from today, all or none; each recorded",
        handler=verify_many,
        body=VerifyManyRequest,
        answer=VerifiedBody,
        errors=(EmployerNotFound,),
    ),
    Route(
        method="POST",
        path="/api/v1/employers",
        callers=ORGANISER,
        summary="Add an employer, unverified",
        handler=create_employer,
        body=EmployerRequest,
        answer=EmployerRow,
        errors=(NameTaken,),
    ),
    Route(
        method="GET",
        path=ONE_EMPLOYER,
        callers=ORGANISER,
        summary="One employer",
        handler=employer,
        answer=EmployerRow,
        errors=(EmployerNotFound,),
    ),
    Route(
        method="PUT",
        path=ONE_EMPLOYER,
        callers=ORGANISER,
        summary="Correct an employer; trays that show it are told",
        handler=edit_employer,
        body=EmployerRequest,
        answer=EmployerRow,
        errors=(EmployerNotFound, NameTaken),
    ),
    Route(
        method="POST",
        path=f"{ONE_EMPLOYER}/verify",
        callers=ORGANISER,
        summary="Mark as verified from today; recorded",
        handler=verify,
        body=VerifyRequest,
        answer=EmployerRow,
        errors=(EmployerNotFound,),
    ),
    Route(
        method="POST",
        path=f"{ONE_EMPLOYER}/unverify",
        callers=ORGANISER,
        summary="Take a verification back; none of its jobs can be pushed; recorded",
        handler=unverify,
        body=ReasonRequest,
        answer=EmployerRow,
        errors=(EmployerNotFound,),
    ),
    Route(
        method="GET",
        path="/api/v1/jobs",
        callers=ORGANISER,
        summary="Jobs of the library, newest first",
        handler=jobs,
        query=JobsQuery,
        answer=JobPage,
    ),
    Route(
        method="POST",
        path="/api/v1/jobs",
        callers=ORGANISER,
        summary="Add a job by hand",
        handler=create_job,
        body=JobRequest,
        answer=JobRow,
        errors=(EmployerNotFound, *PAY_ERRORS),
    ),
    Route(
        method="GET",
        path=ONE_JOB,
        callers=ORGANISER,
        summary="One job: as written, as understood, and what blocks it",
        handler=job,
        answer=JobRow,
        errors=(JobNotFound,),
    ),
    Route(
        method="PUT",
        path=ONE_JOB,
        callers=ORGANISER,
        summary="Correct a job; its wording is read anew and its trays are told",
        handler=edit_job,
        body=JobRequest,
        answer=JobRow,
        errors=(JobNotFound, EmployerNotFound, *PAY_ERRORS),
    ),
    Route(
        method="DELETE",
        path=ONE_JOB,
        callers=ORGANISER,
        summary="Take a job out of the library and of trays not started",
        handler=remove_job,
        errors=(JobNotFound,),
    ),
    Route(
        method="PUT",
        path=f"{ONE_JOB}/override",
        callers=ORGANISER,
        summary="Let a blocked job be pushed, with a reason that is recorded",
        handler=override,
        body=OverrideRequest,
        answer=JobRow,
        errors=(JobNotFound, NothingToOverride),
    ),
    Route(
        method="DELETE",
        path=f"{ONE_JOB}/override",
        callers=ORGANISER,
        summary="Take an override back; recorded",
        handler=take_override_back,
        answer=JobRow,
        errors=(JobNotFound,),
    ),
    Route(
        method="POST",
        path="/api/v1/pay",
        callers=ORGANISER,
        summary="How a pay text is understood; nothing is kept",
        handler=understand_pay,
        body=PayRequest,
        answer=PayBody,
        errors=PAY_ERRORS,
    ),
    Route(
        method="GET",
        path="/api/v1/policies",
        callers=ORGANISER,
        summary="Policy notices",
        handler=policies,
        answer=PolicyList,
    ),
    Route(
        method="POST",
        path="/api/v1/policies",
        callers=ORGANISER,
        summary="Add a policy notice",
        handler=create_policy,
        body=PolicyRequest,
        answer=PolicyRow,
    ),
    Route(
        method="PUT",
        path=ONE_POLICY,
        callers=ORGANISER,
        summary="Correct a policy notice; trays that show it are told",
        handler=edit_policy,
        body=PolicyRequest,
        errors=(PolicyNotFound,),
    ),
    Route(
        method="DELETE",
        path=ONE_POLICY,
        callers=ORGANISER,
        summary="Take a policy notice out of the list and of trays not started",
        handler=remove_policy,
        errors=(PolicyNotFound,),
    ),
)

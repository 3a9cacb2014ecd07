"""A card as it is read: with its job, employer or policy, and with what forbids a push."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from stream_jobs.domain.events import Answered, CardBody, EmployerBody, JobBody, PayBody, PolicyBody
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.vetting import Blocked, apply_until, china_date, verified_on, why_blocked
from stream_jobs.ports import TrayCard

# Everything a card is shown with; `c` is the card. Used by every query that reads cards.
CARD_COLUMNS = """
    c.id, c.kind, c.number, c.position, c.state, c.answers, c.points,
    j.id AS job_id, j.title, j.pay_text, j.pay_min_fen, j.pay_max_fen, j.pay_unit, j.pay_months, j.pay_negotiable,
    j.pay_open_ended, j.pay_base, j.pay_monthly, j.pay_day, j.headcount_min, j.headcount_max, j.shift, j.rest, j.meals,
    j.dorm, j.workplace, j.age, j.education, j.requirements, j.duties, j.arrival, j.insurance, j.source, j.valid_until,
    j.findings, j.override_covers, j.removed_at,
    m.id AS employer_id, m.name AS employer, m.full_name, m.contact_name, m.contact_phone, m.calls_within,
    m.verified_at, m.verified_until,
    p.title AS policy_title, p.who, p.how_much, p.how_to_claim, p.phone AS policy_phone,
    b.apply_days, coalesce(b.ended_at, b.started_at, b.starts_at) AS show_at
"""
CARD_TABLES = """
    card c JOIN broadcast b ON b.id = c.broadcast_id
    LEFT JOIN job j ON j.id = c.job_id LEFT JOIN employer m ON m.id = j.employer_id
    LEFT JOIN policy p ON p.id = c.policy_id
"""


def tray_card(row: asyncpg.Record, at: datetime) -> TrayCard:
    return TrayCard(body=card_body(row, at), blocked=blocked(row, at), points=row["points"])


def card_body(row: asyncpg.Record, at: datetime) -> CardBody:
    return CardBody(
        id=row["id"],
        kind=row["kind"],
        number=row["number"],
        label=card_label(CardKind(row["kind"]), row["number"]),
        state=row["state"],
        job=_job(row, at) if row["kind"] == "job" else None,
        policy=_policy(row) if row["kind"] == "policy" else None,
        answers=tuple(Answered.model_validate(answer) for answer in row["answers"]),
    )


def blocked(row: asyncpg.Record, at: datetime) -> tuple[Blocked, ...]:
    """Policies are the organiser's own words and are never blocked."""
    if row["kind"] == "policy":
        return ()
    return why_blocked(
        today=china_date(at),
        employer_verified=_verified(row, at),
        valid_until=row["valid_until"],
        removed=row["removed_at"] is not None,
        findings=block_findings(row["findings"]),
        overridden=row["override_covers"],
    )


def block_findings(findings: Sequence[Mapping[str, str]]) -> list[Blocked]:
    """Of what the wording rules found, what forbids a push."""
    said = ("rule_id", "matched", "reason", "reason_en", "legal_basis")
    return [
        Blocked(code="wording", **{name: finding[name] for name in said})
        for finding in findings
        if finding["severity"] == "block"
    ]


def pay_body(row: asyncpg.Record) -> PayBody:
    return PayBody(
        text=row["pay_text"],
        min_fen=row["pay_min_fen"],
        max_fen=row["pay_max_fen"],
        unit=row["pay_unit"],
        months=row["pay_months"],
        negotiable=row["pay_negotiable"],
        open_ended=row["pay_open_ended"],
        base_text=row["pay_base"],
        monthly_text=row["pay_monthly"],
        pay_day=row["pay_day"],
    )


def _verified(row: asyncpg.Record, at: datetime) -> bool:
    return verified_on(china_date(at), row["verified_at"], row["verified_until"])


def _job(row: asyncpg.Record, at: datetime) -> JobBody:
    facts = ("shift", "rest", "meals", "dorm", "workplace", "age", "education")
    details = ("requirements", "duties", "arrival", "insurance", "source", "valid_until")
    return JobBody(
        id=row["job_id"],
        title=row["title"],
        employer=EmployerBody(
            id=row["employer_id"],
            name=row["employer"],
            full_name=row["full_name"],
            contact_name=row["contact_name"],
            contact_phone=row["contact_phone"],
            calls_within=row["calls_within"],
            verified=_verified(row, at),
            verified_at=row["verified_at"],
        ),
        pay=pay_body(row),
        headcount_min=row["headcount_min"],
        headcount_max=row["headcount_max"],
        apply_until=apply_until(show_at=row["show_at"], apply_days=row["apply_days"], valid_until=row["valid_until"]),
        **{name: row[name] for name in (*facts, *details)},
    )


def _policy(row: asyncpg.Record) -> PolicyBody:
    return PolicyBody(
        title=row["policy_title"],
        who=row["who"],
        how_much=row["how_much"],
        how_to_claim=row["how_to_claim"],
        phone=row["policy_phone"],
    )

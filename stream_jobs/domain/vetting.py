"""What forbids a push, and until when a job takes applications."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal

from stream_jobs.domain.events import Body

# Dates on a posting are China's.
CHINA = timezone(timedelta(hours=8))

# Posting employers are verified anew at least every six months (five-ministry notice of January 2026).
VERIFIED_DAYS = 180
# How long before its end a verification asks to be renewed.
ENDING_DAYS = 14


class Blocked(Body):
    """One reason why a card may not be pushed; for wording, with the rule, its reason and its legal basis."""

    code: Literal["employer_unverified", "job_expired", "job_removed", "wording"]
    rule_id: str | None = None
    matched: str | None = None
    reason: str | None = None
    reason_en: str | None = None
    legal_basis: str | None = None


def china_date(at: datetime) -> date:
    return at.astimezone(CHINA).date()


def verified_on(today: date, verified_at: date | None, verified_until: date | None) -> bool:
    return verified_at is not None and (verified_until is None or today <= verified_until)


def ends_soon(today: date, verified_until: date | None) -> bool:
    return verified_until is not None and today <= verified_until <= today + timedelta(days=ENDING_DAYS)


def why_blocked(
    *,
    today: date,
    employer_verified: bool,
    valid_until: date | None,
    removed: bool,
    findings: Sequence[Blocked],
    overridden: Sequence[str],
) -> tuple[Blocked, ...]:
    """findings are the block-level ones; overridden names codes and rule ids accepted with a reason."""
    reasons = []
    if removed:
        reasons.append(Blocked(code="job_removed"))
    if not employer_verified and "employer_unverified" not in overridden:
        reasons.append(Blocked(code="employer_unverified"))
    if valid_until is not None and valid_until < today and "job_expired" not in overridden:
        reasons.append(Blocked(code="job_expired"))
    reasons += [finding for finding in findings if finding.rule_id not in overridden]
    return tuple(reasons)


def apply_until(*, show_at: datetime, apply_days: int, valid_until: date | None) -> datetime:
    """When applications close: apply_days after the show, or at the end of the posting's last day, whichever is first.

    show_at is the end of the show, or while it has not ended its start.
    """
    closes = show_at + timedelta(days=apply_days)
    expires = expires_at(valid_until)
    return min(closes, expires) if expires else closes


def expires_at(valid_until: date | None) -> datetime | None:
    """The end of a posting's last day; None when it has none, which workbooks also write as 9999-12-31."""
    if valid_until is None or valid_until.year == date.max.year:
        return None
    return datetime.combine(valid_until + timedelta(days=1), time(), CHINA)

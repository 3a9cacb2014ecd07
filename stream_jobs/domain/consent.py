"""The text an applicant agrees to: one employer, one purpose, named fields, until when (PIPL arts. 17 and 23)."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from stream_jobs.domain.vetting import china_date

FIELDS = ("phone", "name")
PURPOSE = "只用来联系我应聘这个岗位"
# A page opened just before midnight at a month's end still shows the month before.
SHOWN_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What is shown, in both languages; the Chinese text is the one agreed to."""

    text: str
    english: str
    until: date
    sha256: str


def consent_text(
    *, employer: str, contact_name: str | None, contact_phone: str | None, at: datetime, retention_days: int
) -> ConsentText:
    until = china_date(at + timedelta(days=retention_days))
    return _text(employer, " ".join(part for part in (contact_name, contact_phone) if part), until)


# Everyone who applies for a job on one day is shown the same.
@lru_cache(maxsize=4096)
def _text(employer: str, contact: str, until: date) -> ConsentText:
    reach = f"（{contact}）" if contact else ""
    text = f"我同意把手机号和称呼交给{employer}{reach}，{PURPOSE}。保存到{until.year}年{until.month}月，可以随时撤回。"
    return ConsentText(
        text=text,
        english=(
            f"I agree to give my phone number and name to {employer}{f' ({contact})' if contact else ''}, only to "
            f"contact me about this job. Kept until {until:%Y-%m}; I can withdraw at any time."
        ),
        until=until,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )

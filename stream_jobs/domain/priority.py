"""Priority groups: what applicants may say of themselves, for counting alone (PIPL arts. 28 and 29)."""

import hashlib
from enum import StrEnum

from stream_jobs.domain.events import Body


class Priority(StrEnum):
    """Groups that public employment services report on (Employment Promotion Law arts. 16, 52 and 56 among others)."""

    GRADUATE = "graduate"
    MIGRANT_WORKER = "migrant_worker"
    HARD_TO_EMPLOY = "hard_to_employ"
    VETERAN = "veteran"
    DISABLED = "disabled"
    LIFTED_FROM_POVERTY = "lifted_from_poverty"


NAMES = {
    Priority.GRADUATE: ("高校毕业生", "College graduates"),
    Priority.MIGRANT_WORKER: ("农民工", "Rural migrant workers"),
    Priority.HARD_TO_EMPLOY: ("就业困难人员", "People who find it hard to get work"),
    Priority.VETERAN: ("退役军人", "Veterans"),
    Priority.DISABLED: ("残疾人", "People with disabilities"),
    Priority.LIFTED_FROM_POVERTY: ("脱贫人口", "People lifted out of poverty"),
}


class PriorityLine(Body):
    """Applicants of a show who said that they belong to this group; null where they are too few to be told.

    hidden_below: of groups of how many people that is so; also of one more, so that nobody subtracts.
    """

    group: Priority
    applications: int | None = None
    applicants: int | None = None
    valid: int | None = None
    contacted: int | None = None
    interview: int | None = None
    offered: int | None = None
    hired: int | None = None
    retained_7d: int | None = None
    retained_30d: int | None = None
    hidden_below: int | None = None


class PriorityName(Body):
    """A group as it is called in each language."""

    group: Priority
    zh: str
    en: str


def named(group: Priority) -> PriorityName:
    zh, en = NAMES[group]
    return PriorityName(group=group, zh=zh, en=en)


class PriorityConsent(Body):
    """What is agreed to, in both languages; the Chinese text is the one that counts."""

    text: str
    english: str
    sha256: str


def consent_to_count(keeper: str) -> PriorityConsent:
    """Of its own, apart from that to apply: nothing depends on it, and it can be taken back alone."""
    text = (
        f"我自愿告诉{keeper}我属于上面勾选的群体（属于敏感个人信息），只用来统计这些群体有多少人报名、多少人入职。"
        "不告诉企业，不影响报名和录用。可以随时收回；删除我的信息时一起删除，只留下不知道是谁的人数。"
    )
    english = (
        f"I choose to tell {keeper} that I belong to the groups ticked above (sensitive personal information), only to "
        "count how many of them apply and start work. Employers are not told, and no application depends on it. I can "
        "take it back at any time; it is deleted with my data, and only numbers stay that say nothing of who it was."
    )
    return PriorityConsent(text=text, english=english, sha256=hashlib.sha256(text.encode()).hexdigest())

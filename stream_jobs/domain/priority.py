"""Priority groups: what applicants may say of themselves, for counting alone (PIPL arts. 28 and 29)."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from stream_jobs.domain.events import Body
from stream_jobs.domain.metrics import SMALL_GROUP


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
    """How many applicants of a show said that they belong to this group, and nothing of what became of them.

    Null where they, or those who are not of it, are fewer than hidden_below.
    """

    group: Priority
    applicants: int | None = None
    hidden_below: int | None = None


def priority_lines(people: Mapping[Priority, int], applicants: int, small_group: int) -> tuple[PriorityLine, ...]:
    """All groups as soon as one of them may be told; else none. applicants: of a whole show that takes no more.

    Of very few it would be told of somebody, and so it would of everybody but very few.
    """
    limit = max(small_group, SMALL_GROUP)
    lines = tuple(
        PriorityLine(group=group, applicants=count)
        if count >= limit and applicants - count >= limit
        else PriorityLine(group=group, hidden_below=limit)
        for group, count in people.items()
    )
    return lines if any(line.hidden_below is None for line in lines) else ()


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
        f"我自愿告诉{keeper}我属于上面勾选的群体（属于敏感个人信息），只用来统计每场直播有多少这些群体的人报名。"
        "不告诉企业，不影响报名和录用。可以随时收回；删除我的信息时一起删除，只留下不知道是谁的人数。"
    )
    english = (
        f"I choose to tell {keeper} that I belong to the groups ticked above (sensitive personal information), only to "
        "count how many of them apply in each show. Employers are not told, and no application depends on it. I can "
        "take it back at any time; it is deleted with my data, and only numbers stay that say nothing of who it was."
    )
    return PriorityConsent(text=text, english=english, sha256=hashlib.sha256(text.encode()).hexdigest())

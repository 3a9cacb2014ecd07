"""What became of an applicant, in the words people write into 联系结果."""

import re
from dataclasses import dataclass
from typing import Literal

from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.job_sheet.text import compact

Done = Literal["called", "no_answer", "message", "visited"]


@dataclass(frozen=True, slots=True)
class Result:
    """A state to bring the application to, something that was done, or both."""

    state: State | None = None
    reason: Reason | None = None
    done: Done | None = None


NO_ANSWER = Result(done="no_answer")
CONTACTED = Result(State.CONTACTED)

# Offered in the list's own cells; each is understood.
OFFERED = (
    "已联系",
    "没人接",
    "加了微信",
    "约面试",
    "已录用",
    "已入职",
    "满7天",
    "满30天",
    "没来",
    "不来了",
    "不合适",
    "空号",
)

_DAY = r"(?:明天|后天|今天|下周.?|下个?月|周[一二三四五六日天]|星期[一二三四五六日天]|\d+[号日])"
_STAYED = r"(?:已?(?:满|在职|在岗|稳定|做满|干满|留岗|工作))"

# The first that is found in a clause decides: what says no stands before what it denies.
_WORDS: tuple[tuple[Result, re.Pattern[str]], ...] = tuple(
    (result, re.compile(pattern))
    for result, pattern in (
        (
            Result(State.RETAINED_30D),
            rf"满月|{_STAYED}(?:30天|三十天|[一1]个?月)|(?:30天|一个月)在[职岗]|retained_?30d?",
        ),
        (Result(State.RETAINED_7D), rf"{_STAYED}(?:7天|七天|一周|1周)|(?:7天|一周)在[职岗]|retained_?7d?"),
        (Result(State.REJECTED, Reason.DUPLICATE), r"重复|duplicate"),
        (Result(State.REJECTED, Reason.FULL), r"招满|人满|满员|名额满|已满$|full$"),
        (
            Result(State.REJECTED, Reason.UNREACHABLE),
            r"空号|错号|停机|号码.*(?:不对|错|误|不存在)|不是本人|wrongnumber",
        ),
        (Result(State.NO_SHOW), r"没来(?!得)|未来(?:面试|报到)|未到|没到(?!岗)|爽约|放鸽子|no_?-?show"),
        (
            Result(State.REJECTED, Reason.NOT_INTERESTED),
            r"不来|不去|不想|不愿|不考虑|不感兴趣|没兴趣|没意向|无意向|没有意向|放弃|拒绝|找到(?:别的|其他)?工作|已找到|不入职|notinterested",
        ),
        (
            NO_ANSWER,
            r"[没无]人?接(?!触)|未接|不接|无应答|打不通|不通|没打通|未打通|没通(?!过)|无法接通|关机|占线|忙线|挂断|挂了|联系不[上到]|没联系上|未联系上|no_?answer",
        ),
        (
            Result(State.REJECTED, Reason.PAY),
            r"(?:嫌|要求).*(?:工资|薪|待遇)|(?:工资|薪资?|待遇)(?:太?低|不满意)",
        ),
        (Result(State.REJECTED, Reason.SHIFT), r"嫌.*班|不(?:上|能上|接受)夜班|(?:夜班|倒班)不接受"),
        (Result(State.REJECTED, Reason.PLACE), r"太远|嫌远|距离远"),
        (
            Result(State.REJECTED, Reason.OTHER),
            r"不合适|不符|不要|[未没不](?:被)?录[用取]|淘汰|未通过|没通过|没过|不合格|刷掉|rejected",
        ),
        (
            Result(State.OFFER),
            rf"(?:待|准备|即将|将|要|{_DAY}(?:来|去)?)(?:入职|上班|报到|到岗)|录用|录取|面试(?:已)?(?:通过|合格)|通过面试|offer",
        ),
        (Result(State.HIRED), r"(?<![未没])(?:入职|上班|到岗|在岗|报到)|hired|started"),
        (Result(State.INTERVIEW), rf"面试|约[了好面]|已约|{_DAY}(?:过?来|到)|interview"),
        (Result(State.CONTACTED, done="visited"), r"来过|到访|上门|visited"),
        (Result(done="message"), r"微信|短信|发信息|留言|messaged?"),
        (
            CONTACTED,
            r"(?<![未没])联系(?:上|过|了|到)?|打通|接通|已通|通了|沟通|聊过|谈过|打过电话|已(?:打)?电话|考虑|回头|有意向|感兴趣|contacted|called|reached",
        ),
        (Result(State.VALID), r"有效|valid"),
    )
)
# Nobody has done anything yet: that is no result.
_NOTHING_YET = re.compile(
    r"(?:还|暂|暂时)?[未没](?:有)?(?:联系|打|电话|处理|跟进)|待(?:联系|处理|跟进|定)|new|applied|已报名"
)
_REASONS: tuple[tuple[Reason, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern))
    for reason, pattern in (
        (Reason.UNREACHABLE, r"联系不|打不通|空号|unreachable"),
        (Reason.NOT_INTERESTED, r"不想|没兴趣|无意|不考虑|找到|not_?interested"),
        (Reason.PAY, r"薪|工资|待遇|钱|pay"),
        (Reason.SHIFT, r"班|加班|shift"),
        (Reason.PLACE, r"远|地点|距离|位置|place"),
        (Reason.EXPERIENCE, r"经验|experience"),
        (Reason.SKILLS, r"技能|技术|证|不会|skills?"),
        (Reason.FULL, r"满|full"),
        (Reason.DUPLICATE, r"重复|duplicate"),
    )
)
_CLAUSES = re.compile(r"[,.;:、。!\n]|后来|然后|再打|(?<=\S)但是?|(?<=\S)又")
# What is said on the way to something else.
_WEAK = (CONTACTED, NO_ANSWER, Result(State.VALID), Result(done="message"))


def read_result(text: str, why: str = "") -> Result | None:
    """What was typed, understood; None for what is not understood, or is asked rather than said.

    Of several clauses the last that says something counts, but that somebody was called does not undo what came of it.
    why: the reason where it has a cell of its own.
    """
    said = compact(text)
    if not said or "?" in said or len(said) > 200:
        return None
    if said in ("√", "✓", "ok", "1"):
        return CONTACTED
    found = [result for clause in _CLAUSES.split(said) if (result := _of_clause(clause))]
    strong = [result for result in found if result not in _WEAK]
    if not found:
        return None
    result = (strong or found)[-1]
    if result.state is State.REJECTED and why:
        return Result(State.REJECTED, read_reason(why) or result.reason)
    return result


def read_reason(text: str) -> Reason | None:
    said = compact(text)
    return next((reason for reason, pattern in _REASONS if pattern.search(said)), None)


def is_nothing_yet(text: str) -> bool:
    return _NOTHING_YET.fullmatch(compact(text)) is not None


def _of_clause(clause: str) -> Result | None:
    return next((result for result, pattern in _WORDS if pattern.search(clause)), None)

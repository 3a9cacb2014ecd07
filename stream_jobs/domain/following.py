"""From application to hired and stayed: the states, which move is allowed, what the applicant is told."""

from datetime import timedelta
from enum import StrEnum

from stream_jobs.domain.errors import MoveNotAllowed, ReasonMissing


class State(StrEnum):
    """Where an application stands. Applying and withdrawing are the applicant's, all else is done by staff."""

    APPLIED = "applied"
    VALID = "valid"
    CONTACTED = "contacted"
    INTERVIEW = "interview"
    OFFER = "offer"
    HIRED = "hired"
    RETAINED_7D = "retained_7d"
    RETAINED_30D = "retained_30d"
    REJECTED = "rejected"
    NO_SHOW = "no_show"
    WITHDRAWN = "withdrawn"


class Reason(StrEnum):
    """Why an application was rejected. None of them speaks of age, sex, origin, belief or health."""

    UNREACHABLE = "unreachable"
    NOT_INTERESTED = "not_interested"
    SKILLS = "skills"
    EXPERIENCE = "experience"
    PAY = "pay"
    SHIFT = "shift"
    PLACE = "place"
    FULL = "full"
    DUPLICATE = "duplicate"
    OTHER = "other"


class Told(StrEnum):
    """What the applicant is told."""

    APPLIED = "applied"
    VIEWED = "viewed"
    CONTACTED = "contacted"
    INTERVIEW = "interview"
    OFFER = "offer"
    HIRED = "hired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


# The way forward; each stands for those before it. "offer" is 录用, "hired" is 入职.
LADDER = (
    State.APPLIED,
    State.VALID,
    State.CONTACTED,
    State.INTERVIEW,
    State.OFFER,
    State.HIRED,
    State.RETAINED_7D,
    State.RETAINED_30D,
)
OPEN = (State.APPLIED, State.VALID)
HIRED = (State.HIRED, State.RETAINED_7D, State.RETAINED_30D)
OFFERED = (State.OFFER, *HIRED)
CONTACTED = (State.CONTACTED, State.INTERVIEW, State.NO_SHOW, *OFFERED)
INTERVIEWED = (State.INTERVIEW, State.NO_SHOW, *OFFERED)
VALID = (State.VALID, *CONTACTED)
# What is counted of people, in the order of the way; each stands for those after it, so none exceeds the one before.
MILESTONES = {
    "valid": VALID,
    "contacted": CONTACTED,
    "interview": INTERVIEWED,
    "offered": OFFERED,
    "hired": HIRED,
    "retained_7d": (State.RETAINED_7D, State.RETAINED_30D),
    "retained_30d": (State.RETAINED_30D,),
}
# Nobody is waiting for a call any more.
CLOSED = (State.REJECTED, State.NO_SHOW, State.WITHDRAWN)
# What staff may bring an application to.
BY_STAFF = tuple(state for state in State if state not in (State.APPLIED, State.WITHDRAWN))

# An application's events that are not moves: the employer read it; a move was taken back.
VIEWED = "viewed"
UNDONE = "undone"

# The page offers it for ten seconds; whoever lost the line or reads slowly has longer.
UNDO_FOR = timedelta(minutes=10)


def check_move(before: State, to: State, reason: Reason | None) -> None:
    """Raises MoveNotAllowed, ReasonMissing.

    Along the ladder any step is allowed, back as well, since people mistype: what was reached stays counted unless it
    is undone. Whoever has started work is not rejected any more, and does not fail to come.
    """
    if before is State.WITHDRAWN:
        raise MoveNotAllowed(field="state", expected="an application that was not withdrawn")
    if to not in BY_STAFF:
        raise MoveNotAllowed(field="state", expected="one of " + ", ".join(BY_STAFF))
    if to in CLOSED and before in HIRED:
        raise MoveNotAllowed(field="state", expected="a step of the way, for someone who has started work")
    if to is State.REJECTED and reason is None:
        raise ReasonMissing(field="reason", expected="one of " + ", ".join(Reason))
    if to is not State.REJECTED and reason is not None:
        raise MoveNotAllowed(field="reason", expected="a reason only with rejected")


def told(state: State, *, viewed: bool) -> Told:
    """已报名 → 企业已查看 → 已联系 → 约面试 → 已录用 → 已入职；不合适；已撤回.

    Who did not come to the interview knows it: they are told of the interview alone.
    """
    if state in HIRED:
        return Told.HIRED
    if state is State.NO_SHOW:
        return Told.INTERVIEW
    if state in OPEN:
        return Told.VIEWED if viewed or state is State.VALID else Told.APPLIED
    return Told(state.value)

"""What random employers and applicants make of the applications of a history, and how many people came how far."""

import random
from dataclasses import dataclass, field

from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.ids import ApplicationId
from stream_jobs.domain.report import Figures
from stream_jobs.ports import Move, NewApplication
from tests.builders import Store
from tests.report_builders import STAFF

# How far each state is on the way; who did not come to the interview had been asked to it.
FAR = {
    "rejected": 0,
    **{"valid": 1, "contacted": 2, "interview": 3, "no_show": 3, "offer": 4},
    **{"hired": 5, "retained_7d": 6, "retained_30d": 7},
}
STARTED_WORK = 5
STAGES = ("valid", "contacted", "interview", "offered", "hired", "retained_7d", "retained_30d")


@dataclass
class Followed:
    """One application: how it stands, and how far each move that was not undone brought it."""

    new: NewApplication
    state: str = "applied"
    reached: list[int] = field(default_factory=list)


async def follow(store: Store, dice: random.Random, one: Followed) -> None:
    """A few moves, some undone at once; then it may be withdrawn."""
    for _ in range(dice.randint(0, 3)):
        await _move(store, dice, one)
    if one.state in ("applied", "valid", "contacted") and dice.random() < 0.3:
        org, new = store.org, one.new
        await store.actions.applying.withdraw(org, new.broadcast_id, new.viewer_id, new.receipt_id)
        one.state = "withdrawn"


async def _move(store: Store, dice: random.Random, one: Followed) -> None:
    before, to = one.state, dice.choice([state for state in FAR if state != one.state])
    reason = Reason.OTHER if to == "rejected" else None
    move = Move(ApplicationId(one.new.receipt_id), State(to), reason)
    moved = await store.actions.recruiting.move(store.org, [move], STAFF, employer=None)
    if to in ("rejected", "no_show") and FAR.get(before, 0) >= STARTED_WORK:
        assert moved.moved == 0
        return
    if moved.batch_id and dice.random() < 0.3:
        await store.actions.recruiting.undo(store.org, moved.batch_id, STAFF, employer=None)
        return
    one.state = to
    one.reached.append(FAR[to])


def people_by_stage(followed: list[Followed]) -> dict[str, int]:
    """Each person as far as any of their applications came; waiting: one is open, and nobody called about any."""
    far: dict[str, int] = {}
    open_: set[str] = set()
    for one in followed:
        phone = one.new.phone
        far[phone] = max([far.get(phone, 0), *one.reached])
        if one.state in ("applied", "valid"):
            open_.add(phone)
    return {
        "applications": len(followed),
        "applicants": len(far),
        "withdrawn": sum(one.state == "withdrawn" for one in followed),
        "waiting": sum(far[phone] < FAR["contacted"] for phone in open_),
        **{stage: sum(came >= nth for came in far.values()) for nth, stage in enumerate(STAGES, start=1)},
    }


def told_by_stage(figures: Figures) -> dict[str, int | None]:
    """The same of a report."""
    names = ("applications", "applicants", "withdrawn", *STAGES)
    return {**{name: getattr(figures.applied, name) for name in names}, "waiting": figures.waiting}

"""From applied to hired and stayed: what may follow what, and what the applicant is told."""

import pytest

from stream_jobs.domain.errors import BadInput, MoveNotAllowed, ReasonMissing, StreamJobsError
from stream_jobs.domain.following import BY_STAFF, CONTACTED, HIRED, LADDER, OPEN, Reason, State, Told, check_move, told


def allowed(before: State, to: State, reason: Reason | None = None) -> bool:
    try:
        check_move(before, to, reason)
    except StreamJobsError:
        return False
    return True


def test_staff_go_forward_by_any_number_of_steps_and_correct_themselves() -> None:
    """A returned list says 入职 of someone nobody moved before; a mistyped step is set back."""
    assert all(allowed(before, to) for before in LADDER for to in LADDER if to is not State.APPLIED)


def test_applying_and_withdrawing_are_the_applicants_alone() -> None:
    """Staff cannot make an application look new or taken back, nor touch one that was taken back."""
    assert not any(allowed(before, to) for before in State for to in (State.APPLIED, State.WITHDRAWN))
    assert not any(allowed(State.WITHDRAWN, to, Reason.OTHER if to is State.REJECTED else None) for to in State)


def test_who_has_started_work_is_not_rejected() -> None:
    """Leaving is something else; a mistake is set back first."""
    assert not any(allowed(before, State.REJECTED, Reason.FULL) for before in HIRED)
    assert not any(allowed(before, State.NO_SHOW) for before in HIRED)
    assert allowed(State.OFFER, State.REJECTED, Reason.FULL) and allowed(State.OFFER, State.NO_SHOW)


def test_rejection_says_why_and_nothing_else_does() -> None:
    """A reason is asked for where it is meant, and only there."""
    with pytest.raises(ReasonMissing) as missing:
        check_move(State.CONTACTED, State.REJECTED, None)
    with pytest.raises(MoveNotAllowed):
        check_move(State.CONTACTED, State.HIRED, Reason.PAY)

    assert isinstance(missing.value, BadInput) and "skills" in str(missing.value.expected)


def test_a_rejected_one_may_be_taken_up_again() -> None:
    """They call back, or a place becomes free."""
    assert allowed(State.REJECTED, State.INTERVIEW) and allowed(State.NO_SHOW, State.CONTACTED)


def test_every_state_is_told_as_something_the_applicant_understands() -> None:
    """已报名 → 企业已查看 → 已联系 → 约面试 → 已录用 → 已入职；不合适；已撤回."""
    assert {state: told(state, viewed=False) for state in State} == {
        State.APPLIED: Told.APPLIED,
        State.VALID: Told.VIEWED,
        State.CONTACTED: Told.CONTACTED,
        State.INTERVIEW: Told.INTERVIEW,
        State.OFFER: Told.OFFER,
        State.HIRED: Told.HIRED,
        State.RETAINED_7D: Told.HIRED,
        State.RETAINED_30D: Told.HIRED,
        State.REJECTED: Told.REJECTED,
        State.NO_SHOW: Told.INTERVIEW,
        State.WITHDRAWN: Told.WITHDRAWN,
    }
    assert told(State.APPLIED, viewed=True) is Told.VIEWED
    assert told(State.HIRED, viewed=True) is Told.HIRED


def test_every_state_is_open_contacted_or_ended() -> None:
    """No state falls out of the counts: it waits, was contacted, or came to an end without."""
    assert set(OPEN) | set(CONTACTED) | {State.REJECTED, State.WITHDRAWN} == set(State)
    assert set(BY_STAFF) == set(State) - {State.APPLIED, State.WITHDRAWN}

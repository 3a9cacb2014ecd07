"""What an organiser may change, and when."""

from stream_jobs.domain.errors import BadInput, BroadcastStarted, Conflict, NotFound
from stream_jobs.domain.events import Status

# Once figures are being counted these would change what they mean.
FROZEN_AT_START = ("starts_at", "rehearsal")

# What an organiser looks at before calling an employer verified.
PAPERS = ("licence", "recruitment_letter", "agent_identity", "mandate")


class NameTaken(Conflict):
    """Something of this kind has that name already."""

    code = "name_taken"


class PolicyNotFound(NotFound):
    """There is no such policy notice."""

    code = "policy_not_found"


class SegmentNotFound(NotFound):
    """There is no such part of the show."""

    code = "segment_not_found"


class CardAppliedFor(Conflict):
    """Someone has applied for this card; it stays in the tray and can be closed."""

    code = "card_applied_for"


class NothingToOverride(BadInput):
    """Nothing keeps this job from being pushed, or not what was named."""

    code = "nothing_to_override"


def must_not_be_frozen(status: Status, changed: set[str]) -> None:
    """Raises BroadcastStarted when a change is for before the start only."""
    if status is Status.SCHEDULED:
        return
    for field in FROZEN_AT_START:
        if field in changed:
            raise BroadcastStarted(field=field)

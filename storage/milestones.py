"""When applications first reached each step of the way, kept on their rows for who counts them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from storage.pool import Transaction
from stream_jobs.domain.following import MILESTONES, State
from stream_jobs.domain.ids import ApplicationId

# How far an application came, from 0; each step stands for those before it. Of a person it is the highest.
LEVEL = f"num_nonnulls({', '.join(f'{{0}}.{name}_at' for name in MILESTONES)})"

# From its marks that stand; a mark that was undone was a mistake, and reached nothing. What was reached once stays
# reached, also when the state was corrected or the application withdrawn afterwards.
_FIRST = [f"min(e.at) FILTER (WHERE e.kind = ANY(${nth}))" for nth, _ in enumerate(MILESTONES, start=1)]
_MARKS = f"""
    ({", ".join(f"{name}_at" for name in MILESTONES)}) = (
        SELECT {", ".join(_FIRST)}
        FROM application_event e
        WHERE e.application_id = p.id AND NOT EXISTS (SELECT FROM application_event u WHERE u.undoes = e.id)
    )
"""  # noqa: S608  # names of the domain
_NEXT = len(MILESTONES) + 1
_SETTLE = f"UPDATE application p SET {_MARKS} WHERE p.id = ANY(${_NEXT}::uuid[])"  # noqa: S608  # named above
# One UPDATE for all of it: at a second one in a transaction PostgreSQL looks at the person again, and locks it.
_MOVE = f"""
    UPDATE application p SET state = n.state, last_move = n.last_move, {_MARKS}
    FROM unnest(${_NEXT}::uuid[], ${_NEXT + 1}::text[], ${_NEXT + 2}::uuid[]) AS n (id, state, last_move)
    WHERE p.id = n.id
"""  # noqa: S608  # named above


def level(application: str) -> str:
    """SQL: how far this application came."""
    return LEVEL.format(application)


def people_by_outcome(of: str = "level") -> str:
    """SQL: columns that count people by how far they came, under the metrics' names."""
    return ", ".join(f"count(*) FILTER (WHERE {of} >= {nth}) AS {name}" for nth, name in enumerate(MILESTONES, start=1))


async def settle_milestones(tx: Transaction, applications: Collection[ApplicationId]) -> None:
    """After marks of these were written; the caller holds their locks."""
    await tx.execute(_SETTLE, *_kinds(), sorted(applications))


async def move_to(
    tx: Transaction,
    applications: Sequence[ApplicationId],
    states: Sequence[State],
    last_moves: Sequence[UUID | None],
) -> None:
    """Each to its state, after its mark was written or taken back; the caller holds their locks."""
    await tx.execute(_MOVE, *_kinds(), applications, states, last_moves)


def _kinds() -> list[list[State]]:
    return [list(states) for states in MILESTONES.values()]

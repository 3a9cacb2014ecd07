"""When applications first reached each step of the way, kept on their rows for who counts them."""

from collections.abc import Collection

from storage.pool import Transaction
from stream_jobs.domain.following import MILESTONES
from stream_jobs.domain.ids import ApplicationId

# How far an application came, from 0; each step stands for those before it. Of a person it is the highest.
LEVEL = f"num_nonnulls({', '.join(f'{{0}}.{name}_at' for name in MILESTONES)})"

# From its marks that stand; a mark that was undone was a mistake, and reached nothing. What was reached once stays
# reached, also when the state was corrected or the application withdrawn afterwards.
_FIRST = [f"min(e.at) FILTER (WHERE e.kind = ANY(${nth}))" for nth, _ in enumerate(MILESTONES, start=2)]
_SETTLE = f"""
    UPDATE application p SET ({", ".join(f"{name}_at" for name in MILESTONES)}) = (
        SELECT {", ".join(_FIRST)}
        FROM application_event e
        WHERE e.application_id = p.id AND NOT EXISTS (SELECT FROM application_event u WHERE u.undoes = e.id)
    )
    WHERE p.id = ANY($1::uuid[])
"""  # noqa: S608  # names of the domain


def level(application: str) -> str:
    """SQL: how far this application came."""
    return LEVEL.format(application)


def people_by_outcome(of: str = "level") -> str:
    """SQL: columns that count people by how far they came, under the metrics' names."""
    return ", ".join(f"count(*) FILTER (WHERE {of} >= {nth}) AS {name}" for nth, name in enumerate(MILESTONES, start=1))


async def settle_milestones(tx: Transaction, applications: Collection[ApplicationId]) -> None:
    """After marks of these were written or taken back; the caller holds their locks."""
    await tx.execute(_SETTLE, sorted(applications), *(list(states) for states in MILESTONES.values()))

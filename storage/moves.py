"""Moves of applications, each an event with who and when, and taking them back; in the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from storage.milestones import move_to
from storage.pool import Transaction
from stream_jobs.domain.errors import ApplicationNotFound, Conflict, MoveNotFound, ReasonMissing, StateMoved, UndoOver
from stream_jobs.domain.following import UNDO_FOR, UNDONE, VIEWED, State, check_move
from stream_jobs.domain.ids import ApplicationId, EmployerId, OrgId, PeopleImportId, uuid7
from stream_jobs.ports import By, Move, Moved, MoveVerdict

# Whose applications staff may act on: those of the employer given, else of employers without a recruiter of their own.
IN_SCOPE = """
    ($3::uuid = p.employer_id OR ($3::uuid IS NULL AND NOT EXISTS (
        SELECT FROM account a WHERE a.employer_id = p.employer_id AND a.role = 'recruiter' AND a.disabled_at IS NULL)))
"""


async def move_all(
    tx: Transaction,
    org_id: OrgId,
    moves: Sequence[Move],
    *,
    employer_id: EmployerId | None,
    by: By,
    at: datetime,
    all_or_none: bool = False,
    import_id: PeopleImportId | None = None,
) -> Moved:
    """A verdict for each, in the order given; an application named again is not moved twice.

    import_id: the list they came with, kept with each event.
    """
    found = await locked(tx, org_id, {move.application_id for move in moves}, employer_id)
    before = {id_: State(row["state"]) for id_, row in found.items()}
    accepted: dict[ApplicationId, Move] = {}
    verdicts = []
    for move in moves:
        earlier = accepted.get(move.application_id)
        verdict = _again(move, earlier) if earlier else _verdict(move, before.get(move.application_id))
        verdicts.append(verdict)
        if verdict.verdict == "moved":
            accepted[move.application_id] = move
    if all_or_none and any(verdict.verdict == "refused" for verdict in verdicts):
        return _none_of(verdicts, before)
    batch_id = await _record(tx, org_id, accepted.values(), before, by, at, import_id) if accepted else None
    touched = {found[id_]["broadcast_id"] for id_ in accepted}
    return Moved(batch_id=batch_id, moved=len(accepted), verdicts=tuple(verdicts), broadcasts=tuple(sorted(touched)))


def _again(move: Move, earlier: Move) -> MoveVerdict:
    is_same = move.state is earlier.state
    return MoveVerdict(
        application_id=move.application_id,
        verdict="unchanged" if is_same else "refused",
        state=earlier.state,
        code=None if is_same else StateMoved.code,
    )


def _verdict(move: Move, before: State | None) -> MoveVerdict:
    """What is there already is not moved again; who acts on an older state is refused, and told the present one."""
    try:
        if before is None:
            raise ApplicationNotFound
        if before is move.state and before is not State.WITHDRAWN:
            return MoveVerdict(application_id=move.application_id, verdict="unchanged", state=before)
        if move.expected not in (None, before):
            raise StateMoved
        check_move(before, move.state, move.reason)
    except (ApplicationNotFound, Conflict, ReasonMissing) as refusal:
        return MoveVerdict(application_id=move.application_id, verdict="refused", state=before, code=refusal.code)
    return MoveVerdict(verdict="moved", application_id=move.application_id, state=move.state)


def _none_of(verdicts: Sequence[MoveVerdict], states: Mapping[ApplicationId, State]) -> Moved:
    """The refusals stand; whatever would have moved is as it was."""
    kept = tuple(
        one.model_copy(update={"verdict": "unchanged", "state": states[one.application_id]})
        if one.verdict == "moved"
        else one
        for one in verdicts
    )
    return Moved(batch_id=None, moved=0, verdicts=kept)


async def undo_batch(
    tx: Transaction,
    org_id: OrgId,
    batch_id: UUID,
    *,
    employer_id: EmployerId | None,
    by: By,
    at: datetime,
    within: timedelta = UNDO_FOR,
) -> Moved:
    """Takes back those of the batch that nothing has followed; undoing it again changes nothing.

    Raises MoveNotFound, UndoOver.
    """
    made = await tx.fetch(
        f"""
        SELECT e.id, e.application_id, e.kind, e.from_state, e.at FROM application_event e
        JOIN application p ON p.id = e.application_id
        WHERE e.batch_id = $1 AND e.org_id = $2 AND {IN_SCOPE} ORDER BY e.id
        """,  # noqa: S608  # a constant of this module
        batch_id,
        org_id,
        employer_id,
    )
    if not made:
        raise MoveNotFound
    if at - made[0]["at"] > within:
        raise UndoOver
    found = await locked(tx, org_id, {row["application_id"] for row in made}, employer_id)
    undone = [event for event in made if _stands(event, found[event["application_id"]])]
    await _record_undone(tx, org_id, undone, by, at)
    taken_back = {event["application_id"] for event in undone}
    return Moved(
        batch_id=batch_id,
        moved=len(undone),
        verdicts=tuple(_undo_verdict(event, found[event["application_id"]], taken_back) for event in made),
        broadcasts=tuple(sorted({found[id_]["broadcast_id"] for id_ in taken_back})),
    )


def _stands(event: asyncpg.Record, application: asyncpg.Record) -> bool:
    """Whether nobody moved, withdrew or applied again since then: the last word stays."""
    return bool(application["last_move"] == event["id"] and application["state"] == event["kind"])


def _undo_verdict(event: asyncpg.Record, application: asyncpg.Record, taken_back: set[ApplicationId]) -> MoveVerdict:
    id_ = event["application_id"]
    if id_ in taken_back:
        return MoveVerdict(application_id=id_, verdict="moved", state=event["from_state"])
    return MoveVerdict(application_id=id_, verdict="refused", state=application["state"], code=StateMoved.code)


async def mark_viewed(
    tx: Transaction, org_id: OrgId, applications: Sequence[ApplicationId], *, by: By, at: datetime
) -> None:
    """The employer has seen these applications; said once of each."""
    await tx.execute(
        f"""
        INSERT INTO application_event (id, org_id, application_id, kind, account_id, by_name, at)
        SELECT id, $2, application_id, '{VIEWED}', $4, $5, $6
        FROM unnest($1::uuid[], $3::uuid[]) AS n (id, application_id)
        ON CONFLICT DO NOTHING
        """,  # noqa: S608  # a constant of the domain
        [uuid7(at) for _ in applications],
        org_id,
        sorted(applications),
        by.account_id,
        by.name,
        at,
    )


async def locked(
    tx: Transaction, org_id: OrgId, applications: set[ApplicationId], employer_id: EmployerId | None
) -> Mapping[ApplicationId, asyncpg.Record]:
    """Those of them that exist and are in scope, each locked, in the order of their ids: two batches never deadlock."""
    rows = await tx.fetch(
        f"""
        SELECT p.id, p.state, p.last_move, p.broadcast_id, p.employer_id, p.person_id, p.next_on FROM application p
        WHERE p.id = ANY($1::uuid[]) AND p.org_id = $2 AND {IN_SCOPE} ORDER BY p.id FOR NO KEY UPDATE
        """,  # noqa: S608  # a constant of this module
        list(applications),
        org_id,
        employer_id,
    )
    return {row["id"]: row for row in rows}


async def _record(
    tx: Transaction,
    org_id: OrgId,
    accepted: Collection[Move],
    before: Mapping[ApplicationId, State],
    by: By,
    at: datetime,
    import_id: PeopleImportId | None,
) -> UUID:
    batch_id, ids = uuid7(at), [uuid7(at) for _ in accepted]
    await tx.execute(
        """
        INSERT INTO application_event (id, org_id, application_id, kind, from_state, reason, batch_id, account_id,
            by_name, at, import_id)
        SELECT id, $2, application_id, kind, from_state, reason, $7, $8, $9, $10, $11
        FROM unnest($1::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
            AS n (id, application_id, kind, from_state, reason)
        """,
        ids,
        org_id,
        [move.application_id for move in accepted],
        [move.state for move in accepted],
        [before[move.application_id] for move in accepted],
        [move.reason for move in accepted],
        batch_id,
        by.account_id,
        by.name,
        at,
        import_id,
    )
    await move_to(tx, [move.application_id for move in accepted], [move.state for move in accepted], ids)
    return batch_id


async def _record_undone(
    tx: Transaction, org_id: OrgId, undone: Sequence[asyncpg.Record], by: By, at: datetime
) -> None:
    await tx.execute(
        f"""
        INSERT INTO application_event (id, org_id, application_id, kind, from_state, undoes, account_id, by_name, at)
        SELECT id, $2, application_id, '{UNDONE}', from_state, undoes, $6, $7, $8
        FROM unnest($1::uuid[], $3::uuid[], $4::uuid[], $5::text[]) AS n (id, undoes, application_id, from_state)
        """,  # noqa: S608  # a constant of the domain
        [uuid7(at) for _ in undone],
        org_id,
        [event["id"] for event in undone],
        [event["application_id"] for event in undone],
        [event["kind"] for event in undone],
        by.account_id,
        by.name,
        at,
    )
    states = [event["from_state"] for event in undone]
    await move_to(tx, [event["application_id"] for event in undone], states, [None] * len(undone))

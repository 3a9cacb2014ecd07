"""Moves of applications: by whom, what is counted, what the applicant reads, and taking them back."""

import asyncio
from uuid import uuid4

import pytest

from stream_jobs.domain.errors import MoveNotFound, UndoOver
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.following import Reason, State, Told
from stream_jobs.domain.ids import ApplicationId, BroadcastId, EmployerId, ReceiptId
from stream_jobs.ports import AccountRole, By, Move, Moved, Topic
from tests.builders import BY, Store, a_broadcast, a_phone, a_watcher, apply, batching, jobs_of, until_waiting
from tests.site import a_site

ANNA = By(None, "恒顺招聘部 小安")
BEN = By(None, "恒顺招聘部 小本")


async def some_applied(store: Store, broadcast: BroadcastId, count: int, *, job: int = 0) -> list[ApplicationId]:
    jobs = await jobs_of(store, broadcast)
    async with batching(store):
        made = [await apply(store, broadcast, jobs[job], phone=a_phone(100 * job + n)) for n in range(1, count + 1)]
    return [ApplicationId(receipt.receipt_id) for receipt in made]


async def employer_of(store: Store, application: ApplicationId) -> EmployerId:
    async with store.database.transaction(store.org) as tx:
        return EmployerId(await tx.fetchval("SELECT employer_id FROM application WHERE id = $1", application))


async def state_of(store: Store, application: ApplicationId) -> str:
    async with store.database.transaction(store.org) as tx:
        return str(await tx.fetchval("SELECT state FROM application WHERE id = $1", application))


async def kinds_of(store: Store, application: ApplicationId) -> list[str]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT kind FROM application_event WHERE application_id = $1 ORDER BY id", application)
    return [row["kind"] for row in rows]


async def outcomes(store: Store, broadcast: BroadcastId) -> tuple[object, ...]:
    """Contacted, offered and hired people, and those nobody has called."""
    figures = (await store.actions.report.report_now(store.org, broadcast)).figures
    return figures.applied.contacted, figures.applied.offered, figures.applied.hired, figures.waiting


async def move(
    store: Store,
    application: ApplicationId,
    state: State,
    *,
    expected: State | None = None,
    reason: Reason | None = None,
    employer: EmployerId | None = None,
    by: By = ANNA,
) -> Moved:
    wanted = [Move(application, state, reason, expected)]
    return await store.actions.recruiting.move(store.org, wanted, by, employer=employer)


async def test_each_move_is_an_event_and_counts_at_once(store: Store) -> None:
    """Who, when, from where; the report has it in the same moment, and the host's side is told to look."""
    broadcast = await a_broadcast(store, jobs=1)
    [one, _] = await some_applied(store, broadcast, 2)
    store.bus.told.clear()

    moved = await move(store, one, State.CONTACTED)

    assert [(verdict.verdict, verdict.state) for verdict in moved.verdicts] == [("moved", State.CONTACTED)]
    assert await outcomes(store, broadcast) == (1, 0, 0, 1)
    assert store.bus.told == [(broadcast, Topic.DESK)]
    async with store.database.transaction(store.org) as tx:
        event = await tx.fetchrow(
            "SELECT kind, from_state, by_name, at FROM application_event WHERE batch_id = $1", moved.batch_id
        )
    assert event is not None
    assert tuple(event) == ("contacted", "applied", ANNA.name, store.clock())


async def test_an_undone_move_counts_nothing(store: Store) -> None:
    """It was a mistake: the person was never called, whatever the log says happened in between."""
    broadcast = await a_broadcast(store, jobs=1)
    [one] = await some_applied(store, broadcast, 1)
    before = await outcomes(store, broadcast)

    moved = await move(store, one, State.HIRED)
    assert await outcomes(store, broadcast) == (1, 1, 1, 0)
    assert moved.batch_id is not None
    undone = await store.actions.recruiting.undo(store.org, moved.batch_id, ANNA, employer=None)

    assert undone.moved == 1
    assert await outcomes(store, broadcast) == before
    assert await state_of(store, one) == "applied"
    assert await kinds_of(store, one) == ["applied", "hired", "undone"]


async def test_what_was_reached_before_an_undone_move_stays_counted(store: Store) -> None:
    """Only the undone step falls away, not the call before it; and a correction is no undo."""
    broadcast = await a_broadcast(store, jobs=1)
    [one] = await some_applied(store, broadcast, 1)
    await move(store, one, State.CONTACTED)
    mistake = await move(store, one, State.OFFER)
    assert mistake.batch_id is not None

    await store.actions.recruiting.undo(store.org, mistake.batch_id, ANNA, employer=None)
    assert (await outcomes(store, broadcast), await state_of(store, one)) == ((1, 0, 0, 0), "contacted")

    await move(store, one, State.OFFER)
    await move(store, one, State.VALID)
    assert await outcomes(store, broadcast) == (1, 1, 0, 0)


async def test_undo_leaves_alone_what_somebody_did_since(store: Store) -> None:
    """A colleague's next step and the applicant's withdrawing have the last word; undoing twice changes nothing."""
    broadcast = await a_broadcast(store, jobs=1)
    [one, two, three] = await some_applied(store, broadcast, 3)
    batch = await store.actions.recruiting.move(
        store.org, [Move(id_, State.CONTACTED) for id_ in (one, two, three)], ANNA, employer=None
    )
    assert batch.batch_id is not None
    await move(store, one, State.INTERVIEW, by=BEN)

    undone = [await store.actions.recruiting.undo(store.org, batch.batch_id, ANNA, employer=None) for _ in range(2)]

    assert [(v.verdict, v.state, v.code) for v in undone[0].verdicts] == [
        ("refused", State.INTERVIEW, "state_moved"),
        ("moved", State.APPLIED, None),
        ("moved", State.APPLIED, None),
    ]
    assert undone[1].moved == 0
    assert await outcomes(store, broadcast) == (1, 0, 0, 2)


async def test_undo_has_its_time(store: Store) -> None:
    """After that the figures upstairs have been read; the state can still be changed."""
    broadcast = await a_broadcast(store, jobs=1)
    [one] = await some_applied(store, broadcast, 1)
    moved = await move(store, one, State.CONTACTED)
    assert moved.batch_id is not None

    store.clock.forward(minutes=10, seconds=1)
    with pytest.raises(UndoOver):
        await store.actions.recruiting.undo(store.org, moved.batch_id, ANNA, employer=None)
    with pytest.raises(MoveNotFound):
        await store.actions.recruiting.undo(store.org, uuid4(), ANNA, employer=None)

    assert await state_of(store, one) == "contacted"


async def test_of_two_recruiters_at_once_one_is_told_the_present_state(store: Store) -> None:
    """Both saw 已报名; one move is made, the other is refused with what the first one did."""
    broadcast = await a_broadcast(store, jobs=1)
    [one] = await some_applied(store, broadcast, 1)

    # Both have begun before either may go on.
    async with asyncio.TaskGroup() as group, store.database.transaction(store.org) as tx:
        await tx.execute("SELECT FROM application WHERE id = $1 FOR NO KEY UPDATE", one)
        first = group.create_task(move(store, one, State.CONTACTED, expected=State.APPLIED))
        second = group.create_task(move(store, one, State.REJECTED, expected=State.APPLIED, reason=Reason.FULL, by=BEN))
        await until_waiting(store, 2)
    answers = [first.result(), second.result()]

    verdicts = sorted((answer.verdicts[0] for answer in answers), key=lambda one: one.verdict)
    assert [verdict.verdict for verdict in verdicts] == ["moved", "refused"]
    assert verdicts[1].code == "state_moved" and verdicts[1].state is verdicts[0].state
    assert len(await kinds_of(store, one)) == 2


async def test_bulk_move_with_a_stale_row_moves_the_others_or_none(store: Store) -> None:
    """A verdict for each; asked for all or none, one refusal keeps all as they were."""
    broadcast = await a_broadcast(store, jobs=1)
    ids = await some_applied(store, broadcast, 3)
    await move(store, ids[1], State.REJECTED, reason=Reason.PLACE, by=BEN)
    wanted = [Move(id_, State.INTERVIEW, expected=State.APPLIED) for id_ in ids]
    act = store.actions.recruiting

    none = await act.move(store.org, wanted, ANNA, employer=None, all_or_none=True)
    assert (none.moved, none.batch_id) == (0, None)
    assert [v.state for v in none.verdicts] == [State.APPLIED, State.REJECTED, State.APPLIED]
    some = await act.move(store.org, wanted, ANNA, employer=None)

    assert some.moved == 2
    assert [v.code for v in some.verdicts] == [None, "state_moved", None]
    assert [await state_of(store, id_) for id_ in ids] == ["interview", "rejected", "interview"]


async def test_naming_an_application_twice_moves_it_once(store: Store) -> None:
    """A list that holds somebody twice: the second row is told what the first one did."""
    broadcast = await a_broadcast(store, jobs=1)
    [one] = await some_applied(store, broadcast, 1)
    wanted = [Move(one, State.CONTACTED), Move(one, State.CONTACTED), Move(one, State.HIRED)]

    moved = await store.actions.recruiting.move(store.org, wanted, ANNA, employer=None)

    assert [v.verdict for v in moved.verdicts] == ["moved", "unchanged", "refused"]
    assert await kinds_of(store, one) == ["applied", "contacted"]


async def test_foreign_applications_look_missing(store: Store) -> None:
    """Another employer's, another's with a recruiter of its own, and one that never was: the same answer."""
    broadcast = await a_broadcast(store, jobs=2)
    [own] = await some_applied(store, broadcast, 1)
    [other] = await some_applied(store, broadcast, 1, job=1)
    employer = await employer_of(store, own)
    wanted = [Move(id_, State.CONTACTED) for id_ in (own, other, ApplicationId(uuid4()))]

    as_recruiter = await store.actions.recruiting.move(store.org, wanted, ANNA, employer=employer)
    async with a_site(store) as site:
        await site.account(AccountRole.RECRUITER, employer=employer)
    as_organiser = await store.actions.recruiting.move(store.org, wanted, BY, employer=None)

    missing = ("refused", None, "application_not_found")
    assert [(v.verdict, v.state, v.code) for v in as_recruiter.verdicts[1:]] == [missing, missing]
    assert [(v.verdict, v.code) for v in as_organiser.verdicts] == [
        ("refused", "application_not_found"),
        ("moved", None),
        ("refused", "application_not_found"),
    ]
    assert as_recruiter.batch_id is not None
    with pytest.raises(MoveNotFound):
        await store.actions.recruiting.undo(store.org, as_recruiter.batch_id, BY, employer=None)


async def told_to(store: Store, broadcast: BroadcastId, watcher: Watcher) -> Told:
    [row] = await store.actions.applying.mine(store.org, broadcast, watcher.viewer_id)
    return row.state


async def test_the_applicant_reads_how_it_stands(store: Store) -> None:
    """已报名, 企业已查看 once a recruiter has read the number, and so on; another device learns nothing."""
    broadcast = await a_broadcast(store, jobs=1)
    [job] = await jobs_of(store, broadcast)
    watcher, stranger = a_watcher(), a_watcher()
    async with batching(store):
        receipt = await apply(store, broadcast, job, watcher=watcher)
        await apply(store, broadcast, job, watcher=stranger)
    one = ApplicationId(receipt.receipt_id)
    employer = await employer_of(store, one)
    seen = [await told_to(store, broadcast, watcher)]

    await store.actions.applying.reveal(store.org, one, purpose="contact", by=BY)
    seen.append(await told_to(store, broadcast, watcher))
    for _ in range(2):
        await store.actions.applying.reveal(store.org, one, purpose="contact", by=ANNA, employer=employer)
    seen.append(await told_to(store, broadcast, watcher))
    for state in (State.VALID, State.CONTACTED, State.INTERVIEW, State.OFFER, State.HIRED, State.RETAINED_30D):
        await move(store, one, state)
        seen.append(await told_to(store, broadcast, watcher))

    assert seen == [
        *[Told.APPLIED] * 2,
        *[Told.VIEWED] * 2,
        Told.CONTACTED,
        Told.INTERVIEW,
        Told.OFFER,
        *[Told.HIRED] * 2,
    ]
    assert await told_to(store, broadcast, stranger) is Told.APPLIED
    assert (await kinds_of(store, one)).count("viewed") == 1


async def test_a_list_handed_over_is_seen_by_the_employer(store: Store) -> None:
    """Whoever is on it is told 企业已查看; handing it over again says nothing new."""
    broadcast = await a_broadcast(store, jobs=1)
    ids = await some_applied(store, broadcast, 2)
    employer = await employer_of(store, ids[0])

    for _ in range(2):
        await store.actions.applying.hand_over(
            store.org, broadcast, employer, purpose="联系应聘者", receiver="张经理", by=BY
        )

    assert [await kinds_of(store, id_) for id_ in ids] == [["applied", "viewed"]] * 2


async def test_who_withdrew_is_left_alone_and_opens_it_again_themselves(store: Store) -> None:
    """Staff move nothing that was taken back, and undo nothing past it."""
    broadcast = await a_broadcast(store, jobs=1)
    [job] = await jobs_of(store, broadcast)
    watcher = a_watcher()
    async with batching(store):
        receipt = await apply(store, broadcast, job, watcher=watcher)
        one = ApplicationId(receipt.receipt_id)
        moved = await move(store, one, State.CONTACTED)
        await store.actions.applying.withdraw(store.org, broadcast, watcher.viewer_id, ReceiptId(receipt.receipt_id))
        refused = await move(store, one, State.INTERVIEW)
        assert moved.batch_id is not None
        undone = await store.actions.recruiting.undo(store.org, moved.batch_id, ANNA, employer=None)
        await apply(store, broadcast, job, watcher=watcher)

    assert refused.verdicts[0].code == "move_not_allowed"
    assert undone.moved == 0
    assert await state_of(store, one) == "applied"
    assert (await outcomes(store, broadcast))[0] == 1


# ── how far people came ───────────────────────────────────────────────────────────────────────────────────────

COUNTED = ("valid", "contacted", "interview", "offered", "hired", "retained_7d", "retained_30d")


async def how_far(store: Store, broadcast: BroadcastId) -> list[int | None]:
    applied = (await store.actions.report.report_now(store.org, broadcast)).figures.applied
    return [getattr(applied, name) for name in COUNTED]


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (State.VALID, [1, 0, 0, 0, 0, 0, 0]),
        (State.CONTACTED, [1, 1, 0, 0, 0, 0, 0]),
        (State.INTERVIEW, [1, 1, 1, 0, 0, 0, 0]),
        (State.NO_SHOW, [1, 1, 1, 0, 0, 0, 0]),
        (State.OFFER, [1, 1, 1, 1, 0, 0, 0]),
        (State.HIRED, [1, 1, 1, 1, 1, 0, 0]),
        (State.RETAINED_7D, [1, 1, 1, 1, 1, 1, 0]),
        (State.RETAINED_30D, [1, 1, 1, 1, 1, 1, 1]),
    ],
)
async def test_each_mark_stands_for_those_before_it(store: Store, state: State, counted: list[int]) -> None:
    """Who stayed thirty days was hired, called and valid; and undoing takes all of it back."""
    broadcast = await a_broadcast(store, jobs=1)
    [one, _] = await some_applied(store, broadcast, 2)

    moved = await move(store, one, state)
    reached = await how_far(store, broadcast)
    assert moved.batch_id is not None
    await store.actions.recruiting.undo(store.org, moved.batch_id, ANNA, employer=None)

    assert reached == counted
    assert await how_far(store, broadcast) == [0] * len(COUNTED)


async def test_one_person_with_several_applications_counts_once_by_the_furthest(store: Store) -> None:
    """Called about one job, staying in another: one person who was called and stayed."""
    broadcast = await a_broadcast(store, jobs=2)
    jobs = await jobs_of(store, broadcast)
    async with batching(store):
        made = [await apply(store, broadcast, job, phone=a_phone(1)) for job in jobs]

    await move(store, ApplicationId(made[0].receipt_id), State.CONTACTED)
    await move(store, ApplicationId(made[1].receipt_id), State.RETAINED_7D)
    # A correction afterwards takes nothing away.
    await move(store, ApplicationId(made[1].receipt_id), State.HIRED)

    assert await how_far(store, broadcast) == [1, 1, 1, 1, 1, 1, 0]

"""What any reader makes of the stage log, whatever the order of commands."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream_jobs.domain.errors import Conflict
from stream_jobs.domain.events import QuestionKind, StageEvent, stage_event
from stream_jobs.domain.ids import BroadcastId, CardId, made_at, uuid7
from stream_jobs.domain.model import CardState, Stage
from stream_jobs.ports import Snapshot
from tests.builders import BY, Store, a_broadcast, cards_of

COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["push", "push", "push", "withdraw", "pin", "unpin", "undo", "end", "state", "answer", "tray", "wait"]
        ),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=12,
)


async def _do(store: Store, broadcast: BroadcastId, command: str, card: CardId) -> None:
    stage, org = store.actions.stage, store.org
    on_stage = (await stage.snapshot(org, broadcast)).on_stage
    shown = on_stage.card.id if on_stage else card
    match command:
        case "push":
            await stage.push(org, broadcast, card, BY, uuid4())
        case "withdraw":
            await stage.withdraw(org, broadcast, shown, BY, uuid4())
        case "pin":
            await stage.pin(org, broadcast, shown, BY, uuid4())
        case "unpin":
            await stage.unpin(org, broadcast, BY, uuid4())
        case "undo":
            await stage.undo(org, broadcast, BY, uuid4())
        case "end":
            await stage.end(org, broadcast, BY, uuid4())
        case "state":
            await stage.set_card_state(org, broadcast, card, CardState.PAUSED, BY)
        case "answer":
            await stage.answer(org, broadcast, card, QuestionKind.MEALS, "包三餐", BY)
        case "tray":
            order = list(reversed(await cards_of(store, broadcast)))
            await store.stores.trays.order_cards(org, broadcast, order, at=store.clock(), by=BY)
        case "wait":
            store.clock.forward(seconds=20)


def _as_stage(snapshot: Snapshot) -> Stage:
    on_stage = snapshot.on_stage
    return Stage(
        status=snapshot.broadcast.status,
        on_stage=None
        if on_stage is None
        else Stage().after(on_stage.seq, _pushed(on_stage.card.model_dump()), on_stage.at).on_stage,
        pinned=snapshot.pinned,
        started_at=snapshot.broadcast.started_at,
        ended_at=snapshot.broadcast.ended_at,
        tray_version=snapshot.tray_version,
        pushes=tuple((push.seq, push.card_id) for push in snapshot.pushes),
    )


def _pushed(card: dict[str, object]) -> StageEvent:
    return stage_event.validate_python({"type": "card_pushed", "card": card})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commands=COMMANDS, read_at=st.integers(0, 12))
async def test_a_snapshot_and_what_came_after_it_is_a_fresh_snapshot(
    store: Store, commands: list[tuple[str, int]], read_at: int
) -> None:
    """For every kind of event, whenever the snapshot was taken: what a page folds is what a late joiner is told."""
    broadcast = await a_broadcast(store)
    cards = await cards_of(store, broadcast)
    old = await store.actions.stage.snapshot(store.org, broadcast)
    for nth, (command, card) in enumerate(commands):
        if nth == read_at:
            old = await store.actions.stage.snapshot(store.org, broadcast)
        try:
            await _do(store, broadcast, command, cards[card])
        except Conflict:
            continue

    folded = _as_stage(old)
    for entry in await store.actions.stage.stage_after(store.org, broadcast, old.seq):
        folded = folded.after(entry.seq, entry.event, entry.at)

    assert folded == _as_stage(await store.actions.stage.snapshot(store.org, broadcast))


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001  # bounds
    later=st.integers(1, 10**9),
)
def test_ids_sort_by_their_time(at: datetime, later: int) -> None:
    """Partitions and lists rely on it."""
    first, second = uuid7(at), uuid7(at + timedelta(milliseconds=later))

    assert first < second
    assert abs(made_at(first) - at) < timedelta(milliseconds=2)
    assert (first.version, first.variant) == (7, UUID(int=uuid4().int).variant)

"""Every figure counted again: what is right is said to be right, and what is not is named."""

import asyncio
import json
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from admin import report_book
from admin.files import Cell
from storage.places import hold_counting
from storage.pool import Database, Transaction
from storage.rebuilding import rebuild
from stream_jobs.cli import cli
from stream_jobs.domain import comparison
from stream_jobs.domain.comparison import compare
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import SignalStep, Watcher
from stream_jobs.domain.form import values
from stream_jobs.domain.ids import NO_CHANNEL, WHOLE_SHOW, BroadcastId, VisitId, WorkerId
from stream_jobs.domain.report import Applied, CardLine, ChannelLine, EmployerLine, Figures, Reached, TimeLine
from stream_jobs.keys import load_keys
from stream_jobs.ports import CardFigures, Desk, Report
from stream_jobs.settings import Settings
from stream_jobs.verify import live, report, run
from stream_jobs.verify.applicants import OUTCOMES
from stream_jobs.verify.compare import Verified
from stream_jobs.verify.rebuilding import rebuild_shows
from stream_jobs.verify.run import verify
from tests.builders import (
    BY,
    Clock,
    Store,
    a_broadcast,
    a_phone,
    a_store,
    a_visit,
    a_watcher,
    apply,
    batching,
    cards_of,
    jobs_of,
)
from tests.report_builders import History, a_show, a_signal

FORM = "file bureau form"
TABLES = ("reach", "step_count")


async def verified(store: Store, wanted: UUID | None = None) -> Verified:
    return await verify(store.database, store.keys, wanted, store.clock())


async def a_busy_show(store: Store, seed: int = 1, *, steps: int = 150) -> BroadcastId:
    broadcast = await a_show(store)
    async with batching(store):
        await History(store, broadcast, random.Random(seed)).run(steps)
    return broadcast


async def dump(store: Store) -> list[tuple[object, ...]]:
    """The sums, every column, in the order of their keys."""
    async with store.database.transaction(store.org) as tx:
        reach = await tx.fetch("SELECT r FROM reach r ORDER BY broadcast_id, viewer_id, card_id")
        sums = await tx.fetch("SELECT s FROM step_count s ORDER BY broadcast_id, card_id, channel_id, step")
    return [tuple(row) for row in (*reach, *sums)]


async def do(store: Store, statement: str, *given: object, alone: BroadcastId | None = None) -> None:
    """What no program does; while nobody else counts that show, if it is told which."""
    async with store.database.transaction(store.org) as tx:
        if alone is not None:
            await hold_counting(tx, alone)
        done = await tx.execute(statement, *given)
    assert not done.endswith(" 0"), f"{statement} touched nothing"


# ── verify ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_applied_before_the_first_visit_that_was_kept_has_no_time_to_apply(store: Store) -> None:
    """A killed worker forgets the visits of its last second; the viewer comes back with the same page load."""
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]
    early, late = a_watcher(), a_watcher()
    async with batching(store):
        await apply(store, broadcast, job, watcher=early)
        await a_visit(store, broadcast, late)
        store.clock.forward(seconds=9)
        await a_visit(store, broadcast, early)
        await apply(store, broadcast, job, watcher=late, phone="13800000002")

    found = await verified(store)

    assert found.differences == ()
    assert (await store.actions.report.report_now(store.org, broadcast)).figures.apply_seconds_median == 9


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happened_in_a_show_every_figure_is_found_right(store: Store, seed: int) -> None:
    """Totals, report, live figures, lists and files; of a show that is over, and of one on air."""
    broadcast = await a_show(store)
    async with batching(store):
        await History(store, broadcast, random.Random(seed)).run(150)
        other = await a_show(store)
        await History(store, other, random.Random(seed), channels=[NO_CHANNEL]).visit()

    found = await verified(store)

    assert found.differences == ()
    assert found.shows == 2
    assert found.compared > 1_000


BROKEN = {
    "UPDATE step_count SET viewers = viewers + 1 WHERE step = 4 AND card_id = $1": {
        ("step_count", "click viewers"), ("report", "clicks"), ("desk", "clicks"), ("file cards", "clicks"),
        ("file cards", "click_rate"),
    },
    "UPDATE step_count SET events = events - 1 WHERE step = 32 AND card_id = $1": {
        ("step_count", "call events"), ("report", "calls"), ("file cards", "calls"),
    },
    "UPDATE step_count SET implied = implied + 1 WHERE step = 2 AND card_id = $1": {
        ("step_count", "impression implied"),
    },
    "DELETE FROM step_count WHERE step = 2 AND card_id = $1": {
        ("step_count", "impression viewers"), ("report", "impressions"), ("file cards", "impressions"),
    },
    "UPDATE reach SET steps = steps # 2 WHERE card_id = $1": {("reach", "steps, implied")},
    "DELETE FROM reach WHERE card_id = $1": {("reach", "steps, implied")},
}  # fmt: skip


@pytest.mark.parametrize("breaking", BROKEN)
async def test_a_sum_that_was_changed_by_hand_is_named_wherever_it_is_shown(store: Store, breaking: str) -> None:
    """With the metric, the place, and both figures; and rebuilding mends it."""
    broadcast = await a_busy_show(store)
    before = await dump(store)
    card = await _busiest(store, broadcast)
    await do(store, breaking, card)

    found = await verified(store, broadcast)
    rebuilt = await rebuild(store.database, broadcast, store.clock())

    assert {(one.where, one.metric) for one in found.differences} >= BROKEN[breaking]
    assert any(str(card) in one.place for one in found.differences)
    assert not rebuilt.right
    assert await dump(store) == before
    assert (await verified(store, broadcast)).right


async def _busiest(store: Store, broadcast: BroadcastId) -> UUID:
    """The card with most rows of its own sums."""
    async with store.database.transaction(store.org) as tx:
        card = await tx.fetchval(
            """
            SELECT card_id FROM step_count WHERE broadcast_id = $1 AND card_id <> $2
            GROUP BY card_id ORDER BY bool_or(step = 32) DESC, count(*) DESC, card_id LIMIT 1
            """,
            broadcast,
            WHOLE_SHOW,
        )
    return UUID(str(card))


SHOWN_ELSEWHERE = {
    "UPDATE application SET valid_at = CASE WHEN valid_at IS NULL THEN at END": {
        ("report", "valid"), ("series report", "valid"), ("file report.xlsx", "people"),
    },
    "UPDATE step_count SET viewers = viewers + 1, events = events + 1 WHERE step = 1 AND card_id = $1": {
        ("wall", "funnel"), ("wall", "visits"), ("series report", "visitors"), ("series report", "visits"),
        ("file report.xlsx", "visitors"),
    },
    "UPDATE step_count SET events = events + 1 WHERE step = 65 AND card_id = $1": {
        ("step_count", "forged link events"), ("report", "forged_links"), ("file summary", "forged_links"),
    },
    "UPDATE step_count SET viewers = viewers + 1 WHERE step = 4 AND broadcast_id IN (SELECT id FROM series)": {
        ("series report", "funnel"), ("wall", "funnel"),
    },
    "UPDATE step_count SET viewers = viewers + 1 WHERE step = 8 AND broadcast_id = org_id": {
        ("report of everything", "funnel"), ("step_count", "apply_start viewers"),
    },
    "UPDATE reach SET steps = 31, implied = 0 WHERE broadcast_id = org_id": {("reach", "steps, implied")},
    "UPDATE presence SET watch_microseconds = watch_microseconds + 1000": {
        ("file shows.csv", "watch_ms"), ("file shows.xlsx", "watch_ms"),
    },
}  # fmt: skip


@pytest.mark.parametrize("breaking", SHOWN_ELSEWHERE)
async def test_series_walls_and_workbooks_are_compared_too(store: Store, breaking: str) -> None:
    """What was changed by hand is named on each of them."""
    await a_busy_show(store)
    store.clock.forward(minutes=5)
    await store.stores.presence.seal(store.clock())
    await do(store, breaking, *([WHOLE_SHOW] if "$1" in breaking else []))

    found = await verified(store)

    assert {(one.where, one.metric) for one in found.differences} >= SHOWN_ELSEWHERE[breaking]


async def test_a_line_that_is_wrong_in_the_files_of_several_shows_alone_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One figure more in the workbook, one show less in both files."""
    await a_busy_show(store)
    write = report_book.show_line

    def wrongly(report: Report) -> list[Cell]:
        return [*write(report)[:-2], 7, None]

    monkeypatch.setattr(report_book, "show_line", wrongly)
    in_book = await verified(store)
    monkeypatch.setattr(report_book, "show_line", write)
    monkeypatch.setattr(run, "exported_shows", none_of_them)
    lost = await verified(store)

    assert {one.where for one in in_book.differences} == {"file shows.xlsx"}
    assert {one.where for one in lost.differences} == {*("file shows", "file shows.xlsx", "file shows.csv"), FORM}


async def test_a_wrong_form_or_comparison_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """People added up over shows, earlier shows left out, no best card told, another unit named."""
    for applied in (3, 2):
        await a_show_that_many_saw(store, applied)
    summed = values._together
    monkeypatch.setattr(values, "_together", lambda metric, shows, _: summed(metric, shows, {"applicants": 5}))
    elsewhere = {"kind": "unit", "unit": "别处"}
    monkeypatch.setattr(run, "compare", lambda show, earlier, group: compare(show, [], replace(group, **elsewhere)))
    monkeypatch.setattr(comparison, "_cards", lambda show: [])

    found = await verified(store)

    assert {(one.where, one.metric) for one in found.differences} >= {
        (FORM, "applicants"), (FORM, "visitors"), ("comparison", "earlier"), ("comparison", "best card"),
        ("comparison", "worst card"), ("comparison", "unit"),
    }  # fmt: skip
    assert {one.where for one in found.differences} == {FORM, "comparison"}


async def a_show_that_many_saw(store: Store, applied: int) -> BroadcastId:
    """Ended; its two jobs were presented, and seen by twenty viewers each, as many of whom applied for the first."""
    broadcast = await a_broadcast(store, jobs=2)
    job, cards = (await jobs_of(store, broadcast))[0], await cards_of(store, broadcast)
    for card in cards:
        await store.actions.stage.push(store.org, broadcast, card, BY, uuid4())
    watchers = [a_watcher() for _ in range(20)]
    await store.actions.watching.visits(store.org, broadcast, [(one, store.clock()) for one in watchers])
    seen = [(one, a_signal(store, SignalStep.IMPRESSION, card)) for one in watchers for card in cards]
    await store.actions.watching.record(store.org, broadcast, seen)
    async with batching(store):
        await asyncio.gather(
            *(
                apply(store, broadcast, job, watcher=one, phone=a_phone(nth))
                for nth, one in enumerate(watchers[:applied])
            )
        )
    store.clock.forward(hours=1)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    store.clock.forward(days=1)
    return broadcast


async def none_of_them(tx: Transaction, *which: object) -> list[BroadcastId]:
    return []


async def test_rows_that_contradict_each_other_are_found(store: Store) -> None:
    """An application or page load without its event, a forged link's channel, one a device never came through."""
    broadcast = await a_busy_show(store)
    for breaking, metric in (
        ("DELETE FROM audience_event WHERE step = 'application' AND fraud IS NULL", "applications and their events"),
        ("DELETE FROM visit WHERE viewer_id = (SELECT viewer_id FROM visit ORDER BY viewer_id LIMIT 1)",
         "visits with no event, or events with no visit"),
        ("UPDATE audience_event SET channel_id = org_id WHERE forged", "channel of a forged link"),
        ("UPDATE audience_member SET first_channel_id = org_id", "first channel"),
    ):  # fmt: skip
        await do(store, breaking)
        found = await verified(store, broadcast)
        assert metric in {one.metric for one in found.differences if one.where == "rows"}


async def test_a_show_is_verified_while_viewers_go_on_watching(store: Store) -> None:
    """All of it is read at one moment, so that what arrives meanwhile contradicts nothing."""
    broadcast = await a_show(store)
    cards = await cards_of(store, broadcast)
    going = True

    async def watch() -> None:
        while going:
            watcher = await a_visit(store, broadcast)
            seen = [(watcher, a_signal(store, SignalStep.CLICK, card)) for card in cards]
            await store.actions.watching.record(store.org, broadcast, seen)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(watch())
        found = [await verified(store, broadcast) for _ in range(5)]
        going = False

    assert [one.differences for one in found] == [()] * 5
    assert found[-1].compared > found[0].compared


async def test_a_series_is_verified_by_its_id_and_an_unknown_id_is_refused(store: Store) -> None:
    """And one broadcast is verified alone."""
    shows = [await a_broadcast(store), await a_broadcast(store)]
    async with store.database.transaction(store.org) as tx:
        series = await tx.fetchval("SELECT series_id FROM broadcast WHERE id = $1", shows[0])

    assert (await verified(store, series)).shows == 2
    assert (await verified(store, shows[0])).shows == 1
    with pytest.raises(BroadcastNotFound):
        await verified(store, uuid4())


async def test_a_sum_of_a_series_that_was_changed_is_named_and_mended(store: Store) -> None:
    """Each viewer of its shows once; a rehearsal is in none of it."""
    broadcast = await a_busy_show(store)
    other, rehearsal = await a_broadcast(store), await a_broadcast(store, rehearsal=True)
    viewer = await a_visit(store, broadcast)
    for show in (other, rehearsal):
        await a_visit(store, show, Watcher(viewer.viewer_id, VisitId(uuid4()), NO_CHANNEL))
        await a_visit(store, show)
    async with store.database.transaction(store.org) as tx:
        series = await tx.fetchval("SELECT series_id FROM broadcast WHERE id = $1", broadcast)
    assert (await verified(store, series)).differences == ()
    before = await dump(store)

    for table, change, shown in (
        ("step_count", "viewers = viewers + 1", {"step_count", "series report", "wall"}),
        ("reach", "steps = 1, implied = 0", {"reach"}),
    ):
        await do(store, f"UPDATE {table} SET {change} WHERE broadcast_id = $1", series)  # noqa: S608  # named here
        found = await verified(store, series)
        assert {(one.broadcast, one.where) for one in found.differences} == {(series, where) for where in shown}
        rebuilt = await rebuild_shows(store.database, series, store.clock())
        assert list(rebuilt.changed) == [series]
        assert await dump(store) == before


async def test_a_cell_of_presence_that_was_changed_is_noticed_and_mended(store: Store) -> None:
    """What a report reads of who watched is summed too, once it is over."""
    broadcast = await a_busy_show(store)
    store.clock.forward(minutes=5)
    await store.stores.presence.seal(store.clock())
    assert (await verified(store, broadcast)).differences == ()

    await do(store, "UPDATE presence SET watch_microseconds = watch_microseconds + 1000 WHERE highest > 0")
    found = await verified(store, broadcast)
    rebuilt = await rebuild(store.database, broadcast, store.clock())

    assert ("report", "watch_ms") in {(one.where, one.metric) for one in found.differences}
    assert rebuilt.cells
    assert (await verified(store, broadcast)).differences == ()
    assert (await rebuild(store.database, broadcast, store.clock())).right


async def test_a_show_whose_events_were_dropped_is_said_to_be_gone(store: Store) -> None:
    """There is nothing left to count, and nothing to make sums from: they stay."""
    broadcast = await a_busy_show(store)
    before = await dump(store)
    async with store.database.maintenance() as tx:
        await tx.execute("DELETE FROM audience_event")
        await tx.execute(
            "INSERT INTO dropped_month (first_id, end_id, at) VALUES ($1, $2, $3)",
            UUID(int=0), UUID(int=2**128 - 1), store.clock(),
        )  # fmt: skip

    found = await verified(store)
    rebuilt = await rebuild_shows(store.database, broadcast, store.clock())

    assert (found.gone, found.differences) == ({broadcast: store.clock()}, ())
    assert rebuilt.changed == {}
    assert await dump(store) == before


async def test_what_is_left_of_several_shows_is_compared_when_the_events_of_one_were_dropped(store: Store) -> None:
    """Nothing of everything and of its series was, from the day the first show's events were gone; nobody said so."""
    dropped, left = await a_busy_show(store), await a_broadcast(store)
    begun = store.clock() + timedelta(days=2)
    await do(store, "UPDATE broadcast SET started_at = $2 WHERE id = $1", left, begun)
    for watcher in [await a_visit(store, left) for _ in range(3)]:
        await store.actions.watching.record(
            store.org, left, [(watcher, a_signal(store, SignalStep.CLICK, (await cards_of(store, left))[0]))]
        )
    store.clock.forward(days=3)
    series = (await store.actions.series.listed(store.org))[0].id
    async with store.database.maintenance() as tx:
        await tx.execute("DELETE FROM audience_event WHERE broadcast_id = $1", dropped)
        await tx.execute(
            "INSERT INTO dropped_month (first_id, end_id, at) VALUES ($1, $2, $3)",
            dropped, left, store.clock(),
        )  # fmt: skip

    found = await verified(store)
    await do(store, "UPDATE reach SET steps = 0 WHERE broadcast_id = $1 AND card_id = $2", left, WHOLE_SHOW)
    changed = await verified(store)

    assert (set(found.gone), found.differences) == ({dropped}, ())
    since = (begun - timedelta(days=1)).date()
    assert {(one.of, one.dropped, one.since) for one in found.partly} == {(of, 1, since) for of in (series, store.org)}
    assert str(series) in "\n".join(found.lines())
    shown = {
        f"series report since {since}",
        f"report of everything since {since}",
        "report of days",
        "report of a unit",
    }
    assert shown <= {one.where for one in changed.differences if one.metric == "funnel"}


async def test_a_rehearsal_and_a_show_nobody_came_to_are_right_too(store: Store) -> None:
    """Nothing is divided by nothing."""
    await a_broadcast(store, rehearsal=True, policies=1)
    await a_broadcast(store, live=False)

    assert (await verified(store)).differences == ()


# What is shown beside figures, and is none: names, kinds, ids and times of a line.
LABELS = {
    "card_id",
    "kind",
    "number",
    "label",
    "title",
    "employer",
    "employer_id",
    "name",
    "channel_id",
    "from_at",
    "to_at",
}
# What is compared under another name, or as a whole.
APART = {"reached", "applied", "peak", "peak_at", "watching", "waiting_since", "openings", "handed_over_at",
    "has_recruiter", "last_applications", "scans", "small", "hidden_below"}  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "compared"),
    [
        (Figures, (*report.OF_SHOW, *report.PACE)),
        (Reached, ("exposures", *report.REACHED)),
        (Applied, (*report.COUNTED, *OUTCOMES)),
        (CardLine, report.OF_CARD),
        (EmployerLine, report.OF_EMPLOYER),
        (ChannelLine, report.OF_CHANNEL),
        (TimeLine, report.OF_TIME),
    ],
)
def test_every_figure_of_a_report_is_compared(shape: type[BaseModel], compared: tuple[str, ...]) -> None:
    """A new figure is counted again too, or this fails."""
    assert set(shape.model_fields) - LABELS - APART <= set(compared)


def test_every_figure_of_the_desk_is_compared() -> None:
    """All but the peak, which is the highest that was seen at a beat."""
    numbers = {name for name, field in Desk.model_fields.items() if field.annotation is int}

    assert numbers - {"peak"} == {name for name, _ in live.OF_DESK}
    assert {name for name, field in CardFigures.model_fields.items() if field.annotation is int} == set(live.OF_CARD)


# ── rebuild ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(3))
async def test_sums_made_again_from_the_events_are_the_same_to_the_byte(store: Store, seed: int) -> None:
    """Whatever happened, in whatever order; where there was nothing at all, everything is made."""
    broadcast = await a_busy_show(store, seed)
    before = await dump(store)
    for table in TABLES:
        await do(store, f"DELETE FROM {table}")  # noqa: S608  # named above

    rebuilt = await rebuild(store.database, broadcast, store.clock())

    assert await dump(store) == before
    assert rebuilt.sums
    assert rebuilt.reach


async def test_what_is_right_is_left_untouched_and_a_dry_run_changes_nothing(store: Store) -> None:
    """No row is written anew without need."""
    broadcast = await a_busy_show(store)
    rows = "SELECT sum(xmin::text::bigint) FROM step_count"

    async def written() -> object:
        async with store.database.transaction(store.org) as tx:
            return await tx.fetchval(rows)

    before = await written()
    assert (await rebuild(store.database, broadcast, store.clock())).right
    assert await written() == before
    await do(store, "UPDATE step_count SET events = 999 WHERE step = 1")
    broken = await dump(store)
    told = await rebuild(store.database, broadcast, store.clock(), dry_run=True)

    assert await dump(store) == broken
    assert {one.was[2] for one in told.sums if one.was} == {999}
    assert all(one.now and one.now[2] < 999 for one in told.sums)


async def test_who_counts_while_sums_are_made_again_waits_and_is_counted_once(store: Store) -> None:
    """Nothing is lost and nothing counted twice, however often sums are made again under writers."""
    broadcast = await a_broadcast(store)
    cards = await cards_of(store, broadcast)
    await a_visit(store, broadcast)
    going = True

    async def watch() -> None:
        while going:
            watcher = await a_visit(store, broadcast)
            seen = [(watcher, a_signal(store, step, card)) for card in cards for step in SignalStep]
            await store.actions.watching.record(store.org, broadcast, seen)

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(watch())
        for _ in range(15):
            assert (await rebuild(store.database, broadcast, store.clock())).right
            # Rows of writers under way, in no order of theirs, would be a deadlock.
            await do(store, "UPDATE step_count SET events = events + 5 WHERE step = 1", alone=broadcast)
            assert not (await rebuild(store.database, broadcast, store.clock())).right
        going = False

    assert (await verified(store, broadcast)).differences == ()


async def test_an_end_that_was_taken_back_moves_no_figure_of_late_events(store: Store) -> None:
    """What had arrived after it was counted as late, and nothing but that figure said so: no recount could find it."""
    broadcast = await a_broadcast(store)
    card, watcher = (await cards_of(store, broadcast))[0], await a_visit(store, broadcast)
    row = (store.org, broadcast, watcher.visit_id, WorkerId(uuid4()), store.clock())
    await store.actions.watching.opened([row])
    store.clock.forward(minutes=5)
    seen = a_signal(store, SignalStep.IMPRESSION, card, at=store.clock() - timedelta(seconds=1))
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    store.clock.forward(seconds=2)
    await store.actions.watching.record(store.org, broadcast, [(watcher, seen)])
    await store.actions.stage.undo(store.org, broadcast, BY, uuid4())

    apart = (await store.actions.report.report_now(store.org, broadcast)).apart

    assert apart.late == 1
    assert (await verified(store)).differences == ()
    assert (await rebuild(store.database, broadcast, store.clock())).right


# ── the commands ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_commands_say_what_differs_and_mend_it(
    database_url: str, database: Database, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """verify fails with the figures, rebuild mends them, verify is content."""
    store = await a_store(database, load_keys(Settings(data=tmp_path).keys_folder), clock)
    broadcast = await a_broadcast(store)
    await a_visit(store, broadcast)
    monkeypatch.setenv("STREAM_JOBS_DATABASE_URL", database_url)
    monkeypatch.setattr("stream_jobs.terminal.configure_logging", lambda **_: None)

    async def command(*words: str) -> tuple[int, dict[str, object]]:
        done = await asyncio.to_thread(CliRunner().invoke, cli, [*words, "--json", "--data", str(tmp_path)])
        return done.exit_code, json.loads(done.stdout.strip().splitlines()[-1])

    status, said = await command("verify", "--all")
    assert (status, said["differences"]) == (0, [])
    await do(store, "UPDATE step_count SET events = 7 WHERE step = 1")

    status, said = await command("verify", str(broadcast))
    assert status == 1
    assert {"metric": "visits", "place": "show", "shown": 7, "recounted": 1, "where": "report",
            "broadcast": str(broadcast)} in said["differences"]  # type: ignore[operator]  # fmt: skip
    status, said = await command("rebuild", str(broadcast), "--dry-run")
    assert (status, len(said["changed"])) == (0, 1)  # type: ignore[arg-type]  # JSON
    assert (await command("verify", "--all"))[0] == 1
    await command("rebuild", "--all")
    assert (await command("verify", "--all"))[0] == 0

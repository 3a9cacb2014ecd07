"""A show's time, cut without losing or doubling a moment."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_jobs.domain.ids import CardId
from stream_jobs.domain.timeline import (
    MOST_BUCKETS,
    Cell,
    OnAir,
    Segment,
    StageChange,
    bucket_starts,
    cell_edges,
    fitting,
    stretches,
    times_on_stage,
    whole_cells,
)

START = datetime(2026, 11, 12, 6, 0, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


lengths = st.integers(0, 3 * 24 * 3600).map(lambda seconds: OnAir(START, START + timedelta(seconds=seconds)))
kinds: st.SearchStrategy[Literal["job", "policy", "qa"]] = st.sampled_from(("job", "policy", "qa"))


@st.composite
def a_segment(draw: st.DrawFn) -> Segment:
    """May begin before the show, end after it, overlap another, or not say when it ends."""
    begins, lasts = draw(st.integers(-30, 200)), draw(st.none() | st.integers(0, 90))
    return Segment(draw(kinds), after(begins), None if lasts is None else after(begins + lasts))


@given(on_air=lengths, ended=st.booleans(), parts=st.lists(a_segment(), max_size=6))
def test_stretches_hold_every_moment_exactly_once(on_air: OnAir, ended: bool, parts: list[Segment]) -> None:
    """Figures cut by time add up to the whole."""
    found = stretches(on_air, ended=ended, segments=parts)

    assert found[0].from_at is None and found[-1].to_at is None
    assert [part.to_at for part in found[:-1]] == [part.from_at for part in found[1:]]
    starts = [part.from_at for part in found if part.from_at]
    assert starts == sorted(starts)


def test_show_that_has_not_started_is_one_stretch() -> None:
    """Visits before the show have a place too."""
    assert [part.kind for part in stretches(None, ended=False)] == ["before"]


def test_two_hours_are_cut_into_quarters() -> None:
    """Before, eight quarters, after."""
    kinds = [part.kind for part in stretches(OnAir(START, after(120)), ended=True)]

    assert kinds == ["before", *["slice"] * 8, "after"]


def test_typed_parts_of_the_show_and_the_gaps_between_them() -> None:
    """A policy part that ends leaves a stretch of its own until the next part."""
    parts = [Segment("job", START, after(20)), Segment("policy", after(30), None)]

    found = stretches(OnAir(START, after(60)), ended=True, segments=parts)

    assert [(part.kind, part.from_at) for part in found[1:-1]] == [
        ("job", START),
        ("slice", after(20)),
        ("policy", after(30)),
    ]


@given(on_air=lengths)
def test_curve_never_has_more_than_300_steps(on_air: OnAir) -> None:
    """A page can draw it, and it covers the whole show."""
    starts = bucket_starts(on_air)

    assert 1 <= len(starts) <= MOST_BUCKETS
    assert starts[0] == on_air.from_at


@st.composite
def a_sealed_show(draw: st.DrawFn) -> tuple[OnAir, list[datetime]]:
    """A show as long as it may be, and the moments at which what was over of it was put into cells."""
    on_air = draw(lengths)
    seconds = int(on_air.length.total_seconds())
    moments = draw(st.lists(st.integers(0, seconds), max_size=6).map(sorted))
    return on_air, [START + timedelta(seconds=moment) for moment in moments]


@given(sealed=a_sealed_show())
def test_every_step_of_the_curve_and_of_the_clock_begins_where_a_cell_does(
    sealed: tuple[OnAir, list[datetime]],
) -> None:
    """However long the show became after its first cells were made, no cell has to be cut."""
    on_air, moments = sealed
    edges: set[datetime] = set()
    since = START
    for moment in moments:
        until = whole_cells(on_air, moment)
        if since < until:
            edges |= {*cell_edges(on_air, since, until)}
            since = until

    inside = [edge for edge in bucket_starts(on_air) if edge < since]
    inside += [part.from_at for part in stretches(on_air, ended=True) if part.from_at and part.from_at < since]
    assert {*inside} <= edges


@given(on_air=lengths, cut=st.integers(1, 7199))
def test_cells_have_the_edges_asked_for_and_no_gap(on_air: OnAir, cut: int) -> None:
    """A part of the show that began in the middle of a cell begins a cell of its own."""
    until = on_air.from_at + timedelta(hours=2)
    moment = on_air.from_at + timedelta(seconds=cut, milliseconds=500)

    edges = cell_edges(OnAir(on_air.from_at, until), on_air.from_at, until, [moment])

    assert edges == sorted({*edges}) and (edges[0], edges[-1]) == (on_air.from_at, until)
    assert moment in edges


def test_cells_stop_fitting_where_an_edge_is_missing() -> None:
    """What cannot be cut is counted anew from there on."""
    cells = [Cell(after(n), after(n + 1), n, after(n), 0, 0, 0, 0, 0) for n in range(4)]

    assert fitting(cells, [after(1), after(3)]) == cells
    assert fitting(cells, [after(2.5)]) == cells[:2]


def test_nothing_was_on_stage_when_nothing_was_pushed() -> None:
    """A show that has just begun has a report; it once failed for want of a first change."""
    assert times_on_stage([], after(5)) == {}


@pytest.mark.parametrize("end", [after(10)])
def test_time_on_stage_ends_with_the_next_card_its_withdrawal_or_the_end(end: datetime) -> None:
    """A card that comes back adds up."""
    one, two = CardId(uuid4()), CardId(uuid4())
    changes = [
        StageChange(after(0), one),
        StageChange(after(2), two),
        StageChange(after(3), None),
        StageChange(after(5), one),
    ]

    assert times_on_stage(changes, end) == {one: timedelta(minutes=7), two: timedelta(minutes=1)}

"""The quick drills with reduced counts: each promise holds, and each control breaks it."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from storage.pool import open_database
from tests.builders import a_broadcast, a_store
from tests.drills import table
from tests.drills.catalogue import DRILLS
from tests.drills.drill import Bench, Drill, Found
from tests.drills.in_clear import a_temporary_folder, search
from tests.drills.place import Place, a_place
from tests.drills.runner import Outcome
from tests.drills.show import KEYS, RealClock

QUICK = [drill for drill in DRILLS if drill.quick]
# To go wrong takes them longer than to go well: `make drills` has these.
LENGTHY = ("kill -9 server", "kill -9 PostgreSQL", "recovery storm", "line cut after n bytes")
CONTROLS = [
    pytest.param(drill, marks=[pytest.mark.drill] if drill.name in LENGTHY else [], id=drill.name) for drill in QUICK
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Everything that all of them leave behind."""
    folder = tmp_path_factory.mktemp("drills")
    with a_temporary_folder(folder / "temporary"):
        yield folder


@pytest_asyncio.fixture(scope="module")
async def place(folder: Path) -> AsyncIterator[Place]:
    """One for all of them: each leaves it working."""
    async with a_place(folder / "place") as started:
        yield started


@pytest.fixture
def bench(place: Place, folder: Path) -> Bench:
    @asynccontextmanager
    async def same() -> AsyncIterator[Place]:
        yield place

    return Bench(same, Path(tempfile.mkdtemp(dir=folder)), quick=True)


@pytest.mark.parametrize("drill", QUICK, ids=lambda drill: drill.name)
async def test_the_promise_holds(drill: Drill, bench: Bench) -> None:
    """With fewer trials than `make drills` has."""
    found = await drill.run(bench)

    assert found.kept, found.said
    assert found.trials > 0


@pytest.mark.parametrize("drill", CONTROLS)
async def test_what_is_wrong_is_found(drill: Drill, bench: Bench) -> None:
    """A drill that never fails proves nothing."""
    found = await drill.control(bench)

    assert not found.kept, f"{drill.wrong}: {found.said}"


async def test_nobody_is_left_in_clear(place: Place, folder: Path) -> None:
    """After all of them: neither in what they left behind, nor in what refused them.

    That the search sees anything is tried on a show made for it: alone, this test has no other.
    """
    async with open_database(await place.new_database(), size=1) as database:
        await a_broadcast(await a_store(database, KEYS, RealClock()))

    assert await search(folder) == []


def test_names_are_told_apart() -> None:
    """A drill is run by its name."""
    assert len({drill.name for drill in DRILLS}) == len(DRILLS)


@pytest.mark.parametrize(
    ("found", "control", "good"),
    [
        (Found(1, True, "x"), Found(1, False, "y"), True),
        (Found(1, True, "x"), Found(1, True, "y"), False),
        (Found(1, False, "x"), Found(1, False, "y"), False),
        (None, None, False),
    ],
)
def test_a_drill_is_good_when_its_promise_held_and_its_control_broke_it(
    found: Found | None, control: Found | None, good: bool
) -> None:
    """Also for whoever reads the table alone."""
    outcome = Outcome("a drill", "a promise", found, "a wrong", control, 1.0)

    assert outcome.good is good
    assert ("**" in table.row(outcome)) is not good


def test_a_drill_that_cannot_be_run_here_is_said_to_be_skipped() -> None:
    """And spoils nothing."""
    outcome = Outcome("a drill", "a promise", None, "a wrong", None, 1.0, skipped="only root can")

    assert outcome.good
    assert "SKIPPED: only root can" in table.row(outcome)


def test_the_last_line_says_how_many_were_kept_broken_and_skipped() -> None:
    """What was skipped proves nothing, and says what it went without."""
    kept = Outcome("one", "a promise", Found(1, True, "x"), "a wrong", Found(1, False, "y"), 1.0)
    broken = replace(kept, drill="two", found=Found(1, False, "x"))
    skipped = replace(kept, drill="three", found=None, control=None, skipped="only root can")

    said = table.verdict([kept, broken, skipped], 12.3)

    assert said == "1 kept, 1 broken (two), 1 skipped (three: only root can); 12 s"
    assert table.verdict([kept], 12.3) == "1 kept, 0 broken, 0 skipped; 12 s"

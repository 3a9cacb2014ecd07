"""Several shows by job, employer, place of work and channel: whoever was in two of them counts once in each line."""

import random
from uuid import uuid4

import pytest

from storage.cuts import CutStore
from stream_jobs.domain.cuts import CutLine, Cuts
from stream_jobs.domain.errors import NotFound
from stream_jobs.domain.events import SignalStep, Watcher
from stream_jobs.domain.ids import BroadcastId, SeriesId, VisitId
from stream_jobs.ports import AccountRole
from stream_jobs.ports.series import EVERYTHING, ShowsOf
from stream_jobs.verify.run import verify
from tests.builders import BY, Store, a_broadcast, a_job, a_visit, an_employer, apply, batching, cards_of, jobs_of
from tests.integration.test_series import series_of
from tests.report_builders import History, a_channel, a_signal
from tests.site import a_site


async def cuts_of(store: Store, series: SeriesId | None = None) -> Cuts:
    return await store.stores.cuts.cuts(store.org, ShowsOf(series), store.clock())


async def shows_of_the_same_jobs(store: Store) -> list[BroadcastId]:
    """Two shows of two jobs by two employers, the second job in both; and a rehearsal of it."""
    employers = [await an_employer(store), await an_employer(store)]
    jobs = [await a_job(store, title=f"岗位{n}", employer=employers[n % 2]) for n in range(3)]
    shows = [await a_broadcast(store, jobs=0), await a_broadcast(store, jobs=0)]
    rehearsal = await a_broadcast(store, jobs=0, rehearsal=True)
    for show, own in ((shows[0], jobs[:2]), (shows[1], jobs[1:]), (rehearsal, jobs[1:2])):
        await store.stores.trays.add_cards(store.org, show, own, [], at=store.clock(), by=BY)
    return [*shows, rehearsal]


async def sees(store: Store, show: BroadcastId, watcher: Watcher, *cards: int) -> None:
    ids = await cards_of(store, show)
    signals = [(watcher, a_signal(store, SignalStep.CLICK, ids[nth])) for nth in cards]
    await store.actions.watching.record(store.org, show, signals)


def told(line: CutLine) -> tuple[object, ...]:
    return line.shows, line.cards, line.impressions, line.clicks, line.applications, line.applicants


async def test_a_device_in_two_shows_counts_once_for_the_same_job_employer_place_and_channel(store: Store) -> None:
    """Cards, visits and applications are added up; a rehearsal is in none of it."""
    *shows, rehearsal = await shows_of_the_same_jobs(store)
    posters = [await a_channel(store, show, "海报") for show in shows]
    at_rehearsal = await a_visit(store, rehearsal)
    watcher, again = (Watcher(at_rehearsal.viewer_id, VisitId(uuid4()), poster) for poster in posters)
    for show, one in zip(shows, (watcher, again), strict=True):
        await a_visit(store, show, one)
    await sees(store, shows[0], watcher, 0, 1)
    await sees(store, shows[1], again, 0)
    await sees(store, rehearsal, at_rehearsal, 0)
    await a_visit(store, shows[1])
    [job] = set(await jobs_of(store, shows[0])) & set(await jobs_of(store, shows[1]))
    async with batching(store):
        for show, one in zip(shows, (watcher, again), strict=True):
            await apply(store, show, job, watcher=one)

    cuts = await cuts_of(store)

    assert {line.name: told(line) for line in cuts.jobs} == {
        "岗位0": (1, 1, 1, 1, 0, 0), "岗位1": (2, 2, 1, 1, 2, 1), "岗位2": (1, 1, 0, 0, 0, 0),
    }  # fmt: skip
    assert [told(line) for line in cuts.employers] == [(2, 2, 1, 1, 2, 1), (2, 2, 1, 1, 0, 0)]
    assert [told(line) for line in cuts.workplaces] == [(2, 4, 1, 1, 2, 1)]
    by_channel = {line.name: (line.shows, line.visits, line.visitors, line.appliers) for line in cuts.channels}
    assert by_channel == {"海报": (2, 2, 1, 1), None: (1, 1, 1, 0)}


@pytest.mark.parametrize("seed", range(2))
async def test_lines_of_random_shows_are_what_verify_counts_and_what_is_changed_is_named(
    store: Store, seed: int
) -> None:
    """Also after somebody did more: what was kept is then counted anew."""
    *shows, _ = await shows_of_the_same_jobs(store)
    rng = random.Random(seed)
    async with batching(store):
        first = History(store, shows[0], rng)
        await first.run(80)
        before = await cuts_of(store)
        second = History(store, shows[1], rng, viewers=list(first.viewers))
        await second.run(80)

    found = await verify(store.database, store.keys, None, store.clock())
    after = await cuts_of(store)
    await sees(store, shows[0], await a_visit(store, shows[0]), 1)
    later, fresh = await cuts_of(store), await CutStore(store.database).cuts(store.org, EVERYTHING, store.clock())
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE reach SET steps = 0 WHERE card_id IN (SELECT id FROM employer)")
        await tx.execute("UPDATE step_count SET viewers = viewers + 1 WHERE step = 2")
    changed = await verify(store.database, store.keys, None, store.clock())

    assert found.differences == ()
    assert later == fresh != after
    assert sum(line.applications for line in after.jobs) > sum(line.applications for line in before.jobs)
    named = {(one.where, one.metric, one.place.split()[0]) for one in changed.differences}
    assert {(where, "impressions", "employer") for where in ("series report", "report of everything")} <= named


async def test_only_an_organiser_reads_the_lines_and_of_a_series_of_their_own(store: Store) -> None:
    """Over HTTP; of a unit, and of days."""
    *shows, _ = await shows_of_the_same_jobs(store)
    series = await series_of(store, shows[0])
    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        answer = await site.ask("GET", f"/api/v1/series/{series}/cuts", headers=headers)
        everything = await site.ask("GET", "/api/v1/everything/cuts", headers=headers)
        unit = await site.ask("GET", f"/api/v1/units/{store.org}/cuts", headers=headers)
        long_ago = await site.ask("GET", f"/api/v1/units/{store.org}/cuts?until=2020-01-01", headers=headers)

        assert [len((await one.json())["jobs"]) for one in (answer, everything, unit, long_ago)] == [3, 3, 3, 0]
    with pytest.raises(NotFound):
        await cuts_of(store, SeriesId(shows[0]))

"""Several shows by job, employer, place of work and channel: whoever was in two of them counts once in each line."""

import asyncio
import random
from datetime import date
from uuid import uuid4

import pytest

from storage.cuts import CutStore
from stream_jobs.domain.cuts import CutLine, Cuts
from stream_jobs.domain.errors import NotFound
from stream_jobs.domain.events import SignalStep, Watcher
from stream_jobs.domain.ids import BroadcastId, EmployerId, JobId, SeriesId, VisitId
from stream_jobs.ports import AccountRole, JobFacts
from stream_jobs.ports.series import EVERYTHING, ShowsOf
from stream_jobs.verify.run import verify
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    a_job,
    a_phone,
    a_visit,
    an_employer,
    apply,
    batching,
    cards_of,
    jobs_of,
    until_waiting,
)
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

    found = await verify(store.database, store.keys, None, store.clock(), asked=store.stores)
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


async def given_to(store: Store, job: JobId, employer: EmployerId) -> None:
    facts = JobFacts("岗位", "24元/小时", "东莞塘厦", 40, 40)
    await store.actions.postings.edit_job(store.org, job, employer, facts, BY)


async def test_devices_follow_a_job_to_another_employer_however_often_lines_were_asked_for(store: Store) -> None:
    """The sums of all places together stayed what they were, and so did what was kept; when two jobs change hands even
    the sums of each employer do.
    """
    employers = [await an_employer(store), await an_employer(store)]
    jobs = [await a_job(store, title=f"岗位{n}", employer=employers[n // 2]) for n in range(4)]
    shows = [await a_broadcast(store, jobs=0), await a_broadcast(store, jobs=0)]
    for show in shows:
        await store.stores.trays.add_cards(store.org, show, jobs, [], at=store.clock(), by=BY)
    one = await a_visit(store, shows[0])
    for show, watcher, card in (
        (shows[0], one, 0),
        (shows[0], await a_visit(store, shows[0]), 2),
        (shows[1], await a_visit(store, shows[1], Watcher(one.viewer_id, VisitId(uuid4()), one.channel_id)), 1),
    ):
        await sees(store, show, watcher, card)
    seen = []

    for moves in ({}, {0: 1, 2: 0}, {1: 1}):
        for job, employer in moves.items():
            await given_to(store, jobs[job], employers[employer])
        cuts = await cuts_of(store)
        assert cuts == await CutStore(store.database).cuts(store.org, EVERYTHING, store.clock()), moves
        impressions = {line.key: line.impressions for line in cuts.employers}
        seen.append([impressions[str(employer)] for employer in employers])

    assert seen == [[1, 1], [2, 1], [1, 1]]
    assert (await verify(store.database, store.keys, None, store.clock(), asked=store.stores)).differences == ()


async def test_applications_stay_with_the_employer_they_were_sent_to(store: Store) -> None:
    """As in each show's own report. A line is of the shows its employer's jobs are in now: what was sent to it in
    another one stood in a line that said it was not there.
    """
    employers = [await an_employer(store), await an_employer(store)]
    jobs = [await a_job(store, title=f"岗位{n}", employer=employers[n // 2]) for n in range(3)]
    shows = [await a_broadcast(store, jobs=0), await a_broadcast(store, jobs=0)]
    for show, own in zip(shows, (jobs[:2], jobs[1:]), strict=True):
        await store.stores.trays.add_cards(store.org, show, own, [], at=store.clock(), by=BY)
    async with batching(store):
        for show, phone in ((shows[0], 1), (shows[1], 1), (shows[1], 2)):
            await apply(store, show, jobs[1], phone=a_phone(phone), watcher=await a_visit(store, show))

    await given_to(store, jobs[1], employers[1])

    lines = {line.key: line for line in (await cuts_of(store)).employers}
    first, second = (lines[str(one)] for one in employers)
    assert (first.shows, first.cards, first.appliers, first.applications, first.applicants) == (1, 1, 0, 1, 1)
    assert (second.shows, second.cards, second.appliers, second.applications, second.applicants) == (2, 3, 3, 0, 0)
    report = await store.actions.report.report_now(store.org, shows[0])
    assert {line.employer_id: line.applied.applications for line in report.employers} == {
        employers[0]: 1,
        employers[1]: 0,
    }
    assert (await verify(store.database, store.keys, None, store.clock(), asked=store.stores)).differences == ()


async def test_applicants_have_their_connections_however_many_ranges_of_days_are_asked_for(store: Store) -> None:
    """Each range held one for as long as it was counted, up to a minute; a few clicks on dates held them all."""
    show = await a_broadcast(store, jobs=1)
    series = await series_of(store, show)
    ranges = [ShowsOf(series, until=date(2026, 12, day)) for day in range(1, 11)]
    cuts, reports = store.actions.cuts.cuts, store.actions.series.report

    async with asyncio.TaskGroup() as group, store.database.maintenance() as tx:
        await tx.execute("LOCK TABLE series IN ACCESS EXCLUSIVE MODE")
        lines = [group.create_task(cuts(store.org, of)) for of in ranges]
        whole = [group.create_task(reports(store.org, of)) for of in ranges]
        await until_waiting(store, 2)
        async with batching(store):
            receipt = await apply(store, show, (await jobs_of(store, show))[0])
        answered = [one for one in (*lines, *whole) if one.done()]

    assert (receipt.number, answered) == (1, [])
    assert {one.result().shows for one in lines} == {1}
    assert {one.result().figures.applications for one in whole} == {1}


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

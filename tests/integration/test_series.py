"""Several shows read together: sums where they add up, and distinct devices and people where they do not."""

import random
from uuid import uuid4

import pytest

from stream_jobs.domain.following import MILESTONES
from stream_jobs.domain.ids import BroadcastId, OrgId, SeriesId
from stream_jobs.domain.metrics import METRICS
from stream_jobs.domain.series import SeriesFigures, SeriesNotFound, SeriesReport
from stream_jobs.ports import AccountRole, Report, TypedFigure
from stream_jobs.ports.series import ShowsOf
from stream_jobs.verify.run import verify
from tests.builders import BY, Store, a_broadcast, a_visit, an_organisation, apply, batching, jobs_of
from tests.report_builders import History, a_show, raw_rows
from tests.site import a_site


async def series_of(store: Store, broadcast: BroadcastId) -> SeriesId:
    async with store.database.transaction(store.org) as tx:
        return SeriesId(await tx.fetchval("SELECT series_id FROM broadcast WHERE id = $1", broadcast))


async def report_of(store: Store, series: SeriesId | None, org: OrgId | None = None) -> SeriesReport:
    """Counted now."""
    return await store.stores.series.report(org or store.org, ShowsOf(series), store.clock())


async def moved_to(store: Store, broadcast: BroadcastId, series: str | None, base: str = "示例·珠海基地") -> None:
    changes = {"series": series, "unit": base}
    await store.stores.broadcasts.update(store.org, broadcast, changes, by=BY, at=store.clock())


async def two_shows(store: Store, seed: int) -> list[BroadcastId]:
    """Random ones with devices and people in both, at two bases."""
    rng, shows = random.Random(seed), []
    viewers: list[object] = []
    for nth in range(2):
        broadcast = await a_show(store)
        shows.append(broadcast)
        async with batching(store):
            history = History(store, broadcast, rng, viewers=list(viewers))  # type: ignore[arg-type]  # of the first
            await history.run(120)
        viewers = list(history.viewers)
        if nth:
            await moved_to(store, broadcast, "示例·就业暖心季")
        store.clock.forward(days=1)
    return shows


@pytest.mark.parametrize("seed", range(3))
async def test_series_equals_its_shows_and_a_naive_count_of_who_came(store: Store, seed: int) -> None:
    """Every row is its show's own report; devices and people are the union, found by plain loops over raw rows."""
    shows = await two_shows(store, seed)

    series = await report_of(store, await series_of(store, shows[0]))

    reports = [await store.actions.report.report_now(store.org, show) for show in shows]
    assert [row.broadcast_id for row in series.shows] == shows
    assert [told(row.figures) for row in series.shows] == [expected(report) for report in reports]
    raws = [await raw_rows(store, show) for show in shows]
    staff = {a["viewer_id"] for raw in raws for a in raw.applications if a["recorded_by"]}
    came = {e["viewer_id"] for raw in raws for e in raw.events if e["fraud"] is None and e["step"] != "call"} - staff
    people = {a["person_id"] for raw in raws for a in raw.applications}
    assert series.figures.visitors == series.funnel[0].count == len(came)
    assert series.figures.applicants == len(people)
    assert series.figures.visitors < sum(row.figures.visitors for row in series.shows)
    for name in ("shows", "cards", "openings", "visits", "applications", "on_air_seconds"):
        assert getattr(series.figures, name) == sum(getattr(row.figures, name) for row in series.shows), name
    counts = [step.count for step in series.funnel]
    assert counts == sorted(counts, reverse=True)


ROW = ("on_air_seconds", "cards", "openings", "employers", "visits", "visitors")
APPLIED = ("applications", "applicants", *MILESTONES)


def told(figures: SeriesFigures) -> list[int]:
    return [getattr(figures, name) for name in (*ROW, *APPLIED)]


def expected(report: Report) -> list[int]:
    figures = report.figures
    return [*(getattr(figures, name) for name in ROW), *(getattr(figures.applied, name) for name in APPLIED)]


async def test_bases_hold_every_show_once_and_a_device_once_in_each(store: Store) -> None:
    """Who watched at two bases is a visitor of both, and one visitor of the series."""
    shows = [await a_broadcast(store), await a_broadcast(store), await a_broadcast(store)]
    await moved_to(store, shows[2], "示例·就业暖心季")
    watcher = await a_visit(store, shows[0])
    for show in shows[1:]:
        await a_visit(store, show, watcher)

    series = await report_of(store, await series_of(store, shows[0]))

    by_base = {row.name: (row.figures.shows, row.figures.visits, row.figures.visitors) for row in series.units}
    assert by_base == {"示例·东莞基地": (2, 2, 1), "示例·珠海基地": (1, 1, 1)}
    assert (series.figures.visits, series.figures.visitors) == (3, 1)

    await a_visit(store, shows[1], watcher)
    await a_visit(store, shows[1])
    later = {row.name: row.figures.visitors for row in (await report_of(store, await series_of(store, shows[0]))).units}
    assert later == {"示例·东莞基地": 2, "示例·珠海基地": 1}


async def test_a_host_has_the_shows_under_the_name_and_each_device_and_person_once(store: Store) -> None:
    """Two shows of one host and one of another; who applied at both is one applicant of the first."""
    shows = [await a_broadcast(store, jobs=1) for _ in range(3)]
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE broadcast SET host_name = '示例主播乙' WHERE id = $1", shows[2])
    watcher = await a_visit(store, shows[0])
    await a_visit(store, shows[1], watcher)
    await a_visit(store, shows[2], watcher)
    async with batching(store):
        for show in shows[:2]:
            await apply(store, show, (await jobs_of(store, show))[0], watcher=watcher)

    report = await report_of(store, await series_of(store, shows[0]))

    by_host = {row.host: row.figures for row in report.hosts}
    assert list(by_host) == ["示例主播甲", "示例主播乙"]
    first, second = by_host.values()
    assert (first.shows, first.cards, first.visits, first.visitors) == (2, 2, 2, 1)
    assert (first.applications, first.applicants) == (2, 1)
    assert (second.shows, second.visitors, second.applications, second.applicants) == (1, 1, 0, 0)


async def test_whoever_comes_before_a_show_begins_is_no_visitor_of_the_series_yet(store: Store) -> None:
    """The sums of the series hold them already; its report counts shows that were started."""
    begun, to_come = await a_broadcast(store), await a_broadcast(store, live=False)
    await a_visit(store, begun)
    await a_visit(store, to_come)

    series = await report_of(store, await series_of(store, begun))

    assert (series.figures.visits, series.figures.visitors, series.funnel[0].count) == (1, 1, 1)


async def test_everything_counts_a_device_once_over_series_and_shows_of_none(store: Store) -> None:
    """Whoever came early to another show too; a show that turns out to be a rehearsal takes its own along, and back."""
    shows = [await a_broadcast(store) for _ in range(3)]
    to_come = await a_broadcast(store, live=False)
    await moved_to(store, shows[1], "另一个系列")
    await moved_to(store, shows[2], None)
    watcher = await a_visit(store, shows[0])
    for show in (*shows[1:], to_come):
        await a_visit(store, show, watcher)
        await a_visit(store, show)
    counted = [(await report_of(store, None)).figures.visitors]

    for is_rehearsal in (True, False):
        await store.stores.broadcasts.update(store.org, shows[2], {"rehearsal": is_rehearsal}, by=BY, at=store.clock())
        counted.append((await report_of(store, None)).figures.visitors)

    assert counted == [3, 2, 3]
    assert (await verify(store.database, store.keys, None, store.clock())).differences == ()


async def test_rehearsals_and_shows_to_come_are_in_no_series(store: Store) -> None:
    """Like in every other list."""
    counted = await a_broadcast(store)
    for kind in ({"rehearsal": True}, {"live": False}):
        await a_visit(store, await a_broadcast(store, **kind))

    series = await report_of(store, await series_of(store, counted))
    everything = await report_of(store, None)

    assert [row.broadcast_id for row in series.shows] == [row.broadcast_id for row in everything.shows] == [counted]
    assert series.figures.visits == 0
    (row,) = await store.actions.series.listed(store.org)
    assert (row.name, row.shows, row.live) == ("示例·就业暖心季", 1, 1)


async def test_what_platforms_stated_stands_beside_and_is_never_added(store: Store) -> None:
    """Each platform by itself, with who typed it in; viewers and peaks of a platform do not add up over shows."""
    shows = [await a_broadcast(store), await a_broadcast(store)]
    for nth, show in enumerate(shows):
        figures = [TypedFigure("快手", "views", 1000 + nth), TypedFigure("快手", "viewers", 7)]
        figures += [TypedFigure("抖音", "views", 5)] if nth else []
        await store.actions.report.set_platform_figures(store.org, show, figures, BY)

    series = await report_of(store, await series_of(store, shows[0]))

    stated = {(one.platform, one.metric): (one.value, one.shows, one.by) for one in series.reported}
    assert stated == {("快手", "views"): (2001, 2, (BY.name,)), ("抖音", "views"): (5, 1, (BY.name,))}
    rows = {row.broadcast_id: row.stated_views for row in series.shows}
    assert rows == {shows[0]: {"快手": 1000}, shows[1]: {"快手": 1001, "抖音": 5}}
    assert series.figures.visits == 0


async def test_series_without_shows_is_empty_and_not_missing(store: Store) -> None:
    """Zeros, until one starts."""
    series = await series_of(store, await a_broadcast(store, live=False))

    report = await report_of(store, series)

    assert (report.name, report.figures, report.shows) == ("示例·就业暖心季", SeriesFigures(), ())


def test_every_figure_of_a_series_is_a_metric() -> None:
    """The API shows nothing that the registry does not define."""
    assert set(SeriesFigures.model_fields) <= set(METRICS)


# ── beside the earlier ones ───────────────────────────────────────────────────────────────────────────────────


async def ended_shows(store: Store, how_many: int) -> list[BroadcastId]:
    shows = []
    for nth in range(how_many):
        shows.append(await a_broadcast(store, jobs=1))
        for _ in range(nth + 1):
            await a_visit(store, shows[-1])
        store.clock.forward(hours=1)
        await store.actions.stage.end(store.org, shows[-1], BY, uuid4())
        store.clock.forward(days=1)
    return shows


async def test_a_show_is_compared_with_ended_shows_of_its_series_before_it(store: Store) -> None:
    """Not with a later one, one still on air, a rehearsal, or one of another series."""
    elsewhere, before = await ended_shows(store, 2)
    await moved_to(store, elsewhere, "另一个系列")
    await a_broadcast(store, jobs=1)
    rehearsal = await a_broadcast(store, jobs=1, rehearsal=True)
    store.clock.forward(hours=1)
    await store.actions.stage.end(store.org, rehearsal, BY, uuid4())
    show, _ = await ended_shows(store, 2)

    comparison = await store.actions.series.comparison(store.org, show)

    assert [earlier.broadcast_id for earlier in comparison.earlier] == [before]
    visitors = comparison.figures[0]
    assert (visitors.metric, visitors.value.numerator, visitors.median and visitors.median.numerator) == (
        "visitors",
        1,
        2,
    )


async def test_a_show_of_no_series_is_compared_with_those_of_its_unit(store: Store) -> None:
    """Of whichever series they are; where its unit has none before, with the organisation's. The answer says which."""
    first, other, show = await ended_shows(store, 3)
    await moved_to(store, first, None)
    await moved_to(store, other, None, "示例·中山基地")
    await moved_to(store, show, None)

    by_unit = await store.actions.series.comparison(store.org, show)
    by_organisation = await store.actions.series.comparison(store.org, other)
    alone = await store.actions.series.comparison(store.org, first)

    assert (by_unit.among, by_unit.unit, by_unit.series_id) == ("unit", "示例·珠海基地", None)
    assert [earlier.broadcast_id for earlier in by_unit.earlier] == [first]
    assert (by_organisation.among, by_organisation.unit) == ("organisation", None)
    assert [earlier.broadcast_id for earlier in by_organisation.earlier] == [first]
    assert (alone.among, alone.earlier, alone.figures[0].value.numerator) == ("organisation", (), 1)


async def test_the_first_show_of_a_series_is_compared_with_those_of_its_unit(store: Store) -> None:
    """It had nothing beside it, however many shows its unit had held; the answer names its series all the same."""
    before, show = await ended_shows(store, 2)
    await moved_to(store, show, "新的系列", "示例·东莞基地")

    comparison = await store.actions.series.comparison(store.org, show)

    assert (comparison.among, comparison.unit, comparison.series) == ("unit", "示例·东莞基地", "新的系列")
    assert comparison.series_id
    assert [earlier.broadcast_id for earlier in comparison.earlier] == [before]


# ── over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_organisations_series_looks_like_none(store: Store) -> None:
    """By the API, for an organiser of another organisation; one's own opens."""
    broadcast = await a_broadcast(store, jobs=1)
    async with batching(store):
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
    series = await series_of(store, broadcast)
    other = await an_organisation(store.stores, store.clock, "另一个县")
    async with a_site(store) as site:
        own = await site.signed_in(await site.account(AccountRole.ORGANISER))
        foreign = await site.signed_in(await site.account(AccountRole.ORGANISER, org=other))

        answer = await site.ask("GET", f"/api/v1/series/{series}/report", headers=own)
        refused = await site.ask("GET", f"/api/v1/series/{series}/report", headers=foreign)
        listed = await site.ask("GET", "/api/v1/series", headers=foreign)

        assert (await answer.json())["figures"]["applications"] == 1
        assert (refused.status, (await refused.json())["code"]) == (404, "series_not_found")
        assert await listed.json() == {"series": []}
    with pytest.raises(SeriesNotFound):
        await report_of(store, SeriesId(uuid4()))

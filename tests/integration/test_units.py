"""Units of an organisation: their tree, who may change it, and reports that count once over all of it."""

import asyncio
from datetime import timedelta
from importlib.resources import files
from uuid import uuid4

import asyncpg
import pytest

from admin.api.programme import ROUTES
from storage.pool import open_database
from storage.series_reports import SeriesReportStore
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, UnitId, uuid7
from stream_jobs.domain.programme import NameTaken
from stream_jobs.domain.series import SeriesReport
from stream_jobs.domain.units import UnitClosed, UnitHasUnits, UnitInUse, UnitKind, UnitMisplaced, UnitNotFound
from stream_jobs.ports import AccountRole
from stream_jobs.ports.series import ShowsOf
from stream_jobs.verify.run import verify
from tests.builders import BY, Store, a_broadcast, a_visit, an_organisation, apply, batching, jobs_of
from tests.integration.test_programme import facts
from tests.site import a_site


async def a_unit(store: Store, name: str, under: UnitId | None = None, kind: UnitKind = UnitKind.COUNTY) -> UnitId:
    tree = await store.actions.units.add(store.org, under or UnitId(store.org), kind, name, BY)
    return next(unit.id for unit in tree if unit.name == name)


async def a_show_of(store: Store, unit: str | None) -> BroadcastId:
    show = await a_broadcast(store, jobs=1)
    await store.stores.broadcasts.update(store.org, show, {"unit": unit}, by=BY, at=store.clock())
    return show


async def report_of(store: Store, unit: UnitId | None, **days: object) -> SeriesReport:
    return await store.stores.series.report(store.org, ShowsOf(unit=unit, **days), store.clock())  # type: ignore[arg-type]  # days


def by_unit(report: SeriesReport) -> dict[tuple[str, bool], tuple[int, int, int]]:
    return {
        (row.name, row.own): (row.figures.shows, row.figures.visitors, row.figures.applicants) for row in report.units
    }


async def test_a_device_and_a_person_of_two_units_count_once_above_them(store: Store) -> None:
    """The city holds a show of its own and two counties one each; the same phone watched and applied in all of them."""
    city = await a_unit(store, "示例市", kind=UnitKind.CITY)
    await a_unit(store, "甲县", city)
    await a_unit(store, "乙县", city)
    shows = [await a_show_of(store, name) for name in ("示例市", "甲县", "乙县")]
    watcher = await a_visit(store, shows[0])
    async with batching(store):
        for show in shows:
            await a_visit(store, show, watcher)
            await apply(store, show, (await jobs_of(store, show))[0], watcher=watcher)

    report = await report_of(store, city)
    everything = await report_of(store, None)

    assert (report.name, report.figures.shows, report.figures.visitors, report.figures.applicants) == (
        "示例市",
        3,
        1,
        1,
    )
    assert report.figures.visits == 3
    assert by_unit(report) == {("示例市", True): (1, 1, 1), ("甲县", False): (1, 1, 1), ("乙县", False): (1, 1, 1)}
    assert by_unit(everything) == {("示例市", False): (3, 1, 1), **by_unit(report)}
    assert [(row.name, row.depth) for row in everything.units] == [
        ("示例市", 1),
        ("示例市", 2),
        ("甲县", 2),
        ("乙县", 2),
    ]
    assert (await verify(store.database, store.keys, None, store.clock())).differences == ()


async def test_a_moved_unit_takes_its_shows_along_at_once(store: Store) -> None:
    """And what is beneath it; the report above it loses what the other gains."""
    east, west = await a_unit(store, "东市"), await a_unit(store, "西市")
    county = await a_unit(store, "甲县", east)
    await a_unit(store, "甲县基地", county, UnitKind.BASE)
    await a_visit(store, await a_show_of(store, "甲县基地"))
    before = [(await report_of(store, unit)).figures.visitors for unit in (east, west)]

    await store.actions.units.change(store.org, county, west, UnitKind.COUNTY, "甲县人社局", BY)

    after = [(await report_of(store, unit)).figures.visitors for unit in (east, west)]
    assert (before, after) == ([1, 0], [0, 1])
    assert list(by_unit(await report_of(store, west))) == [("甲县人社局", False), ("甲县基地", False)]
    tree = await store.actions.units.listed(store.org)
    assert [(unit.name, unit.depth) for unit in tree][1:-1] == [
        ("东市", 1),
        ("西市", 1),
        ("甲县人社局", 2),
        ("甲县基地", 3),
    ]


async def test_verify_names_the_unit_whose_figure_is_not_what_the_rows_say(store: Store) -> None:
    """A device that is missing where distinct visitors are counted from: of a unit among others, alone, of days."""
    city = await a_unit(store, "示例市")
    shows = [await a_show_of(store, "示例市"), await a_show_of(store, "示例市"), await a_show_of(store, None)]
    for show in shows:
        await a_visit(store, show)
    async with store.database.transaction(store.org) as tx:
        await tx.execute("DELETE FROM audience_member WHERE broadcast_id = $1", shows[0])

    found = (await verify(store.database, store.keys, None, store.clock())).differences

    assert {(one.where, one.metric, one.shown, one.recounted) for one in found if one.place == f"unit {city}"} == {
        (report, "visitors", 1, 2) for report in ("series report", "report of everything", "report of days")
    }
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE reach SET steps = 0 WHERE broadcast_id = $1 AND card_id = $2", shows[0], WHOLE_SHOW)
    found = (await verify(store.database, store.keys, None, store.clock())).differences
    assert {"report of a unit", "report of days"} == {one.where for one in found if one.metric == "funnel"}


async def test_the_report_of_a_unit_may_take_longer_than_a_statement_of_a_request(
    store: Store, database_url: str
) -> None:
    """All its devices are read, so one of a few million visitors was answered 503 each time."""
    await a_visit(store, await a_show_of(store, None))
    await a_visit(store, await a_show_of(store, None))
    unit = ShowsOf(unit=UnitId(store.org))

    async with asyncio.TaskGroup() as group, open_database(database_url, size=1, statement_seconds=LIMIT) as database:
        async with store.database.maintenance() as tx:
            await tx.execute("LOCK TABLE reach IN ACCESS EXCLUSIVE MODE")
            report = group.create_task(SeriesReportStore(database).report(store.org, unit, store.clock()))
            await until_one_waited(store, seconds=LIMIT * 1.1)
        assert (await report).figures.visitors == 2


LIMIT = 2.0


async def until_one_waited(store: Store, seconds: float) -> None:
    waited = """
        SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND clock_timestamp() - query_start > make_interval(secs => $1))
    """
    async with asyncio.timeout(30):
        while True:
            async with store.database.maintenance() as tx:
                if await tx.fetchval(waited, seconds):
                    return
            await asyncio.sleep(0.05)


async def test_a_report_of_days_counts_shows_begun_on_them(store: Store) -> None:
    """China's calendar, first and last day included; who came on two of them is one visitor."""
    city = await a_unit(store, "示例市")
    start = store.clock()
    watcher = await a_visit(store, await a_show_of(store, "示例市"))
    for _ in range(2):
        store.clock.forward(days=1)
        await a_visit(store, await a_show_of(store, "示例市"), watcher)
    days = [(start + timedelta(days=n, hours=8)).date() for n in range(3)]

    report = await report_of(store, city, since=days[1], until=days[2])
    one = await report_of(store, city, until=days[0])

    assert (report.since, report.until, report.figures.shows, report.figures.visits) == (days[1], days[2], 2, 2)
    assert (report.figures.visitors, report.funnel[0].count) == (1, 1)
    assert one.figures.shows == 1
    assert (await report_of(store, city, since=days[2] + timedelta(days=1))).shows == ()


async def test_a_closed_unit_takes_no_new_shows_and_keeps_its_own(store: Store) -> None:
    """Not by name either; it can be opened again, and not while what is above it is closed."""
    city = await a_unit(store, "示例市")
    county = await a_unit(store, "甲县", city)
    show = await a_show_of(store, "甲县")

    with pytest.raises(UnitHasUnits):
        await store.actions.units.close(store.org, city, BY)
    await store.actions.units.close(store.org, county, BY)
    await store.actions.units.close(store.org, city, BY)

    with pytest.raises(UnitClosed):
        await a_show_of(store, "甲县")
    with pytest.raises(UnitClosed):
        await a_unit(store, "乙县", city)
    with pytest.raises(UnitClosed):
        await store.actions.units.reopen(store.org, county, BY)
    assert (await store.actions.programme.names(store.org)).units == ("示例·东莞基地",)
    assert [row.broadcast_id for row in (await report_of(store, county)).shows] == [show]
    await store.actions.units.reopen(store.org, city, BY)
    await store.actions.units.reopen(store.org, county, BY)
    await a_show_of(store, "甲县")


async def test_the_tree_never_becomes_a_ring_nor_deeper_than_the_country(store: Store) -> None:
    """Nothing stands beneath itself, the organisation beneath nothing, and no name is taken twice."""
    units = [UnitId(store.org)]
    for nth in range(2):
        units.append(await a_unit(store, f"第{nth + 1}级", units[-1]))
    for unit, parent in ((units[1], units[2]), (units[2], units[2]), (units[0], units[1])):
        with pytest.raises(UnitMisplaced):
            await store.actions.units.change(store.org, unit, parent, UnitKind.CITY, "别处", BY)

    for nth in range(2, 6):
        units.append(await a_unit(store, f"第{nth + 1}级", units[-1]))
    with pytest.raises(UnitMisplaced):
        await a_unit(store, "第7级", units[-1])
    with pytest.raises(UnitMisplaced):
        await store.actions.units.close(store.org, units[0], BY)
    with pytest.raises(NameTaken):
        await a_unit(store, "第1级")
    with pytest.raises(NameTaken):
        await store.actions.units.change(store.org, units[2], units[1], UnitKind.CITY, "第1级", BY)
    assert [unit.depth for unit in await store.actions.units.listed(store.org)] == list(range(7))


async def test_every_change_of_the_tree_is_audited(store: Store) -> None:
    """Who, when, and what it was before."""
    unit = await a_unit(store, "甲县")
    await store.actions.units.change(store.org, unit, UnitId(store.org), UnitKind.CITY, "甲市", BY)
    await store.actions.units.close(store.org, unit, BY)
    await store.actions.units.reopen(store.org, unit, BY)

    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action, actor, detail FROM audit WHERE subject = $1 ORDER BY number", str(unit))
    assert [row["action"] for row in rows] == ["unit_added", "unit_changed", "unit_closed", "unit_reopened"]
    assert {row["actor"] for row in rows} == {BY.name}
    assert (rows[1]["detail"]["was_name"], rows[1]["detail"]["name"]) == ("甲县", "甲市")


async def test_a_unit_that_naming_it_in_a_show_made_is_audited_once(store: Store) -> None:
    """The form of a show once changed the tree, and no page said who had."""
    made = await store.actions.programme.create_show(store.org, facts(store, unit="乙县基地"), BY)
    await store.actions.programme.edit_show(store.org, made.id, {"unit": "乙县基池"}, BY)
    await store.actions.programme.edit_show(store.org, made.id, {"unit": "乙县基地"}, BY)

    units = {str(unit.id): unit.name for unit in await store.actions.units.listed(store.org)}
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT subject, actor, detail FROM audit WHERE action = 'unit_added' ORDER BY number")
    assert [(units[row["subject"]], row["actor"]) for row in rows] == [("乙县基地", BY.name), ("乙县基池", BY.name)]
    assert {row["detail"]["kind"] for row in rows} == {"base"}


async def test_a_unit_made_by_a_slip_of_the_pen_is_deleted_and_no_other(store: Store) -> None:
    """One with a show, also one that never began, stays; so does one with a unit beneath it, and the organisation."""
    assert [unit.empty for unit in await store.actions.units.listed(store.org)] == [False]
    slip, county = await a_unit(store, "乙县基池"), await a_unit(store, "甲县")
    base = await a_unit(store, "甲县基地", county)
    await store.actions.programme.create_show(store.org, facts(store, unit="甲县基地"), BY)
    assert {unit.name for unit in await store.actions.units.listed(store.org) if unit.empty} == {"乙县基池"}

    left = await store.actions.units.delete(store.org, slip, BY)

    assert [unit.name for unit in left][1:] == ["甲县", "甲县基地"]
    for kept in (county, base, UnitId(store.org)):
        with pytest.raises(UnitInUse):
            await store.actions.units.delete(store.org, kept, BY)
    with pytest.raises(UnitNotFound):
        await store.actions.units.delete(store.org, slip, BY)
    async with store.database.transaction(store.org) as tx:
        row = await tx.fetchrow("SELECT actor, detail FROM audit WHERE action = 'unit_deleted'")
    assert row and (row["actor"], row["detail"]["name"]) == (BY.name, "乙县基池")


async def test_a_show_cannot_be_made_for_a_unit_that_is_closed(store: Store) -> None:
    """Neither made nor moved there, and both say that they may answer so."""
    await store.actions.units.close(store.org, await a_unit(store, "甲县"), BY)
    show = await a_broadcast(store, jobs=0, live=False)
    async with a_site(store) as site:
        own = await site.signed_in(await site.account(AccountRole.ORGANISER))
        new = {"title": "甲县专场", "starts_at": "2026-12-01T14:00:00+08:00", "unit": "甲县"}

        for method, path, body in (
            ("POST", "/api/v1/broadcasts", new),
            ("PATCH", f"/api/v1/broadcasts/{show}/show", {"unit": "甲县"}),
        ):
            refused = await site.ask(method, path, json=body, headers=own)
            assert (refused.status, (await refused.json())["code"]) == (409, "unit_closed")
    assert {route.method for route in ROUTES if UnitClosed in route.errors} == {"POST", "PATCH"}


async def test_units_of_another_organisation_do_not_exist(store: Store) -> None:
    """Neither to read, nor to stand beneath, nor to hold a show; also where a query forgets to ask."""
    other = await an_organisation(store.stores, store.clock, "另一个市")
    tree = await store.actions.units.add(other, UnitId(other), UnitKind.COUNTY, "甲县", BY)
    foreign = tree[1].id
    show = await a_show_of(store, "甲县")
    async with a_site(store) as site:
        own = await site.signed_in(await site.account(AccountRole.ORGANISER))
        body = {"name": "乙县", "kind": "county", "parent_id": str(foreign)}
        answers = [
            await site.ask("GET", f"/api/v1/units/{foreign}/report", headers=own),
            await site.ask("POST", "/api/v1/units", json=body, headers=own),
            await site.ask("PUT", f"/api/v1/units/{foreign}", json=body, headers=own),
            await site.ask("POST", f"/api/v1/units/{foreign}/close", headers=own),
            await site.ask("DELETE", f"/api/v1/units/{foreign}", headers=own),
        ]
        listed = await (await site.ask("GET", "/api/v1/units", headers=own)).json()

        assert [(one.status, (await one.json())["code"]) for one in answers] == [(404, "unit_not_found")] * len(answers)
        assert str(foreign) not in str(listed)
    with pytest.raises(UnitNotFound):
        await report_of(store, foreign)
    assert await store.stores.series.report(other, ShowsOf(unit=foreign), store.clock()) is not None
    async with store.database.transaction(store.org) as tx:
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await tx.execute("UPDATE broadcast SET unit_id = $2 WHERE id = $1", show, foreign)


async def test_bases_of_before_are_units_and_keep_their_shows(store: Store) -> None:
    """What an older database held in a table of its own; a base that was called as its organisation is it."""
    show, of_top = await a_broadcast(store), await a_broadcast(store)
    sql = files("storage").joinpath("migrations", "0031_units_and_groups.sql").read_text("utf-8")
    up, down = sql.partition("-- migrate:up")[2].split("-- migrate:down")
    async with store.database.maintenance() as tx:
        await tx.execute(down)
        name = await tx.fetchval("SELECT name FROM organisation WHERE id = $1", store.org)
        same = uuid7(store.clock())
        await tx.execute("INSERT INTO base (id, org_id, name) VALUES ($1, $2, $3)", same, store.org, name)
        await tx.execute("UPDATE broadcast SET base_id = $2 WHERE id = $1", of_top, same)
        before = await tx.fetchval("SELECT base_id FROM broadcast WHERE id = $1", show)
        await tx.execute(up + "; SELECT raise_walls()")

    units = {row.id: row for row in await store.actions.units.listed(store.org)}
    assert (units[before].name, units[before].kind, units[before].shows) == ("示例·东莞基地", "base", 1)
    assert (len(units), units[UnitId(store.org)].shows) == (2, 1)


async def test_a_show_without_a_unit_is_the_organisations(store: Store) -> None:
    """The report of the organisation as a unit is that of everything."""
    await a_visit(store, await a_show_of(store, None))
    top = UnitId(store.org)

    report = await report_of(store, top)

    everything = await report_of(store, None)
    assert report.model_copy(update={"unit_id": None}) == everything
    assert (report.units, report.shows[0].unit, report.figures.shows) == ((), None, 1)
    with pytest.raises(UnitNotFound):
        await report_of(store, UnitId(uuid4()))

"""Wall screens: what they show is what the report says, whoever has the link may look, until it is closed."""

import asyncio
import json
import random
from datetime import datetime
from uuid import uuid4

import pytest

from stream_jobs.actions.walls import WallActions
from stream_jobs.domain.ids import BroadcastId, SeriesId, WallId
from stream_jobs.domain.walls import Wall, WallClosed, WallCounts, WallHead
from stream_jobs.ports import AccountRole
from stream_jobs.ports.series import ShowsOf
from stream_jobs.ports.walls import WallOf
from tests.builders import BY, Store, a_broadcast, a_phone, a_visit, an_organisation, apply, batching, cards_of, jobs_of
from tests.report_builders import STAFF, History, a_show
from tests.site import a_site


async def shown(store: Store, broadcast: BroadcastId | None = None, series: SeriesId | None = None) -> Wall:
    """By a fresh link, counted now."""
    walls = WallActions(store.stores.walls, store.tokens, store.clock)
    return await walls.shown((await walls.open(WallOf(store.org, broadcast, series), BY)).code)


async def series_of(store: Store, broadcast: BroadcastId) -> SeriesId:
    async with store.database.transaction(store.org) as tx:
        return SeriesId(await tx.fetchval("SELECT series_id FROM broadcast WHERE id = $1", broadcast))


@pytest.mark.parametrize("seed", range(3))
async def test_wall_of_a_show_says_what_its_report_says(store: Store, seed: int) -> None:
    """Every figure to the digit, the curve point by point."""
    broadcast = await a_show(store)
    async with batching(store):
        await History(store, broadcast, random.Random(seed)).run(160)

    wall = await shown(store, broadcast)

    report = await store.actions.report.report_now(store.org, broadcast)
    figures, counts = report.figures, wall.counts
    assert (counts.visits, counts.applications, counts.presented) == (
        figures.visits,
        figures.applied.applications,
        figures.presented,
    )
    assert counts.presented_openings == sum(
        line.openings or 0 for line in report.cards if line.kind == "job" and line.pushes
    )
    assert [(step.metric, step.count) for step in counts.funnel] == [(s.metric, s.count) for s in report.funnel]
    assert wall.course.curve == report.curve
    assert wall.course.peak == figures.peak


async def test_wall_of_a_series_says_what_its_report_says(store: Store) -> None:
    """A device that came to two shows counts once; visits are added up, show by show."""
    shows = [await a_broadcast(store), await a_broadcast(store)]
    watcher = await a_visit(store, shows[0])
    await a_visit(store, shows[1], watcher)
    await a_visit(store, await a_broadcast(store, rehearsal=True))
    series = await series_of(store, shows[0])

    wall = await shown(store, series=series)

    report = await store.stores.series.report(store.org, ShowsOf(series), store.clock())
    assert (wall.head.kind, wall.head.title, wall.head.shows, wall.head.live) == ("series", report.name, 2, 2)
    assert wall.counts.visits == report.figures.visits == 2
    assert wall.counts.funnel[0].count == report.figures.visitors == 1
    assert [show.visits for show in wall.course.shows] == [1, 1]
    assert wall.course.curve is None


async def test_wall_names_nobody_but_by_a_surname_and_a_number(store: Store) -> None:
    """No telephone, no full name; an application taken back is not named, and still counted."""
    broadcast = await a_broadcast(store, jobs=2)
    jobs = await jobs_of(store, broadcast)
    async with batching(store):
        for nth, name in enumerate(("王小明", "李小红", None)):
            watcher = await a_visit(store, broadcast)
            receipt = await apply(
                store, broadcast, jobs[0], watcher=watcher, name=name, phone=a_phone(nth + 1), key=uuid4()
            )
            store.clock.forward(seconds=1)
            if name == "李小红":
                await store.actions.applying.withdraw(store.org, broadcast, watcher.viewer_id, receipt.receipt_id)
        await store.actions.applying.record_for(
            store.org, broadcast, STAFF, key=uuid4(), job=jobs[1], phone=a_phone(9), name=None, channel=None,
            consent_given="by_telephone",
        )  # fmt: skip

    wall = await shown(store, broadcast)

    lines = [(line.name, line.label, line.recorded) for line in wall.counts.newest]
    assert lines == [("", "2号", True), ("", "1号", False), ("王**", "1号", False)]
    assert wall.counts.applications == 4
    assert [(job.label, job.applications) for job in wall.counts.top] == [("1号", 3), ("2号", 1)]
    told = wall.model_dump_json()
    assert "小明" not in told and "小红" not in told and "1380000" not in told and "****" not in told


async def test_what_was_stored_is_shown_after_a_quarter_of_a_second(store: Store) -> None:
    """With the page's 400 ms between two questions that is well within a second."""
    broadcast = await a_broadcast(store, jobs=1)
    code = (await store.actions.walls.open(WallOf(store.org, broadcast), BY)).code
    assert (await store.actions.walls.shown(code)).counts.visits == 0

    await a_visit(store, broadcast)
    await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())
    store.clock.forward(seconds=0.25)

    counts = (await store.actions.walls.shown(code)).counts
    assert (counts.visits, counts.presented, counts.presented_openings) == (1, 1, 40)


async def test_many_screens_cost_one_count(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty screens of one show, by two links, that ask at the same moment."""
    broadcast = await a_broadcast(store)
    of = WallOf(store.org, broadcast)
    codes = [(await store.actions.walls.open(of, BY)).code for _ in range(2)]
    counted: list[WallOf] = []
    count = store.stores.walls.counts

    async def noted(of: WallOf, at: datetime) -> tuple[WallHead, WallCounts]:
        counted.append(of)
        return await count(of, at)

    monkeypatch.setattr(type(store.stores.walls), "counts", lambda _, of, at: noted(of, at))
    await asyncio.gather(*(store.actions.walls.shown(code) for code in codes * 25))

    assert counted == [of]


async def test_closed_link_shows_nothing_and_no_other_link_is_closed_with_it(store: Store) -> None:
    """Within a second; closing it again changes nothing, and both acts are recorded once."""
    broadcast = await a_broadcast(store)
    one, other = [await store.actions.walls.open(WallOf(store.org, broadcast), BY) for _ in range(2)]
    await store.actions.walls.shown(one.code)

    for _ in range(2):
        await store.actions.walls.close(store.org, WallId(one.link.id), BY)
    store.clock.forward(seconds=1)

    with pytest.raises(WallClosed):
        await store.actions.walls.shown(one.code)
    assert await store.actions.walls.shown(other.code)
    links = await store.actions.walls.listed(WallOf(store.org, broadcast))
    listed = {wall.link.id: wall.link.revoked_at is None for wall in links}
    assert listed == {one.link.id: False, other.link.id: True}
    async with store.database.transaction(store.org) as tx:
        acts = await tx.fetch("SELECT action, subject FROM audit WHERE action LIKE 'wall%' ORDER BY number")
    assert [(act["action"], act["subject"]) for act in acts] == [
        ("wall_opened", str(one.link.id)),
        ("wall_opened", str(other.link.id)),
        ("wall_closed", str(one.link.id)),
    ]


async def test_forged_and_foreign_codes_open_nothing(store: Store) -> None:
    """A changed letter, a channel's code, nonsense: all look like a closed link."""
    broadcast = await a_broadcast(store)
    code = (await store.actions.walls.open(WallOf(store.org, broadcast), BY)).code
    forged = ("A" if code[0] != "A" else "B") + code[1:]

    for wrong in (forged, store.tokens.page_code("prompter", broadcast, uuid4()), "no-such-code", "号" * 35, ""):
        with pytest.raises(WallClosed):
            await store.actions.walls.shown(wrong)


# ── over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_anyone_with_the_link_may_look_and_only_the_organiser_makes_and_closes_it(store: Store) -> None:
    """The page itself says nothing of anybody: it is the same for every link."""
    broadcast = await a_broadcast(store, jobs=1)
    async with batching(store):
        await apply(store, broadcast, (await jobs_of(store, broadcast))[0], name="王小明")
    other = await an_organisation(store.stores, store.clock, "另一个县")
    async with a_site(store) as site:
        own = await site.signed_in(await site.account(AccountRole.ORGANISER))
        foreign = await site.signed_in(await site.account(AccountRole.ORGANISER, org=other))
        wanted = {"broadcast_id": str(broadcast)}

        made = await (await site.ask("POST", "/api/v1/walls", json=wanted, headers=own)).json()
        address = made["url"].removeprefix("http://127.0.0.1:8000")
        page = await (await site.ask("GET", address)).text()
        answer = await site.ask("GET", "/api/v1" + address)

        assert made["qr"].startswith("data:image/svg+xml")
        assert "王" not in page and str(broadcast) not in page
        assert (await answer.json())["counts"]["newest"][0]["name"] == "王**"
        for path, body in (("/api/v1/walls", wanted), (f"/api/v1/walls/{made['link']['id']}/close", {})):
            refused = await site.ask("POST", path, json=body, headers=foreign)
            assert (refused.status, (await refused.json())["code"]) in (
                (404, "broadcast_not_found"),
                (404, "wall_not_found"),
            )
        assert (await site.ask("GET", "/api/v1" + address)).status == 200
        closed = await site.ask("POST", f"/api/v1/walls/{made['link']['id']}/close", json={}, headers=own)
        store.clock.forward(seconds=2)
        gone = await site.ask("GET", "/api/v1" + address)
        assert closed.status == 200
        assert (gone.status, json.loads(await gone.text())["code"]) == (404, "wall_closed")


@pytest.mark.parametrize("wanted", [{}, {"broadcast_id": str(uuid4()), "series_id": str(uuid4())}])
async def test_a_wall_is_of_a_show_or_of_a_series(store: Store, wanted: dict[str, str]) -> None:
    """Of neither or of both is a mistake that is told."""
    async with a_site(store) as site:
        own = await site.signed_in(await site.account(AccountRole.ORGANISER))

        answer = await site.ask("POST", "/api/v1/walls", json=wanted, headers=own)

        assert (answer.status, (await answer.json())["field"]) == (422, "broadcast_id")

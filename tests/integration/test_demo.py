"""The demo's data: every figure of the ended show counted from raw rows, seeding again, and the demo host."""

import asyncio
import shutil
import stat
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from storage.copies import counts
from storage.pool import Database, open_database
from storage.stores import Stores
from stream_jobs.actions import Actions
from stream_jobs.app import App, running
from stream_jobs.assembly import actions_over
from stream_jobs.demo import viewers
from stream_jobs.demo.host import next_card, present
from stream_jobs.demo.past import AUTOMATIC_HOST, OPERATOR
from stream_jobs.demo.seed import Demo, seed
from stream_jobs.demo.viewers import watch
from stream_jobs.domain.events import Status, Step
from stream_jobs.domain.ids import NO_CHANNEL, WHOLE_SHOW, BroadcastId, CardId
from stream_jobs.domain.model import CardState
from stream_jobs.embedded import Servers
from stream_jobs.keys import Keys
from stream_jobs.ports import Desk, TrayCard
from stream_jobs.settings import Settings
from stream_jobs.silent import Silent
from stream_jobs.tokens import Tokens
from tests.builders import in_memory
from tests.clients import eventually
from tests.databases import a_database, url_of

# Just after midnight in China: nine days ago is as near as it can be.
NOW = datetime(2026, 11, 20, 16, 40, tzinfo=UTC)
STARTED_AT = datetime(2026, 11, 12, 6, 0, tzinfo=UTC)
ENDED_AT = datetime(2026, 11, 12, 8, 6, tzinfo=UTC)
KEYS = Keys(signing=b"s" * 32, master=b"m" * 32, pepper=b"p" * 32)
_names = count(1)


@dataclass
class DemoPlace:
    """A database and a data folder, as the demo sees them."""

    stores: Stores
    database: Database
    keys: Keys
    settings: Settings

    def actions(self, now: datetime = NOW) -> Actions:
        return actions_over(self.stores, Silent(), Tokens(self.keys.signing), lambda: now, Settings())


@dataclass
class Seeded:
    """A demo prepared at NOW, on a database of this test alone."""

    place: DemoPlace
    demo: Demo
    url: str

    async def rows(self, query: str, *args: object) -> list[asyncpg.Record]:
        async with self.place.database.transaction(self.demo.org_id) as tx:
            return await tx.fetch(query, *args)

    async def one(self, query: str, *args: object) -> Any:
        return (await self.rows(query, *args))[0][0]

    async def card(self, number: int, broadcast: BroadcastId | None = None) -> CardId:
        return CardId(
            await self.one(
                "SELECT id FROM card WHERE broadcast_id = $1 AND kind = 'job' AND number = $2",
                broadcast or self.demo.ended,
                number,
            )
        )

    async def devices(self, step: str, card: CardId | None = None) -> int:
        """Distinct devices whose raw events say they took this step."""
        return int(
            await self.one(
                """
                SELECT count(DISTINCT viewer_id) FROM audience_event
                WHERE broadcast_id = $1 AND step = $2 AND fraud IS NULL AND ($3::uuid IS NULL OR card_id = $3)
                """,
                self.demo.ended,
                step,
                card,
            )
        )

    async def desk(self) -> Desk:
        return await self.place.actions().stage.desk(self.demo.org_id, self.demo.live)

    async def contents(self) -> dict[str, int]:
        """How many rows each table has."""
        return dict(await counts(self.place.database))


@pytest_asyncio.fixture(scope="module")
async def prepared(
    servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, Path, Demo]]:
    """The name of a database that was seeded once, its data folder, and what seeding returned."""
    data = tmp_path_factory.mktemp("demo") / "data"
    async with a_database(servers, template) as name:
        async with _opened(servers, name, data) as place:
            demo = await seed(place, NOW)
        yield name, data, demo


@pytest_asyncio.fixture
async def seeded(servers: Servers, prepared: tuple[str, Path, Demo], tmp_path: Path) -> AsyncIterator[Seeded]:
    name, data, demo = prepared
    mine = shutil.copytree(data, tmp_path / "data")
    async with a_database(servers, name) as copy, _opened(servers, copy, mine) as place:
        yield Seeded(place, demo, url_of(servers, copy))


@asynccontextmanager
async def _opened(servers: Servers, name: str, data: Path) -> AsyncIterator[DemoPlace]:
    async with open_database(url_of(servers, name), size=8) as database:
        stores = Stores(database, KEYS, in_memory(), retention_days=365)
        yield DemoPlace(stores, database, KEYS, Settings(data=data))


# ── the ended show ────────────────────────────────────────────────────────────────────────────────────────────


async def test_ended_show_ran_for_two_hours_and_six_minutes_nine_days_ago(seeded: Seeded) -> None:
    """The show of the report: 14:00–16:06 in China."""
    row = (await seeded.rows("SELECT status, started_at, ended_at FROM broadcast WHERE id = $1", seeded.demo.ended))[0]

    assert tuple(row) == ("ended", STARTED_AT, ENDED_AT)


async def test_ended_show_was_visited_3571_times_by_2904_devices(seeded: Seeded) -> None:
    """Visits and devices of the report's sentence."""
    row = (
        await seeded.rows(
            "SELECT count(*), count(DISTINCT viewer_id) FROM visit WHERE broadcast_id = $1", seeded.demo.ended
        )
    )[0]

    assert tuple(row) == (3571, 2904)


async def test_funnel_of_the_ended_show_is_that_of_the_report(seeded: Seeded) -> None:
    """Distinct devices of raw events, none of them disbelieved."""
    steps = ("visit", "impression", "click", "apply_start", "application")

    assert [await seeded.devices(step) for step in steps] == [2904, 2611, 688, 121, 52]
    assert await seeded.one("SELECT count(*) FROM audience_event WHERE fraud IS NOT NULL") == 0


async def test_58_applications_by_52_people_of_which_17_came_after_the_show(seeded: Seeded) -> None:
    """41 while live, the others within seven days."""
    rows = await seeded.rows("SELECT person_id, at FROM application WHERE broadcast_id = $1", seeded.demo.ended)

    live = [row for row in rows if STARTED_AT <= row["at"] < ENDED_AT]
    after = [row for row in rows if ENDED_AT <= row["at"] < ENDED_AT + timedelta(days=7)]
    assert (len(rows), len(live), len(after)) == (58, 41, 17)
    assert len({row["person_id"] for row in rows}) == 52


@pytest.mark.parametrize("touch", ["first_channel_id", "last_channel_id"])
async def test_applications_by_channel_are_those_of_the_report(seeded: Seeded, touch: str) -> None:
    """The same by first and by last touch."""
    rows = await seeded.rows(
        f"""
        SELECT coalesce(n.name, '未归因') AS name, count(*) AS applications
        FROM application p LEFT JOIN channel n ON n.id = p.{touch} WHERE p.broadcast_id = $1 GROUP BY 1
        """,  # noqa: S608  # names of this test
        seeded.demo.ended,
    )

    assert {row["name"]: row["applications"] for row in rows} == {
        "快手": 21,
        "视频号": 14,
        "公众号": 9,
        "城关镇驿站": 7,
        "赶集摊位": 4,
        "未归因": 3,
    }


async def test_at_most_412_watched_at_once(seeded: Seeded) -> None:
    """A sweep over the raw intervals, a device counted once however many pages it has open."""
    rows = await seeded.rows(
        """
        SELECT v.viewer_id, i.from_at, i.to_at FROM visit_interval i JOIN visit v ON v.id = i.visit_id
        WHERE i.broadcast_id = $1
        """,
        seeded.demo.ended,
    )
    assert len(rows) == 3571

    # An end before a start at the same moment would flatter: let the start come first.
    moves = sorted((at, -change, row["viewer_id"]) for row in rows for at, change in _moves(row))
    pages: Counter[UUID] = Counter()
    most = 0
    for _, change, viewer in moves:
        pages[viewer] -= change
        if not pages[viewer]:
            del pages[viewer]
        most = max(most, len(pages))
    assert most == 412
    assert await seeded.one("SELECT peak FROM broadcast WHERE id = $1", seeded.demo.ended) == 412


def _moves(row: asyncpg.Record) -> list[tuple[datetime, int]]:
    return [(row["from_at"], 1), (row["to_at"], -1)]


@pytest.mark.parametrize(
    ("number", "figures", "on_stage"),
    [(1, (1204, 188, 13, 9, 2), timedelta(minutes=6, seconds=10)), (2, (1118, 140, 9, 6, 1), timedelta(seconds=302))],
)
async def test_first_cards_have_the_figures_of_the_report(
    seeded: Seeded, number: int, figures: tuple[int, ...], on_stage: timedelta
) -> None:
    """Saw, opened, applications, contacted, hired; and how long the card was on stage."""
    card = await seeded.card(number)
    outcomes = await seeded.rows(
        """
        SELECT count(*) AS applications,
            count(*) FILTER (WHERE EXISTS (SELECT FROM application_event e
                WHERE e.application_id = p.id AND e.kind = 'contacted')) AS contacted,
            count(*) FILTER (WHERE state = 'hired') AS hired
        FROM application p WHERE card_id = $1
        """,
        card,
    )
    pushes = await seeded.rows(
        "SELECT card_id, at FROM stage_event WHERE broadcast_id = $1 AND kind = 'card_pushed' ORDER BY seq",
        seeded.demo.ended,
    )

    seen = (await seeded.devices("impression", card), await seeded.devices("click", card))
    assert (*seen, *outcomes[0]) == figures
    at = next(nth for nth, push in enumerate(pushes) if push["card_id"] == card)
    assert pushes[at + 1]["at"] - pushes[at]["at"] == on_stage


async def test_all_24_cards_and_three_policies_were_pushed_within_the_show(seeded: Seeded) -> None:
    """24 cards, 686 openings, 15 employers."""
    rows = await seeded.rows(
        """
        SELECT c.kind, j.headcount_max, j.employer_id, e.at
        FROM stage_event e JOIN card c ON c.id = e.card_id LEFT JOIN job j ON j.id = c.job_id
        WHERE e.broadcast_id = $1 AND e.kind = 'card_pushed'
        """,
        seeded.demo.ended,
    )

    jobs = [row for row in rows if row["kind"] == "job"]
    assert (len(jobs), len(rows)) == (24, 27)
    assert sum(row["headcount_max"] for row in jobs) == 686
    assert len({row["employer_id"] for row in jobs}) == 15
    assert all(STARTED_AT < row["at"] < ENDED_AT for row in rows)


async def test_31_of_52_people_were_contacted_and_six_hired(seeded: Seeded) -> None:
    """Whoever still waits has waited since 14:09 at the longest."""
    rows = await seeded.rows(
        """
        SELECT person_id, bool_or(state = 'hired') AS hired, min(at) AS since,
            bool_or(state IN ('contacted', 'interview', 'offer', 'hired')) AS contacted
        FROM application WHERE broadcast_id = $1 GROUP BY person_id
        """,
        seeded.demo.ended,
    )

    assert sum(row["contacted"] for row in rows) == 31
    assert sum(row["hired"] for row in rows) == 6
    waiting = [row["since"] for row in rows if not row["contacted"]]
    assert (len(waiting), min(waiting).strftime("%H:%M")) == (21, "06:09")


async def test_three_employers_have_not_collected_their_list(seeded: Seeded) -> None:
    """The other twelve have every application that came; 星河电子 has those of 22 people."""
    rows = await seeded.rows(
        """
        SELECT m.name, count(DISTINCT p.person_id) AS people, max(p.at) AS last,
            (SELECT max(h.at) FROM hand_over h WHERE h.employer_id = m.id AND h.broadcast_id = $1) AS collected
        FROM application p JOIN employer m ON m.id = p.employer_id WHERE p.broadcast_id = $1 GROUP BY m.id, m.name
        """,
        seeded.demo.ended,
    )

    assert len(rows) == 15
    assert sorted(row["name"] for row in rows if row["collected"] is None) == sorted(
        ["示例·巧手工坊", "示例·快达配送", "示例·筑城建工"]
    )
    assert all(row["last"] < row["collected"] for row in rows if row["collected"])
    assert next(row["people"] for row in rows if row["name"] == "示例·星河电子") == 22


async def test_platform_views_are_typed_in_beside_our_figures(seeded: Seeded) -> None:
    """快手 21,480."""
    row = (
        await seeded.rows(
            "SELECT platform, metric, value FROM platform_figure WHERE broadcast_id = $1", seeded.demo.ended
        )
    )[0]

    assert tuple(row) == ("快手", "views", 21_480)


async def test_kept_counts_equal_a_recount_of_raw_events(seeded: Seeded) -> None:
    """step_count against events and first channels: card, employer, show, series, all shows, and steps implied."""
    events = await seeded.rows(
        """
        SELECT e.broadcast_id, e.viewer_id, e.card_id, e.step, e.channel_id, m.first_channel_id, j.employer_id,
            CASE WHEN NOT b.rehearsal THEN ARRAY[b.org_id, b.series_id] END AS together
        FROM audience_event e JOIN broadcast b ON b.id = e.broadcast_id
        LEFT JOIN audience_member m USING (broadcast_id, viewer_id)
        LEFT JOIN card c ON c.id = e.card_id LEFT JOIN job j ON j.id = c.job_id WHERE e.fraud IS NULL
        """
    )
    kept = await seeded.rows(
        "SELECT broadcast_id, card_id, channel_id, step, viewers, events FROM step_count WHERE viewers + events > 0"
    )

    viewers: set[tuple[object, ...]] = set()
    counted: Counter[tuple[object, ...]] = Counter()
    for event in events:
        step, show = Step[event["step"].upper()], event["broadcast_id"]
        for place in {event["card_id"], WHOLE_SHOW}:
            counted[show, place, event["channel_id"], step] += 1
        # Without a first channel there is no device: staff wrote it down.
        for reached in Step(step * 2 - 1) if event["first_channel_id"] else ():
            first, viewer = event["first_channel_id"], event["viewer_id"]
            for place in {event["card_id"], event["employer_id"], WHOLE_SHOW} - {None}:
                if place == WHOLE_SHOW or reached is not Step.VISIT:
                    viewers.add((show, place, first, reached, viewer))
            for shows in {*(event["together"] or ())} - {None}:
                viewers.add((shows, WHOLE_SHOW, NO_CHANNEL, reached, viewer))
    devices = Counter(one[:4] for one in viewers)
    wanted = {key: (devices[key], counted[key]) for key in devices.keys() | counted.keys()}
    assert {tuple(row)[:4]: tuple(row)[4:] for row in kept} == wanted


# ── the other shows, and who signs in ─────────────────────────────────────────────────────────────────────────


async def test_live_show_has_been_on_air_for_42_minutes_with_the_third_card_on_stage(seeded: Seeded) -> None:
    """28 applications, 6号 full, 12号 asked three times and answered."""
    snapshot = await seeded.place.actions().stage.snapshot(seeded.demo.org_id, seeded.demo.live)
    tray = {card.label: card for card in (await seeded.place.actions().stage.tray(*_live(seeded))).cards}
    desk = await seeded.desk()

    assert snapshot.broadcast.status is Status.LIVE
    assert snapshot.broadcast.started_at == NOW - timedelta(minutes=42)
    assert snapshot.on_stage and snapshot.on_stage.card.label == "3号"
    assert tray["6号"].state == "full"
    assert [answer.answer for answer in tray["12号"].answers] == ["学徒期满转计件"]
    assert next(q.count for q in desk.questions if q.label == "12号") == 3
    assert (desk.applications, desk.cards_spoken, desk.cards_total) == (28, 3, 24)
    assert (desk.newest[0].label, desk.newest[0].phone_masked) == ("3号", "138****0001")


async def test_upcoming_show_is_tomorrow_at_two_and_holds_the_jobs_that_cannot_be_pushed(seeded: Seeded) -> None:
    """25号 says 限女性, 26号 has expired."""
    cards = await seeded.place.actions().stage.tray_cards(seeded.demo.org_id, seeded.demo.upcoming)
    starts_at = await seeded.one("SELECT starts_at FROM broadcast WHERE id = $1", seeded.demo.upcoming)

    assert starts_at == datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    blocked = {card.body.label: [reason.code for reason in card.blocked] for card in cards if card.blocked}
    assert blocked == {"25号": ["wording"], "26号": ["job_expired"]}


async def test_everyone_can_sign_in_with_the_password_that_the_data_folder_keeps(seeded: Seeded) -> None:
    """One account a role; the file is its owner's alone."""
    accounts = seeded.place.actions().accounts

    for account in seeded.demo.accounts:
        signed_in = await accounts.sign_in(account.login, account.password)
        assert signed_in.session.account.role == account.role
    assert [account.role for account in seeded.demo.accounts] == ["organiser", "host", "operator", "recruiter"]
    mode = (seeded.place.settings.data / "demo.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


# ── seeding again ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_seeding_twice_changes_nothing(seeded: Seeded) -> None:
    """The same shows and passwords, and not a row more."""
    before = await seeded.contents()

    again = await seed(seeded.place, NOW + timedelta(hours=2))

    assert again == seeded.demo
    assert await seeded.contents() == before


async def test_next_day_brings_a_fresh_live_show_and_ends_the_one_left_on_air(seeded: Seeded) -> None:
    """The old one ends when something last happened on its stage, not a day later."""
    tomorrow = NOW + timedelta(days=1)

    again = await seed(seeded.place, tomorrow)

    assert (again.ended, again.accounts) == (seeded.demo.ended, seeded.demo.accounts)
    assert again.live != seeded.demo.live
    rows = await seeded.rows("SELECT id, status, ended_at FROM broadcast ORDER BY starts_at")
    assert [row["id"] for row in rows if row["status"] == "live"] == [again.live]
    left = next(row for row in rows if row["id"] == seeded.demo.live)
    assert left["ended_at"] < NOW


async def test_live_show_that_was_ended_by_hand_is_replaced_the_same_day(seeded: Seeded) -> None:
    """The demo always has a show on air."""
    await seeded.place.actions().stage.end(*_live(seeded), OPERATOR, uuid4())

    again = await seed(seeded.place, NOW + timedelta(hours=1))

    assert again.live != seeded.demo.live


async def test_shows_whose_preparation_was_cut_short_are_in_no_figure(seeded: Seeded) -> None:
    """Without the folder's memory nothing says that they are whole: they are prepared anew."""
    (seeded.place.settings.data / "demo.json").unlink()

    again = await seed(seeded.place, NOW + timedelta(hours=1))

    assert {again.ended, again.live, again.upcoming}.isdisjoint(
        {seeded.demo.ended, seeded.demo.live, seeded.demo.upcoming}
    )
    assert await seeded.one("SELECT count(*) FROM broadcast WHERE NOT rehearsal") == 3
    new = again.accounts[0]
    assert new.password != seeded.demo.accounts[0].password
    assert await seeded.place.actions().accounts.sign_in(new.login, new.password)


# ── the demo host ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_demo_host_pushes_the_next_card_in_its_own_name(seeded: Seeded) -> None:
    """4号 after 3号."""

    async def pushed_the_next() -> bool:
        last = (await seeded.desk()).last_action
        return last is not None and last.label == "4号"

    async with _presenting(seeded):
        await eventually(pushed_the_next)

    last = (await seeded.desk()).last_action
    assert last and last.by == AUTOMATIC_HOST.name


async def test_demo_host_stops_for_good_when_somebody_else_acts(seeded: Seeded) -> None:
    """Neither then nor later does it overrule them."""
    card = await seeded.card(20, seeded.demo.live)
    await seeded.place.actions().stage.push(*_live(seeded), card, OPERATOR, uuid4())

    async with asyncio.timeout(5):
        await present(seeded.place.actions(), *_live(seeded), every_seconds=0)

    last = (await seeded.desk()).last_action
    assert last and (last.by, last.label) == (OPERATOR.name, "20号")


async def test_demo_host_stops_when_the_show_has_ended(seeded: Seeded) -> None:
    """An ended show is not presented, whoever ended it."""
    await seeded.place.actions().stage.end(*_live(seeded), AUTOMATIC_HOST, uuid4())

    async with asyncio.timeout(5):
        await present(seeded.place.actions(), *_live(seeded), every_seconds=0)

    assert await seeded.one("SELECT status FROM broadcast WHERE id = $1", seeded.demo.live) == "ended"


async def test_next_card_passes_over_full_and_blocked_ones_and_begins_again_at_the_end(seeded: Seeded) -> None:
    """5号 → 7号, because 6号 is full; after the last policy comes 1号."""
    tray = await _tray(seeded, seeded.demo.live)
    labels = {card.body.label: card.body.id for card in tray}
    guarded = await _tray(seeded, seeded.demo.upcoming)
    last_pushable = next(card.body.id for card in guarded if card.body.label == "24号")

    after_fifth, after_last = next_card(tray, labels["5号"]), next_card(tray, labels["政3"])
    after_pushable = next_card(guarded, last_pushable)

    assert after_fifth and after_fifth.label == "7号"
    assert after_last and after_last.label == "1号"
    assert after_pushable and after_pushable.label == "政1"


async def test_demo_host_has_nothing_to_push_when_every_other_card_is_closed(seeded: Seeded) -> None:
    """It waits rather than fails."""
    tray = await _tray(seeded, seeded.demo.live)
    on_stage = tray[2].body.id
    closed = [TrayCard(card.body.model_copy(update={"state": CardState.CLOSED.value})) for card in tray if card.body.id]

    assert next_card(closed, on_stage) is None


# ── simulated viewers ─────────────────────────────────────────────────────────────────────────────────────────


async def test_simulated_viewers_move_the_numbers(
    servers: Servers, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They watch, see the card on stage, open it and apply, over the real server's HTTP and WebSocket."""
    monkeypatch.setattr(viewers, "JOIN_SECONDS", 0.2)
    monkeypatch.setattr(viewers, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(viewers, "CHANCES", dict.fromkeys(viewers.CHANCES, 1.0))
    before = await seeded.desk()

    async def moved() -> bool:
        after = await seeded.desk()
        return (
            after.visits >= before.visits + 4
            and after.people >= before.people + 4
            and sum(q.count for q in after.questions) > sum(q.count for q in before.questions)
        )

    async with _serving(servers, seeded) as app, asyncio.TaskGroup() as group:
        watching = group.create_task(
            watch(app.base_url, app.socket_url, seeded.demo.live, seeded.demo.channels, viewers=4)
        )
        await eventually(moved)
        watching.cancel()


async def test_simulated_viewers_wait_for_a_server_that_is_away(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is raised; they end when they are told to."""
    monkeypatch.setattr(viewers, "JOIN_SECONDS", 0.0)
    monkeypatch.setattr(viewers, "AWAY_SECONDS", 0.6)
    nobody = "127.0.0.1:1"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await watch(f"http://{nobody}", f"ws://{nobody}", seeded.demo.live, (), viewers=2)


@asynccontextmanager
async def _serving(servers: Servers, seeded: Seeded) -> AsyncIterator[App]:
    """The whole server over the seeded database."""
    settings = seeded.place.settings.model_copy(
        update={"database_url": seeded.url, "valkey_url": servers.valkey_url, "port": 0}
    )
    settings.keys_folder.mkdir()
    for name in ("signing", "master", "pepper"):
        (settings.keys_folder / f"{name}.key").write_text(getattr(KEYS, name).hex())
    async with running(settings) as app:
        yield app


def _live(seeded: Seeded) -> tuple[Any, BroadcastId]:
    return seeded.demo.org_id, seeded.demo.live


async def _tray(seeded: Seeded, broadcast: BroadcastId) -> list[TrayCard]:
    return list(await seeded.place.actions().stage.tray_cards(seeded.demo.org_id, broadcast))


@asynccontextmanager
async def _presenting(seeded: Seeded) -> AsyncIterator[None]:
    """The demo host at work, as fast as it can, until the block ends."""
    async with asyncio.TaskGroup() as group:
        host = group.create_task(present(seeded.place.actions(), *_live(seeded), every_seconds=0.2))
        yield
        host.cancel()

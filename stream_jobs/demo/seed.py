"""Prepares what the demo shows: an organisation, its jobs, three shows, and people who can sign in."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from argon2 import PasswordHasher

from stream_jobs.actions.accounts import AccountActions
from stream_jobs.demo import appendix
from stream_jobs.demo.appendix import POINTS
from stream_jobs.demo.ended_show import EndedShow, first_day, in_china
from stream_jobs.demo.live_show import ON_AIR, LiveShow
from stream_jobs.demo.memory import DemoAccount, Memory, Shows, keep, new_password, recall
from stream_jobs.demo.past import AUTOMATIC_HOST, OPERATOR, Past, Place, minutes
from stream_jobs.demo.shelf import ready_employers, ready_jobs, ready_organisation, ready_policies
from stream_jobs.domain.events import Status
from stream_jobs.domain.ids import (
    AccountId,
    BroadcastId,
    EmployerId,
    JobId,
    OrgId,
    PolicyId,
    uuid7,
)
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import (
    Account,
    AccountRole,
    BroadcastRow,
    By,
    NewBroadcast,
)
from stream_jobs.silent import Silent
from stream_jobs.tokens import Tokens

__all__ = ["Demo", "DemoAccount", "seed"]

BY_DEMO = By(None, "演示准备")
FILE = "demo.json"
RECRUITS_FOR = "恒顺注塑"
# Enough for a password of nearly sixty random bits; signing in hashes it again as any other.
QUICK = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
LIVE_TITLE = "就业暖心季·东莞专场"
# Role, login, name.
STAFF = (
    (AccountRole.ORGANISER, "demo-organiser", "示例主办"),
    (AccountRole.HOST, "demo-host", "示例主播甲"),
    (AccountRole.OPERATOR, "demo-operator", "场控小李"),
    (AccountRole.RECRUITER, "demo-recruiter", "恒顺招聘部"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where to look; `channels` are the codes of the live show's links."""

    org_id: OrgId
    live: BroadcastId
    ended: BroadcastId
    upcoming: BroadcastId
    channels: tuple[str, ...]
    accounts: tuple[DemoAccount, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What shows are made of, by its number."""

    jobs: Mapping[int, JobId]
    policies: Sequence[PolicyId]


async def seed(place: Place, now: datetime) -> Demo:
    """Prepares what is not there yet: on a data folder prepared before, only shows that have passed.

    Passwords are made once per data folder and kept there, nowhere else.
    """
    file = place.settings.data / FILE
    memory = recall(file)
    passwords = {login: memory.passwords.get(login) or new_password() for _, login, _ in STAFF}
    org_id = await ready_organisation(place, now)
    employers = await ready_employers(place, org_id, now)
    shelf = Shelf(await ready_jobs(place, org_id, employers, now), await ready_policies(place, org_id, now))
    known = await _known(place, org_id, memory.shows, now)

    async with asyncio.TaskGroup() as group:
        staff = group.create_task(_staff(place, org_id, employers, memory, passwords, now))
        ended = group.create_task(_ended(place, org_id, shelf, known, now))
    live = await _live(place, org_id, shelf, staff.result()[AccountRole.OPERATOR], known, now)
    upcoming = await _upcoming(place, org_id, shelf, known, now)

    after = Memory(passwords=passwords, shows=Shows(ended=ended.result(), live=live, upcoming=upcoming))
    if after != memory:
        keep(file, after)
    channels = await place.stores.channels.listed(org_id, live)
    return Demo(
        org_id=org_id,
        live=live,
        ended=ended.result(),
        upcoming=upcoming,
        channels=tuple(Tokens(place.keys.signing).channel_code(channel.id) for channel in channels),
        accounts=tuple(DemoAccount(role.value, login, passwords[login]) for role, login, _ in STAFF),
    )


# ── who signs in ──────────────────────────────────────────────────────────────────────────────────────────────


async def _staff(
    place: Place,
    org_id: OrgId,
    employers: Mapping[str, EmployerId],
    memory: Memory,
    passwords: Mapping[str, str],
    now: datetime,
) -> Mapping[AccountRole, AccountId]:
    """Accounts by role; a password that this folder did not know is set anew."""
    stores, tokens = place.stores, Tokens(place.keys.signing)
    actions = AccountActions(
        stores.accounts, stores.broadcasts, tokens, Silent(), lambda: now, session_hours=1, hasher=QUICK
    )
    there = {account.login: account for account in await actions.listed(org_id)}

    async def account(role: AccountRole, login: str, name: str) -> Account:
        if login not in there:
            employer = employers[RECRUITS_FOR] if role is AccountRole.RECRUITER else None
            return await actions.create_account(
                org_id, role=role, login=login, password=passwords[login], name=name, employer=employer, by=BY_DEMO
            )
        if login not in memory.passwords:
            await actions.set_password(org_id, there[login].id, passwords[login], BY_DEMO)
        return there[login]

    accounts = await asyncio.gather(*(account(*one) for one in STAFF))
    return {account.role: account.id for account in accounts}


# ── the shows ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Known:
    """Shows that an earlier run prepared to their end, as they are now."""

    ended: BroadcastRow
    live: BroadcastRow | None
    upcoming: BroadcastRow | None


async def _known(place: Place, org_id: OrgId, shows: Shows | None, now: datetime) -> Known | None:
    rows = {row.broadcast.id: row for row in await place.stores.broadcasts.rows(org_id, now)}
    if shows is None or shows.ended not in rows:
        await _set_aside(place, org_id, list(rows.values()), now)
        return None
    await _set_aside(place, org_id, [row for row in rows.values() if _is_half_made(row, shows)], now)
    return Known(rows[shows.ended], rows.get(shows.live), rows.get(shows.upcoming))


def _is_half_made(row: BroadcastRow, shows: Shows) -> bool:
    """On air like the demo's own show, and not known as it."""
    show = row.broadcast
    return show.title == LIVE_TITLE and show.status is Status.LIVE and show.id != shows.live


async def _set_aside(place: Place, org_id: OrgId, rows: Sequence[BroadcastRow], now: datetime) -> None:
    """Shows whose preparation was cut short are in no figure."""
    for row in rows:
        await _end(place, org_id, row, now)
        await place.stores.broadcasts.update(org_id, row.broadcast.id, {"rehearsal": True}, by=BY_DEMO, at=now)


async def _end(place: Place, org_id: OrgId, row: BroadcastRow, now: datetime) -> None:
    """Ends a show that an earlier run left on air, when something last happened on its stage."""
    if row.broadcast.status is not Status.LIVE:
        return
    desk = await place.stores.desks.desk(org_id, row.broadcast.id, now)
    last = desk.last_action.at if desk.last_action else now
    await Past(place, org_id, row.broadcast.id).end(min(now, last + minutes(1)), AUTOMATIC_HOST)


async def _ended(place: Place, org_id: OrgId, shelf: Shelf, known: Known | None, now: datetime) -> BroadcastId:
    if known:
        return known.ended.broadcast.id
    day = first_day(now)
    at = in_china(day - timedelta(days=2), 10)
    new = _broadcast(org_id, at, "就业暖心季·珠海专场", in_china(day, 14), "示例·珠海基地", "示例主播甲", "快手")
    past = await _prepared(place, new, shelf, range(1, 25), at)
    await EndedShow(past, day).play()
    return new.id


async def _live(
    place: Place, org_id: OrgId, shelf: Shelf, operator: AccountId, known: Known | None, now: datetime
) -> BroadcastId:
    """The one on air since today, or a fresh one."""
    if known and known.live:
        if _is_on_air_today(known.live, now):
            return known.live.broadcast.id
        await _end(place, org_id, known.live, now)
    starts = now - ON_AIR
    at = starts - timedelta(days=1)
    new = _broadcast(org_id, at, LIVE_TITLE, starts, "示例·东莞基地", "示例主播甲", "快手")
    past = await _prepared(place, new, shelf, range(1, 25), at)
    await LiveShow(past, now, operator).play()
    return new.id


def _is_on_air_today(row: BroadcastRow, now: datetime) -> bool:
    """By the day it was prepared on, which is the next one when it began shortly before midnight."""
    started = row.broadcast.started_at
    if row.broadcast.status is not Status.LIVE or started is None:
        return False
    return china_date(started + ON_AIR) == china_date(now)


async def _upcoming(place: Place, org_id: OrgId, shelf: Shelf, known: Known | None, now: datetime) -> BroadcastId:
    """The one still to come, or a fresh one for tomorrow."""
    if known and known.upcoming:
        show = known.upcoming.broadcast
        if show.status is Status.SCHEDULED and show.starts_at > now:
            return show.id
    starts = in_china(china_date(now) + timedelta(days=1), 14)
    at = now - timedelta(hours=2)
    new = _broadcast(org_id, at, "就业暖心季·县城专场", starts, "示例·县城直播间", "示例主播乙", "视频号")
    await _prepared(place, new, shelf, range(1, 27), at)
    return new.id


def _broadcast(
    org_id: OrgId, at: datetime, title: str, starts_at: datetime, unit: str, host: str, platform: str
) -> NewBroadcast:
    return NewBroadcast(
        BroadcastId(uuid7(at)),
        org_id,
        title,
        starts_at,
        epoch=uuid4().hex[:8],
        series=appendix.SERIES,
        unit=unit,
        host=host,
        platform=platform,
        platform_url="https://live.example.com/demo",
        service_phone=appendix.SERVICE_PHONE,
    )


async def _prepared(place: Place, new: NewBroadcast, shelf: Shelf, numbers: Sequence[int], at: datetime) -> Past:
    """With its tray, its channels, and what the host may say."""
    await place.stores.broadcasts.create(new, by=BY_DEMO, at=at)
    jobs = [shelf.jobs[number] for number in numbers]
    await place.stores.trays.add_cards(new.org_id, new.id, jobs, shelf.policies, at=at, by=OPERATOR)
    past = Past(place, new.org_id, new.id)
    await past.open_channels(at)
    await past.read_tray(at)
    for number, points in POINTS.items():
        await place.stores.trays.set_points(new.org_id, new.id, past.cards[number], points)
    return past

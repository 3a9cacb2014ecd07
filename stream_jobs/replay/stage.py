"""What a replayed show is made of and its stage: employers, jobs, tray, channels, pushes; found where they are."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from stream_jobs.actions.programme import ShowFacts, TrayPicks
from stream_jobs.domain.events import Status
from stream_jobs.domain.ids import BroadcastId, ChannelId, EmployerId, JobId, OrgId, uuid7
from stream_jobs.ports import By, ChannelKind, EmployerFacts, JobFacts, JobFilter, NewOrganisation, ShowBody
from stream_jobs.replay.clock import Player
from stream_jobs.replay.crowd import LONG, Window
from stream_jobs.replay.season import FIRST_SHOW, ShowPlan

ORGANISATION = "示例省公共就业服务"
SERIES = "示例·就业直播季"
TELEPHONE = "0000-1200000"
BY = By(None, "演示场控")
TRADES = (
    "电子装配工",
    "注塑操作工",
    "缝纫工",
    "快递分拣员",
    "仓库管理员",
    "养老护理员",
    "厨师",
    "保安员",
    "客服专员",
    "电工",
)
CHANNELS: tuple[tuple[ChannelKind, str], ...] = (
    ("platform", "直播平台"),
    ("station", "就业驿站"),
    ("account", "公众号"),
)
EMPLOYERS = 30
KEYS = UUID("5ea50000-0000-4000-8000-00000000beef")
WARM_UP = timedelta(minutes=1)


async def organisation(player: Player) -> OrgId:
    there = await player.stores.organisations.named(ORGANISATION)
    if there:
        return there
    at = FIRST_SHOW - timedelta(days=10)
    new = NewOrganisation(OrgId(uuid7(at)), ORGANISATION, "province", TELEPHONE, TELEPHONE)
    await player.stores.organisations.add(new, at)
    return new.id


async def employers(player: Player, org_id: OrgId) -> Sequence[EmployerId]:
    """Verified for the whole season."""
    postings = player.at(FIRST_SHOW - timedelta(days=1)).postings
    there = {row.name: row.id for row in await postings.employers(org_id)}
    for name in (f"示例·第{nth}企业" for nth in range(1, EMPLOYERS + 1)):
        if name not in there:
            there[name] = (await postings.create_employer(org_id, _employer(name))).id
            await postings.verify_employer(org_id, there[name], BY)
    return list(there.values())


def _employer(name: str) -> EmployerFacts:
    return EmployerFacts(name, f"{name}有限公司", "招聘部", TELEPHONE, "1–3个工作日")


async def show(player: Player, org_id: OrgId, plan: ShowPlan, of: Sequence[EmployerId]) -> ShowBody:
    """With its tray and its channels."""
    title = f"示例·就业直播第{plan.nth}场"
    programme = player.at(plan.starts_at - timedelta(hours=5)).programme
    there = next((row.broadcast.id for row in await programme.shows(org_id) if row.broadcast.title == title), None)
    if there:
        return await programme.show(org_id, there)
    picks = TrayPicks(await _jobs(player, org_id, plan, of))
    unit = f"示例·第{plan.nth % 6 + 1}基地"
    facts = ShowFacts(title, plan.starts_at, SERIES, unit=unit, service_phone=TELEPHONE)
    return await player.at(plan.starts_at - timedelta(hours=5)).programme.create_show(org_id, facts, BY, picks=picks)


async def _jobs(player: Player, org_id: OrgId, plan: ShowPlan, of: Sequence[EmployerId]) -> Sequence[JobId]:
    postings = player.at(plan.starts_at - timedelta(hours=6)).postings
    mark = f"（第{plan.nth}场）"
    there = {row.facts.title: row.id for row in (await postings.jobs(org_id, JobFilter(mark, limit=1000))).jobs}
    dice = plan.dice
    ids = []
    for nth, openings in enumerate(plan.openings):
        title = f"{dice.choice(TRADES)}{nth + 1}{mark}"
        facts = JobFacts(title, f"{dice.randrange(45, 80) * 100}元/月", "示例市", openings, openings)
        if title not in there:
            there[title] = (await postings.create_job(org_id, dice.choice(of), facts)).id
        ids.append(there[title])
    return ids


async def channels(player: Player, org_id: OrgId, broadcast_id: BroadcastId, plan: ShowPlan) -> Sequence[ChannelId]:
    programme = player.at(plan.starts_at - timedelta(hours=4)).programme
    there: Mapping[str, ChannelId] = {row.name: row.id for row in await programme.channels(org_id, broadcast_id)}
    made = [
        await programme.create_channel(org_id, broadcast_id, kind, name) for kind, name in CHANNELS if name not in there
    ]
    return sorted([*there.values(), *(row.id for row in made)])


async def present(player: Player, org_id: OrgId, broadcast_id: BroadcastId, plan: ShowPlan) -> list[Window]:
    """Every card once, one after the other, for two hours; commands said before are answered as before."""
    stage = player.at(plan.starts_at).stage
    await stage.start(org_id, broadcast_id, BY, _key(broadcast_id, "start"))
    cards = [card for card in (await stage.tray(org_id, broadcast_id)).cards if card.job]
    begin, step = plan.starts_at + WARM_UP, (LONG - WARM_UP) / len(cards)
    windows = []
    for nth, card in enumerate(cards):
        stage = player.at(begin + step * nth).stage
        entry = await stage.push(org_id, broadcast_id, card.id, BY, _key(broadcast_id, "push", nth))
        if entry is None:
            raise AssertionError("no card follows itself")
        windows.append(Window(card.id, entry.seq, begin + step * nth, begin + step * (nth + 1)))
    return windows


async def finish(player: Player, org_id: OrgId, broadcast_id: BroadcastId, plan: ShowPlan) -> None:
    await player.at(plan.starts_at + LONG).stage.end(org_id, broadcast_id, BY, _key(broadcast_id, "end"))


def is_over(show: ShowBody) -> bool:
    return show.status is Status.ENDED


def _key(broadcast_id: BroadcastId, *what: object) -> UUID:
    return uuid5(KEYS, f"{broadcast_id} {what}")

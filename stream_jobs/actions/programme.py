"""What an organiser prepares for one show: the broadcast, its tray, channels and links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, CardId, ChannelId, ImportId, JobId, OrgId, PolicyId, uuid7
from stream_jobs.domain.phone_code import PhoneCheck
from stream_jobs.domain.picture import picture_origin
from stream_jobs.domain.programme import must_not_be_frozen
from stream_jobs.domain.text import clean_name
from stream_jobs.domain.vetting import Blocked
from stream_jobs.ports import (
    BroadcastRow,
    Broadcasts,
    Bus,
    By,
    ChannelKind,
    ChannelRow,
    Channels,
    Clock,
    JobLibrary,
    KnownNames,
    NewBroadcast,
    ShowBody,
    Shows,
    TodoBody,
    Topic,
    TrayCard,
    Trays,
)

DEFAULT_APPLY_DAYS = 7
# What follows in the broadcast table from what an organiser types; the others have the same name in both.
COLUMNS = {"host": "host_name"}
# Times near the ends of the calendar cannot be counted on from: closing dates would lie beyond it.
YEARS = range(2020, 2100)
REQUIRED = ("title", "starts_at", "rehearsal", "apply_days", "phone_check")


@dataclass(frozen=True, slots=True)
class ShowFacts:
    """A show as its organiser types it."""

    title: str
    starts_at: datetime
    series: str | None = None
    unit: str | None = None
    host: str | None = None
    platform: str | None = None
    platform_url: str | None = None
    picture_url: str | None = None
    service_phone: str | None = None
    rehearsal: bool = False
    apply_days: int = DEFAULT_APPLY_DAYS
    phone_check: PhoneCheck = PhoneCheck.OFF


@dataclass(frozen=True, slots=True)
class TrayPicks:
    """Cards to add: jobs and policies by their ids, and all jobs of an import."""

    jobs: Sequence[JobId] = ()
    policies: Sequence[PolicyId] = ()
    import_id: ImportId | None = None


class BlockedCard(Body):
    card_id: CardId
    label: str
    title: str
    blocked: tuple[Blocked, ...]


class StartCheck(Body):
    """One thing to look at before going live: in order, or what is not."""

    code: Literal["tray", "blocked", "viewer_link", "notices"]
    ok: bool
    cards: int = 0
    openings: int = 0
    policies: int = 0
    blocked: tuple[BlockedCard, ...] = ()
    missing: tuple[str, ...] = ()
    link: str | None = None


class ProgrammeActions:
    def __init__(
        self,
        broadcasts: Broadcasts,
        shows: Shows,
        trays: Trays,
        library: JobLibrary,
        channels: Channels,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._broadcasts = broadcasts
        self._shows = shows
        self._trays = trays
        self._library = library
        self._channels = channels
        self._bus = bus
        self._clock = clock

    # ── shows ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def shows(self, org: OrgId) -> Sequence[BroadcastRow]:
        """Newest start first."""
        return await self._broadcasts.rows(org, self._clock())

    async def todo(self, org: OrgId) -> Sequence[TodoBody]:
        return await self._shows.todo(org, self._clock())

    async def names(self, org: OrgId) -> KnownNames:
        """Series and hosts of earlier shows, and units that are not closed."""
        return await self._shows.names(org)

    async def show(self, org: OrgId, broadcast: BroadcastId) -> ShowBody:
        """Raises BroadcastNotFound."""
        return await self._shows.show(org, broadcast)

    async def create_show(
        self, org: OrgId, facts: ShowFacts, by: By, *, picks: TrayPicks | None = None, like: BroadcastId | None = None
    ) -> ShowBody:
        """With the tray of an earlier show where like names one, then the picks.

        Raises BroadcastNotFound for that one, JobNotFound, CardNotFound, UnitClosed, BadInput; then no show is made.
        """
        picked = await self._all_jobs(org, picks or TrayPicks())
        now = self._clock()
        new = _new(BroadcastId(uuid7(now)), org, facts)
        await self._shows.create(new, picked.jobs, picked.policies, like, at=now, by=by)
        return await self._shows.show(org, new.id)

    async def edit_show(self, org: OrgId, broadcast: BroadcastId, changes: Mapping[str, object], by: By) -> ShowBody:
        """Changes what is named. After the start its time stays, and whether it is a rehearsal.

        Raises BroadcastNotFound, BroadcastStarted, UnitClosed, BadInput.
        """
        before = await self._shows.show(org, broadcast)
        fresh = {name: value for name, value in _good(changes).items() if value != getattr(before, name)}
        must_not_be_frozen(before.status, set(fresh))
        columns = {COLUMNS.get(name, name): value for name, value in fresh.items()}
        await self._broadcasts.update(org, broadcast, columns, by=by, at=self._clock())
        await self._bus.announce(broadcast, Topic.STAGE)
        return await self._shows.show(org, broadcast)

    async def checks(self, org: OrgId, broadcast: BroadcastId) -> Sequence[StartCheck]:
        """What to look at before going live. Raises BroadcastNotFound."""
        show = await self._shows.show(org, broadcast)
        cards = await self._trays.tray_cards(org, broadcast, self._clock())
        return [_tray_check(cards), _blocked_check(cards), _notices_check(show)]

    # ── the tray ──────────────────────────────────────────────────────────────────────────────────────────────

    async def add_cards(self, org: OrgId, broadcast: BroadcastId, picks: TrayPicks, by: By) -> None:
        """In one go, with the next numbers; what is in the tray already stays as it is.

        Raises BroadcastNotFound, JobNotFound, CardNotFound.
        """
        picked = await self._all_jobs(org, picks)
        now = self._clock()
        await self._trays.add_cards(org, broadcast, picked.jobs, picked.policies, at=now, by=by)
        await self._bus.announce(broadcast, Topic.STAGE)

    async def remove_card(self, org: OrgId, broadcast: BroadcastId, card: CardId, by: By) -> None:
        """Before the start only. Raises BroadcastNotFound, BroadcastStarted, CardNotFound, CardAppliedFor."""
        await self._trays.remove_card(org, broadcast, card, at=self._clock(), by=by)
        await self._bus.announce(broadcast, Topic.STAGE)

    async def order_cards(self, org: OrgId, broadcast: BroadcastId, order: Sequence[CardId], by: By) -> None:
        """Names every card once; numbers follow the order before the start, and stay after it.

        Raises BroadcastNotFound, BadInput when someone changed the tray meanwhile.
        """
        now = self._clock()
        there = [card.body.id for card in await self._trays.tray_cards(org, broadcast, now)]
        if sorted(order) != sorted(there):
            raise BadInput(field="cards", expected="every card of the tray, once")
        await self._trays.order_cards(org, broadcast, order, at=now, by=by)
        await self._bus.announce(broadcast, Topic.STAGE)

    # ── channels and links ────────────────────────────────────────────────────────────────────────────────────

    async def channels(self, org: OrgId, broadcast: BroadcastId) -> Sequence[ChannelRow]:
        return await self._channels.listed(org, broadcast)

    async def channel(self, org: OrgId, broadcast: BroadcastId, channel: ChannelId) -> ChannelRow:
        """Raises ChannelNotFound."""
        return await self._channels.channel(org, broadcast, channel)

    async def create_channel(
        self, org: OrgId, broadcast: BroadcastId, kind: ChannelKind, name: str, card: CardId | None = None
    ) -> ChannelRow:
        """Its link opens the show, or one card. Raises BroadcastNotFound, CardNotFound, NameTaken, BadInput."""
        now = self._clock()
        named = clean_name(name)
        if not named:
            raise BadInput(field="name", expected="a name, such as 城关镇驿站")
        channel = ChannelId(uuid7(now))
        await self._channels.create(org, broadcast, channel, kind, named, card, now)
        return await self._channels.channel(org, broadcast, channel)

    async def revoke_channel(self, org: OrgId, broadcast: BroadcastId, channel: ChannelId) -> None:
        """Raises ChannelNotFound."""
        await self._channels.revoke(org, broadcast, channel, self._clock())

    async def renew_links(self, org: OrgId, broadcast: BroadcastId) -> None:
        """Revokes every link to remote, prompter and overlay; whoever has one open is let go."""
        await self._broadcasts.renew_link_secret(org, broadcast, self._clock())
        await self._bus.announce(broadcast, Topic.ACCESS)

    async def _all_jobs(self, org: OrgId, picks: TrayPicks) -> TrayPicks:
        of_import = await self._library.ids_of_import(org, picks.import_id) if picks.import_id else ()
        return TrayPicks([*picks.jobs, *of_import], picks.policies)


def _new(broadcast: BroadcastId, org: OrgId, facts: ShowFacts) -> NewBroadcast:
    given = _good({name: getattr(facts, name) for name in ShowFacts.__dataclass_fields__})
    return NewBroadcast(id=broadcast, org_id=org, epoch=uuid4().hex[:8], **given)  # type: ignore[arg-type]  # ShowFacts by name


def _good(typed: Mapping[str, object]) -> dict[str, object]:
    """Raises BadInput."""
    good = {name: clean_name(value) if isinstance(value, str) else value for name, value in typed.items()}
    for name in REQUIRED:
        if name in good and good[name] is None:
            raise BadInput(field=name, expected="a value")
    starts_at, url = good.get("starts_at"), good.get("platform_url")
    if isinstance(starts_at, datetime) and starts_at.tzinfo is None:
        raise BadInput(field="starts_at", expected="a time with its zone, such as 2026-11-28T14:00:00+08:00")
    if isinstance(starts_at, datetime) and starts_at.year not in YEARS:
        raise BadInput(field="starts_at", expected=f"a time between {YEARS.start} and {YEARS.stop}")
    if isinstance(url, str) and not url.startswith(("https://", "http://")):
        raise BadInput(field="platform_url", expected="an address that starts with https://")
    if isinstance(picture := good.get("picture_url"), str):
        picture_origin(picture)
    return good


def _tray_check(cards: Sequence[TrayCard]) -> StartCheck:
    jobs = [card.body.job for card in cards if card.body.job]
    return StartCheck(
        code="tray",
        ok=bool(cards),
        cards=len(jobs),
        openings=sum(job.headcount_max or 0 for job in jobs),
        policies=len(cards) - len(jobs),
    )


def _blocked_check(cards: Sequence[TrayCard]) -> StartCheck:
    stuck = [card for card in cards if card.blocked]
    return StartCheck(
        code="blocked",
        ok=not stuck,
        blocked=tuple(
            BlockedCard(
                card_id=card.body.id,
                label=card.body.label,
                title=card.body.job.title if card.body.job else "",
                blocked=card.blocked,
            )
            for card in stuck
        ),
    )


def _notices_check(show: ShowBody) -> StartCheck:
    return StartCheck(code="notices", ok=not show.missing, missing=show.missing)

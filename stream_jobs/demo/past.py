"""Acts on a show as if it were then: the product's own actions and stores, with a clock that is set."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Protocol
from uuid import uuid4

from storage.stores import Stores
from stream_jobs.actions import Actions
from stream_jobs.assembly import actions_over
from stream_jobs.demo.attention import Window, push_before
from stream_jobs.demo.crowd import Stay, busiest, watching_at
from stream_jobs.demo.outcomes import Applied
from stream_jobs.domain.events import CardBody, Signal, Watcher
from stream_jobs.domain.ids import (
    NO_CHANNEL,
    AccountId,
    ApplicationId,
    BroadcastId,
    CardId,
    ChannelId,
    JobId,
    OrgId,
    ReceiptId,
    ViewerId,
    VisitId,
    WorkerId,
    uuid7,
)
from stream_jobs.domain.vetting import china_date
from stream_jobs.keys import Keys
from stream_jobs.ports import By, ChannelKind, Consent, Delivered, NewApplication
from stream_jobs.settings import Settings
from stream_jobs.silent import Silent
from stream_jobs.tokens import Tokens

OPERATOR = By(None, "场控小李")
# Not the name of any account: whoever acts after it has taken over.
AUTOMATIC_HOST = By(None, "演示自动主持")

AT_ONCE = 3000

CHANNELS: tuple[tuple[ChannelKind, str], ...] = (
    ("platform", "快手"),
    ("platform", "视频号"),
    ("account", "公众号"),
    ("station", "城关镇驿站"),
    ("stall", "赶集摊位"),
)


class Place(Protocol):
    """The parts of a server that the demo is prepared on."""

    @property
    def stores(self) -> Stores: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def settings(self) -> Settings: ...


class Past:
    """One show and its numbered cards, at whatever moment is set."""

    def __init__(self, place: Place, org_id: OrgId, broadcast_id: BroadcastId) -> None:
        self.org_id = org_id
        self.broadcast_id = broadcast_id
        self.stores = place.stores
        self.jobs: dict[int, CardBody] = {}
        self.policies: dict[int, CardBody] = {}
        self.channels: dict[str, ChannelId] = {}
        self.windows: list[Window] = []
        self.worker_id = WorkerId(uuid4())
        self._moment: datetime | None = None
        self._actions = actions_over(place.stores, Silent(), Tokens(place.keys.signing), self._clock, place.settings)

    def at(self, moment: datetime) -> Actions:
        """Every action, taking its time from this moment."""
        self._moment = moment
        return self._actions

    def _clock(self) -> datetime:
        if self._moment is None:
            raise AssertionError("the past has no time of its own")
        return self._moment

    @property
    def cards(self) -> Mapping[int, CardId]:
        return {number: card.id for number, card in self.jobs.items()}

    # ── the stage ─────────────────────────────────────────────────────────────────────────────────────────────

    async def read_tray(self, moment: datetime) -> None:
        tray = await self.at(moment).stage.tray(self.org_id, self.broadcast_id)
        self.jobs = {card.number: card for card in tray.cards if card.job}
        self.policies = {card.number: card for card in tray.cards if card.policy}

    async def open_channels(self, moment: datetime) -> None:
        for kind, name in CHANNELS:
            id_ = self.channels[name] = ChannelId(uuid7(moment))
            await self.stores.channels.create(self.org_id, self.broadcast_id, id_, kind, name, None, moment)

    def channel(self, name: str | None) -> ChannelId:
        return self.channels[name] if name else NO_CHANNEL

    async def start(self, moment: datetime, by: By) -> None:
        await self.at(moment).stage.start(self.org_id, self.broadcast_id, by, uuid4())

    async def push(self, card_id: CardId, start: datetime, end: datetime, by: By) -> None:
        """Keeps when the card was on stage, as far as that is known."""
        entry = await self.at(start).stage.push(self.org_id, self.broadcast_id, card_id, by, uuid4())
        if entry is None:
            raise AssertionError("a demo does not push a card twice in a row")
        self.windows.append(Window(card_id, entry.seq, start, end))

    async def end(self, moment: datetime, by: By) -> None:
        await self.at(moment).stage.end(self.org_id, self.broadcast_id, by, uuid4())

    # ── the audience ──────────────────────────────────────────────────────────────────────────────────────────

    async def visited(self, stays: Sequence[Stay]) -> None:
        """Page loads, and how long each was connected."""
        audience = self.stores.audience
        await audience.open_visits(self.org_id, self.broadcast_id, [(stay.watcher, stay.came) for stay in stays])
        await audience.close_intervals(
            [
                (self.org_id, self.broadcast_id, stay.watcher.visit_id, self.worker_id, stay.came, stay.left)
                for stay in stays
            ]
        )
        await self._scanned(stays)

    async def _scanned(self, stays: Sequence[Stay]) -> None:
        """Every page load through a link opened it; a few more were gone before their page had connected."""
        opened = Counter(stay.watcher.channel_id for stay in stays)
        del opened[NO_CHANNEL]
        scans = self.at(max(stay.came for stay in stays)).scans
        for channel, visits in opened.items():
            for _ in range(visits + visits // 15):
                scans.opened(self.org_id, self.broadcast_id, channel)
        await scans.write()

    async def delivered(self, rng: Random, stays: Sequence[Stay]) -> None:
        """Each push reached nearly all who were connected."""
        for window in self.windows:
            there = watching_at(stays, window.start)
            stage = self.at(window.start).stage
            got = there - (rng.randint(0, 3) if there > 100 else 0)
            delivered = [Delivered(window.seq, there, got)]
            await stage.record_deliveries(self.org_id, self.broadcast_id, self.worker_id, delivered)

    async def peaked(self, stays: Sequence[Stay]) -> None:
        moment, most = busiest(stays)
        await self.at(moment).watching.beat(self.worker_id, {self.broadcast_id: most})

    async def reported(self, said: Sequence[tuple[Watcher, Signal]]) -> None:
        """Signals in order of time, each batch received when its last was sent."""
        for start in range(0, len(said), AT_ONCE):
            batch = said[start : start + AT_ONCE]
            await self.at(batch[-1][1].at).watching.record(self.org_id, self.broadcast_id, batch)

    # ── applications ──────────────────────────────────────────────────────────────────────────────────────────

    async def applied(self, applications: Sequence[Applied]) -> list[ApplicationId]:
        """Stored and counted, in this order."""
        consents = await self._consents([(self._job(one.number), one.at) for one in applications])
        return await self._submit(
            [
                self._application(
                    one.number,
                    one.at,
                    viewer_id=one.stay.watcher.viewer_id,
                    phone=one.applicant.phone,
                    name=one.applicant.name,
                    consent=consents[self._job(one.number), one.at],
                    channel_id=one.stay.watcher.channel_id,
                    visit_id=one.stay.watcher.visit_id,
                )
                for one in applications
            ]
        )

    async def recorded(
        self, number: int, moment: datetime, *, phone: str, name: str, channel: str, by: AccountId
    ) -> None:
        """An application that staff wrote down for someone who stood before them."""
        job_id = self._job(number)
        consents = await self._consents([(job_id, moment)])
        application = self._application(
            number,
            moment,
            viewer_id=ViewerId(uuid7(moment)),
            phone=phone,
            name=name,
            consent=consents[job_id, moment],
            channel_id=self.channels[channel],
            visit_id=None,
            recorded_by=by,
        )
        await self._submit([application])

    def _job(self, number: int) -> JobId:
        job = self.jobs[number].job
        if job is None:
            raise AssertionError("numbers without 政 are jobs")
        return job.id

    def _application(
        self,
        number: int,
        moment: datetime,
        *,
        viewer_id: ViewerId,
        phone: str,
        name: str | None,
        consent: Consent,
        channel_id: ChannelId,
        visit_id: VisitId | None,
        recorded_by: AccountId | None = None,
    ) -> NewApplication:
        through = None if recorded_by else push_before(self.windows, self.cards[number], moment)
        return NewApplication(
            receipt_id=ReceiptId(uuid7(moment)),
            org_id=self.org_id,
            broadcast_id=self.broadcast_id,
            job_id=self._job(number),
            viewer_id=viewer_id,
            key=uuid4(),
            phone=phone,
            name=name,
            consent_sha256=consent.text_sha256,
            push_seq=through,
            channel_id=channel_id,
            visit_id=visit_id,
            recorded_by=recorded_by,
            consent_given="in_person" if recorded_by else "ticked",
            at=moment,
        )

    async def _consents(self, wanted: Sequence[tuple[JobId, datetime]]) -> dict[tuple[JobId, datetime], Consent]:
        """The texts shown then; one text holds for a day."""
        read: dict[tuple[JobId, object], Consent] = {}
        for job_id, moment in wanted:
            day = china_date(moment)
            if (job_id, day) not in read:
                read[job_id, day] = await self.at(moment).applying.consent(self.org_id, self.broadcast_id, job_id)
        return {(job_id, moment): read[job_id, china_date(moment)] for job_id, moment in wanted}

    async def _submit(self, batch: Sequence[NewApplication]) -> list[ApplicationId]:
        stored = []
        for receipt in await self.stores.applications.submit(batch):
            if isinstance(receipt, BaseException):
                raise receipt
            stored.append(ApplicationId(receipt.receipt_id))
        return stored


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)

"""Show ①: over since nine days ago, with every figure of its report."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from stream_jobs.demo.appendix import shown
from stream_jobs.demo.attention import Wanted, attention, signals
from stream_jobs.demo.crowd import Crowd, Stay, audience, back, newcomer
from stream_jobs.demo.outcomes import (
    ENDED_SHOW,
    Applicant,
    Applied,
    applicants,
    arrives_to_apply,
    comes_back_to_apply,
)
from stream_jobs.demo.past import OPERATOR, Past, minutes
from stream_jobs.domain.events import EmployerBody, Signal, Watcher
from stream_jobs.domain.following import State
from stream_jobs.domain.ids import ApplicationId, CardId, EmployerId
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import By, Move, PlatformFigure

DAYS_AGO = 9
VISITS, DEVICES, PEAK = 3571, 2904, 412
SAW, OPENED, BEGAN = 2611, 688, 121
# Number: devices that saw the card, and opened it.
CARD_FIGURES = {1: (1204, 188), 2: (1118, 140)}
PLATFORM_VIEWS = 21_480

# The 52 people by the channel that brought them, and how many of them applied for a second job.
PEOPLE = {"快手": 19, "视频号": 12, "公众号": 8, "城关镇驿站": 7, "赶集摊位": 3, None: 3}
TWICE = {"快手": 2, "视频号": 2, "公众号": 1, "赶集摊位": 1}
# Where ordinary viewers come from, in parts of a hundred.
CAME_BY = {"快手": 55, "视频号": 20, "公众号": 10, "城关镇驿站": 4, "赶集摊位": 3, None: 8}

LATE_VISITS, LATE_DEVICES = 100, 40
NO_LIST = frozenset(map(shown, ("巧手工坊", "快达配送", "筑城建工")))


def first_day(now: datetime) -> date:
    return now.astimezone(CHINA).date() - timedelta(days=DAYS_AGO)


def in_china(day: date, hour: float) -> datetime:
    return datetime.combine(day, time(), CHINA) + timedelta(hours=hour)


class EndedShow:
    """Makes it, step by step; the same dice every time."""

    def __init__(self, past: Past, day: date) -> None:
        self._past = past
        self._day = day
        self._dice = Random(20251112)
        self._starts = in_china(day, 14)
        self._ends = self._starts + minutes(126)

    async def play(self) -> None:
        """The show itself, then the days after it."""
        await self._present()
        who = self._applicants()
        live = self._apply_live(who)
        late = self._apply_late(who, live)
        stays = self._watch([one.stay for one in live])
        later = self._watch_later(stays, late)
        said = self._attend([*stays, *later], [*live, *late])
        contacted = await self._store_live(stays, said, live)
        await self._store_late(later, said, late)
        await self._call(contacted)

    # ── the stage ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _present(self) -> None:
        past = self._past
        await past.start(self._starts, OPERATOR)
        order = self._running_order()
        for (card_id, start), (_, end) in zip(order, [*order[1:], (None, self._ends)], strict=True):
            await past.push(card_id, start, end, OPERATOR)

    def _running_order(self) -> list[tuple[CardId, datetime]]:
        """1号 for six minutes ten, 2号 for five minutes two, then all others, with a policy in between."""
        jobs = self._past.cards
        policies = {number: card.id for number, card in self._past.policies.items()}
        cards = [jobs[1], jobs[2], policies[1], *(jobs[n] for n in range(3, 13)), policies[2]]
        cards += [*(jobs[n] for n in range(13, 23)), policies[3], jobs[23], jobs[24]]
        lengths = [370.0, 302.0, *self._lengths(len(cards) - 2, minutes(126 - 2.5).total_seconds() - 672)]
        at, order = self._starts + minutes(2.5), []
        for card_id, seconds in zip(cards, lengths, strict=True):
            order.append((card_id, at))
            at += timedelta(seconds=round(seconds))
        return order

    def _lengths(self, count: int, seconds: float) -> list[float]:
        parts = [self._dice.uniform(0.75, 1.25) for _ in range(count)]
        return [seconds * part / sum(parts) for part in parts]

    # ── who applied ───────────────────────────────────────────────────────────────────────────────────────────

    def _applicants(self) -> list[tuple[int, bool, Applicant]]:
        channels = [self._past.channel(name) for name, people in PEOPLE.items() for _ in range(people)]
        return applicants(self._dice, ENDED_SHOW, channels, range(1, len(channels) + 1))

    def _apply_live(self, who: Sequence[tuple[int, bool, Applicant]]) -> list[Applied]:
        applied = []
        for card, late, person in who:
            if not late:
                applied.append(arrives_to_apply(self._dice, person, card, self._when(card, person)))
        return sorted(applied, key=lambda one: one.at)

    def _when(self, card: int, person: Applicant) -> datetime:
        """While the card is on stage; whoever has waited longest for a call applied at 14:09."""
        if card == 1 and person.fate is None:
            return self._starts + timedelta(minutes=9, seconds=24)
        window = next(w for w in self._past.windows if w.card_id == self._past.cards[card])
        lasted = window.end - window.start
        return window.start + lasted * self._dice.uniform(0.25, 0.98)

    def _apply_late(self, who: Sequence[tuple[int, bool, Applicant]], live: Sequence[Applied]) -> list[Applied]:
        applied = [arrives_to_apply(self._dice, person, card, self._later_hour()) for card, late, person in who if late]
        return sorted([*applied, *self._apply_again([one.applicant for one in live])], key=lambda one: one.at)

    def _apply_again(self, people: Sequence[Applicant]) -> list[Applied]:
        """After the show, for another card, by people who applied during it."""
        cards = [card for card, crop in ENDED_SHOW.items() for _ in range(crop.second)]
        channels = [self._past.channel(name) for name, times in TWICE.items() for _ in range(times)]
        applied = []
        for card, channel in zip(cards, channels, strict=True):
            person = next(
                one
                for one in people
                if one.channel == channel and len(one.applications) == 1 and one.applications[0].number != card
            )
            applied.append(comes_back_to_apply(self._dice, person, card, self._later_hour()))
        return applied

    def _later_hour(self) -> datetime:
        """That evening, or by day within the six days that follow."""
        days = self._dice.choice((0, 0, 0, 1, 1, 2, 3, 4, 5, 6))
        hour = self._dice.uniform(17, 22) if days == 0 else self._dice.uniform(8, 21.5)
        return in_china(self._day + timedelta(days=days), hour)

    # ── who watched ───────────────────────────────────────────────────────────────────────────────────────────

    def _watch(self, firm: Sequence[Stay]) -> list[Stay]:
        crowd = Crowd(
            viewers=DEVICES - LATE_DEVICES,
            visits=VISITS - LATE_VISITS,
            peak=PEAK,
            opens=self._starts - minutes(4),
            closes=self._ends,
            lean=0.95,
            median_seconds=510,
            channels=[(self._past.channel(name), parts) for name, parts in CAME_BY.items()],
        )
        return audience(self._dice, crowd, firm)

    def _watch_later(self, stays: Sequence[Stay], late: Sequence[Applied]) -> list[Stay]:
        """After the show: who came to apply, who looked again, and who found the link only then."""
        later = [one.stay for one in late]
        devices = len({stay.watcher.viewer_id for stay in later} - {stay.watcher.viewer_id for stay in stays})
        later += [self._late_stay(None) for _ in range(LATE_DEVICES - devices)]
        returning = self._dice.sample([stay for stay in stays if not stay.firm], LATE_VISITS - len(later))
        return [*later, *(self._late_stay(stay) for stay in returning)]

    def _late_stay(self, before: Stay | None) -> Stay:
        came = self._later_hour()
        left = came + timedelta(seconds=self._dice.uniform(15, 400))
        if before is None:
            return newcomer(came, left, self._past.channel(self._dice.choice(list(CAME_BY))))
        return back(before, came, left)

    def _attend(self, stays: Sequence[Stay], applied: Sequence[Applied]) -> list[tuple[Watcher, Signal]]:
        cards = self._past.cards
        wanted = Wanted(
            saw=SAW,
            opened=OPENED,
            began=BEGAN,
            saw_card={cards[number]: saw for number, (saw, _) in CARD_FIGURES.items()},
            opened_card={cards[number]: opened for number, (_, opened) in CARD_FIGURES.items()},
        )
        return signals(self._dice, attention(self._dice, stays, self._past.windows, cards, applied, wanted))

    # ── as it was stored ──────────────────────────────────────────────────────────────────────────────────────

    async def _store_live(
        self, stays: Sequence[Stay], said: Sequence[tuple[Watcher, Signal]], live: Sequence[Applied]
    ) -> list[tuple[Applied, ApplicationId]]:
        """The applications that led to a call."""
        past = self._past
        await past.visited(stays)
        await past.delivered(self._dice, stays)
        await past.peaked(stays)
        await past.reported([one for one in said if one[1].at < self._ends])
        ids = await past.applied(live)
        await past.end(self._ends, OPERATOR)
        return [(one, id_) for one, id_ in zip(live, ids, strict=True) if one.applicant.fate]

    async def _store_late(
        self, later: Sequence[Stay], said: Sequence[tuple[Watcher, Signal]], late: Sequence[Applied]
    ) -> None:
        """Lists are handed over next morning, and again after a week to those with more applications."""
        past, morning = self._past, in_china(self._day + timedelta(days=1), 9.5)
        await past.visited(later)
        await past.reported([one for one in said if one[1].at >= self._ends])
        await past.applied([one for one in late if one.at < morning])
        await self._hand_over(range(1, 25), morning)
        rest = [one for one in late if one.at >= morning]
        await past.applied(rest)
        await self._hand_over([one.number for one in rest], in_china(self._day + timedelta(days=7), 17))
        figure = PlatformFigure(
            platform="快手", metric="views", value=PLATFORM_VIEWS, by=OPERATOR.name, at=self._ends + minutes(50)
        )
        await past.stores.broadcasts.add_platform_figure(past.org_id, past.broadcast_id, figure)

    async def _hand_over(self, numbers: Iterable[int], at: datetime) -> None:
        employers = {employer.id: employer for employer in map(self._employer, numbers)}
        for employer in employers.values():
            if employer.name in NO_LIST:
                continue
            await self._past.at(at).applying.hand_over(
                self._past.org_id,
                self._past.broadcast_id,
                employer.id,
                purpose="联系应聘者",
                receiver=f"{employer.name} 招聘部",
                by=OPERATOR,
            )

    def _employer(self, number: int) -> EmployerBody:
        job = self._past.jobs[number].job
        if job is None:
            raise AssertionError("numbers without 政 are jobs")
        return job.employer

    async def _call(self, contacted: Sequence[tuple[Applied, ApplicationId]]) -> None:
        """Called within three days; some came for an interview and were hired."""
        for one, id_ in contacted:
            employer = self._employer(one.number)
            by = By(None, f"{employer.name} 招聘部")
            called = in_china(self._day + timedelta(days=self._dice.choice((1, 1, 2, 3))), self._dice.uniform(10, 18))
            await self._move(employer.id, id_, State.CONTACTED, by, called)
            if one.applicant.fate == "hired":
                await self._move(employer.id, id_, State.INTERVIEW, by, called + timedelta(days=2))
                await self._move(employer.id, id_, State.HIRED, by, called + timedelta(days=4))

    async def _move(self, employer: EmployerId, id_: ApplicationId, state: State, by: By, at: datetime) -> None:
        await self._past.at(at).recruiting.move(self._past.org_id, [Move(id_, state)], by, employer=employer)

"""Show ②: on air for forty-two minutes, the third card on stage."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from stream_jobs.demo.appendix import ANSWER, ANSWERED_NUMBER, FULL_NUMBER, NOTE
from stream_jobs.demo.attention import Wanted, attention, signals
from stream_jobs.demo.crowd import Crowd, Stay, audience
from stream_jobs.demo.ended_show import CAME_BY
from stream_jobs.demo.outcomes import LIVE_SHOW, Applied, applicants, applies_again, arrives_to_apply
from stream_jobs.demo.past import AUTOMATIC_HOST, OPERATOR, Past, minutes
from stream_jobs.domain.events import QuestionKind
from stream_jobs.domain.ids import AccountId
from stream_jobs.domain.model import CardState

ON_AIR = minutes(42)
VISITS, DEVICES, PEAK = 2038, 1702, 412
SAW, OPENED, BEGAN = 1530, 403, 66
PEOPLE = {"快手": 12, "视频号": 4, "公众号": 6, "城关镇驿站": 2, None: 1}
# The one whose application came last has number 1.
NUMBERS = (*range(53, 77), 1)
QUESTIONS = {
    3: {QuestionKind.COUPLE_ROOM: 12, QuestionKind.PAY_DAY: 8, QuestionKind.TRAVEL: 5},
    ANSWERED_NUMBER: {QuestionKind.PAY_DAY: 3},
}


class LiveShow:
    """Makes it as it stands now; the same dice every time."""

    def __init__(self, past: Past, now: datetime, operator: AccountId) -> None:
        self._past = past
        self._now = now
        self._operator = operator
        self._dice = Random(20251121)

    async def play(self) -> None:
        await self._present()
        applied = self._apply()
        stays = self._watch([one.stay for one in applied])
        await self._past.visited(stays)
        await self._past.delivered(self._dice, stays)
        await self._past.peaked(stays)
        await self._report(stays, applied)
        await self._past.applied(applied)
        await self._record_one()
        await self._ask(stays)
        await self._keep_desk()

    async def _present(self) -> None:
        past, now = self._past, self._now
        await past.start(now - ON_AIR, AUTOMATIC_HOST)
        jobs = past.cards
        third = now - timedelta(minutes=2, seconds=35)
        await past.push(jobs[1], now - minutes(40), now - minutes(25), AUTOMATIC_HOST)
        await past.push(jobs[2], now - minutes(25), now - minutes(11), AUTOMATIC_HOST)
        await past.push(past.policies[1].id, now - minutes(11), third, AUTOMATIC_HOST)
        await past.push(jobs[3], third, now, AUTOMATIC_HOST)

    def _apply(self) -> list[Applied]:
        channels = [self._past.channel(name) for name, people in PEOPLE.items() for _ in range(people)]
        applied = []
        for card, _, person in applicants(self._dice, LIVE_SHOW, channels, NUMBERS):
            window = next(w for w in self._past.windows if w.card_id == self._past.cards[card])
            at = window.start + (window.end - window.start) * self._dice.uniform(0.35, 0.9)
            if person.number == 1:
                at = self._now - timedelta(seconds=6)
            applied.append(arrives_to_apply(self._dice, person, card, at))
        again = [applies_again(one.applicant, 2, self._again_at(one)) for one in applied if one.number == 1][:2]
        return sorted([*applied, *again], key=lambda one: one.at)

    def _again_at(self, one: Applied) -> datetime:
        """Both while 2号 is on stage and before the visit ends."""
        second = self._past.windows[1]
        at = second.start + timedelta(seconds=self._dice.uniform(60, 300))
        one.stay.left = max(one.stay.left, at + timedelta(seconds=30))
        return at

    def _watch(self, firm: Sequence[Stay]) -> list[Stay]:
        for stay in firm:
            stay.left = min(stay.left, self._now)
        crowd = Crowd(
            viewers=DEVICES,
            visits=VISITS,
            peak=PEAK,
            opens=self._now - ON_AIR - minutes(3),
            closes=self._now - minutes(1),
            lean=1.0,
            median_seconds=350,
            channels=[(self._past.channel(name), parts) for name, parts in CAME_BY.items()],
        )
        unique = {id(stay): stay for stay in firm}
        return audience(self._dice, crowd, list(unique.values()))

    async def _report(self, stays: Sequence[Stay], applied: Sequence[Applied]) -> None:
        wanted = Wanted(saw=SAW, opened=OPENED, began=BEGAN, saw_card={}, opened_card={})
        looks = attention(self._dice, stays, self._past.windows, self._past.cards, applied, wanted)
        await self._past.reported(signals(self._dice, looks))

    async def _record_one(self) -> None:
        """Somebody at the station's desk, written down by the operator."""
        await self._past.recorded(
            3,
            self._now - timedelta(seconds=40),
            phone="+8613800000077",
            name="谢女士",
            channel="城关镇驿站",
            by=self._operator,
        )

    async def _ask(self, stays: Sequence[Stay]) -> None:
        there = [stay for stay in stays if stay.left >= self._now - minutes(3)]
        watching = self._past.at(self._now - timedelta(seconds=50)).watching
        for number, kinds in QUESTIONS.items():
            card_id = self._past.cards[number]
            for kind, count in kinds.items():
                for stay in self._dice.sample(there, count):
                    await watching.ask(self._past.org_id, self._past.broadcast_id, stay.watcher, card_id, kind)

    async def _keep_desk(self) -> None:
        past = self._past
        stage = past.at(self._now - timedelta(seconds=30)).stage
        where = (past.org_id, past.broadcast_id)
        await stage.set_card_state(*where, past.cards[FULL_NUMBER], CardState.FULL, OPERATOR)
        await stage.answer(*where, past.cards[ANSWERED_NUMBER], QuestionKind.PAY_DAY, ANSWER, OPERATOR)
        await stage.set_note(*where, NOTE)

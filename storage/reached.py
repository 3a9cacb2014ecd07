"""How far viewers came: sums of the counters, and distinct viewers where sums would count someone twice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from storage.counting import CALL, FORGED, FRAUD, LATE
from storage.pool import Transaction
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, SeriesId
from stream_jobs.domain.metrics import FUNNEL, METRICS
from stream_jobs.domain.report import Apart, FunnelStep, Reached

COUNTS = """
    SELECT card_id, channel_id, step, viewers, implied, events FROM step_count WHERE broadcast_id = $1
"""


@dataclass(slots=True)
class _Sum:
    viewers: int = 0
    implied: int = 0
    events: int = 0


@dataclass(slots=True)
class Counts:
    """step_count of one broadcast, summed as asked."""

    _rows: list[tuple[UUID, UUID, int, int, int, int]] = field(default_factory=list)
    _by_card: dict[tuple[UUID, int], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    _by_channel: dict[tuple[UUID, int], _Sum] = field(default_factory=lambda: defaultdict(_Sum))

    def add(self, card_id: UUID, channel_id: UUID, step: int, viewers: int, implied: int, events: int) -> None:
        sums = [self._by_card[card_id, step]]
        if card_id == WHOLE_SHOW:
            sums.append(self._by_channel[channel_id, step])
        for one in sums:
            one.viewers += viewers
            one.implied += implied
            one.events += events

    @property
    def channels(self) -> Iterable[UUID]:
        return {channel for channel, _ in self._by_channel}

    def visits(self) -> int:
        return self._by_card[WHOLE_SHOW, Step.VISIT].events

    def visits_of_channel(self, channel_id: UUID) -> int:
        return self._by_channel[channel_id, Step.VISIT].events

    def visitors_of_channel(self, channel_id: UUID) -> int:
        return self._by_channel[channel_id, Step.VISIT].viewers

    def calls(self, card_id: UUID = WHOLE_SHOW) -> int:
        return self._by_card[card_id, CALL].events

    def exposures(self, *cards: UUID) -> int:
        """Each belongs to one card: added up over them."""
        return sum(self._by_card[card, Step.IMPRESSION].events for card in cards)

    def of_card(self, card_id: UUID) -> Reached:
        return _reached({step: self._by_card[card_id, step] for step in Step})

    def of_employer(self, employer_id: UUID, cards: Iterable[UUID]) -> Reached:
        """Distinct viewers over its cards, never their sum."""
        viewers = _reached({step: self._by_card[employer_id, step] for step in Step})
        return viewers.model_copy(update={"exposures": self.exposures(*cards)})

    def of_channel(self, channel_id: UUID) -> Reached:
        return _reached({step: self._by_channel[channel_id, step] for step in Step})

    def apart(self) -> Apart:
        reasons = {reason: self._by_card[WHOLE_SHOW, code].events for reason, code in FRAUD.items()}
        return Apart(
            late=self._by_card[WHOLE_SHOW, LATE].events,
            forged_links=self._by_card[WHOLE_SHOW, FORGED].events,
            fraud=sum(reasons.values()),
            reasons={reason: events for reason, events in reasons.items() if events},
        )

    def funnel(self) -> tuple[FunnelStep, ...]:
        """Distinct viewers of the whole show; each step over the one before and over the first."""
        sums = [self._by_card[WHOLE_SHOW, step] for step, *_ in FUNNEL]
        steps = []
        for nth, (_, metric, previous, first) in enumerate(FUNNEL):
            steps.append(
                FunnelStep(
                    metric=metric,
                    count=sums[nth].viewers,
                    implied=sums[nth].implied,
                    over_previous=METRICS[previous].ratio(sums[nth].viewers, sums[nth - 1].viewers)
                    if previous
                    else None,
                    over_first=METRICS[first].ratio(sums[nth].viewers, sums[0].viewers) if first else None,
                )
            )
        return tuple(steps)


def _reached(sums: Mapping[Step, _Sum]) -> Reached:
    return Reached(
        exposures=sums[Step.IMPRESSION].events,
        impressions=sums[Step.IMPRESSION].viewers,
        clicks=sums[Step.CLICK].viewers,
        apply_starts=sums[Step.APPLY_START].viewers,
        appliers=sums[Step.APPLICATION].viewers,
    )


async def read_counts(tx: Transaction, broadcast_id: BroadcastId | SeriesId) -> Counts:
    """Of a show; or of a series: its funnel of distinct viewers, nothing else."""
    counts = Counts()
    for row in await tx.fetch(COUNTS, broadcast_id):
        counts.add(*row)
    return counts

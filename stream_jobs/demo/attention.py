"""What a demo audience saw, opened and began to fill in: sets of exactly the wanted sizes, then signals of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from stream_jobs.demo.crowd import Stay
from stream_jobs.demo.outcomes import Applied
from stream_jobs.domain.events import Signal, SignalStep, Watcher
from stream_jobs.domain.ids import CardId, ViewerId, uuid7

GLANCE = timedelta(seconds=12)
# Of those who are there when a card comes on stage; the others look away or read another card.
ATTENTIVE = 0.7


@dataclass(frozen=True, slots=True)
class Window:
    """A push: a card on stage from its seq until the next."""

    card_id: CardId
    seq: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Distinct devices that saw a card, opened one, began to fill one in; and for some cards exactly how many did."""

    saw: int
    opened: int
    began: int
    saw_card: Mapping[CardId, int]
    opened_card: Mapping[CardId, int]


@dataclass(slots=True, eq=False)
class Look:
    """A device sees a card; in the list rather than on stage when there is no push."""

    stay: Stay
    card_id: CardId
    at: datetime
    push_seq: int | None
    opened: bool = False
    began: bool = False
    applied: Applied | None = None

    @property
    def viewer(self) -> ViewerId:
        return self.stay.watcher.viewer_id


Looks = dict[CardId, dict[ViewerId, Look]]


def attention(
    rng: Random,
    stays: Sequence[Stay],
    windows: Sequence[Window],
    cards: Mapping[int, CardId],
    applications: Sequence[Applied],
    wanted: Wanted,
) -> list[Look]:
    """One look per device and card; whoever applied saw the card, opened it and began."""
    looks: Looks = defaultdict(dict)
    for applied in applications:
        look = _before_applying(rng, applied, cards[applied.number], windows)
        looks[look.card_id][look.viewer] = look
    watching = _those_who_saw(stays, applications, wanted.saw)
    _look_at_stage(rng, looks, watching, windows, wanted)
    _look_at_list(rng, looks, watching, cards[1])
    _look_as_often(rng, looks, watching, windows, wanted.saw_card)
    _open(rng, looks, wanted)
    _begin(rng, looks, wanted.began)
    return [look for of_card in looks.values() for look in of_card.values()]


def signals(rng: Random, looks: Iterable[Look]) -> list[tuple[Watcher, Signal]]:
    """In order of time."""
    said = [one for look in looks for one in _said(rng, look)]
    return sorted(said, key=lambda one: one[1].at)


def _said(rng: Random, look: Look) -> list[tuple[Watcher, Signal]]:
    times = [(SignalStep.IMPRESSION, look.at)]
    applied = look.applied
    if look.opened:
        opened = applied.at - timedelta(seconds=30) if applied else look.at + timedelta(seconds=rng.uniform(2, 25))
        times.append((SignalStep.CLICK, opened))
    if look.began:
        began = applied.at - timedelta(seconds=18) if applied else opened + timedelta(seconds=rng.uniform(4, 20))
        times.append((SignalStep.APPLY_START, began))
    return [(look.stay.watcher, _signal(step, look, min(at, look.stay.left))) for step, at in times]


def _signal(step: SignalStep, look: Look, at: datetime) -> Signal:
    return Signal(event_id=uuid7(at), step=step, card_id=look.card_id, push_seq=look.push_seq, at=at)


def _before_applying(rng: Random, applied: Applied, card_id: CardId, windows: Sequence[Window]) -> Look:
    at = max(applied.stay.came, applied.at - timedelta(seconds=rng.uniform(34, 46)))
    seq = push_before(windows, card_id, applied.at)
    return Look(applied.stay, card_id, at, seq, opened=True, began=True, applied=applied)


def push_before(windows: Sequence[Window], card_id: CardId, at: datetime) -> int | None:
    """The push of that card someone may have come through at that time; none once the show is over."""
    if at >= windows[-1].end:
        return None
    return next((window.seq for window in windows if window.card_id == card_id and window.start <= at), None)


def _those_who_saw(stays: Sequence[Stay], applications: Sequence[Applied], wanted: int) -> list[Stay]:
    """The stays of as many devices as saw anything: all but those that stayed shortest."""
    seconds: dict[ViewerId, float] = defaultdict(float)
    for stay in stays:
        seconds[stay.watcher.viewer_id] += stay.seconds
    needed = {applied.stay.watcher.viewer_id for applied in applications}
    longest = sorted(seconds, key=lambda viewer: (viewer in needed, seconds[viewer]), reverse=True)
    kept = set(longest[:wanted])
    return [stay for stay in stays if stay.watcher.viewer_id in kept]


def _look_at_stage(rng: Random, looks: Looks, stays: Sequence[Stay], windows: Sequence[Window], wanted: Wanted) -> None:
    """Who was there while a card was on stage saw it; cards with a figure of their own are filled later."""
    for window in windows:
        if window.card_id in wanted.saw_card:
            continue
        for stay in stays:
            start, end = max(stay.came, window.start), min(stay.left, window.end)
            if end - start < GLANCE or rng.random() > ATTENTIVE:
                continue
            if stay.watcher.viewer_id not in looks[window.card_id]:
                at = start + timedelta(seconds=rng.uniform(1, GLANCE.seconds))
                looks[window.card_id][stay.watcher.viewer_id] = Look(stay, window.card_id, at, window.seq)


def _look_at_list(rng: Random, looks: Looks, stays: Sequence[Stay], card_id: CardId) -> None:
    """Whoever saw nothing else saw the first card of the list."""
    saw = {viewer for of_card in looks.values() for viewer in of_card}
    for stay in stays:
        if stay.watcher.viewer_id not in saw:
            looks[card_id].setdefault(stay.watcher.viewer_id, _listed(rng, stay, card_id))


def _listed(rng: Random, stay: Stay, card_id: CardId) -> Look:
    return Look(stay, card_id, stay.came + (stay.left - stay.came) * rng.uniform(0.1, 0.6), None)


def _look_as_often(
    rng: Random, looks: Looks, stays: Sequence[Stay], windows: Sequence[Window], wanted: Mapping[CardId, int]
) -> None:
    """Fills a card up to its figure: those there while it was on stage first, then others in the list."""
    for card_id, figure in wanted.items():
        of_card = looks[card_id]
        window = next(window for window in windows if window.card_id == card_id)
        order = sorted(rng.sample(stays, len(stays)), key=lambda stay: not _overlap(stay, window))
        for stay in order:
            if len(of_card) == figure:
                break
            of_card.setdefault(stay.watcher.viewer_id, _look_at(rng, stay, window))


def _overlap(stay: Stay, window: Window) -> bool:
    return min(stay.left, window.end) - max(stay.came, window.start) >= GLANCE


def _look_at(rng: Random, stay: Stay, window: Window) -> Look:
    if not _overlap(stay, window):
        return _listed(rng, stay, window.card_id)
    at = max(stay.came, window.start) + timedelta(seconds=rng.uniform(1, GLANCE.seconds))
    return Look(stay, window.card_id, at, window.seq)


def _open(rng: Random, looks: Looks, wanted: Wanted) -> None:
    """A card's own figure first, each by devices that opened no other; then the rest, one card a device."""
    opened = {look.viewer for look in _all(looks) if look.opened}
    for card_id, figure in wanted.opened_card.items():
        there = sum(look.opened for look in looks[card_id].values())
        _open_some(rng, looks[card_id].values(), opened, figure - there)
    others = [look for look in _all(looks) if look.card_id not in wanted.opened_card]
    _open_some(rng, others, opened, wanted.opened - len(opened))


def _open_some(rng: Random, looks: Iterable[Look], opened: set[ViewerId], more: int) -> None:
    free = [look for look in looks if look.viewer not in opened]
    for look in rng.sample(free, len(free)):
        if more <= 0:
            break
        if look.viewer not in opened:
            opened.add(look.viewer)
            look.opened = True
            more -= 1


def _begin(rng: Random, looks: Looks, wanted: int) -> None:
    began = {look.viewer for look in _all(looks) if look.began}
    undecided = [look for look in _all(looks) if look.opened and look.viewer not in began]
    for look in rng.sample(undecided, wanted - len(began)):
        look.began = True


def _all(looks: Looks) -> list[Look]:
    return [look for of_card in looks.values() for look in of_card.values()]

"""One device after the other: what it did, what that makes of reach and of the sums, and when it watched."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.places import NOBODY, SHOW, Figures, Place
from stream_jobs.verify.presence import Presence, Span, ticks, united

# The numbers that stand for what is counted, as the tables reach and step_count keep them.
BITS = {"visit": 1, "impression": 2, "click": 4, "apply_start": 8, "application": 16}
CALL, LATE, FORGED = 32, 64, 65
FRAUD = {"no_visit": 128, "no_card": 129, "no_push": 130, "wrong_time": 131, "too_late": 132, "not_there": 133}
METRIC = {1: "visitors", 2: "impressions", 4: "clicks", 8: "apply_starts", 16: "appliers"}

# A worker beats every five seconds: after fifteen without a beat it is dead, and its lines ended at the last one.
DEAD_AFTER = timedelta(seconds=15)

Row = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a show before its devices are counted.

    on_air: from start to end, or to now; recorded: applications that staff recorded; applying: devices of the others;
    stretches: by where they begin, without the first.
    """

    at: datetime
    on_air: Span | None
    employer_of: Mapping[UUID, UUID]
    employers: frozenset[UUID]
    beats: Mapping[UUID, datetime]
    recorded: frozenset[UUID]
    applying: frozenset[UUID]
    on_stage: int | None
    effective_seconds: int
    stretches: Sequence[datetime]

    def stretch(self, at: datetime) -> Place:
        """Which one a moment lies in; 0 is before the first cut."""
        return ("stretch", bisect_right(self.stretches, at))


@dataclass(slots=True)
class Sum:
    """One row of step_count."""

    viewers: int = 0
    implied: int = 0
    events: int = 0


@dataclass(slots=True)
class Devices:
    """Counts devices given one at a time, each with all its rows."""

    known: Known
    figures: Figures
    compared: Comparison
    sums: dict[tuple[UUID, UUID, int], Sum] = field(default_factory=lambda: defaultdict(Sum))
    presence: Presence = field(default_factory=Presence)
    came: dict[UUID, datetime] = field(default_factory=dict)
    """When the devices that applied opened the page first."""

    def add(
        self,
        viewer: UUID,
        events: Sequence[Row],
        visits: Sequence[Row],
        connections: Sequence[Row],
        devices: Sequence[Row],
        reach: Sequence[Row],
    ) -> None:
        """Its events, page loads, connections, the row that knows its channel, and its rows of reach."""
        took = self._events(events)
        first = devices[0]["first_channel_id"] if devices else None
        if took:
            self._origin(viewer, first, events)
        self._reach(viewer, took, reach, first or NOBODY)
        self._visits(visits, events, viewer)
        self._push(events)
        self._watched(connections)

    # ── events ────────────────────────────────────────────────────────────────────────────────────────────────

    def _events(self, events: Sequence[Row]) -> dict[UUID, int]:
        """Adds each to the sums; returns the steps really taken: on a card, of an employer, and in the whole show."""
        took: dict[UUID, int] = defaultdict(int)
        for event in _once(events):
            channel, card, step = event["channel_id"], event["card_id"], event["step"]
            if event["fraud"] is not None:
                self.sums[NOBODY, channel, FRAUD[event["fraud"]]].events += 1
                self.figures.add(SHOW, event["fraud"])
                continue
            if event["late"]:
                self.sums[NOBODY, channel, LATE].events += 1
                self.figures.add(SHOW, "late")
            if event["forged"]:
                self.compared.same("rows", "channel of a forged link", f"viewer {event['viewer_id']}", channel, NOBODY)
                self.sums[NOBODY, channel, FORGED].events += 1
                self.figures.add(SHOW, "forged_links")
            for place in {card, NOBODY}:
                self.sums[place, channel, CALL if step == "call" else BITS[step]].events += 1
            if step != "call" and event["event_id"] not in self.known.recorded:
                for place in {card, self.known.employer_of.get(card, NOBODY), NOBODY}:
                    took[place] |= BITS[step]
            self._of_event(step, card, channel)
        return took

    def _of_event(self, step: str, card: UUID, channel: UUID) -> None:
        match step:
            case "impression":
                for place in (SHOW, ("card", card), ("channel", channel)):
                    self.figures.add(place, "exposures")
                if card in self.known.employer_of:
                    self.figures.add(("employer", self.known.employer_of[card]), "exposures")
            case "visit":
                self.figures.add(SHOW, "visits")
                self.figures.add(("channel", channel), "visits")
            case "call":
                self.figures.add(SHOW, "calls")
                self.figures.add(("card", card), "calls")
            case "application":
                self.figures.add(SHOW, "application_events")
                self.figures.add(("card", card), "application_events")

    def _push(self, events: Sequence[Row]) -> None:
        """What it did that came through the push on stage."""
        seq = self.known.on_stage
        through = [e["step"] for e in events if seq is not None and e["push_seq"] == seq and e["fraud"] is None]
        steps = {step for step in through if step not in ("call", "visit")}
        if steps:
            self.figures.add(("push", seq), "impressions")
        if steps - {"impression"}:
            self.figures.add(("push", seq), "clicks")
        self.figures.add(("push", seq), "applications", through.count("application"))

    # ── reach ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _reach(self, viewer: UUID, took: Mapping[UUID, int], rows: Sequence[Row], first: UUID) -> None:
        stored = {row["card_id"]: (row["steps"], row["implied"]) for row in rows}
        for card in took.keys() | stored.keys():
            steps = up_to(took.get(card, 0), visits=card == NOBODY)
            counted = (steps, steps & ~took.get(card, 0)) if card in took else None
            if stored.get(card) == counted:
                self.compared.compared += 1
            else:
                place = f"viewer {viewer} card {card}"
                self.compared.same("reach", "steps, implied", place, stored.get(card), counted)
            self._count(card, first, steps, took.get(card, 0))

    def _count(self, card: UUID, first: UUID, steps: int, took: int) -> None:
        for bit in BITS.values():
            if steps & bit:
                self.sums[card, first, bit].viewers += 1
                self.sums[card, first, bit].implied += not took & bit
        if card != NOBODY:
            self._reached(("employer" if card in self.known.employers else "card", card), steps)
            return
        self._reached(SHOW, steps)
        self._reached(("channel", first), steps)
        for bit, metric in METRIC.items():
            if steps & bit and not took & bit:
                self.figures.add(SHOW, f"implied {metric}")

    def _reached(self, place: Place, steps: int) -> None:
        for bit, metric in METRIC.items():
            if steps & bit:
                self.figures.add(place, metric)

    def _origin(self, viewer: UUID, first: UUID | None, events: Sequence[Row]) -> None:
        """The channel that stands for the device must be one it came through."""
        through = {event["channel_id"] for event in events}
        self.compared.same("rows", "first channel", f"viewer {viewer}", first in through, True)

    # ── page loads and connections ────────────────────────────────────────────────────────────────────────────

    def _visits(self, visits: Sequence[Row], events: Sequence[Row], viewer: UUID) -> None:
        loaded = {visit["id"] for visit in visits}
        told = {event["event_id"] for event in events if event["step"] == "visit"}
        if loaded or told:
            self.compared.same(
                "rows", "visits with no event, or events with no visit", f"viewer {viewer}", len(loaded ^ told), 0
            )
        for visit in visits:
            self.figures.add(self.known.stretch(visit["at"]), "visits")
        if visits:
            came = min(visit["at"] for visit in visits)
            self.figures.add(self.known.stretch(came), "new_visitors")
            if viewer in self.known.applying:
                self.came[viewer] = came

    def _watched(self, connections: Iterable[Row]) -> None:
        """As long as the show was on air; what nobody closed ends with its worker. Effective is a visit in all."""
        if self.known.on_air is None:
            return
        start, end = self.known.on_air
        of_visit: dict[UUID, list[Span]] = defaultdict(list)
        for row in connections:
            of_visit[row["visit_id"]].append((max(row["from_at"], start), min(self._until(row, end), end)))
        self.presence.add(span for spans in of_visit.values() for span in spans)
        for spans in of_visit.values():
            stayed = sum(high - low for low, high in united([(ticks(low), ticks(high)) for low, high in spans]))
            self.figures.add(SHOW, "effective_views", stayed >= self.known.effective_seconds * 1_000_000)

    def _until(self, row: Row, end: datetime) -> datetime:
        if row["to_at"] is not None:
            return row["to_at"]  # type: ignore[no-any-return]  # a time
        beat = self.known.beats.get(row["worker_id"])
        if beat is None:
            return row["from_at"]  # type: ignore[no-any-return]  # a time
        return end if beat > self.known.at - DEAD_AFTER else beat


def _once(events: Sequence[Row]) -> Iterable[Row]:
    """A card of a push is seen once by a device, however often that is told."""
    seen = set()
    for event in events:
        if event["step"] == "impression" and event["fraud"] is None:
            what = event["push_seq"], event["card_id"]
            if what in seen:
                continue
            seen.add(what)
        yield event


def up_to(took: int, *, visits: bool) -> int:
    """All steps up to the highest that was taken; on a card nobody visits."""
    steps = 0
    for bit in BITS.values():
        if bit <= took and (visits or bit != BITS["visit"]):
            steps |= bit
    return steps

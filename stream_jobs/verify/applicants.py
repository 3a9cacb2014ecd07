"""One person after the other: what they applied for, and what became of it."""

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from stream_jobs.verify.devices import Known
from stream_jobs.verify.places import SHOW, Figures, Place

OUTCOMES = {
    "valid": {"valid", "contacted", "interview", "no_show", "offer", "hired", "retained_7d", "retained_30d"},
    "contacted": {"contacted", "interview", "no_show", "offer", "hired", "retained_7d", "retained_30d"},
    "interview": {"interview", "no_show", "offer", "hired", "retained_7d", "retained_30d"},
    "offered": {"offer", "hired", "retained_7d", "retained_30d"},
    "hired": {"hired", "retained_7d", "retained_30d"},
    "retained_7d": {"retained_7d", "retained_30d"},
    "retained_30d": {"retained_30d"},
}
PACE = ("apply", "contact", "hire")
STILL_OPEN = {"applied", "valid"}
WEEK = timedelta(days=7)

Row = Any


@dataclass(slots=True)
class Applicants:
    """Counts people given one at a time. handed_over: by employer, when its list was last handed over.

    started, ended: the show; came: by device, when it opened the page first; said: by person, their priority groups;
    region_of: by card; owners: by card, the people of each employer it has applications of; people: each with what
    became of them, and whether any is open; applied: person, card, employer and first channel of each application;
    seconds: how long things took, by what.
    """

    known: Known
    figures: Figures
    buckets: Sequence[datetime]
    handed_over: Mapping[UUID, datetime]
    started: datetime | None
    ended: datetime | None
    came: Mapping[UUID, datetime]
    said: Mapping[UUID, frozenset[int]]
    region_of: Mapping[UUID, int]
    owners: dict[UUID, Counter[UUID]] = field(default_factory=lambda: defaultdict(Counter))
    people: dict[UUID, frozenset[str]] = field(default_factory=dict)
    applied: list[tuple[UUID, UUID, UUID, UUID]] = field(default_factory=list)
    seconds: "dict[str, array[int]]" = field(default_factory=lambda: {what: array("q") for what in PACE})

    def add(self, person: UUID, applications: Sequence[Row], changes: Sequence[Row]) -> None:
        """What they applied for in this show, and all that was said of it."""
        reached = _reached(applications, changes)
        said = set().union(*reached.values())
        became = frozenset(outcome for outcome, states in OUTCOMES.items() if said & states)
        self.people[person] = became | {"open"} if any(one["state"] in STILL_OPEN for one in applications) else became
        groups: dict[Place, list[Row]] = defaultdict(list)
        for one in applications:
            self.applied.append((person, one["card_id"], one["employer_id"], one["first_channel_id"]))
            for place in self._places(one):
                groups[place].append(one)
            self.figures.add(("last_channel", one["last_channel_id"]), "applications")
            self._in_bucket(one["at"])
            self._while_live(one["at"])
        for card, employer in {(one["card_id"], one["employer_id"]) for one in applications}:
            self.owners[card][employer] += 1
        for place, own in groups.items():
            self._group(place, own, reached)
        for nth in {nth for one in applications for nth in self.said.get(one["is_of"], ())}:
            self.figures.add(("priority", nth), "applicants")
        self._waiting(applications, reached)
        self._took(applications, changes)
        self._to_hand_over(applications)

    def _places(self, one: Row) -> tuple[Place, ...]:
        return (
            SHOW,
            ("card", one["card_id"]),
            ("employer", one["employer_id"]),
            ("channel", one["first_channel_id"]),
            ("region", self.region_of[one["card_id"]]),
            self.known.stretch(one["at"]),
        )

    def _group(self, place: Place, own: Sequence[Row], reached: Mapping[UUID, set[str]]) -> None:
        self.figures.add(place, "applications", len(own))
        self.figures.add(place, "applicants")
        self.figures.add(place, "recorded", sum(one["recorded_by"] is not None for one in own))
        self.figures.add(place, "withdrawn", sum(one["state"] == "withdrawn" for one in own))
        for outcome, states in OUTCOMES.items():
            self.figures.add(place, outcome, any(reached[one["id"]] & states for one in own))

    def _in_bucket(self, at: datetime) -> None:
        if self.known.on_air and self.buckets and self.buckets[0] <= at < self.known.on_air[1]:
            self.figures.add(("bucket", bisect_right(self.buckets, at) - 1), "applications")

    def _while_live(self, at: datetime) -> None:
        """During the show, or within a week of its end."""
        if self.started is None or at < self.started:
            return
        if self.ended is None or at < self.ended:
            self.figures.add(SHOW, "applications_in_live")
        elif at < self.ended + WEEK:
            self.figures.add(SHOW, "applications_within_7_days")

    def _took(self, own: Sequence[Row], changes: Sequence[Row]) -> None:
        """To apply, since the device came; to be called and to start work, since applying, by what was not undone."""
        taken_back = {change["undoes"] for change in changes if change["undoes"]}
        for one in own:
            came = self.came.get(one["viewer_id"])
            # A worker that was killed may have taken the first visit along: then nobody knows how long it took.
            if one["recorded_by"] is None and came is not None and came <= one["at"]:
                self._lasted("apply", came, one["at"])
            said = [c for c in changes if c["application_id"] == one["id"] and c["id"] not in taken_back]
            for what, outcome in (("contact", "contacted"), ("hire", "hired")):
                if moves := [change["at"] for change in said if change["kind"] in OUTCOMES[outcome]]:
                    self._lasted(what, one["at"], min(moves))

    def _lasted(self, what: str, since: datetime, until: datetime) -> None:
        self.seconds[what].append(max(0, (until - since) // timedelta(seconds=1)))

    def pace(self) -> dict[str, int]:
        """The time that half of them, and nine in ten, did not exceed; of nobody there is none."""
        found = {}
        for what, seconds in self.seconds.items():
            for name, tenths in (("median", 5), ("p90", 9)):
                if seconds:
                    found[f"{what}_seconds_{name}"] = sorted(seconds)[-(-len(seconds) * tenths // 10) - 1]
        return found

    def _waiting(self, own: Sequence[Row], reached: Mapping[UUID, set[str]]) -> None:
        """Nobody has called about any of them, and one is still open."""
        since = [one["at"] for one in own if one["state"] in STILL_OPEN]
        if since and not any(reached[one["id"]] & OUTCOMES["contacted"] for one in own):
            self.figures.add(SHOW, "waiting")
            self.figures.earliest(SHOW, "waiting", min(since))

    def _to_hand_over(self, own: Sequence[Row]) -> None:
        standing = [one for one in own if one["state"] != "withdrawn"]
        for employer in {one["employer_id"] for one in standing}:
            theirs = [one for one in standing if one["employer_id"] == employer]
            place, last = ("employer", employer), self.handed_over.get(employer)
            self.figures.add(place, "to_hand_over", len(theirs))
            self.figures.add(place, "people_to_hand_over")
            self.figures.add(place, "since_hand_over", sum(last is None or one["at"] > last for one in theirs))


def _reached(applications: Sequence[Row], changes: Sequence[Row]) -> dict[UUID, set[str]]:
    """What each application is or ever was; a move that was taken back never happened."""
    taken_back = {change["undoes"] for change in changes if change["undoes"]}
    reached = {one["id"]: {one["state"]} for one in applications}
    for change in changes:
        if change["id"] not in taken_back:
            reached[change["application_id"]].add(change["kind"])
    return reached

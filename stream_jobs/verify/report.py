"""The report of a show beside its recount, figure by figure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from stream_jobs.domain.priority import PriorityLine
from stream_jobs.domain.report import Applied, Curve, FunnelStep, Reached, RegionLine, TimeLine
from stream_jobs.ports import Report
from stream_jobs.verify.applicants import OUTCOMES
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import FRAUD
from stream_jobs.verify.places import NOBODY, NOWHERE, SHOW, Place, said
from stream_jobs.verify.priorities import GROUPS, limit_of, told
from stream_jobs.verify.recount import Cuts, Recount
from stream_jobs.verify.untold import untold

WHERE = "report"
REACHED = ("impressions", "clicks", "apply_starts", "appliers")
COUNTED = ("applications", "applicants", "recorded", "withdrawn")
# Whole numbers of each part; those of groups of viewers and applicants are in REACHED, COUNTED and OUTCOMES.
OF_SHOW = (
    "on_air_seconds",
    "cards",
    "openings",
    "unnumbered",
    "policies",
    "employers",
    "presented",
    "presented_policies",
    "visits",
    "visitors",
    "exposures",
    "calls",
    "watched",
    "effective_views",
    "watch_ms",
    "on_air_ms",
    "peak",
    "waiting",
    "applications_in_live",
    "applications_within_7_days",
)
# Null when nobody did.
PACE = tuple(f"{what}_seconds_{name}" for what in ("apply", "contact", "hire") for name in ("median", "p90"))
OF_CARD = ("pushes", "on_stage_seconds", "connected", "delivered", "calls")
OF_EMPLOYER = ("cards", "openings", "presented", "to_hand_over", "people_to_hand_over", "since_hand_over")
OF_CHANNEL = ("visits", "visitors")
OF_TIME = ("presented", "visits", "new_visitors")


def cuts_of(report: Report) -> Cuts:
    """How a report cuts time is its own choice; that each moment is in one cut is checked, and what each holds."""
    curve, begin = report.curve, report.curve.from_at
    step = timedelta(seconds=curve.bucket_seconds)
    return Cuts(
        stretches=[line.from_at for line in report.times if line.from_at],
        buckets=[begin + nth * step for nth in range(len(curve.watching))] if begin else [],
    )


class ReportCheck:
    """One report beside one recount."""

    def __init__(self, report: Report, counted: Recount, compared: Comparison, small_group: int) -> None:
        self._small_group = small_group
        self._untold = untold(counted.figures, counted.owners, counted.region_of, small_group)
        self._report = report
        self._counted = counted
        self._figures = counted.figures
        self._compared = compared

    def check(self) -> None:
        self._show()
        self._funnel(self._report.funnel)
        self._curve(self._report.curve)
        self._cards()
        self._employers()
        self._channels()
        self._times(self._report.times)
        self._regions(self._report.regions)
        self._priorities(self._report.priorities)
        self._apart()

    # ── the whole show ────────────────────────────────────────────────────────────────────────────────────────

    def _show(self) -> None:
        figures, live = self._report.figures, self._counted.show["status"] == "live"
        self._same(SHOW, "watching", figures.watching, self._figures.of(SHOW, "watching") if live else 0)
        self._numbers(SHOW, figures, OF_SHOW)
        for name in PACE:
            self._same(SHOW, name, getattr(figures, name), self._counted.pace.get(name))
        self._same(SHOW, "peak_at", figures.peak_at, self._figures.moment(SHOW, "peak"))
        self._same(SHOW, "waiting_since", figures.waiting_since, self._figures.moment(SHOW, "waiting"))
        self._same(SHOW, "counted", self._report.counted, not self._counted.show["rehearsal"])
        self._applied(SHOW, figures.applied, hides=False)
        platform = {(one.platform, one.metric): one.value for one in self._report.platform}
        typed = {(row["platform"], row["metric"]): row["value"] for row in self._counted.platform}
        for key in platform.keys() | typed.keys():
            self._compared.same(WHERE, f"platform_{key[1]}", f"platform {key[0]}", platform.get(key), typed.get(key))

    def _funnel(self, funnel: Sequence[FunnelStep]) -> None:
        before = first = 0
        for nth, step in enumerate(funnel):
            count = self._figures.of(SHOW, step.metric)
            self._same(SHOW, step.metric, step.count, count)
            self._same(SHOW, f"implied {step.metric}", step.implied, self._figures.of(SHOW, f"implied {step.metric}"))
            first = count if nth == 0 else first
            for rate, below in ((step.over_previous, before), (step.over_first, first)):
                terms = (rate.numerator, rate.denominator) if rate else None
                self._same(SHOW, f"rate of {step.metric}", terms, (count, below) if nth else None)
            before = count

    def _apart(self) -> None:
        apart, not_believed = self._report.apart, {reason: self._figures.of(SHOW, reason) for reason in FRAUD}
        self._same(SHOW, "late", apart.late, self._figures.of(SHOW, "late"))
        self._same(SHOW, "forged_links", apart.forged_links, self._figures.of(SHOW, "forged_links"))
        self._same(SHOW, "fraud", apart.fraud, sum(not_believed.values()))
        for reason, count in not_believed.items():
            self._same(SHOW, f"fraud {reason}", apart.reasons.get(reason, 0), count)

    # ── time ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _curve(self, curve: Curve) -> None:
        """It begins and ends with the show, holds all of it, and each of its steps is what was counted."""
        on_air = self._counted.on_air
        self._same(SHOW, "curve", (curve.from_at, curve.to_at), on_air or (None, None))
        if on_air is None:
            return
        room, length = len(curve.watching) * curve.bucket_seconds, (on_air[1] - on_air[0]).total_seconds()
        holds = length <= room and (room - curve.bucket_seconds < length or len(curve.watching) == 1)
        self._same(SHOW, "steps that hold the show", holds, True)
        self._same(SHOW, "curve of one length", len(curve.applications), len(curve.watching))
        for nth, (watching, applications) in enumerate(zip(curve.watching, curve.applications, strict=False)):
            self._same(("bucket", nth), "peak", watching, self._figures.of(("bucket", nth), "peak"))
            self._same(("bucket", nth), "applications", applications, self._figures.of(("bucket", nth), "applications"))
        marks = [push.at for push in self._counted.stage.pushes if push.card_id in self._counted.cards]
        self._same(SHOW, "marks", [mark.at for mark in curve.marks], marks)

    def _times(self, lines: Sequence[TimeLine]) -> None:
        ends: list[datetime | None] = [None, *(line.from_at for line in lines[1:])]
        self._same(SHOW, "stretches", [line.from_at for line in lines], ends)
        self._same(SHOW, "stretches", [line.to_at for line in lines], [*ends[1:], None])
        for nth, line in enumerate(lines):
            place: Place = ("stretch", nth)
            self._numbers(place, line, OF_TIME)
            inside = line.kind not in ("before", "after")
            self._same(place, "peak", line.peak, self._figures.of(place, "peak") if inside else None)
            self._applied(place, line.applied)

    # ── cards, employers, channels ────────────────────────────────────────────────────────────────────────────

    def _cards(self) -> None:
        self._listed("card", [line.card_id for line in self._report.cards], self._counted.cards)
        for line in self._report.cards:
            place: Place = ("card", line.card_id)
            self._numbers(place, line, OF_CARD)
            self._same(place, "openings", line.openings, self._counted.openings.get(line.card_id))
            self._reached(place, line.reached)
            self._applied(place, line.applied)

    def _employers(self) -> None:
        lines = self._report.employers
        self._listed("employer", [line.employer_id for line in lines], self._counted.employer_of.values())
        for line in lines:
            place: Place = ("employer", line.employer_id)
            self._numbers(place, line, OF_EMPLOYER)
            self._same(place, "handed_over_at", line.handed_over_at, self._figures.moment(place, "handed_over"))
            self._same(place, "has_recruiter", line.has_recruiter, line.employer_id in self._counted.recruiters)
            self._reached(place, line.reached)
            self._applied(place, line.applied)

    def _channels(self) -> None:
        """Those that were made, and any through which something came."""
        places = self._figures.places("channel") | self._figures.places("last_channel")
        used = {which for _, which in places if isinstance(which, UUID)}
        made = {row["id"] for row in self._counted.channels}
        shown = [line.channel_id or NOBODY for line in self._report.channels]
        self._listed("channel", [channel for channel in shown if channel in made | used], made | used)
        for channel, line in zip(shown, self._report.channels, strict=True):
            place: Place = ("channel", channel)
            self._same(place, "scans", line.scans, self._figures.of(place, "scans") if channel in made else None)
            self._numbers(place, line, OF_CHANNEL)
            last = self._figures.of(("last_channel", channel), "applications")
            self._same(place, "last_applications", line.last_applications, last)
            self._reached(place, line.reached)
            self._applied(place, line.applied)

    def _regions(self, lines: Sequence[RegionLine]) -> None:
        """Those that any job is in, by code."""
        codes = sorted(set(self._counted.region_of.values()))
        self._same(SHOW, "regions", [int(line.code) if line.code else NOWHERE for line in lines], codes)
        for code, line in zip(codes, lines, strict=True):
            place: Place = ("region", code)
            self._numbers(place, line, ("cards", "openings", "presented"))
            self._applied(place, line.applied)

    def _priorities(self, lines: Sequence[PriorityLine]) -> None:
        """All groups as soon as one may be told; nothing of those that may not be, nor that there are any."""
        shown = told(self._figures, self._small_group, self._counted.show, self._report.as_of)
        self._same(SHOW, "groups", [line.group for line in lines], list(GROUPS) if shown else [])
        for nth, line in enumerate(lines):
            place: Place = ("priority", nth)
            counted = self._figures.of(place, "applicants") if nth in shown else None
            self._same(place, "applicants", line.applicants, counted)
            self._same(place, "hidden_below", line.hidden_below, None if nth in shown else limit_of(self._small_group))

    # ── the same of every group ───────────────────────────────────────────────────────────────────────────────

    def _reached(self, place: Place, reached: Reached) -> None:
        self._numbers(place, reached, ("exposures", *REACHED))

    def _applied(self, place: Place, applied: Applied, *, hides: bool = True) -> None:
        """Outcomes of a group that is too small are not told, nor what would give them back."""
        self._numbers(place, applied, COUNTED)
        small = hides and 1 <= self._figures.of(place, "applicants") < self._small_group
        hidden = hides and place in self._untold
        self._same(place, "small", applied.small, small)
        self._same(place, "hidden_below", applied.hidden_below, self._small_group if hidden else None)
        for name in OUTCOMES:
            self._same(place, name, getattr(applied, name), None if hidden else self._figures.of(place, name))

    def _numbers(self, place: Place, shown: object, names: Iterable[str]) -> None:
        for name in names:
            self._same(place, name, getattr(shown, name), self._figures.of(place, name))

    def _listed(self, kind: str, shown: Sequence[UUID], counted: Iterable[UUID]) -> None:
        """Each once."""
        self._compared.same(WHERE, f"{kind}s listed", "show", sorted(shown), sorted(set(counted)))

    def _same(self, place: Place, metric: str, shown: object, counted: object) -> None:
        self._compared.same(WHERE, metric, said(place), shown, counted)

"""What a wall screen shows of a show, beside its recount."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from stream_jobs.domain.report import Curve
from stream_jobs.domain.walls import WallCounts, WallCourse
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.places import SHOW
from stream_jobs.verify.recount import Recount

OF_SHOW = ("visits", "applications", "presented")
FUNNEL = ("visitors", "impressions", "clicks", "apply_starts", "appliers")


def check_wall(
    counts: WallCounts,
    course: WallCourse,
    curve: Curve,
    counted: Recount,
    titles: Mapping[UUID, str],
    compared: Comparison,
) -> None:
    """curve: that of the report, which was compared step by step; titles: by job."""
    figures, live = counted.figures, counted.show["status"] == "live"

    def same(metric: str, shown: object, recounted: object) -> None:
        compared.same("wall", metric, "show", shown, recounted)

    for name in OF_SHOW:
        same(name, getattr(counts, name), figures.of(SHOW, name))
    same("watching", counts.watching, figures.of(SHOW, "watching") if live else 0)
    pushed = {push.card_id for push in counted.stage.pushes}
    same("presented_openings", counts.presented_openings, sum(
        openings or 0 for card, openings in counted.openings.items() if card in pushed
    ))  # fmt: skip
    same("funnel", [(step.metric, step.count) for step in counts.funnel],
         [(name, figures.of(SHOW, name)) for name in FUNNEL])  # fmt: skip
    same("course", (course.curve, course.peak), (curve, figures.of(SHOW, "peak")))
    _top(counts, counted, titles, compared)
    named: Counter[str] = Counter()
    for row in counted.channels:
        named[row["name"]] += figures.of(("channel", row["id"]), "visits")
    _most(compared, "origins", {one.name: one.visits for one in counts.origins}, named)


def _top(counts: WallCounts, counted: Recount, titles: Mapping[UUID, str], compared: Comparison) -> None:
    """By the number that is read aloud, which one job has in one show."""
    applied = Counter[str]()
    for card, row in counted.cards.items():
        if row["kind"] == "job":
            applied[f"{row['number']} {titles[row['job_id']]}"] = counted.figures.of(("card", card), "applications")
    shown = {f"{''.join(filter(str.isdigit, one.label or ''))} {one.title}": one.applications for one in counts.top}
    _most(compared, "top", shown, applied)


def _most(compared: Comparison, metric: str, shown: Mapping[str, int], counted: Mapping[str, int]) -> None:
    """Each with its own figure, and none that is not told has more."""
    some = {name: number for name, number in counted.items() if number}
    compared.same("wall", metric, "show", dict(shown), {name: counted.get(name) for name in shown})
    compared.same("wall", f"highest of {metric}", "show", sorted(shown.values(), reverse=True),
                  sorted(some.values(), reverse=True)[: len(shown)])  # fmt: skip
    compared.same("wall", f"number of {metric}", "show", len(shown), min(len(some), 5))

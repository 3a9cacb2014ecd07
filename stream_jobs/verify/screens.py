"""What a wall screen shows of a show, or of a series, beside the recounts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from stream_jobs.domain.report import Curve
from stream_jobs.domain.walls import WallCounts, WallCourse
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import BITS
from stream_jobs.verify.files import presented_openings
from stream_jobs.verify.places import SHOW
from stream_jobs.verify.recount import Recount
from stream_jobs.verify.series import Distinct
from stream_jobs.verify.several import Held, origins, watching

OF_SHOW = ("visits", "applications", "presented")
FUNNEL = ("visitors", "impressions", "clicks", "apply_starts", "appliers")
# What is told by name, and its figure.
Named = tuple[str, int]


def check_wall(
    counts: WallCounts,
    course: WallCourse,
    curve: Curve,
    counted: Recount,
    titles: Mapping[UUID, str],
    compared: Comparison,
) -> None:
    """curve: that of the report, which was compared step by step; titles: by job."""
    figures = counted.figures

    def same(metric: str, shown: object, recounted: object) -> None:
        compared.same("wall", metric, "show", shown, recounted)

    for name in OF_SHOW:
        same(name, getattr(counts, name), figures.of(SHOW, name))
    same("watching", counts.watching, watching(counted))
    same("presented_openings", counts.presented_openings, presented_openings(counted))
    same("funnel", [(step.metric, step.count) for step in counts.funnel],
         [(name, figures.of(SHOW, name)) for name in FUNNEL])  # fmt: skip
    same("course", (course.curve, course.peak), (curve, figures.of(SHOW, "peak")))
    _top(counts, counted, titles, compared)
    _most(compared, "origins", "show", _origins(counts), list(origins(counted).items()))


def _top(counts: WallCounts, counted: Recount, titles: Mapping[UUID, str], compared: Comparison) -> None:
    """By the number that is read aloud, which one job has in one show."""
    applied = [
        (f"{row['number']} {titles[row['job_id']]}", counted.figures.of(("card", card), "applications"))
        for card, row in counted.cards.items()
        if row["kind"] == "job"
    ]
    shown = [(f"{''.join(filter(str.isdigit, one.label or ''))} {one.title}", one.applications) for one in counts.top]
    _most(compared, "top", "show", shown, applied)


def check_series_wall(
    counts: WallCounts,
    course: WallCourse,
    shows: Sequence[Held],
    distinct: Distinct,
    titles: Mapping[UUID, str],
    compared: Comparison,
) -> None:
    """Over the shows that its report counts; titles: by job."""

    def same(metric: str, shown: object, recounted: object) -> None:
        compared.same("wall", metric, "series", shown, recounted)

    for name in ("visits", "applications"):
        same(name, getattr(counts, name), sum(show.added[name] for show in shows))
    for name in ("watching", "presented", "presented_openings"):
        same(name, getattr(counts, name), sum(getattr(show, name) for show in shows))
    steps = [distinct.steps[bit] for bit in sorted(BITS.values())]
    same("funnel", [(step.metric, step.count) for step in counts.funnel], list(zip(FUNNEL, steps, strict=True)))
    same("course", (course.curve, course.peak), (None, None))
    same("shows", sorted((one.started_at, one.title, one.visits, one.live) for one in course.shows),
         sorted((one.started_at, one.title, one.added["visits"], one.live) for one in shows))  # fmt: skip
    applied, came = Counter[UUID](), Counter[str]()
    for show in shows:
        applied.update(show.applied_for)
        came.update(show.origins)
    wanted = [(titles[job], number) for job, number in applied.items()]
    _most(compared, "top", "series", [(one.title, one.applications) for one in counts.top], wanted)
    _most(compared, "origins", "series", _origins(counts), list(came.items()))


def _origins(counts: WallCounts) -> list[Named]:
    return [(one.name, one.visits) for one in counts.origins]


def _most(compared: Comparison, metric: str, place: str, shown: Sequence[Named], counted: Sequence[Named]) -> None:
    """Each with its own figure, and none that is not told has more."""
    some = [one for one in counted if one[1]]
    names = {name for name, _ in shown}
    is_right = not Counter(shown) - Counter(some)
    compared.same("wall", metric, place, shown, shown if is_right else [one for one in some if one[0] in names])
    compared.same("wall", f"highest of {metric}", place, sorted((number for _, number in shown), reverse=True),
                  sorted((number for _, number in some), reverse=True)[: len(shown)])  # fmt: skip
    compared.same("wall", f"number of {metric}", place, len(shown), min(len(some), 5))

"""Several shows cut by job, employer, place of work and channel: a device or person counts once in each line."""

from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_OID, UUID, uuid5

from stream_jobs.domain.events import Body


class CutLine(Body):
    """One job, employer, place of work or channel over all of the shows.

    key: a job's or employer's id, else its words; name: null for no channel's link; beside: a job's employer, a
    channel's kind. Shows, cards, openings, visits and applications are added up; what became of applicants is told by
    each show alone, as the difference of two sums may be a small group.
    """

    key: str
    name: str | None
    beside: str | None = None
    shows: int
    cards: int = 0
    openings: int = 0
    visits: int = 0
    visitors: int = 0
    exposures: int = 0
    impressions: int = 0
    clicks: int = 0
    apply_starts: int = 0
    appliers: int = 0
    applications: int = 0
    applicants: int = 0


class Cuts(Body):
    """Each by its applications, most first; visits and visitors are of channels, cards and openings of the others."""

    as_of: datetime
    shows: int
    jobs: tuple[CutLine, ...]
    employers: tuple[CutLine, ...]
    workplaces: tuple[CutLine, ...]
    channels: tuple[CutLine, ...]


class CutPart(StrEnum):
    """One of the tables of Cuts."""

    JOBS = "jobs"
    EMPLOYERS = "employers"
    WORKPLACES = "workplaces"
    CHANNELS = "channels"


class CutPage(Body):
    """Some lines of one table; next_cursor is null on the last page."""

    as_of: datetime
    shows: int
    lines: tuple[CutLine, ...]
    next_cursor: UUID | None


def page_of(cuts: Cuts, part: CutPart, *, after: UUID | None, limit: int) -> CutPage:
    """The lines after that one, in the order of their cursors: figures that change move no line to another page.

    Who reads page after page meets each line that was there all the while exactly once. A cursor says nothing of its
    line, whose words may name somebody.
    """
    found = sorted((_cursor(part, line), line) for line in getattr(cuts, part))
    rest = [one for one in found if after is None or one[0] > after]
    more = len(rest) > limit
    return CutPage(
        as_of=cuts.as_of,
        shows=cuts.shows,
        lines=tuple(line for _, line in rest[:limit]),
        next_cursor=rest[limit - 1][0] if more else None,
    )


def _cursor(part: CutPart, line: CutLine) -> UUID:
    return uuid5(NAMESPACE_OID, f"{part} {line.key}")

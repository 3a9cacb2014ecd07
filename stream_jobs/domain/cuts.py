"""Several shows cut by job, employer, place of work and channel: a device or person counts once in each line."""

from datetime import datetime

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

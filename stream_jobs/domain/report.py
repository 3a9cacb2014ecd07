"""A show's figures as they are read: integers, and rates as two integers each; domain/metrics.py names them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import CardId, ChannelId, EmployerId
from stream_jobs.domain.metrics import Ratio


class FunnelStep(Body):
    """Distinct viewers who took a step; implied ones, counted only because they took a later step, told apart."""

    metric: str
    count: int
    implied: int
    over_previous: Ratio | None = None
    over_first: Ratio | None = None


class Reached(Body):
    """Distinct viewers by how far they came; exposures: how often they saw a card, once a push."""

    exposures: int = 0
    impressions: int = 0
    clicks: int = 0
    apply_starts: int = 0
    appliers: int = 0


class Applied(Body):
    """Applications of a group and what became of the people.

    Outcomes are null where they are not told: hidden_below says of groups of how many people that is so. small: this is
    such a group; else it is hidden so that nobody subtracts such a group from a sum.
    """

    applications: int = 0
    applicants: int = 0
    recorded: int = 0
    withdrawn: int = 0
    valid: int | None = 0
    contacted: int | None = 0
    interview: int | None = 0
    offered: int | None = 0
    hired: int | None = 0
    retained_7d: int | None = 0
    retained_30d: int | None = 0
    small: bool = False
    hidden_below: int | None = None


class CardLine(Body):
    """One card of the tray; openings are null when the job names no number."""

    card_id: CardId
    kind: Literal["job", "policy"]
    number: int
    label: str
    title: str
    employer: str | None = None
    openings: int | None = None
    pushes: int
    on_stage_seconds: int
    connected: int
    delivered: int
    calls: int
    reached: Reached
    applied: Applied


class EmployerLine(Body):
    """One employer: distinct viewers over its cards, never their sum."""

    employer_id: EmployerId
    name: str
    cards: int
    openings: int
    presented: int
    reached: Reached
    applied: Applied
    # Applications not withdrawn, which a list handed over now would hold, and of how many people; and those since
    # the last hand-over.
    to_hand_over: int
    people_to_hand_over: int
    since_hand_over: int
    handed_over_at: datetime | None = None
    # Its own recruiter sees the applications; nobody else may see a number in full.
    has_recruiter: bool = False


class RegionLine(Body):
    """Jobs whose workplace is in this part of the country, by GB/T 2260; null where its words name none."""

    code: str | None
    name: str | None
    cards: int
    openings: int
    presented: int
    applied: Applied


class ChannelLine(Body):
    """One channel: how often its link was opened, visits through it; viewers and applications that it brought first.

    last_applications were made through its link, whichever channel came first. channel_id and scans are null for
    no link at all.
    """

    channel_id: ChannelId | None
    name: str | None
    kind: str | None
    scans: int | None
    visits: int
    visitors: int
    reached: Reached
    applied: Applied
    last_applications: int


class TimeLine(Body):
    """A stretch of time: before the show, a part of it, after it; together they hold everything once."""

    kind: Literal["before", "slice", "job", "policy", "qa", "after"]
    from_at: datetime | None
    to_at: datetime | None
    presented: int
    visits: int
    new_visitors: int
    peak: int | None
    applied: Applied


class Mark(Body):
    """A push on the curve."""

    at: datetime
    label: str


class Curve(Body):
    """Viewers at once and applications over the show, in steps of bucket_seconds from from_at.

    watching: the most at any moment of each step, exact.
    """

    from_at: datetime | None = None
    to_at: datetime | None = None
    bucket_seconds: int = 0
    watching: tuple[int, ...] = ()
    applications: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()


class Figures(Body):
    """The whole show."""

    on_air_seconds: int
    cards: int
    openings: int
    unnumbered: int
    policies: int
    employers: int
    presented: int
    presented_policies: int
    visits: int
    visitors: int
    exposures: int
    calls: int
    watched: int
    effective_views: int
    watch_ms: int
    on_air_ms: int
    watching: int
    peak: int
    peak_at: datetime | None
    applied: Applied
    waiting: int
    waiting_since: datetime | None
    applications_in_live: int
    applications_within_7_days: int
    # Null when nobody did.
    apply_seconds_median: int | None
    apply_seconds_p90: int | None
    contact_seconds_median: int | None
    contact_seconds_p90: int | None
    hire_seconds_median: int | None
    hire_seconds_p90: int | None


class Apart(Body):
    """What is shown beside the figures: what came late and by forged links (and counts), and what is not believed."""

    late: int = 0
    forged_links: int = 0
    fraud: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)

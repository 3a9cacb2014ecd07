"""The report of a show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.domain.priority import PriorityLine
from stream_jobs.domain.report import (
    Apart,
    CardLine,
    ChannelLine,
    Curve,
    EmployerLine,
    Figures,
    FunnelStep,
    RegionLine,
    TimeLine,
)
from stream_jobs.ports.broadcasts import BroadcastBody, PlatformFigure, PlatformMetric
from stream_jobs.ports.bus import By


class Report(Body):
    """Everything counted of one show at one moment. counted is false for a rehearsal: it is in no other figure."""

    broadcast: BroadcastBody
    as_of: datetime
    counted: bool
    figures: Figures
    funnel: tuple[FunnelStep, ...]
    curve: Curve
    cards: tuple[CardLine, ...]
    employers: tuple[EmployerLine, ...]
    channels: tuple[ChannelLine, ...]
    times: tuple[TimeLine, ...]
    regions: tuple[RegionLine, ...]
    priorities: tuple[PriorityLine, ...]
    platform: tuple[PlatformFigure, ...]
    apart: Apart


@dataclass(frozen=True, slots=True)
class TypedFigure:
    """A platform's figure as typed; None takes it away."""

    platform: str
    metric: PlatformMetric
    value: int | None


class Reports(Protocol):
    async def report(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Report:
        """All figures of one moment. Raises BroadcastNotFound."""

    async def counted_shows(self, org_id: OrgId, since: date | None, until: date | None) -> Sequence[BroadcastId]:
        """Shows that were started on these days of China's calendar, oldest first; never a rehearsal."""

    async def set_platform_figures(
        self, org_id: OrgId, broadcast_id: BroadcastId, figures: Sequence[TypedFigure], *, by: By, at: datetime
    ) -> None:
        """All of them or none. Raises BroadcastNotFound."""

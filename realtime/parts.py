"""What every room of one process uses."""

from collections.abc import Callable
from dataclasses import dataclass

from realtime.metrics import Metrics
from realtime.row import WriteToEach
from stream_jobs.actions.stage import StageActions
from stream_jobs.actions.watching import WatchingActions
from stream_jobs.domain.ids import WorkerId
from stream_jobs.settings import Settings


@dataclass(frozen=True, slots=True)
class RoomParts:
    """Actions, settings and numbers that rooms share."""

    stage: StageActions
    watching: WatchingActions
    settings: Settings
    worker_id: WorkerId
    bus_is_healthy: Callable[[], bool]
    metrics: Metrics
    write_to_each: WriteToEach

    @property
    def poll_seconds(self) -> float:
        """How long a room waits to be told before it looks by itself."""
        healthy = self.bus_is_healthy()
        return self.settings.poll_seconds if healthy else self.settings.poll_unhealthy_seconds

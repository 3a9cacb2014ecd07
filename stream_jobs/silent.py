"""A bus for a moment when nobody listens."""

from stream_jobs.domain.events import StageEntry
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.ports import Topic


class Silent:
    """Tells nobody."""

    async def announce(self, broadcast_id: BroadcastId, topic: Topic, entry: StageEntry | None = None) -> None:
        return None

"""What this package counts about itself, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from realtime.protocol import SLOW
from stream_jobs.tokens import Role


class Metrics:
    """The numbers of one worker, in a registry that is handed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._connections = Gauge("stream_jobs_connections", "Open sockets by role", ["role"], registry=registry)
        self._of_role: dict[Role, Gauge] = {}
        self.rooms = Gauge("stream_jobs_rooms", "Broadcasts somebody follows here", registry=registry)
        self.deliveries = Counter(
            "stream_jobs_deliveries", "Stage publications the kernel took for a viewer", registry=registry
        )
        self.closes = Counter("stream_jobs_closes", "Connections we closed, by code", ["code"], registry=registry)
        self.slow_closes = Counter("stream_jobs_slow_closes", "Viewers closed as too slow", registry=registry)
        self.most_waiting = Gauge(
            "stream_jobs_most_waiting_bytes", "Unsent, of the connection that has most of it", registry=registry
        )
        self.rpcs = Counter(
            "stream_jobs_rpcs", "Calls by method and what became of them", ["method", "outcome"], registry=registry
        )
        self.rpc_seconds = Histogram("stream_jobs_rpc_seconds", "Until a call was answered", registry=registry)
        self.bus_healthy = Gauge("stream_jobs_bus_healthy", "Whether announcements are heard", registry=registry)

    def connections(self, role: Role) -> Gauge:
        """Open sockets of that role; asked for at every coming and going."""
        if role not in self._of_role:
            self._of_role[role] = self._connections.labels(role)
        return self._of_role[role]

    def closed_by_us(self, code: int) -> None:
        self.closes.labels(str(code)).inc()
        if code == SLOW.code:
            self.slow_closes.inc()

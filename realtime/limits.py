"""How much one connection may ask."""

from stream_jobs.domain.pace import Pace

# Refusals that a connection hears before it is closed: as many at once, then one in two seconds.
PATIENCE = Pace(at_once=10, interval_seconds=2.0)


class SocketPace:
    """Lets a connection's messages through at its pace, and a few refusals beyond it; keeps three numbers."""

    __slots__ = ("_pace", "_refused_until", "_until")

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._until = 0.0
        self._refused_until = 0.0

    def wait(self, now: float) -> float:
        """Seconds until one more message is within the pace; 0 when it is at this time (monotonic), and counted."""
        until, wait = self._pace.one_more(self._until, now)
        if wait == 0:
            self._until = until
        return wait

    def bears(self, now: float) -> bool:
        """Whether one more may be refused instead of ending the connection; counts it when it may."""
        until, wait = PATIENCE.one_more(self._refused_until, now)
        if wait == 0:
            self._refused_until = until
        return wait == 0

    def become(self, pace: Pace) -> None:
        """From now on another pace."""
        self._pace = pace

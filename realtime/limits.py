"""How much one connection may ask."""

from stream_jobs.domain.pace import Pace


class SocketPace:
    """Lets a connection's messages through at its pace; keeps two numbers."""

    __slots__ = ("_pace", "_until")

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._until = 0.0

    def allows(self, now: float) -> bool:
        """Whether one more message at this time (monotonic seconds) is within the pace; counts it when it is."""
        until, wait = self._pace.one_more(self._until, now)
        if wait > 0:
            return False
        self._until = until
        return True

    def become(self, pace: Pace) -> None:
        """From now on another pace."""
        self._pace = pace

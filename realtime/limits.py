"""How much one connection may ask."""


class Pace:
    """Lets through a burst and then a steady rate; keeps one number (GCRA).

    `until` is when the connection would have nothing left to its credit if it asked nothing more.
    """

    __slots__ = ("_burst_seconds", "_interval", "_until")

    def __init__(self, *, per_second: float, burst: int) -> None:
        self._interval = 1 / per_second
        self._burst_seconds = burst / per_second
        self._until = 0.0

    def allows(self, now: float) -> bool:
        """Whether one more message at this time (monotonic seconds) is within the pace; counts it when it is."""
        until = max(self._until, now) + self._interval
        if until - now > self._burst_seconds + 1e-9:
            return False
        self._until = until
        return True

    def widen(self, times: float) -> None:
        """Allows that many times more from now on."""
        self._interval /= times

"""How often one caller may do something: token buckets in this process."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from stream_jobs.domain.errors import TooMany

MAX_KEYS = 20_000


class Buckets:
    """A bucket per key: `burst` at once, then `per_second`. The least recently used are forgotten beyond max_keys."""

    def __init__(
        self,
        *,
        burst: int,
        per_second: float,
        max_keys: int = MAX_KEYS,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._max_keys = max_keys
        self._seconds = seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Raises TooMany, saying after how many seconds there is room again."""
        now = self._seconds()
        tokens, at = self._buckets.pop(key, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - at) * self._per_second)
        enough = tokens >= 1
        self._buckets[key] = (tokens - 1 if enough else tokens, now)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        if not enough:
            raise TooMany(retry_after_seconds=math.ceil((1 - tokens) / self._per_second))

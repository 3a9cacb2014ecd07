"""The newest part of one stage log, encoded, so that a storm of returning viewers asks the database nothing."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from realtime.protocol import stage_publication
from stream_jobs.domain.events import StageEntry


class Tail:
    """Publications of consecutive entries up to `head`; the oldest are forgotten beyond `length`."""

    def __init__(self, length: int, head: int = 0) -> None:
        self._publications: deque[bytes] = deque(maxlen=length)
        self.head = head

    @property
    def floor(self) -> int:
        """The lowest position from which every later entry is still held."""
        return self.head - len(self._publications)

    def append(self, entry: StageEntry) -> bytes:
        """Takes the next entry and returns its publication. Raises ValueError when it is not the next one."""
        if entry.seq != self.head + 1:
            raise ValueError(f"entry {entry.seq} does not follow {self.head}")
        publication = stage_publication(entry)
        self._publications.append(publication)
        self.head = entry.seq
        return publication

    def covers(self, offset: int) -> bool:
        return self.floor <= offset <= self.head

    def after(self, offset: int) -> Sequence[bytes]:
        """Publications of all entries after an offset that is covered, oldest first."""
        return list(islice(self._publications, offset - self.floor, None))


def first_that_fit(publications: Sequence[bytes], most_bytes: int, around: int = 0) -> Sequence[bytes]:
    """As many as have no more bytes together, with so many around each; one is never too much."""
    size = 0
    for count, publication in enumerate(publications):
        size += len(publication) + around
        if count and size > most_bytes:
            return publications[:count]
    return publications

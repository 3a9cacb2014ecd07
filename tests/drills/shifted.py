"""The server with another time: `-m tests.drills.shifted FILE serve` adds as many seconds as the file says."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from stream_jobs import clock
from stream_jobs.cli import main

real_time = time.time


def shift(seconds: Path) -> None:
    """The wall clock as Python tells it, and the one clock of everything that is stored."""

    def shifted() -> float:
        return real_time() + float(seconds.read_text() or 0)

    time.time = shifted
    clock.utc_now = lambda: datetime.fromtimestamp(shifted(), UTC)


if __name__ == "__main__":
    shift(Path(sys.argv.pop(1)))
    main()

"""The server with another time: `-m tests.drills.shifted FILE serve` adds as many seconds as the file says."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from stream_jobs import clock
from stream_jobs.cli import main

real_time = time.time

if __name__ == "__main__":
    seconds = Path(sys.argv.pop(1))

    def shifted() -> float:
        return real_time() + float(seconds.read_text() or 0)

    # The wall clock as Python tells it, and the one clock of everything that is stored.
    time.time = shifted
    clock.utc_now = lambda: datetime.fromtimestamp(shifted(), UTC)
    main()

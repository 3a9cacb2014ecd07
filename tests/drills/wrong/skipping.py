"""The server with one thing wrong: who comes back is not told the first thing it missed."""

from collections.abc import Sequence

from realtime.tail import Tail
from stream_jobs.cli import main

after = Tail.after


def all_but_the_first(self: Tail, offset: int) -> Sequence[bytes]:
    return after(self, offset)[1:]


if __name__ == "__main__":
    Tail.after = all_but_the_first  # type: ignore[method-assign]  # this is what is wrong with it
    main()

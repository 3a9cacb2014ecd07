"""The server with one thing wrong: it prints each application before it stores it."""

import sys
from typing import Any

from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.cli import main

store = ApplyingActions.submit


async def print_first(self: ApplyingActions, *given: Any, **named: Any) -> Any:
    """As somebody leaves it behind who looked for a fault."""
    print("applying", file=sys.stderr, flush=True)
    return await store(self, *given, **named)


if __name__ == "__main__":
    ApplyingActions.submit = print_first  # type: ignore[method-assign]  # this is what is wrong with it
    main()

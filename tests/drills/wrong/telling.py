"""The server with one thing wrong: it answers when it is done, and is done 20 ms later when it knows the number."""

import asyncio
from typing import Any

from admin.api import public
from realtime import calls
from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.cli import main

store = ApplyingActions.submit


async def look_again(self: ApplyingActions, *given: Any, **named: Any) -> Any:
    receipt = await store(self, *given, **named)
    if not receipt.counted:
        await asyncio.sleep(0.02)
    return receipt


if __name__ == "__main__":
    public.APPLYING_SECONDS = calls.APPLYING_SECONDS = 0.0  # type: ignore[attr-defined]  # this is what is wrong
    ApplyingActions.submit = look_again  # type: ignore[method-assign]  # and this
    main()

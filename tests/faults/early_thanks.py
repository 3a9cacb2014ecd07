"""The server with one thing wrong: it says thank you before the commit. For the control of the kill drill."""

import asyncio

from stream_jobs.actions.batching import Batcher
from stream_jobs.cli import main
from stream_jobs.ports import NewApplication, Receipt

store_first = Batcher.add
_unanswered: set[asyncio.Task[Receipt]] = set()


async def thank_first(self: Batcher[NewApplication, Receipt], item: NewApplication) -> Receipt:
    """Answers at once; what was answered is stored a moment later, as a queue in memory would."""

    async def store_later() -> Receipt:
        await asyncio.sleep(0.1)
        return await store_first(self, item)

    task = asyncio.get_running_loop().create_task(store_later())
    _unanswered.add(task)
    task.add_done_callback(_unanswered.discard)
    return Receipt(item.receipt_id, 1, item.at, repeated=False)


if __name__ == "__main__":
    Batcher.add = thank_first  # type: ignore[assignment,method-assign]  # this is what is wrong with it
    main()

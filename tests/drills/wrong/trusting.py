"""The server with one thing wrong: its supervisor says nothing of a worker that ended, which is believed to live."""

from storage.upkeep import UpkeepStore
from stream_jobs.cli import main
from stream_jobs.domain.ids import WorkerId


async def say_nothing(self: UpkeepStore, worker_id: WorkerId) -> None:
    return None


if __name__ == "__main__":
    UpkeepStore.empty_rooms = say_nothing  # type: ignore[method-assign]  # this is what is wrong with it
    main()

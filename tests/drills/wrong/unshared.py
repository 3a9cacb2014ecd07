"""`stream-jobs` with one thing wrong: each part of a backup is as of the moment when its turn comes."""

from typing import Any

from stream_jobs.backup import programs
from stream_jobs.cli import main

run = programs._run


async def run_unshared(failure: Any, program: str, *words: str, url: str | None = None) -> str:
    mine = (word for word in words if not word.startswith("--snapshot="))
    return await run(failure, program, *mine, url=url)


if __name__ == "__main__":
    programs._run = run_unshared  # this is what is wrong with it
    main()

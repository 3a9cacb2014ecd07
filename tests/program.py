"""`stream-jobs` as whoever runs the server types it, and what it says."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stream_jobs.bench.server import PROGRAM, environment_of

SECONDS = 60.0


@dataclass(frozen=True)
class Ended:
    """printed and complained: on standard output and standard error."""

    status: int
    printed: str
    complained: str


async def command(
    *words: str, environment: Mapping[str, str] | None = None, typed: str = "", program: Sequence[str] = PROGRAM
) -> Ended:
    """Until it ends, whatever its exit status; by itself it knows nobody's settings."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *program, *words),
        env=environment_of({}) if environment is None else environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            printed, complained = await process.communicate(typed.encode())
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return Ended(process.returncode, printed.decode(), complained.decode())


async def done(
    *words: str, environment: Mapping[str, str] | None = None, typed: str = "", program: Sequence[str] = PROGRAM
) -> Ended:
    """The same of one that must work."""
    ended = await command(*words, environment=environment, typed=typed, program=program)
    assert ended.status == 0, f"{words[0]}: {ended.complained.strip()[-300:]}"
    return ended

"""Asks a process of its own, which may take any time and memory, or end: that harms nobody here."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE


class NoAnswer(Exception):
    """The child ended without one, or had more to say than it may."""


class TooSlow(NoAnswer):
    """It was ended because nobody waits so long."""


async def answer_of(module: str, *arguments: str, asked: bytes, seconds: float, most_bytes: int = sys.maxsize) -> bytes:
    """What the module says when it is run and asked this. Raises NoAnswer, TooSlow."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", module, *arguments),
        # The child has no use for our passwords.
        env={},
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds):
            answer = await _asked(child, asked, most_bytes)
            if await child.wait() != 0:
                raise NoAnswer
            return answer
    except TimeoutError:
        raise TooSlow from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _asked(child: asyncio.subprocess.Process, asked: bytes, most_bytes: int) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise AssertionError("both were asked for")
    feeding = asyncio.create_task(_feed(child.stdin, asked))
    answer = bytearray()
    try:
        while chunk := await child.stdout.read(1 << 16):
            answer += chunk
            if len(answer) > most_bytes:
                raise NoAnswer
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
    return bytes(answer)


async def _feed(stdin: asyncio.StreamWriter, asked: bytes) -> None:
    stdin.write(asked)
    await stdin.drain()
    stdin.close()

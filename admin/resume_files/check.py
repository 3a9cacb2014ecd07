"""Has a file read by the child, and believes no more of its answer than it must."""

import asyncio
import json
import sys

from stream_jobs.domain.resume_files import (
    MOST_TEXT,
    REFUSALS,
    FileDamaged,
    FileKind,
)
from stream_jobs.ports.files import Inspected

# The child's own limit is of computing; this one is for when the machine has no time for it.
CHILD_SECONDS = 60.0
MAX_ANSWER_BYTES = 12 * 1024 * 1024


async def inspect(kind: FileKind, data: bytes) -> Inspected:
    """What is to be kept of it. Raises FileRefused; one on which the child ended or took too long is damaged."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "admin.resume_files.child",
        kind.value,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # The child has no use for our passwords.
        env={},
    )
    try:
        async with asyncio.timeout(CHILD_SECONDS):
            answer = await _asked(child, data)
            if await child.wait() != 0:
                raise FileDamaged
    except TimeoutError:
        raise FileDamaged from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _read(kind, answer)


async def _asked(child: asyncio.subprocess.Process, data: bytes) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise AssertionError("both were asked for")
    feeding = asyncio.create_task(_feed(child.stdin, data))
    answer = bytearray()
    try:
        while chunk := await child.stdout.read(1 << 16):
            answer += chunk
            if len(answer) > MAX_ANSWER_BYTES:
                raise FileDamaged
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
    return bytes(answer)


async def _feed(stdin: asyncio.StreamWriter, data: bytes) -> None:
    stdin.write(data)
    await stdin.drain()
    stdin.close()


def _read(kind: FileKind, answer: bytes) -> Inspected:
    line, _, content = answer.partition(b"\n")
    try:
        said = json.loads(line)
        if refused := said.get("refused"):
            raise REFUSALS[refused](field="file", expected=said.get("expected"))
        text = str(said["text"])[:MOST_TEXT]
    except (ValueError, KeyError, AttributeError, TypeError):
        raise FileDamaged from None
    if kind is not FileKind.PHOTO:
        return Inspected(text, None)
    if not content.startswith(b"\xff\xd8\xff"):
        raise FileDamaged
    return Inspected(text, content)

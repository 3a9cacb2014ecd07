"""Has a file read by the child, and believes no more of its answer than it must."""

import json

from admin.children import NoAnswer, answer_of
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
    try:
        answer = await answer_of(
            "admin.resume_files.child", kind.value, asked=data, seconds=CHILD_SECONDS, most_bytes=MAX_ANSWER_BYTES
        )
    except NoAnswer:
        raise FileDamaged from None
    return _read(kind, answer)


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

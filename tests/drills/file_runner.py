"""Reads many files as the child does, each in a process split off one that has its readers ready.

Lines of "KIND LENGTH", each before that many bytes, come in; a line of JSON a file goes out: the answer, how the
process ended and the most memory it held.
"""

import json
import os
import resource
import sys

from admin.bounds import bound
from admin.resume_files import docx, pdf, photo
from admin.resume_files.child import LIMITS, answer

READERS = (docx, pdf, photo)


def one(kind: str, data: bytes) -> dict[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        bound(LIMITS)
        said, content = answer(kind, data)
        with os.fdopen(writing, "wb") as out:
            out.write(json.dumps({**said, "bytes": len(content)}).encode("utf-8", "replace"))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as into:
        told = into.read()
    _, status, used = os.wait4(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    result = json.loads(told) if told and ended == 0 else {"refused": "file_damaged", "expected": None}
    return {**result, "ended": ended, "memory": used.ru_maxrss * 1024, "seconds": used.ru_utime + used.ru_stime}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while line := sys.stdin.buffer.readline():
        kind, length = line.split()
        result = one(kind.decode(), sys.stdin.buffer.read(int(length)))
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""What a peer in Python is asked, as c/floor.c is: VIEWERS PAYLOAD_BYTES, and "go" or "cpu" on stdin."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable

SIZE = int(sys.argv[2])


def payload(around: int) -> str:
    head = f'{{"t":{time.monotonic_ns()},"d":"'
    return head + "x" * (SIZE - around - len(head) - 2) + '"}'


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def rounds(
    port: int, tell: Callable[[str], Awaitable[None]], around: int = 0, cpu: Callable[[], float] = own_cpu
) -> None:
    print(json.dumps({"port": port}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line == "go\n":
            await tell(payload(around))
        else:
            print(json.dumps({"cpu_s": cpu()}), flush=True)

"""What a peer in Python is asked: VIEWERS MESSAGES GAP_SECONDS PAYLOAD_BYTES, and a line on stdin for each round."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable

VIEWERS, MESSAGES, GAP, SIZE = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])


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
    while await asyncio.to_thread(sys.stdin.readline):
        before = cpu()
        for _ in range(MESSAGES):
            await tell(payload(around))
            await asyncio.sleep(GAP)
        print(json.dumps({"us_per_delivery": (cpu() - before) / (VIEWERS * MESSAGES) * 1e6}), flush=True)

"""A server that is a program of its own: started in a folder of its own, told by POST. Speaks as c/floor.c does."""

import asyncio
import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rounds import rounds

PATIENCE_SECONDS = 10
REST_SECONDS = 0.2
TICKS = os.sysconf("SC_CLK_TCK")


def serve(
    command: Callable[[Path, int], Sequence[str]], post: Callable[[str], tuple[str, str]], around: int = 0
) -> None:
    """Ends with stdin, and the server with it: command says what runs it, post where a text goes and as what."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        quiet = subprocess.DEVNULL
        server = subprocess.Popen(command(Path(folder), port), stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            publisher = _publisher(port)

            async def tell(text: str) -> None:
                publisher.request("POST", *post(text))
                publisher.getresponse().read()

            asyncio.run(rounds(port, tell, around, lambda: _cpu_at_rest(server.pid)))
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _publisher(port: int) -> http.client.HTTPConnection:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        publisher = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        try:
            publisher.connect()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise SystemExit("the server does not listen") from None
            time.sleep(0.1)
        else:
            return publisher


def _cpu_at_rest(pid: int) -> float:
    """Once it stands still: a publication may be answered before everybody is written to."""
    used = -1.0
    while (now := _cpu(pid)) > used:
        used = now
        time.sleep(REST_SECONDS)
    return used


def _cpu(pid: int) -> float:
    """Of the process and its children."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if str(pid) in (folder.name, fields[1]):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS

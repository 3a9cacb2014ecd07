"""A store of files that speaks S3, as a process of its own, to be frozen, killed and started anew."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from stream_jobs.listening import bound
from tests.drills.drill import Skipped
from tests.drills.place import Daemon

FETCHED = Path(__file__).parents[2] / ".data" / "drills"
NAME = "files"
ACCESS, SECRET = "drill", "only-of-this-drill"
READY_SECONDS = 20.0


def versitygw() -> str:
    """The program. Raises Skipped where it was not fetched."""
    found = shutil.which("versitygw", path=f"{FETCHED}:{os.environ.get('PATH', os.defpath)}")
    if found is None:
        raise Skipped("no store that speaks S3 is here: scripts/fetch-drill-servers")
    return found


def reached(endpoint: str, **changes: str) -> Mapping[str, str]:
    """What a client of it reads from the environment."""
    own = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}
    return {**own, "AWS_REGION": "us-east-1", **changes}


@asynccontextmanager
async def a_bucket(folder: Path) -> AsyncIterator[tuple[Daemon, Path]]:
    """The store, whose only bucket is NAME, and the folder in which it keeps that; this process' clients reach it."""
    program, root = versitygw(), folder / "s3"
    with bound("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    (root / NAME).mkdir(parents=True)
    words = (program, "--port", f"127.0.0.1:{port}", "--quiet", "posix", str(root))
    own = {"ROOT_ACCESS_KEY": ACCESS, "ROOT_SECRET_KEY": SECRET, "PATH": os.defpath}

    @asynccontextmanager
    async def running() -> AsyncIterator[str]:
        with (folder / "s3.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(*words, env=own, stdout=log, stderr=log)
        daemon.pid = process.pid
        try:
            await _listens(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()

    daemon = Daemon(running)
    await daemon.start()
    try:
        with _environment(reached(daemon.url)):
            yield daemon, root / NAME
    finally:
        await daemon.stop()


async def _listens(port: int) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)


@contextmanager
def _environment(of_clients: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in of_clients}
    os.environ.update(of_clients)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})

"""One server process: started, watched, stopped, and never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from stream_jobs.embedded.errors import DatabaseStartFailed
from stream_jobs.embedded.user import User

CHILD = Path(__file__).with_name("child.py")
WATCH = "kernel" if sys.platform == "linux" else "pipe"
LOG_LINES_SHOWN = 8
LOOK_AGAIN_SECONDS = 0.01

Steps = Sequence[tuple[signal.Signals, float]]


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time; it is looked at a hundred times a second."""
    deadline = time.monotonic() + seconds
    # Processes and file locks of others set no asyncio.Event.
    while not (true := condition()) and time.monotonic() < deadline:  # noqa: ASYNC110  # a process is asked
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return true


class ServerProcess:
    """A program running as `user` in `folder`, writing to `log`.

    When this process ends in whatever way, the program gets `orphan_signal`. On Linux that is tied to the *thread*
    that started it, so start it in the thread of the event loop. Every descendant inherits `held`, a locked file.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        log: Path,
        user: User | None,
        held: int,
        orphan_signal: signal.Signals,
        watch: str = WATCH,
    ) -> None:
        self._log = log
        who = (user.uid, user.gid) if user else (-1, -1)
        words = [sys.executable, "-I", "-S", CHILD, os.getpid(), int(orphan_signal), *who, watch, *command]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(word) for word in words],
                cwd=folder,
                env={"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath},
                stdin=subprocess.PIPE if watch == "pipe" else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(held,),
                # Ctrl-C at the terminal is for us: the servers must outlast the work that needs them.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> bool:
        return self._process.poll() is not None

    async def result(self, seconds: float) -> int:
        """The exit status of a program that ends by itself; it is killed when it has not in time."""
        try:
            await until(self.ended, seconds)
        finally:
            await self.stop([])
        return self._process.returncode

    async def stop(self, steps: Steps) -> None:
        """Sends one signal after the other, each with its time to act, then kills; returns when the program is gone."""
        try:
            for number, seconds in steps:
                self._process.send_signal(number)
                if await until(self.ended, seconds):
                    break
        finally:
            if not self.ended():
                self._process.kill()
            self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()

    def failure(self, what: str) -> DatabaseStartFailed:
        """An error with the last lines of the log, which hold no statement and no parameter."""
        lines = self._log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return DatabaseStartFailed("\n".join([f"{what} Its log, {self._log}, ends with:", *lines]))


def fresh_log(log: Path) -> Path:
    """An empty log; the one before is kept as `.1`."""
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))
    log.touch(mode=0o600)
    return log

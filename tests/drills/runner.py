"""Runs a drill with its control, in a process of its own."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.drills.catalogue import DRILLS
from tests.drills.drill import Bench, Drill, Found, Run, Skipped
from tests.drills.in_clear import a_temporary_folder, search
from tests.drills.place import a_place

BUSY = 2.5
"""So many times its deadline a drill may take: others may use the machine as well. It is there for what hangs."""
ENDING_SECONDS = 20.0
"""For a drill that ran out of time to stop what it started."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the table. skipped: why neither was run."""

    drill: str
    promise: str
    found: Found | None
    wrong: str
    control: Found | None
    seconds: float
    skipped: str = ""
    failed: str = ""

    @property
    def good(self) -> bool:
        """The promise held and its control broke it, or this machine cannot try."""
        if self.skipped:
            return True
        clean = self.found and self.control and not self.found.in_clear and not self.control.in_clear
        return bool(clean and self.found and self.found.kept and self.control and not self.control.kept)

    def as_dict(self) -> dict[str, object]:
        return asdict(self) | {"good": self.good}


async def run(drill: Drill, *, quick: bool) -> Outcome:
    """Both parts here and now, in this process."""
    began, found, control, skipped, failed = time.monotonic(), None, None, "", ""
    try:
        found = await _part(drill.run, quick=quick)
        control = await _part(drill.control, quick=quick)
    except Skipped as reason:
        skipped = str(reason)
    except Exception as error:
        failed = f"{type(error).__name__}: {error}"[:300]
    seconds = round(time.monotonic() - began, 1)
    return Outcome(drill.name, drill.promise, found, drill.wrong, control, seconds, skipped, failed)


async def _part(part: Run, *, quick: bool) -> Found:
    with tempfile.TemporaryDirectory(prefix="stream-jobs-drill-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        bench = Bench(lambda: a_place(folder / "place"), folder, quick)
        with a_temporary_folder(folder / "temporary"):
            found = await part(bench)
        return replace(found, in_clear=[*bench.in_clear, *await search(folder)])


# ── each in a process of its own, which is ended when its time is over ───────────────────────────────────────


async def run_apart(drill: Drill, *, quick: bool) -> Outcome:
    """The same in a process of its own: whatever happens there, it ends, and the next drill has a clean machine."""
    began = time.monotonic()
    words = [sys.executable, "-m", "tests.drills", drill.name, "--here", *(["--quick"] if quick else [])]
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        async with asyncio.timeout(BUSY * drill.deadline_seconds):
            said, complained = await process.communicate()
        return _read(json.loads(said.decode().strip().splitlines()[-1]))
    except TimeoutError:
        failed = f"not done within {BUSY * drill.deadline_seconds:.0f} s"
    except (ValueError, IndexError, KeyError):
        failed = f"ended with status {process.returncode}: {complained.decode(errors='replace').strip()[-300:]}"
    finally:
        await _end(process)
    seconds = round(time.monotonic() - began, 1)
    return Outcome(drill.name, drill.promise, None, drill.wrong, None, seconds, failed=failed)


def _read(said: dict[str, object]) -> Outcome:
    said.pop("good")
    parts = {name: Found(**said.pop(name)) if said[name] else said.pop(name) for name in ("found", "control")}  # type: ignore[arg-type]  # JSON
    return Outcome(**said, **parts)  # type: ignore[arg-type]  # JSON


async def _end(process: asyncio.subprocess.Process) -> None:
    """It and what it started: the databases end with it by themselves, its servers are of its group."""
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING_SECONDS):
                await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def select(names: Sequence[str], *, quick: bool) -> list[Drill]:
    """Those whose names hold one of the words; without words all, or all the quick ones."""
    if names:
        return [drill for drill in DRILLS if any(name.lower() in drill.name.lower() for name in names)]
    return [drill for drill in DRILLS if drill.quick or not quick]

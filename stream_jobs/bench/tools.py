"""Programs of ours in C, built with the machine's own compiler when they are first needed."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from stream_jobs.domain.errors import StartError

SOURCES = Path(__file__).parent / "c"
BUILT = Path(".data/bench")
"""Beside the server's own data, and ignored as that is."""


def built(name: str, folder: Path = BUILT) -> Path:
    """The program of that name, made of its source as it is now. Raises StartError where it cannot be built."""
    source = SOURCES / f"{name}.c"
    program = folder.absolute() / f"{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    if not program.exists():
        _build(source, program)
    return program


def _build(source: Path, program: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise StartError("This benchmark needs a C compiler (cc) for what it measures with; install one and try again.")
    program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(".new")
    done = subprocess.run([compiler, "-O2", "-o", unfinished, source], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartError(f"{source.name} could not be compiled: {done.stderr.strip()[-400:]}")
    unfinished.replace(program)

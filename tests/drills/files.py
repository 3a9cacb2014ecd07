"""Hostile files: none of them is taken, no good one is refused, and reading any of them harms nobody."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from admin.resume_files.child import MAX_CPU_SECONDS, MAX_MEMORY_BYTES
from stream_jobs.domain.resume_files import REFUSALS, FileKind
from tests.drills.made_case import Case
from tests.drills.made_files import good_files, hostile_files, mutations

SEED = 20261122
MAGIC = {FileKind.PDF: (b"%PDF-",), FileKind.DOCX: (b"PK\x03\x04",), FileKind.PHOTO: (b"\xff\xd8\xff", b"\x89PNG")}
# What an accepted document may never say, found by looking, not by reading.
NEVER = (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"vbaProject", b"oleObject")

Reading = Callable[[Sequence[Case]], Iterable[dict[str, Any]]]


@dataclass
class FilesResult:
    hostile: int = 0
    good: int = 0
    mutated: int = 0
    mutated_taken: int = 0
    bad_taken: list[str] = field(default_factory=list)
    good_refused: list[str] = field(default_factory=list)
    wrongly_said: list[str] = field(default_factory=list)
    killed: int = 0
    most_memory: int = 0
    most_seconds: float = 0.0

    @property
    def holds(self) -> bool:
        bounded = self.most_memory <= MAX_MEMORY_BYTES and self.most_seconds <= MAX_CPU_SECONDS + 1
        return bounded and not (self.bad_taken or self.good_refused or self.wrongly_said)


def drill(*, mutated: int = 1000, seed: int = SEED, read: Reading | None = None) -> FilesResult:
    """Every hostile and good file, and that many mutations; mutated: 1,000 in full, fewer when it must be quick.

    read: what a reader says of each; without one, the child.
    """
    read = read or as_the_child
    result = FilesResult()
    hostile, good, changed = hostile_files(), good_files(), mutations(mutated, seed)
    for case, told in zip(hostile, read(hostile), strict=True):
        result.hostile += 1
        _measure(result, told)
        if told.get("refused") is None:
            result.bad_taken.append(case.name)
        elif told["refused"] not in case.codes:
            result.wrongly_said.append(f"{case.name}: {told['refused']}")
    for case, told in zip(good, read(good), strict=True):
        result.good += 1
        _measure(result, told)
        if told.get("refused") is not None:
            result.good_refused.append(f"{case.name}: {told['refused']}")
    for case, told in zip(changed, read(changed), strict=True):
        result.mutated += 1
        _measure(result, told)
        _judge_mutation(result, case, told)
    return result


def _judge_mutation(result: FilesResult, case: Case, told: dict[str, Any]) -> None:
    """What is still plain may be taken: a changed byte of a picture harms nobody."""
    refused = told.get("refused")
    if refused is None:
        result.mutated_taken += 1
        is_photo = case.kind is FileKind.PHOTO
        if not case.data.startswith(MAGIC[case.kind]) or (not is_photo and any(said in case.data for said in NEVER)):
            result.bad_taken.append(case.name)
    elif refused not in REFUSALS:
        result.wrongly_said.append(f"{case.name}: {refused}")


def _measure(result: FilesResult, told: dict[str, Any]) -> None:
    result.killed += told["ended"] != 0
    result.most_memory = max(result.most_memory, told["memory"])
    result.most_seconds = max(result.most_seconds, told["seconds"])


def by_first_bytes(cases: Sequence[Case]) -> Iterator[dict[str, Any]]:
    """The control: what one would say who looks at them alone."""
    for case in cases:
        refused = None if case.data.startswith(MAGIC[case.kind]) else "file_damaged"
        yield {"refused": refused, "ended": 0, "memory": 0, "seconds": 0.0}


def as_the_child(cases: Sequence[Case]) -> Iterator[dict[str, Any]]:
    """What it says of each, in the order given."""
    command = [sys.executable, "-m", "tests.drills.file_runner"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as runner:
        yield from _told(runner, cases)
        if runner.stdin:
            runner.stdin.close()


def _told(runner: "subprocess.Popen[bytes]", cases: Iterable[Case]) -> Iterator[dict[str, Any]]:
    if runner.stdin is None or runner.stdout is None:
        raise AssertionError("both were asked for")
    for case in cases:
        runner.stdin.write(f"{case.kind.value} {len(case.data)}\n".encode() + case.data)
        runner.stdin.flush()
        yield json.loads(runner.stdout.readline())

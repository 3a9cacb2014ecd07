"""What is noted outside the database, in files that only grow: audit heads, and who was erased."""

import asyncio
import json
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from stream_jobs.domain.audit import AuditHead
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.ports import Erasure

logger = logging.getLogger(__name__)

OF_NOTES = "an audit-heads.jsonl, or a copy of one"


@dataclass(frozen=True, slots=True)
class AuditNotebook:
    """How far each organisation's audit chain had come, line by line: a chain cut off later does not fit any more."""

    path: Path

    @classmethod
    def of(cls, data: Path) -> Self:
        return cls(data / "audit-heads.jsonl")

    def read(self) -> Sequence[AuditHead]:
        """Raises BadInput where the file is of something else."""
        try:
            return [
                AuditHead(OrgId(UUID(line["org"])), line["number"], bytes.fromhex(line["hash"]))
                for line in _lines(self.path)
            ]
        except (ValueError, KeyError, TypeError):
            raise BadInput(f"{self.path} holds something else than audit notes", expected=OF_NOTES) from None

    def note(self, heads: Iterable[AuditHead], at: datetime) -> None:
        """Adds them; on disk when it returns."""
        _append(
            self.path,
            [
                {"org": str(head.org_id), "number": head.number, "hash": head.hash.hex(), "at": at.isoformat()}
                for head in heads
            ],
        )


@dataclass(frozen=True, slots=True)
class ErasureNotebook:
    """Who was erased, by pseudonym: an older backup still knows them, and a restore erases them again."""

    path: Path

    @classmethod
    def of(cls, folder: Path) -> Self:
        return cls(folder / "erasures.jsonl")

    def read(self) -> Sequence[Erasure]:
        return [
            Erasure(OrgId(UUID(line["org"])), PersonId(UUID(line["person"])), datetime.fromisoformat(line["at"]))
            for line in _lines(self.path)
        ]

    async def remember(self, *erasures: Erasure) -> None:
        """Notes them; where that is impossible now, whoever keeps this notebook does so later."""
        try:
            await asyncio.to_thread(self.note, *erasures)
        except OSError as error:
            logger.warning("cannot note who was erased now", extra={"reason": error.strerror})

    def note(self, *erasures: Erasure) -> None:
        """Adds those that are new; on disk when it returns."""
        known = {erasure.person_id for erasure in self.read()}
        _append(
            self.path,
            [
                {"org": str(one.org_id), "person": str(one.person_id), "at": one.at.isoformat()}
                for one in erasures
                if one.person_id not in known
            ],
        )


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    """A line that was cut off by a crash is none."""
    if not path.exists():
        return []
    text = path.read_text("utf-8")
    return [line for line in map(_parsed, text[: text.rfind("\n") + 1].splitlines()) if line]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        parsed: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return parsed


def _append(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    if not lines:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        cut_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        text = "".join(json.dumps(line) + "\n" for line in lines)
        left = (("\n" if cut_off else "") + text).encode()
        # A disk that is nearly full takes a part, and says so only when the next is written.
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

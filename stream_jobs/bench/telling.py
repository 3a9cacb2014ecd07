"""Telling everybody, again and again, whoever sends: the next message goes out a gap after all have heard the last."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from stream_jobs.bench.cpu import cpu_seconds
from stream_jobs.bench.viewers import Viewers
from stream_jobs.domain.errors import StartError

PATIENCE_SECONDS = 60.0


class Sender(Protocol):
    """Whoever is measured."""

    async def send(self) -> None:
        """One message to everybody, that names the moment it was due."""

    async def cpu_seconds(self) -> float:
        """What sending has taken so far, user and system."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Of all rounds; first_ms and last_ms are medians over the messages, the other times of all deliveries.

    client_cpu_us is what hearing one took the viewers' own processes.
    """

    first_ms: float
    p50_ms: float
    last_ms: float
    p99_ms: float
    max_ms: float
    missing: int
    other_sizes: int
    gaps: int
    closed: int
    client_cpu_us: float


class Telling:
    """One who sends and everybody who hears."""

    def __init__(self, sender: Sender, crowds: Sequence[Viewers], patience_seconds: float) -> None:
        self._sender = sender
        self._crowds = crowds
        self._patience_seconds = patience_seconds
        self._viewers = sum(crowd.number for crowd in crowds)
        self._told: list[list[dict[str, Any]]] = []
        self._client_seconds = 0.0

    async def round(self, messages: int, gap_seconds: float) -> float:
        """Processor time of whoever sends, in microseconds a delivery."""
        used, clients = await self._sender.cpu_seconds(), self._clients()
        for _ in range(messages):
            await self._sender.send()
            self._told.append(await self._said_by_all())
            await asyncio.sleep(gap_seconds)
        self._client_seconds += self._clients() - clients
        return (await self._sender.cpu_seconds() - used) / (messages * self._viewers) * 1e6

    def heard(self) -> Heard:
        """In all rounds so far, of which there is one at least."""
        late = sorted(delay for crowd in self._crowds for delay in crowd.delays())
        said = [report for told in self._told for report in told]
        deliveries = len(self._told) * self._viewers
        return Heard(
            first_ms=round(median(_first_ms(told) for told in self._told), 2),
            p50_ms=_share(late, 0.5),
            last_ms=round(median(max(report["max_ms"] for report in told) for told in self._told), 2),
            p99_ms=_share(late, 0.99),
            max_ms=_share(late, 1),
            missing=deliveries - len(late),
            other_sizes=sum(report["other_sizes"] for report in said),
            gaps=sum(report["gaps"] for report in said),
            closed=sum(report["closed"] for report in said),
            client_cpu_us=round(self._client_seconds / deliveries * 1e6, 2),
        )

    async def _said_by_all(self) -> list[dict[str, Any]]:
        """Once they have heard the message, or will not any more. Raises StartError when nobody did."""
        await asyncio.gather(*(self._has_heard(crowd) for crowd in self._crowds))
        said = [await crowd.report(keep=True) for crowd in self._crowds]
        if not any(report["heard"] for report in said):
            raise StartError(f"Nobody heard a message within {self._patience_seconds:g} s.")
        return said

    async def _has_heard(self, crowd: Viewers) -> None:
        with suppress(TimeoutError):
            await crowd.heard(crowd.number, self._patience_seconds)

    def _clients(self) -> float:
        return cpu_seconds(crowd.pid for crowd in self._crowds)


async def telling(sender: Sender, crowds: Sequence[Viewers], *, patience_seconds: float = PATIENCE_SECONDS) -> Telling:
    """What the viewers heard before does not count; who has not heard a message in time misses it."""
    for crowd in crowds:
        await crowd.report()
    return Telling(sender, crowds, patience_seconds)


def _first_ms(told: Sequence[dict[str, Any]]) -> float:
    return min(float(report["first_ms"]) for report in told if report["heard"])


def _share(late: Sequence[float], share: float) -> float:
    """In milliseconds, of delays in seconds that rise."""
    return round(late[int((len(late) - 1) * share)] * 1e3, 2)

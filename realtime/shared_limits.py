"""Limits that all workers share, kept by a function in Valkey; while Valkey is away each worker counts for itself."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from realtime.valkey import AWAY, Absence, connection, obey_cancellation
from stream_jobs.domain.pace import Pace, Rule
from stream_jobs.limits import LocalLimits, too_many

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 0.25
"""Longer than this nobody waits to be let in: the worker decides by itself."""
RECONNECT_SECONDS = 0.5
MOST_AT_ONCE = 128
"""Requests in one call: Valkey does nothing else meanwhile, two milliseconds at most."""
MICROSECONDS = 1_000_000

SOURCE = (Path(__file__).parent / "take.lua").read_text(encoding="utf-8")
# By its content, so that workers of two versions use their own beside each other.
FUNCTION = f"stream_jobs_take_{hashlib.sha256(SOURCE.encode()).hexdigest()[:12]}"
LIBRARY = f"#!lua name={FUNCTION}\n{SOURCE}\nredis.register_function('{FUNCTION}', take)\n"


@dataclass(frozen=True, slots=True)
class _Asked:
    rule: Rule
    scope: str
    keys: Sequence[str]
    answer: "asyncio.Future[float]"


class SharedLimits:
    """One bucket for all workers. `run` must be running; else, and while Valkey is away, buckets are this worker's.

    Requests that wait at the same moment are decided in one call. All buckets of a scope are in one slot of a cluster.
    """

    def __init__(self, url: str, registry: CollectorRegistry | None = None) -> None:
        self._url = url
        self._local = LocalLimits()
        self._waiting: list[_Asked] = []
        self._arrived = asyncio.Event()
        self._works = False
        registry = registry or CollectorRegistry()
        self._refused = Counter(
            "stream_jobs_limited",
            "Requests told to wait, by the bucket that was empty",
            ("rule", "bucket"),
            registry=registry,
        )
        self._shared = Gauge("stream_jobs_limits_shared", "1 while all workers count together", registry=registry)

    @property
    def works(self) -> bool:
        """Whether all workers count together now."""
        return self._works

    async def take(self, rule: Rule, scope: str, keys: Sequence[str]) -> None:
        if self._works:
            asked = _Asked(rule, scope, keys, asyncio.get_running_loop().create_future())
            self._waiting.append(asked)
            self._arrived.set()
            wait = await asked.answer
            if wait > 0:
                raise too_many(wait)
            if wait == 0:
                return
        self._local.take_now(rule, scope, keys)

    async def run(self) -> None:
        """Asks Valkey until cancelled, through any number of outages."""
        absence = Absence(logger, "each worker limits by itself")
        try:
            while True:
                try:
                    async with connection(self._url, ANSWER_SECONDS) as valkey:
                        await count_once(valkey)
                        absence.ends()
                        await self._serve(valkey)
                except AWAY as error:
                    obey_cancellation()
                    # That it was never there the bus says for all; that it will not count, nobody else does.
                    if self._works or isinstance(error, ResponseError):
                        absence.goes_on(error)
                self._set_works(False)
                await asyncio.sleep(RECONNECT_SECONDS)
        finally:
            self._set_works(False)

    def _set_works(self, works: bool) -> None:
        self._works = works
        self._shared.set(works)
        if not works:
            waiting, self._waiting = self._waiting, []
            _decide_locally(waiting)

    async def _serve(self, valkey: Redis) -> None:
        self._set_works(True)
        while True:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            if not self._waiting:
                self._arrived.clear()
            try:
                await self._decide(valkey, batch)
            finally:
                _decide_locally(batch)

    async def _decide(self, valkey: Redis, batch: Sequence[_Asked]) -> None:
        scopes: dict[str, list[_Asked]] = {}
        for asked in batch:
            scopes.setdefault(asked.scope, []).append(asked)
        try:
            answers = await _called(valkey, list(scopes.values()))
        except ResponseError as error:
            if "not found" not in str(error).lower():
                raise
            # Valkey was emptied, or is another one behind the same address.
            await _load(valkey)
            answers = await _called(valkey, list(scopes.values()))
        for group, answer in zip(scopes.values(), answers, strict=True):
            for asked, wait, nth in zip(group, answer[::2], answer[1::2], strict=True):
                self._settle(asked, wait, nth)

    def _settle(self, asked: _Asked, wait: int, nth: int) -> None:
        if wait:
            self._refused.labels(asked.rule.name, list(asked.rule.paces)[nth - 1]).inc()
        if not asked.answer.done():
            asked.answer.set_result(max(wait, 0) / MICROSECONDS)


async def count_once(valkey: Redis) -> None:
    """For nobody, to see whether it can be done. Raises what is in AWAY."""
    await _load(valkey)
    await valkey.fcall(FUNCTION, 1, "limit:{nobody}:once", "1 1000000")


async def _load(valkey: Redis) -> None:
    await valkey.function_load(LIBRARY, replace=True)
    obey_cancellation()


async def _called(valkey: Redis, groups: Sequence[Sequence[_Asked]]) -> list[list[int]]:
    async with valkey.pipeline(transaction=False) as pipeline:
        for group in groups:
            keys = [f"limit:{{{asked.scope}}}:{key}" for asked in group for key in asked.keys]
            paces = [_written(asked.rule.name, tuple(asked.rule.paces.values())) for asked in group]
            pipeline.fcall(FUNCTION, len(keys), *keys, *paces)
        answers: list[list[int]] = await pipeline.execute()
    obey_cancellation()
    return answers


@cache
def _written(_: str, paces: tuple[Pace, ...]) -> str:
    return " ".join(f"{pace.at_once} {round(pace.interval_seconds * MICROSECONDS)}" for pace in paces)


def _decide_locally(left: Sequence[_Asked]) -> None:
    """Nobody waits for ever: what Valkey did not answer is decided by whoever asked."""
    for asked in left:
        if not asked.answer.done():
            asked.answer.set_result(-1.0)

"""One port that tells how all workers fare: each is asked, and who does not answer is named."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from socket import socket

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from prometheus_client import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from pydantic import BaseModel, ValidationError

from admin.ops import is_ready, readiness
from admin.parts import Draining
from stream_jobs.app import GOODBYE_SECONDS
from stream_jobs.workers.worker import Worker

ANSWER_SECONDS = 2.5
"""A worker itself asks its database and Valkey for two seconds at most."""


class _Told(BaseModel):
    checks: dict[str, bool]


class Health:
    """Asks all workers at once."""

    def __init__(self, workers: Sequence[Worker], client: ClientSession, draining: Draining) -> None:
        self._workers = workers
        self._client = client
        self._draining = draining

    async def checks(self) -> Mapping[str, bool]:
        """What every worker says of what it needs, false when one of them says so; and whether each answers."""
        told = {number: checks for number, text in (await self._asked("readyz")).items() if (checks := _read(text))}
        found = {f"worker_{worker.number}": worker.number in told for worker in self._workers}
        for checks in told.values():
            for name, passes in checks.items():
                found[name] = found.get(name, True) and passes
        return found | {"not_draining": not self._draining.begun}

    async def metrics(self) -> bytes:
        """Of all workers, each sample with the number of its worker; and which of them are there."""
        told = await self._asked("metrics")
        return generate_latest(_Collected([*self._presence(told), *labelled(told)]))

    def _presence(self, told: Mapping[int, str]) -> Iterable[Metric]:
        up = Metric("stream_jobs_worker_up", "1 while a worker answers", "gauge")
        starts = Metric("stream_jobs_worker_starts", "How often a worker was started", "counter")
        for worker in self._workers:
            label = {"worker": str(worker.number)}
            up.add_sample("stream_jobs_worker_up", label, worker.number in told)
            starts.add_sample("stream_jobs_worker_starts_total", label, worker.starts)
        return up, starts

    async def answers(self, worker: Worker) -> bool:
        return await self._ask(worker, "livez") is not None

    async def ready(self, worker: Worker) -> bool:
        answer = await self._ask(worker, "readyz")
        checks = _read(answer) if answer is not None else {}
        return bool(checks) and is_ready(checks)

    async def _asked(self, path: str) -> Mapping[int, str]:
        """What each answered, by number; who does not answer is not in it."""
        answers = await asyncio.gather(*(self._ask(worker, path) for worker in self._workers))
        return {worker.number: text for worker, text in zip(self._workers, answers, strict=True) if text is not None}

    async def _ask(self, worker: Worker, path: str) -> str | None:
        if worker.life is None:
            return None
        with suppress(ClientError, OSError, TimeoutError):
            async with self._client.get(f"{worker.life.ops_url}/{path}") as response:
                return await response.text()
        return None


def _read(answer: str) -> Mapping[str, bool]:
    """Empty when the worker says that it could not look: then it counts as one that does not answer."""
    try:
        return _Told.model_validate_json(answer).checks
    except ValidationError:
        return {}


class _Collected(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def labelled(texts: Mapping[int, str]) -> Iterable[Metric]:
    """Metrics in Prometheus' text format, by worker, as one of each name."""
    merged: dict[str, Metric] = {}
    for number, text in texts.items():
        for family in text_string_to_metric_families(text):
            one = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            one.samples += [
                sample._replace(labels={**sample.labels, "worker": str(number)}) for sample in family.samples
            ]
    return merged.values()


@asynccontextmanager
async def answering(workers: Sequence[Worker], port: socket, draining: Draining) -> AsyncIterator[Health]:
    """/livez, /readyz and /metrics on that port, until the block ends."""
    async with ClientSession(timeout=ClientTimeout(ANSWER_SECONDS)) as client:
        health = Health(workers, client, draining)
        runner = web.AppRunner(_app(health), access_log=None, handle_signals=False, shutdown_timeout=GOODBYE_SECONDS)
        await runner.setup()
        await web.SockSite(runner, port).start()
        try:
            yield health
        finally:
            await runner.cleanup()


def _app(health: Health) -> web.Application:
    async def livez(_: web.Request) -> web.Response:
        # A worker that does not live is started again here: nobody else needs to do anything.
        return web.json_response({"live": True})

    async def readyz(_: web.Request) -> web.Response:
        return readiness(await health.checks())

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=await health.metrics(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app

"""Whether the server lives, may be sent work, and how it fares; on a port of its own."""

import asyncio
from collections.abc import Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from admin.parts import Check, Draining
from stream_jobs.domain.errors import StreamJobsError

CHECK_SECONDS = 2.0
DONE_WITHOUT = frozenset({"valkey"})
"""Serving goes on while this is away: whoever is turned away for it finds no better place."""


def build_ops_app(registry: CollectorRegistry, checks: Mapping[str, Check], draining: Draining) -> web.Application:
    """/livez, /readyz and /metrics. checks are named for what they look at: database, valkey, migrations."""

    async def livez(_: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def readyz(_: web.Request) -> web.Response:
        found = dict(zip(checks, await asyncio.gather(*map(_passes, checks.values())), strict=True))
        return readiness(found | {"not_draining": not draining.begun})

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


def is_ready(checks: Mapping[str, bool]) -> bool:
    """Whether work may be sent there."""
    return all(passes for name, passes in checks.items() if name not in DONE_WITHOUT)


def readiness(checks: Mapping[str, bool]) -> web.Response:
    """What /readyz answers. degraded: ready all the same, and worse off."""
    ready = is_ready(checks)
    said = {"ready": ready, "degraded": ready and not all(checks.values()), "checks": dict(checks)}
    return web.json_response(said, status=200 if ready else 503)


async def _passes(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except (TimeoutError, OSError, StreamJobsError):
        return False

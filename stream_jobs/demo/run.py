"""The demo: a server with a show on air, and a line that says where to look."""

import asyncio
import json
import logging
import socket
import sys
from collections.abc import Sequence
from io import StringIO

import segno

from stream_jobs.app import App, running, serve
from stream_jobs.clock import utc_now
from stream_jobs.demo.host import present
from stream_jobs.demo.seed import Demo, DemoAccount, seed
from stream_jobs.demo.viewers import watch
from stream_jobs.settings import Settings


async def run_demo(settings: Settings, *, viewers: int, lan: bool, as_json: bool) -> None:
    """Until it is told to stop; ready when the line is printed."""

    # Sixty viewers ask for so much that the links would leave the screen.
    logging.getLogger("admin.server").setLevel(logging.WARNING)

    async def ready(app: App) -> None:
        demo = await seed(app, utc_now())
        print(json.dumps(_places(app, demo), ensure_ascii=False) if as_json else _words(app, demo, lan), flush=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(present(app.actions, demo.org_id, demo.live))
            if viewers:
                group.create_task(watch(app.base_url, app.socket_url, demo.live, demo.channels, viewers))

    await serve(_on_network(settings) if lan else settings, ready, running)


def _places(app: App, demo: Demo) -> dict[str, object]:
    url = app.public_url
    return {
        "base_url": url,
        "viewer_url": f"{url}/b/{demo.live}",
        "host_url": f"{url}/host/{demo.live}",
        "organiser_url": f"{url}/organiser",
        "socket_url": app.socket_url,
        "ops_url": app.ops_url,
        "broadcast_id": str(demo.live),
        "accounts": [
            {"role": account.role, "login": account.login, "password": account.password} for account in demo.accounts
        ],
        "database_url": app.servers.database_url,
        "valkey_url": app.servers.valkey_url,
    }


def _words(app: App, demo: Demo, lan: bool) -> str:
    places = _places(app, demo)
    lines = [
        "",
        "  stream_jobs 演示已就绪 · the demo is ready (Ctrl+C stops it)",
        "",
        f"  观众 viewer      {places['viewer_url']}",
        f"  场控 console     {places['host_url']}",
        f"  组织者 organiser  {places['organiser_url']}",
        "",
        *_accounts(demo.accounts),
        "",
    ]
    if lan:
        lines.append(_drawn(str(places["viewer_url"])))
    return "\n".join(lines)


def _accounts(accounts: Sequence[DemoAccount]) -> list[str]:
    names = {"organiser": "组织者", "host": "主播", "operator": "场控", "recruiter": "企业招聘"}
    return [
        f"  登录 sign in     {account.login} / {account.password}   {names[account.role]} {account.role}"
        for account in accounts
    ]


def _drawn(url: str) -> str:
    """The link as a QR code for a terminal."""
    out = StringIO()
    segno.make(url, error="m").terminal(out, compact=True)
    return out.getvalue()


def _on_network(settings: Settings) -> Settings:
    """Links name this machine's address on the network, unless STREAM_JOBS_PUBLIC_URL governs them."""
    if settings.public_url is not None:
        return settings
    port = settings.port or _free_port()
    return settings.model_copy(update={"port": port, "public_url": f"http://{_network_address()}:{port}"})


def _network_address() -> str:
    """The address other machines reach this one by; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            print("No network found; the links name this machine alone.", file=sys.stderr)
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])

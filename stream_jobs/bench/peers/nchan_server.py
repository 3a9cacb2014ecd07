"""nginx with nchan: one POST to its publisher, one worker to tell everybody. Speaks as c/floor.c does."""

import asyncio
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from rounds import rounds

CONFIG = """
load_module {modules}/ngx_nchan_module.so;
daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 19500; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = / {{ nchan_subscriber websocket; nchan_channel_id all; }}
        location = /publish {{ nchan_publisher http; nchan_channel_id all; nchan_store_messages off; }}
    }}
}}
"""
MODULES = "/usr/lib/nginx/modules"
TICKS = os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _worker_of(master: int) -> Path:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        if stat.read_text().rpartition(")")[2].split()[1] == str(master):
            return stat
    raise SystemExit("nginx has no worker")


def _started(folder: str, port: int) -> "subprocess.Popen[bytes]":
    nginx, config = shutil.which("nginx") or "/usr/sbin/nginx", Path(folder) / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, modules=MODULES))
    Path(folder).chmod(0o755)
    return subprocess.Popen([nginx, "-c", config, "-e", f"{folder}/error.log"])


async def main() -> None:
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        master = _started(folder, port)
        try:
            await asyncio.sleep(1)
            stat = _worker_of(master.pid)
            publisher = http.client.HTTPConnection("127.0.0.1", port)

            async def tell(text: str) -> None:
                publisher.request("POST", "/publish", text)
                publisher.getresponse().read()

            def cpu() -> float:
                fields = stat.read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / TICKS

            await rounds(port, tell, cpu=cpu)
        finally:
            master.terminate()
            master.wait()


asyncio.run(main())

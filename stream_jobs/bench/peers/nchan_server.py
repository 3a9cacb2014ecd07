"""nginx with nchan: one POST to its publisher, one worker to tell everybody."""

import shutil
from pathlib import Path

from outside import serve

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


def command(folder: Path, port: int) -> list[str]:
    nginx, config = shutil.which("nginx") or "/usr/sbin/nginx", folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, modules=MODULES))
    return [nginx, "-c", str(config), "-e", f"{folder}/error.log"]


serve(command, lambda text: ("/publish", text))

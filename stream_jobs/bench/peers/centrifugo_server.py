"""Centrifugo 6 as it is installed, nothing stored: one POST to its HTTP API, viewers who connect and subscribe."""

import json
import shutil
from pathlib import Path

from outside import serve

CHANNEL = "all"
AROUND = len(f'{{"push":{{"channel":"{CHANNEL}","pub":{{"data":}}}}}}')


def command(folder: Path, port: int) -> list[str]:
    """Whoever asks may come and publish, as with the other peers; it tells nobody outside that it runs."""
    settings = {
        "http_server": {"address": "127.0.0.1", "port": port},
        "http_api": {"insecure": True},
        "client": {"allowed_origins": ["*"], "allow_anonymous_connect_without_token": True},
        "channel": {"without_namespace": {"allow_subscribe_for_client": True, "allow_subscribe_for_anonymous": True}},
        "usage_stats": {"disabled": True},
    }
    config = folder / "config.json"
    config.write_text(json.dumps(settings))
    return [shutil.which("centrifugo") or "centrifugo", "--config", str(config)]


serve(command, lambda text: ("/api/publish", f'{{"channel":"{CHANNEL}","data":{text}}}'), AROUND)

"""The ports a server listens on, and how it is reached there."""

import socket
from dataclasses import dataclass

from stream_jobs.domain.errors import PortTaken
from stream_jobs.settings import Settings


@dataclass(frozen=True, slots=True)
class Addresses:
    """base_url is where a server listens, public_url what the world calls it, ops_url where it tells its health."""

    base_url: str
    public_url: str
    ops_url: str

    @property
    def socket_url(self) -> str:
        return self.base_url.replace("http", "ws", 1) + "/connection/websocket"


def addresses(settings: Settings, public: socket.socket, ops: socket.socket) -> Addresses:
    base_url = _url(settings.host, public)
    return Addresses(base_url, (settings.public_url or base_url).rstrip("/"), _url(settings.ops_host, ops))


def bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Raises PortTaken. Only a port that is `reserved` is shared: elsewhere a second server is an error, no rival."""
    listener = _socket(host)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"Port {port} cannot be listened on: {error.strerror}", field="port") from error
    listener.setblocking(False)
    return listener


def reserved(host: str, port: int) -> socket.socket:
    """A port that nobody may listen on but processes of our user that bind it `shared`, until it is closed.

    Raises PortTaken.
    """
    holder = bound(host, port)
    # Only now: bound alone, it shares with those that come. And nobody may take it while none of them listens.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return holder


def _socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)


def _url(host: str, listener: socket.socket) -> str:
    reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"http://{reachable}:{listener.getsockname()[1]}"

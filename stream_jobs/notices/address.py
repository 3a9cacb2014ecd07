"""Where a request may go: to a public address, found once and then kept to (OWASP, server-side request forgery)."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult

# Addresses that stand for another one inside; Python takes some of them for public.
WRAPPING = tuple(
    ip_network(net)
    for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96", "::/96", "fec0::/10")
)


class AddressForbidden(OSError):
    """The name leads to an address inside; says no more, because it may be logged."""


def may_be_called(address: str, *, loopback: bool) -> bool:
    """Whether a request may go there: a public unicast address; loopback: this machine alone, and nothing else."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if loopback:
        return found.is_loopback
    return found.is_global and not found.is_multicast and not found.is_reserved and not _wraps(found)


def _wraps(address: IPv4Address | IPv6Address) -> bool:
    return isinstance(address, IPv6Address) and any(address in net for net in WRAPPING)


class PublicResolver(AbstractResolver):
    """Resolves a name once a connection and gives out what was checked, so that no second answer can differ."""

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._look_up(host, port)
        if not found or not all(may_be_called(one["host"], loopback=self._loopback) for one in found):
            raise AddressForbidden
        return list(found)

    async def close(self) -> None:
        return None

    async def _look_up(self, host: str, port: int) -> Sequence[ResolveResult]:
        infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [
            ResolveResult(
                hostname=host,
                host=str(info[4][0]),
                port=port,
                family=info[0],
                proto=info[2],
                flags=socket.AI_NUMERICHOST,
            )
            for info in infos
        ]

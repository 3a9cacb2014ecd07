"""Where a request comes from, as far as anyone can be held to it."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

UNKNOWN = "unknown"
# What one subscriber, or one office, can move about in.
PREFIX_BITS = {4: 24, 6: 64}
# An IPv4 address as sockets name it; anything else is read by the library.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PLAIN = re.compile(rf"({_OCTET}\.{_OCTET}\.{_OCTET})\.{_OCTET}", re.ASCII)


def caller_prefix(peer: str | None, forwarded_for: Iterable[str], trusted_proxies: int) -> str:
    """The network of the caller: as many steps back through X-Forwarded-For as there are proxies of ours.

    What a client writes itself stands further left than what our proxies add, and is never looked at.
    """
    hops = [hop.strip() for hop in ",".join(forwarded_for).split(",") if hop.strip()] if trusted_proxies else []
    if trusted_proxies and len(hops) >= trusted_proxies:
        return _prefix(hops[-trusted_proxies])
    return _prefix(peer or "")


@lru_cache(maxsize=4096)
def _prefix(address: str) -> str:
    if plain := _PLAIN.fullmatch(address):
        return f"{plain[1]}.0/24"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, PREFIX_BITS[parsed.version]), strict=False))

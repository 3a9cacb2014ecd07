"""Where a request comes from, as far as anyone can be held to it."""

import ipaddress
from collections.abc import Iterable

UNKNOWN = "unknown"
# What one subscriber, or one office, can move about in.
PREFIX_BITS = {4: 24, 6: 64}


def caller_prefix(peer: str | None, forwarded_for: Iterable[str], trusted_proxies: int) -> str:
    """The network of the caller: as many steps back through X-Forwarded-For as there are proxies of ours.

    What a client writes itself stands further left than what our proxies add, and is never looked at.
    """
    hops = [hop.strip() for hop in ",".join(forwarded_for).split(",") if hop.strip()] if trusted_proxies else []
    if trusted_proxies and len(hops) >= trusted_proxies:
        return _prefix(hops[-trusted_proxies])
    return _prefix(peer or "")


def _prefix(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, PREFIX_BITS[parsed.version]), strict=False))

"""Shares: of what is there for all, whoever has most gives way, so that a newcomer always gets some."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sized


def owner_of(address: str) -> str:
    """Who counts as one: an address; of IPv6 the 64 bits that a network gives to one house (RFC 6177)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found.packed[:8] + bytes(8), 64)))


def who_gives_way(had: Mapping[str, Sized], newcomer: str) -> str | None:
    """Whose share is the largest, if it is larger than the newcomer's would be; else None: nobody has too much."""
    greedy = max(had, key=lambda owner: len(had[owner]), default=newcomer)
    own = len(had[newcomer]) if newcomer in had else 0
    return greedy if greedy in had and len(had[greedy]) > own + 1 else None

"""Addresses: by which names this machine can be reached from others, found without asking anybody.

Where the system does not list them, what the routes and the own name give must do.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

ELSEWHERE = {socket.AF_INET: "198.51.100.1", socket.AF_INET6: "2001:db8::1"}  # addresses for examples: nobody's
BONJOUR = Path("/run/avahi-daemon/socket")  # there while something answers for NAME.local


def own_addresses() -> list[str]:
    """All addresses of this machine but loopback: that of the default route first, then IPv4, then IPv6."""
    routed = [address for address in map(source, ELSEWHERE) if address]
    known = [*routed[:1], *(listed() or [*routed, *by_name()])]
    usable = [address for address in dict.fromkeys(known) if reachable(address)]
    return sorted(usable, key=lambda address: (address not in routed[:1], *rank(address)))


def rank(address: str) -> tuple[bool, bool]:
    """IPv4 before IPv6, which is long to type; one that a network gave before one a machine gave itself."""
    parsed = ipaddress.ip_address(address)
    return parsed.version == 6, parsed.is_link_local


def reachable(address: str) -> bool:
    """Whether a browser elsewhere can use it: IPv6 addresses of one link need a zone, which no URL can hold."""
    parsed = ipaddress.ip_address(address)
    never = parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast
    return not never and not (parsed.version == 6 and parsed.is_link_local)


def source(family: int) -> str | None:
    """The address that a packet to the world would bear. None is sent: a UDP socket only looks at the routes."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((ELSEWHERE[socket.AddressFamily(family)], 9))
        return str(asking.getsockname()[0])
    return None


def by_name() -> list[str]:
    with contextlib.suppress(OSError):
        return [str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(socket.gethostname(), None)]
    return []


def listed() -> list[str]:
    """The addresses of all interfaces, in no order; none where the system does not tell."""
    import ifaddr  # here, for only a class asks

    with contextlib.suppress(OSError):
        told = [given.ip for adapter in ifaddr.get_adapters() for given in adapter.ips]
        return [ip if isinstance(ip, str) else ip[0] for ip in told]  # of IPv6: address, flow, scope
    return []


def own_names() -> list[str]:
    """What this machine calls itself, and what others on its network may call it."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return list(dict.fromkeys([name, short, f"{short}.local"])) if short and short != "localhost" else []


def announced() -> list[str]:
    """NAME.local, where something answers for it."""
    answering = sys.platform == "darwin" or BONJOUR.exists()
    return [name for name in own_names() if answering and name.endswith(".local")]


def url_of(name: str, port: int | None) -> str:
    """The address of the page by this name; `port` None or 80 is not told."""
    host = f"[{name}]" if ":" in name else name
    return f"http://{host}" if port in (None, 80) else f"http://{host}:{port}"


def outside(names: Iterable[str]) -> list[str]:
    """Those of these names by which others may come."""
    return [name for name in names if name and name != "localhost" and (not is_address(name) or reachable(name))]


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

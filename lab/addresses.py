"""Addresses: by which names this machine can be reached from others, found without asking anybody.

Linux tells all of them over netlink (rtnetlink(7)); elsewhere what the routes and the own name give must do.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

DUMP = struct.pack("=IHHIIB7x", 24, 22, 0x301, 1, 0, socket.AF_UNSPEC)  # RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP
NEW_ADDRESS, DONE, ERROR = 20, 3, 2  # kinds of answers
ADDRESS, LOCAL = 1, 2  # attributes; LOCAL is one's own where ADDRESS is that of the other end
PASSING = 0x01 | 0x08 | 0x20 | 0x40  # of IPv6: temporary, a duplicate, deprecated, not yet checked
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
    """The addresses of all interfaces; none where the system does not tell."""
    answer = b""
    if not hasattr(socket, "AF_NETLINK"):
        return []
    with contextlib.suppress(OSError), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.settimeout(1)  # s; the kernel answers at once
        kernel.send(DUMP)
        while not {kind for kind, _body in messages(answer)} & {DONE, ERROR}:
            answer += kernel.recv(1 << 16)
    return list(addresses_in(answer))


def addresses_in(answer: bytes) -> Iterator[str]:
    """The lasting addresses that a netlink answer lists."""
    for kind, body in messages(answer):
        if kind == NEW_ADDRESS:
            family, _prefix, flags = struct.unpack_from("=BBB", body)
            told = dict(parts(body[8:], "=HH"))
            own = told.get(LOCAL, told.get(ADDRESS))
            if own and not (family == socket.AF_INET6 and flags & PASSING):
                yield socket.inet_ntop(family, own)


def messages(answer: bytes) -> Iterator[tuple[int, bytes]]:
    return parts(answer, "=IHHII")


def parts(data: bytes, head: str) -> Iterator[tuple[int, bytes]]:
    """(kind, body) of each part. Its head begins with length, head included, and kind; it ends at a multiple of 4."""
    at, size = 0, struct.calcsize(head)
    while at + size <= len(data):
        length, kind, *_ = struct.unpack_from(head, data, at)
        if length < size:
            return
        yield kind, data[at + size : at + length]
        at += (length + 3) & ~3


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

"""Names: the names of hosts and origins, and which of them are this server's."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator

LOCAL = ("localhost", "127.0.0.1", "::1")
PORTS = {"http": 80, "https": 443}
LONGEST = 253  # characters of a name (RFC 1035, 2.3.4)

LABELS = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
AUTHORITY = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[^\[\]:]{1,254})(?::([0-9]{1,5})?)?")
ORIGIN = re.compile(r"([a-z][a-z0-9+.-]{0,31})://(.{1,270})")


def name_of(text: str) -> str | None:
    """The name of a host as it is compared: in lower case, without its root's dot, IPv6 in its short form."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" in bare:
        try:
            return str(ipaddress.IPv6Address(bare)) if "%" not in bare else None
        except ValueError:
            return None
    name = bare.lower().removesuffix(".")
    if bare is not text or len(name) > LONGEST or not LABELS.fullmatch(name):
        return None
    if name.rpartition(".")[2].isdigit():  # an address, then: a browser knows no name that ends so (WHATWG URL, 3.5)
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            return None
    return name


def parts_of(authority: str) -> tuple[str, int | None] | None:
    """The name and the port of a Host or of an origin's authority. None: it is none."""
    found = AUTHORITY.fullmatch(authority.strip(" \t").lower())
    name = name_of(found[1]) if found else None
    port = int(found[2]) if found and found[2] else None
    return None if name is None or (port or 0) > 65_535 else (name, port)


def origin_of(text: str) -> str | None:
    """An origin as it is compared: the port of http and https left out where it is the default. None: it is none."""
    if text == "null":  # the origin of files and sandboxed frames
        return text
    found = ORIGIN.fullmatch(text.lower())
    parts = parts_of(found[2]) if found else None
    if found is None or parts is None:
        return None
    name, port = parts
    host = f"[{name}]" if ":" in name else name
    return f"{found[1]}://{host}" if port in (None, PORTS.get(found[1])) else f"{found[1]}://{host}:{port}"


def checked_host(text: str) -> str:
    """The name of a host that somebody gave this server. ValueError: no Host could ever be that."""
    name = name_of(text)
    if name is None and not text.isascii():
        try:
            name = name_of(text.encode("idna").decode())  # as browsers send it
        except UnicodeError:
            name = None
    if name is None:
        raise ValueError(f"{text!r}: a host is a name without scheme, port or path: lab.example.org")
    return name


def checked_origin(text: str) -> str:
    """An origin that somebody allowed. ValueError: no page could ever come from that."""
    found = origin_of(text.removesuffix("/"))
    if found is None:
        raise ValueError(f"{text!r}: an origin is a scheme and a name, perhaps a port: https://app.example.org")
    return found


class Names:
    """All names of one server: the local ones, those it was given, and those it has for now."""

    def __init__(self, given: Iterable[str] = (), knows: Callable[[str], bool] = lambda name: False) -> None:
        self._names = dict.fromkeys([*LOCAL, *map(checked_host, given)])
        self._knows = knows  # a name that this server has now, though it had it not when it began

    def add(self, name: str) -> None:
        self._names[checked_host(name)] = None

    def __contains__(self, name: str) -> bool:
        return name in self._names or self._knows(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

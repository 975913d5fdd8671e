"""Where a server is: the base of all wire URLs, and where a redirect says that it has moved to."""

from __future__ import annotations

import re
from typing import NamedTuple, Self
from urllib.parse import SplitResult, quote, urljoin, urlsplit

REDIRECTS = (301, 302, 303, 307, 308)
EXAMPLE = "http://127.0.0.1:3000"
SCHEMELESS = re.compile(r"[\w.-]++(:\d++)?(/|$)")
NO_HOST = re.compile(r"[\s\\^`{}|<>\"]")
LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")


class Elsewhere(ValueError):
    """The server sends to a place where this client's secret must not go."""


class Address(NamedTuple):
    secure: bool
    host: str
    port: int
    authority: str
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """TypeError, ValueError: no base of a server, and what is wrong with it. The base keeps its path."""
        if not isinstance(url, str):
            raise TypeError(f"url is a text like {EXAMPLE!r}, not {type(url).__name__}")
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no http URL: {_instead(url, parts)}")
        if NO_HOST.search(parts.netloc):
            raise ValueError(f"{url!r} names no host")
        if "@" in parts.netloc:
            # Authorization carries the sid, so there is no room for a password; and it would stand in logs.
            raise ValueError("url holds a user or a password: a server behind Basic auth cannot be asked, leave it out")
        if parts.query or parts.fragment:
            raise ValueError(f"{url!r} has a query or a fragment: url is only the base, {_base(parts)}")
        return cls._of(parts)

    @classmethod
    def _of(cls, parts: SplitResult) -> Self:
        secure, host = parts.scheme == "https", parts.hostname or ""
        authority = parts.netloc.rpartition("@")[2].encode("idna").decode()
        path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
        return cls(secure, host, parts.port or (443 if secure else 80), authority, path)

    def moved(self, target: str, status: int, location: str) -> Self | None:
        """Where an answer says that the whole server has moved to: the same name under another base. None: it does not
        say so. Elsewhere: to another host, or to where everybody on the way can read.

        Repeating is safe whatever the method and the status: a reading takes nothing away, an emit counts once.
        """
        if status not in REDIRECTS or not location:
            return None
        here = f"{'https' if self.secure else 'http'}://{self.authority}{target}"
        name = target.removeprefix(self.path).partition("?")[0]
        to = urlsplit(urljoin(here, location))
        if to.scheme not in ("http", "https") or not to.hostname or not to.path.endswith(name):
            return None
        if to.hostname != self.host and not (LOOPBACK.fullmatch(to.hostname) and LOOPBACK.fullmatch(self.host)):
            raise Elsewhere(f"redirected to another host, {_base(to, name)}: the sid does not go there by itself")
        if self.secure and to.scheme == "http":
            raise Elsewhere(f"redirected from https to {_base(to, name)}: the sid does not go where others can read it")
        return self._of(to._replace(path=to.path.removesuffix(name)))


def _base(parts: SplitResult, name: str = "") -> str:
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.removesuffix(name)}"


def _instead(url: str, parts: SplitResult) -> str:
    if parts.scheme in ("ws", "wss"):
        return f"say {url.strip().replace('ws', 'http', 1)}, a WebSocket is opened where one is needed"
    return f"say http://{url.strip().lstrip('/')}" if SCHEMELESS.match(url) else f"say {EXAMPLE}"

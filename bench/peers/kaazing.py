"""The request of 2009, as Kaazing printed it: 716 bytes on the wire, and what it was answered with."""

from __future__ import annotations

from bench.load.clients import Poll, Ws
from bench.load.wire import Client

REQUEST = "\r\n".join(
    (
        "GET /PollingStock//PollingStock HTTP/1.1",
        "Host: localhost:8080",
        "User-Agent: Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.9.1.5) Gecko/20091102 Firefox/3.5.5",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language: en-us",
        "Accept-Encoding: gzip,deflate",
        "Accept-Charset: ISO-8859-1,utf-8;q=0.7,*;q=0.7",
        "Keep-Alive: 300",
        "Connection: keep-alive",
        "Referer: http://www.example.com/PollingStock/",
        "Cookie: showInheritedConstant=false; showInheritedProtectedConstant=false; showInheritedProperty=false; "
        "showInheritedProtectedProperty=false; showInheritedMethod=false; showInheritedProtectedMethod=false; "
        "showInheritedEvent=false; showInheritedStyle=false; showInheritedEffect=false",
        "",
        "",
    )
).encode()


class Poll2009(Poll):
    """Each answer is one piece of news, as the paper has it."""

    def ask(self) -> None:
        self.counts.requests += 1
        self.counts.head_up += len(REQUEST)
        self.write(REQUEST)

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.waiting = False
        self.arrived(False)
        self.counts.messages += 1


class Ws2009(Ws):
    """A frame of 21 bytes, as often as it was asked for."""

    path = "ws"

    def ask(self) -> None:
        rate = 1 / (self.way.every or 1.0)
        request = f"GET /ws?rate={rate:g}".encode() + self._after
        self.counts.requests += 1
        self.counts.head_up += len(request)
        self.write(request)

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.arrived(False)
        self.counts.messages += 1


KINDS: dict[str, type[Client]] = {"poll": Poll2009, "ws": Ws2009}

"""The classroom: where others find this lab, and a code that opens it in a phone.

Only what leads back here gets a code: whoever scans one comes to this page, and to nothing that a link smuggled in.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TextIO

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..protocol.errors import Refused
from ..protocol.pace import Pace
from ..transports.request import parameter
from .addresses import announced, outside, own_addresses, own_names, url_of

if TYPE_CHECKING:
    import segno

LONGEST = 600  # characters of a link: more would make a code too fine for the last row
KEPT = 100  # codes: a class asks for the same one
CODE_RATE, CODE_BURST = 5, 50  # new codes a second: each takes up to 20 ms
FRESH = 1.0  # s the machine's addresses are taken as they were
FILES = 65_536  # open files: a seat takes up to nine on its way through a link
QUERY = re.compile(r"/(\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?", re.ASCII)


class Classroom:
    """By which names others reach this server: those it was given, and with `everywhere` all of the machine's."""

    def __init__(
        self, names: Iterable[str] = (), *, everywhere: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.given = outside(dict.fromkeys(name.lower().strip("[]") for name in names))
        self.everywhere = everywhere
        self.clock = clock
        self._found: tuple[float, list[str]] | None = None
        self._drawn: dict[str, bytes] = {}
        self._codes = Pace(CODE_RATE, CODE_BURST, "new codes", clock)

    def own(self) -> list[str]:
        """The addresses of this machine: a laptop that changes its network has others, and serves on."""
        if not self.everywhere:
            return []
        now = self.clock()
        if self._found is None or now - self._found[0] >= FRESH:
            self._found = (now, own_addresses())
        return self._found[1]

    def names(self) -> list[str]:
        """All names of this server but the local ones, whether worth telling or not."""
        return [*self.given, *self.own(), *(own_names() if self.everywhere else [])]

    def knows(self, name: str) -> bool:
        return name in self.names()

    def addresses(self, port: int | None) -> list[str]:
        """Where others find the page, the best first."""
        own = self.own()
        names = [*self.given, *own[:1], *(announced() if self.everywhere else []), *own[1:]]
        return [url_of(name, port) for name in dict.fromkeys(names)]

    def check(self, url: str, port: int | None) -> None:
        """Refused: no link to this page, or one too long."""
        if len(url) > LONGEST:
            raise Refused("bad_parameter", f"a link of more than {LONGEST} characters makes no code one can scan")
        plain = "http" + url.removeprefix("https") if url.startswith("https:") else url  # a proxy may speak TLS
        rest = next((plain[len(one) :] for one in self.addresses(port) if plain.startswith(one + "/")), "")
        if not QUERY.fullmatch(rest):
            raise Refused("bad_parameter", "a code is made for this page at an address of this server, nothing else")

    async def code(self, url: str) -> bytes:
        """The code of a link, as SVG. Refused: so many different ones were asked for."""
        if url not in self._drawn:
            self._codes.take("codes")
            drawn = await asyncio.to_thread(svg, url)
            if len(self._drawn) >= KEPT:
                self._drawn.clear()
            self._drawn[url] = drawn
        return self._drawn[url]

    def routes(self) -> list[Route]:
        async def addresses(request: Request) -> Response:
            found = self.addresses(request.url.port)
            return JSONResponse({"open": bool(found), "addresses": found})

        async def code(request: Request) -> Response:
            url = parameter(request, "url") or ""
            self.check(url, request.url.port)
            return Response(await self.code(url), media_type="image/svg+xml")

        return [Route("/lab/class", addresses), Route("/lab/class/qr", code)]


def code_of(url: str) -> segno.QRCode:
    """As few modules as will do, so that each is big: nothing soils a projector's code."""
    import segno  # here, for most servers never draw one

    return segno.make(url, error="l", micro=False)


def svg(url: str) -> bytes:
    """Black on white with its quiet zone, day and night: not every phone reads it the other way round."""
    out = io.BytesIO()
    code_of(url).save(
        out,
        kind="svg",
        dark="#000",
        light="#fff",
        border=4,
        omitsize=True,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue()


def blocks(url: str, *, coloured: bool) -> str:
    """The code for a terminal; where it has colours, black on white whatever its own are."""
    out = io.StringIO()
    code_of(url).terminal(out, compact=True)
    lines = out.getvalue().splitlines()
    return "\n".join(f"\x1b[38;5;231;48;5;16m{line}\x1b[0m" if coloured else line for line in lines)


NOT_YET = """This machine has no address that others could use yet: is it on a network?
这台电脑还没有别人能用的地址：它连上网络了吗？"""
INVITATION = """
For everybody on your network / 同一网络里的人都能打开：
"""
NOBODY = """Nobody gets in? Look in this order:
  1. Is the phone in the same network as this computer, and not on mobile data or in the guests' Wi-Fi?
  2. Does this computer's firewall let port {port} in?
  3. Many a school's Wi-Fi keeps its devices apart. Open a hotspot on a phone or on this computer, let all join
     it, and start this again: the lab needs no internet.
What is said crosses your network in the clear. The teacher's guide: {here}/lessons/teacher

打不开？依次检查：
  1. 手机和这台电脑是不是在同一个网络里，没有用移动数据，也不在访客 Wi-Fi 里？
  2. 这台电脑的防火墙有没有放行端口 {port}？
  3. 不少学校的 Wi-Fi 会把设备互相隔开。用一部手机或这台电脑开热点，大家都连上它，再重新启动。
     实验室不需要互联网。
说的话在网络里是明文。教师手册：{here}/lessons/teacher?lang=zh"""


def announce(addresses: list[str], port: int, out: TextIO | None = None) -> None:
    """Tell the one at the terminal where the others come in, and what to do where they do not, in both languages."""
    out = out or sys.stdout
    for line in (NOT_YET if not addresses else INVITATION).splitlines():
        tell(line, out)
    if not addresses:
        return
    print(*(f"  {address}" for address in addresses), sep="\n", file=out)
    with contextlib.suppress(UnicodeEncodeError):  # a terminal without blocks
        print("", blocks(addresses[0], coloured=out.isatty()), "", sep="\n", file=out)
    for line in NOBODY.format(port=port, here=url_of("127.0.0.1", port)).splitlines():
        tell(line, out)
    out.flush()


def tell(line: str, out: TextIO) -> None:
    """A line, or what a terminal without its characters can show of it."""
    with contextlib.suppress(UnicodeEncodeError):
        return print(line, file=out)
    print(line.encode("ascii", "ignore").decode(), file=out)


def listen_everywhere(listen: Callable[[str, int], socket.socket], port: int) -> list[socket.socket]:
    """Listen on all addresses, IPv6 too where there is any. OSError: the port is taken."""
    try:
        both = listen("::", port)
    except OSError:
        return [listen("0.0.0.0", port)]
    if not both.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
        return [both]
    return [listen("0.0.0.0", both.getsockname()[1]), both]


def more_files() -> None:
    """A class, or a measurement, holds many connections: open as many files as this process may, up to a bound."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

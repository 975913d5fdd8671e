"""Networks: faults as switches, in front of any server.

python -m lab.networks kill --listen 9001 --to 8000      a door at port 9001, through which every WebSocket dies
async with network("kill", to=url) as faulty: ...        the same for a test
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import re
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from . import faults
from .ends import STALL
from .line import Line

FROZEN = 64  # lines of one network that hang; one more ends the oldest
FROZEN_SECONDS = 120.0  # s a line may hang
BUFFER = 128 << 10  # bytes the kernel takes at each side of a port; its default swallows megabytes
HELD = 4 << 20  # bytes one network holds back or has under way


class Parameter(NamedTuple):
    letters: str  # how the sentences call it
    unit: str
    default: float
    least: float
    most: float


class Row(NamedTuple):
    """One kind of network."""

    name: str
    fault: type[faults.Fault]
    touches: str
    parameter: Parameter | None
    en: str
    zh: str

    def as_json(self) -> dict[str, Any]:
        parameter = self.parameter and {
            key: getattr(self.parameter, key) for key in ("unit", "default", "least", "most")
        }
        return {
            "name": self.name,
            "parameter": parameter,
            "touches": self.touches,
            "does": {"en": self.en, "zh": self.zh},
        }


MS = Parameter("MS", "ms", 200, 0, 60_000)
AFTER = Parameter("S", "s", 10, 0, 3600)
PATIENCE = Parameter("S", "s", 5, 0.1, 600)
LIFE = Parameter("S", "s", 3, 0.1, 3600)
CHANCE = Parameter("P", "probability", 0.3, 0, 1)
RTT = Parameter("RTT", "ms", 300, 0, 10_000)

TABLE: tuple[Row, ...] = (
    Row("direct", faults.Fault, "", None,
        "Everything passes as it is.",
        "一切照原样通过。"),
    Row("no-upgrade", faults.NoUpgrade, "upgrades", None,
        "Answers every upgrade with 400 and HTML, as a proxy that knows no WebSocket; closes those that are open.",
        "对每个升级请求回答 400 和一页 HTML，像不认识 WebSocket 的代理；已打开的连接被关闭。"),
    Row("forbidden", faults.Forbidden, "upgrades", None,
        "Answers every upgrade with 403 and a page of HTML; closes the WebSockets that are open.",
        "对每个升级请求回答 403 和一页 HTML；已打开的 WebSocket 被关闭。"),
    Row("hang", faults.Hang, "upgrades", None,
        "Never answers an upgrade; WebSockets that are open are left alone.",
        "从不回答升级请求；已打开的 WebSocket 不受影响。"),
    Row("kill", faults.Kill, "ws", MS,
        "Lets a WebSocket open and resets it after MS milliseconds, every time; those that are open are reset at once.",
        "让 WebSocket 打开，然后在 MS 毫秒后重置，每次如此；已打开的立刻被重置。"),
    Row("mute", faults.Mute, "ws", None,
        "Lets a WebSocket open and then passes no byte either way; those that are open freeze.",
        "让 WebSocket 打开，此后两个方向都不再通过任何字节；已打开的被冻结。"),
    Row("deaf", faults.Deaf, "ws", None,
        "Lets a WebSocket open, but nothing goes up by it any more; what comes down still arrives.",
        "让 WebSocket 打开，但上行不再通过任何字节；下行仍能到达。"),
    Row("later", faults.Later, "ws", AFTER,
        "WebSocket works for S seconds from now, then is forbidden and those that are open are closed.",
        "从现在起 WebSocket 可用 S 秒，之后被禁止，已打开的被关闭。"),
    Row("heal", faults.Heal, "ws", AFTER,
        "WebSocket is forbidden for S seconds from now, then works.",
        "从现在起 WebSocket 被禁止 S 秒，之后恢复可用。"),
    Row("buffer", faults.Buffer, "streams", None,
        "Holds a stream back until it ends, so that no event arrives; cuts it when it has grown to 1 MiB.",
        "扣住流式回答直到它结束，因此没有事件到达；累积到 1 MiB 时切断。"),
    Row("impatient", faults.Impatient, "requests", PATIENCE,
        "Answers 504 when the server has not begun to answer within S seconds.",
        "服务器在 S 秒内没有开始回答时，回答 504。"),
    Row("cut", faults.Cut, "answers", CHANCE,
        "Cuts an answer in its middle, with probability P.",
        "以概率 P 在中途切断一个回答。"),
    Row("lost", faults.Lost, "answers", CHANCE,
        "Lets the server do the work and breaks the connection before its answer arrives, with probability P.",
        "服务器完成了工作，但在回答到达之前连接断开，概率为 P 。"),
    Row("no-post", faults.NoPost, "POST", None,
        "Answers every POST with 403 and a page of HTML.",
        "对每个 POST 回答 403 和一页 HTML。"),
    Row("stale", faults.Stale, "GET", None,
        "Repeats its last answer to the same URL, as a cache that takes no notice of no-store.",
        "对相同的 URL 重复上一次的回答，像无视 no-store 的缓存。"),
    Row("portal", faults.Portal, "all", None,
        "Answers everything with 200 and HTML, as a hotel does until its terms are accepted; closes what is open.",
        "对一切请求回答 200 和一页 HTML，像旅馆在你接受条款之前那样；已打开的连接被关闭。"),
    Row("silent", faults.Silent, "all", None,
        "Half open: bytes vanish both ways and nothing closes.",
        "半开连接：两个方向的字节都消失，但什么也不关闭。"),
    Row("slow", faults.Slow, "all", RTT,
        "A round trip takes RTT milliseconds; nothing is lost and nothing is narrow.",
        "一次往返需要 RTT 毫秒；不丢失，也不限制带宽。"),
    Row("flaky", faults.Flaky, "all", LIFE,
        "Resets every connection after a random life of S seconds on average.",
        "每个连接在随机的寿命后被重置，平均 S 秒。"),
)  # fmt: skip
ROWS = {row.name: row for row in TABLE}

NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
WORD = re.compile(r"\w+")


class Setting(NamedTuple):
    """A network as it is named: `kill`, or `kill:300`."""

    text: str
    row: Row
    value: float

    @classmethod
    def parse(cls, text: str) -> Setting:
        """ValueError: there is no such network, or its parameter is none."""
        name, colon, number = text.partition(":")
        row = ROWS.get(name)
        if row is None:
            raise ValueError(f"no such network; there are {', '.join(ROWS)}")
        if not colon:
            return cls(text, row, row.parameter.default if row.parameter else 0.0)
        if row.parameter is None:
            raise ValueError(f"{name} takes no parameter")
        least, most = row.parameter.least, row.parameter.most
        if not NUMBER.fullmatch(number) or not least <= float(number) <= most:
            raise ValueError(f"{name}:{row.parameter.letters} takes a number of {least:g} to {most:g}")
        return cls(text, row, float(number))

    def says(self) -> str:
        """The sentence, with the number in it."""
        if self.row.parameter is None:
            return self.row.en
        number = {self.row.parameter.letters: f"{self.value:g}"}
        return WORD.sub(lambda word: number.get(word[0], word[0]), self.row.en)


class Network:
    """What stands between some clients and a server, now: its fault, its chance, and the lines that live."""

    def __init__(self, setting: str = "direct", seed: int | None = None, *, frozen: int = FROZEN) -> None:
        self.lines: dict[Line, None] = {}
        self.held = self.cached = 0  # bytes that its lines hold, and that its fault keeps as a cache does
        self._frozen: dict[Line, None] = {}
        self._most_frozen = frozen
        self._alarm: asyncio.TimerHandle | None = None
        self._set(Setting.parse(setting), seed)

    def change(self, setting: str, seed: int | None = None) -> None:
        """Be another network from now on, and strike the lines that live. ValueError: there is no such network."""
        self._set(Setting.parse(setting), seed)
        for line in self.living():
            line.calm()
            line.release()
            self.fault.strike(line)

    def _set(self, setting: Setting, seed: int | None) -> None:
        if self._alarm:
            self._alarm.cancel()
        self.cache(-self.cached)
        self.setting = setting
        self.seed = secrets.randbelow(2**32) if seed is None else seed
        self.random = random.Random(self.seed)
        self.since = time.time()
        self.fault = setting.row.fault(self, setting.value)

    def chance(self) -> float:
        return self.random.random()

    def wake(self, seconds: float, ring: Callable[[], None]) -> None:
        """Do this later, unless this network changes before."""
        self._alarm = asyncio.get_running_loop().call_later(seconds, ring)

    # ---- what it holds

    def hold(self, size: int) -> None:
        """Its lines hold so many bytes more, or fewer."""
        self.held += size
        self.weigh(size)

    def cache(self, size: int) -> None:
        """Its fault keeps so many bytes more, or fewer, of answers that have gone."""
        self.cached += size
        self.weigh(size)

    def weigh(self, size: int) -> None:
        """A network among others tells of it."""

    @property
    def full(self) -> bool:
        return self.held > HELD

    @property
    def weight(self) -> int:
        return self.held + self.cached

    def give_way(self) -> None:
        """Hold nothing any more: forget what a cache would keep, and reset the lines that hold anything."""
        self.fault.forget()
        for line in [line for line in self.lines if line.held]:
            line.reset()

    # ---- its lines

    def living(self) -> list[Line]:
        """Those a fault can still strike."""
        return [line for line in self.lines if not (line.over or line.closing or line.dead)]

    def add(self, line: Line) -> None:
        self.lines[line] = None
        self.fault.born(line)

    def freeze(self, line: Line) -> None:
        """This line hangs. So that nothing hangs for ever, nor everything: only so many, and only so long."""
        if line in self._frozen:
            return
        self._frozen[line] = None
        line.expire(FROZEN_SECONDS)
        if len(self._frozen) > self._most_frozen:
            next(iter(self._frozen)).reset()

    def drop(self, line: Line) -> None:
        self.lines.pop(line, None)
        self._frozen.pop(line, None)

    def thaw(self) -> None:
        """End what hangs."""
        for line in list(self._frozen):
            line.reset()

    def close(self) -> None:
        if self._alarm:
            self._alarm.cancel()
        for line in list(self.lines):
            line.reset()
        self.fault.forget()


class network:
    """A listening port in front of a server: `async with network("kill", to=url) as url`, and `.change(name)`."""

    def __init__(
        self, setting: str, to: str, *, seed: int | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.to = urlsplit(to if "//" in to else f"http://{to}")
        self.setting, self.seed = setting, seed
        self.host, self.port = host, port
        Setting.parse(setting)

    async def __aenter__(self) -> str:
        self.through = Network(self.setting, self.seed, frozen=4096)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self.host, self.port, backlog=2048)
        for listener in self._server.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        self.port = self._server.sockets[0].getsockname()[1]
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        while self.through.lines:
            self.through.close()
            await asyncio.sleep(0)
        await self._server.wait_closed()
        await asyncio.sleep(0)  # what was being connected has heard that it is not needed

    def change(self, setting: str, seed: int | None = None) -> None:
        """Be another network from now on, and strike the connections that live."""
        self.through.change(setting, seed)

    def _accept(self) -> asyncio.Protocol:
        return Accepted(self)

    async def reach(self, end: asyncio.Protocol) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(STALL):
            to = self.to.hostname or self.host, self.to.port or 80
            transport, _end = await loop.create_connection(lambda: end, *to)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)


class Accepted(asyncio.Protocol):
    """A connection that has just come in by the port."""

    def __init__(self, door: network) -> None:
        self.door = door

    def connection_made(self, transport: Any) -> None:
        Line(self.door.through, self.door.reach).begin(transport)


def place(text: str) -> tuple[str, int]:
    """`PORT` or `HOST:PORT`; without a host it is this machine, which nobody else reaches."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port and no host:port")
    return host.strip("[]") or "127.0.0.1", int(port)


async def serve(setting: Setting, listen: tuple[str, int], to: tuple[str, int], seed: int | None) -> None:
    host, port = to
    target = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    gate = network(setting.text, target, seed=seed, host=listen[0], port=listen[1])
    async with gate as url:
        print(f"{url} leads to {target}. {setting.says()} (seed {gate.through.seed}; Ctrl-C ends it)", flush=True)
        await asyncio.Event().wait()


def main(arguments: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m lab.networks",
        description="A faulty network in front of a server.",
        epilog="\n".join(f"  {row.name:11}{row.en}" for row in TABLE),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", help="one of those below, with its parameter if you like: kill, kill:300")
    parser.add_argument("--listen", type=place, required=True, metavar="[HOST:]PORT", help="0 = any free port")
    parser.add_argument("--to", type=place, required=True, metavar="[HOST:]PORT", help="where the server is")
    parser.add_argument("--seed", type=int, help="makes what is left to chance the same again")
    chosen = parser.parse_args(list(arguments))
    try:
        setting = Setting.parse(chosen.network)
    except ValueError as error:
        parser.error(str(error))
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve(setting, chosen.listen, chosen.to, chosen.seed))
    except OSError as error:
        print(f"cannot listen there: {error}", file=sys.stderr)
        return 1
    return 0

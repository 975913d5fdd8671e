"""The table of networks: what each is called, what it does in a sentence, and the number it takes."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from . import faults


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
        "对每个升级请求返回 400 和一页 HTML，像不认识 WebSocket 的代理；已打开的连接被关闭。"),
    Row("forbidden", faults.Forbidden, "upgrades", None,
        "Answers every upgrade with 403 and a page of HTML; closes the WebSockets that are open.",
        "对每个升级请求返回 403 和一页 HTML；已打开的 WebSocket 被关闭。"),
    Row("hang", faults.Hang, "upgrades", None,
        "Never answers an upgrade; WebSockets that are open are left alone.",
        "从不响应升级请求；已打开的 WebSocket 不受影响。"),
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
        "扣住流式响应直到它结束，因此没有事件到达；累积到 1 MiB 时切断。"),
    Row("impatient", faults.Impatient, "requests", PATIENCE,
        "Answers 504 when the server has not begun to answer within S seconds.",
        "服务器在 S 秒内没有开始响应时，返回 504。"),
    Row("cut", faults.Cut, "answers", CHANCE,
        "Cuts an answer in its middle, with probability P.",
        "以概率 P 在中途切断一个响应。"),
    Row("lost", faults.Lost, "answers", CHANCE,
        "Lets the server do the work and breaks the connection before its answer arrives, with probability P.",
        "服务器完成了工作，但响应还没到达，连接就以概率 P 断开。"),
    Row("no-post", faults.NoPost, "POST", None,
        "Answers every POST with 403 and a page of HTML.",
        "对每个 POST 返回 403 和一页 HTML。"),
    Row("stale", faults.Stale, "GET", None,
        "Repeats its last answer to the same URL, as a cache that takes no notice of no-store.",
        "对相同的 URL 重复上一次的响应，像无视 no-store 的缓存。"),
    Row("portal", faults.Portal, "all", None,
        "Answers everything with 200 and HTML, as a hotel does until its terms are accepted; closes what is open.",
        "对一切请求返回 200 和一页 HTML，像旅馆在你接受条款之前那样；已打开的连接被关闭。"),
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

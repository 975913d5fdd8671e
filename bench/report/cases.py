"""The six cases of "Which shall I choose?", in words: `{places}` are filled with what was measured, by choose.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

LANGUAGES = ("en", "zh")


class Words(NamedTuple):
    """What a case says in one language."""

    case: str
    choose: str
    because: str


@dataclass(frozen=True)
class Case:
    """A case, and the command that measures it again."""

    key: str
    repeat: str
    en: Words
    zh: Words

    def words(self, language: str) -> Words:
        return self.zh if language == "zh" else self.en


HEADS = {"en": Words("for", "choose", "because"), "zh": Words("用途", "选", "因为")}
LEAD = {
    "en": "Six cases, what to take, and what was measured. The calculator below says what it costs for as many readers"
    " as yours.",
    "zh": "六种情况，选什么，量到了什么。下面的计算器告诉你：读者像你的一样多时，代价是多少。",
}

CASES = (
    Case(
        "dashboard",
        "python -m bench --only E2,E5",
        Words(
            "a dashboard: numbers that may be some seconds old",
            "server-sent events; short polling where half an interval late is soon enough",
            "Nothing goes up. A thousand who wait take {sse_cores} of a core; asking each second they take"
            " {poll_cores}, and over a round trip of 100 ms a message is {poll_late} late instead of {sse_late}.",
        ),
        Words(
            "看板：数字旧几秒也没关系",
            "服务器发送事件；晚半个间隔也够用时，短轮询即可",
            "没有上行。一千个等待的客户端占一个核的 {sse_cores}；每秒问一次则占 {poll_cores}，"
            "往返 100 ms 时，延迟也从 {sse_late} 变成 {poll_late}。",
        ),
    ),
    Case(
        "ticker",
        "python -m bench --only E4",
        Words(
            "a ticker: many messages a second to many readers",
            "WebSocket with several messages in a frame, or server-sent events",
            "What counts is how many messages one write carries: at 300k deliveries a second the p99 is {ws_full} and"
            " {sse_full}, of long polling {longpoll_full}, and with a frame for each message {naive_full}.",
        ),
        Words(
            "行情：每秒许多条消息，读者也多",
            "一帧装多条消息的 WebSocket，或服务器发送事件",
            "关键是一次写出几条：每秒 300k 次送达时，两者的 p99 是 {ws_full} 和 {sse_full}，"
            "长轮询 {longpoll_full}，一帧只装一条则是 {naive_full}。",
        ),
    ),
    Case(
        "chat",
        "python -m bench --only E1,E6",
        Words(
            "a chat: both sides speak, now and then",
            "WebSocket, falling back",
            "Around a message up a frame puts {frame} B, a POST {post} and a browser 400 more. Where lines break, who"
            " comes back as a newcomer misses {missed}, who comes back with a cursor {kept}.",
        ),
        Words(
            "聊天：双方都说话，但不频繁",
            "WebSocket，并能降级",
            "上行每条消息外面，一帧加 {frame} 字节，POST 加 {post} 字节，浏览器再加 400。"
            "断线后以新客户端回来会丢 {missed}，带着游标回来丢 {kept}。",
        ),
    ),
    Case(
        "game",
        "python -m bench --only E1,E3",
        Words(
            "a game: {fast} messages a second, each way",
            "WebSocket",
            "POSTs would put {posts} kB a second around them, frames {frames}. And where {several} messages fall into a"
            " round trip, a long poll brings them after {transits} transits on average, not one.",
        ),
        Words(
            "游戏：双向，每秒 {fast} 条",
            "WebSocket",
            "用 POST，每秒要多发 {posts} kB，用帧是 {frames} kB。"
            "一个往返里有 {several} 条消息时，长轮询平均要 {transits} 个单程才送到，而不是一个。",
        ),
    ),
    Case(
        "phone",
        "python -m bench --only E5",
        Words(
            "a phone on battery",
            "server-sent events or WebSocket, seldom a heartbeat, and closed in the background",
            "Every packet keeps the radio awake for seconds (Grigorik, High Performance Browser Networking, ch. 7). An"
            " idle WebSocket hears {beat} B each {every} s, {beats} times an hour; asking each second is {asked} B,"
            " 3,600 times. Closed it costs nothing, and the cursor brings what was missed.",
        ),
        Words(
            "用电池的手机",
            "服务器发送事件或 WebSocket，心跳要少，转到后台就关闭",
            "每个包都让无线模块多醒几秒（Grigorik，High Performance Browser Networking 第 7 章）。"
            "空闲的 WebSocket 每 {every} 秒收到 {beat} 字节，一小时 {beats} 次；"
            "每秒问一次，每次 {asked} 字节，一小时 3,600 次。关闭就没有开销，回来时凭游标补上。",
        ),
    ),
    Case(
        "proxy",
        "make fallback",
        Words(
            "behind a proxy one does not own",
            "all four, falling back",
            "On {without} of {networks} networks and proxies no WebSocket came to stay; the ladder read on in all of"
            " them and lost {lost} messages.",
        ),
        Words(
            "隔着一个不归自己管的代理",
            "四种都要，自动降级",
            "{networks} 种网络和代理里，{without} 种留不住 WebSocket；降级顺序在每一种里都接着读，丢了 {lost} 条消息。",
        ),
    ),
)

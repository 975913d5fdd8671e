"""In Chinese: bytes, and what it takes to measure what was not measured."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # finding.py
    "Not measured in this run: {takes}": "本次运行没有测：{takes}",
    "{low} to {high}": "{low} 到 {high}",
    # size.py
    "heads {times}:1": "首部 {times}:1",
    "application {times}:1": "应用层 {times}:1",
    "wire {times}:1": "线路上 {times}:1",
    "E1 with the head set of 2010 replayed.": "E1 中重放 2010 年那组首部的场景。",
    "counted: {parts}": "计得：{parts}",
    "counted: nothing": "计得：无",
    "heads alone are counted, those of 2010": "只计首部、而且是 2010 年的首部",
    "heads alone are counted, those of 2010: all that is on the wire is {times} to 1": (
        "只计首部、而且是 2010 年的首部（计线路上的全部字节则是 {times} 比 1）"
    ),
    "a ws frame {bytes} B": "一个 ws 帧 {bytes} B",
    "an sse event {bytes} B": "一个 sse 事件 {bytes} B",
    "the heads of an exchange {bytes} B, before the 400 or so that a browser adds": (
        "一问一答的首部 {bytes} B（浏览器另加的约 400 B 不算在内）"
    ),
    "E1.": "E1。",
    (
        "the word “data:” alone is counted of an event: with its line ends it takes {least}, {here} here, with an"
        " id and in a chunk"
    ): "一个事件只计“data:”这几个字符（连同行尾要 {least} B；这里带 id、装在分块里，是 {here} B）",
    "the word “data:” alone is counted of an event: with its line ends it takes {least}": (
        "一个事件只计“data:”这几个字符（连同行尾要 {least} B）"
    ),
    "emits up by POST and by ws, their bytes and their latency.": (
        "用 POST 和用 ws 上行发送的消息，它们的字节数和延迟。"
    ),
    "counted around a message: ws {frame} B, a POST {post} B, before the 400 or so that a browser adds": (
        "一条消息之外计得：ws {frame} B，POST {post} B（浏览器另加的约 400 B 不算在内）"
    ),
    "; one way ws {time}, POST {more} more": "；单程 ws 用 {time}，POST 再多 {more}",
    # latency.py
    "E2 with poll at two round trips or more.": "E2 中至少两种往返时间下的 poll。",
    "E2 or E7 with poll.": "E2 或 E7 中的 poll。",
    "E3 with longpoll at a round trip above 0.": "E3 中往返时间大于 0 的 longpoll。",
    "E3 with longpoll, one message an answer.": "E3 中一个响应只带一条消息的 longpoll。",
    "E3 with longpoll and a message each 250 ms.": "E3 中每 250 ms 一条消息的 longpoll。",
    "E2 with ws and bare TCP.": "E2 中的 ws 和裸 TCP。",
    # load.py
    "E7 with server CPU, push beside poll at the same load.": "E7 的服务器 CPU，推送和 poll 负载相同。",
    "E2 or E4 with sse and ws.": "E2 或 E4 中的 sse 和 ws。",
    "E4 with longpoll and ws, a frame for each message.": "E4 中的 longpoll 和每条消息一帧的 ws。",
    "E7 with poll, by cursor and by latest value.": "E7 中用游标和只取最新值的 poll。",
    # connections.py
    "any experiment with sse or ws.": "任何一个有 sse 或 ws 的实验。",
    "E5.": "E5。",
    "E6.": "E6。",
    "E9, which takes a Chromium.": "E9，它需要 Chromium。",
    "E8, which restarts the server.": "E8，它会重启服务器。",
    # deployed.py
    "E10, which takes nginx or HAProxy, and a Chromium for its heads.": (
        "E10，它需要 nginx 或 HAProxy，测首部还需要 Chromium。"
    ),
    "E11, which takes a Chromium, and nginx or HAProxy.": "E11，它需要 Chromium，以及 nginx 或 HAProxy。",
    "E12, which takes nginx.": "E12，它需要 nginx。",
    "E10 and E13, which take nginx.": "E10 和 E13，它们需要 nginx。",
}

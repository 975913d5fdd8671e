"""Connections, and the comparison as it is deployed, in Chinese."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "without jitter": "无抖动",
    "with jitter": "有抖动",
    "on their own ticks": "按各自的节拍",
    (
        "sse and ws lost {lost} of {looked} messages that were looked at one by one (of {delivered}"
        " delivered), long polling {held_lost} of {held}; void cells counted too"
    ): (
        "逐条核对的 {looked} 条消息里，sse 和 ws 丢了 {lost} 条（共送达 {delivered} 条）；"
        "长轮询的 {held} 条里丢了 {held_lost} 条；作废的单元也计入"
    ),
    "frames are compressed": "帧经过压缩",
    "nothing is compressed": "不压缩",
    "with a cursor {shares}": "带游标时 {shares}",
    "without {shares}": "不带时 {shares}",
    "{cells} with a cursor lost something": "{cells}带着游标却丢了消息",
    "lost {parts}": "丢失：{parts}",
    "; ": "；",
    "{transport} {held} open, heard by {heard}": "{transport} 连上 {held} 个，{heard} 个收到消息",
    "{said}, one more request answered not within 3 s": "{said}（再发一个请求，3 s 内没有响应）",
    "{said}, one more request answered after {beside}": "{said}（再发一个请求，{beside} 后得到响应）",
    "of eight each in one tab: {parts}": "一个标签页里各开八个：{parts}",
    "nothing is left to chance": "没有任何随机",
    "each waits as long from the drop on": "每个客户端从断线起等待同样长的时间",
    "of all clients, in the fullest 100 ms: {parts}": "最挤的 100 ms 里，回来的占全部客户端的：{parts}",
    "{under}: {jitter}, {phase}": "{under}（{jitter}；{phase}）",
    "{manner} it was not measured": "{manner}：没有测量",
    "{manner} at most {share} come at once": "{manner}：最多 {share} 同时回来",
    "a request's heads": "请求的首部",
    "an answer's": "响应的首部",
    "{heads} {before} B, over HTTP/2 {after} ({less} % less)": (
        "{heads} {before} B（HTTP/2 上 {after} B，少 {less} %）"
    ),
    "counted: {parts}": "计得：{parts}",
    "heads of requests are meant": "指的是请求的首部",
    "heads of answers are meant": "指的是响应的首部",
    "{text}, through {fronts}": "{text}，经过 {fronts}",
    "{wanted} of {transport} through {front}: {held} open": "经过 {front} 的 {wanted} 个 {transport} 连上 {held} 个",
    "{limit} through {front}": "{front} 为 {limit}",
    "the proxy's own limit is meant: {limits}": "指的是代理自己的上限（{limits}）",
    "of prose it saves {shares}": "普通文字省下：{shares}",
    "{text}, of noise in base64 {share} %": "{text}；base64 编码的噪声省下：{share} %",
    "{text}; processor time {much} times as much": "{text}；处理器时间是原来的 {much} 倍",
    "{more} KiB more ({name})": "{name} {more} KiB",
    "{text}; an idle client takes {takes}": "{text}；一个空闲客户端多占内存：{takes}",
    "messages are of the kind that saves {share}": "消息属于能省下 {share} 的那一类",
    "{held} open through {front} on 1 TCP connection": "经过 {front} 连上的 {held} 个用 1 条 TCP 连接",
    "{held} open through {front} on {lines} TCP connections": "经过 {front} 连上的 {held} 个用 {lines} 条 TCP 连接",
    "of eight in one tab: {parts}": "一个标签页里开八个：{parts}",
    "the proxy offers it: {can} did, {cannot} did not": "代理提供这一功能（{can} 提供，{cannot} 不提供）",
    "{share} % of the bytes of a {transport} message": "{transport} 消息字节的 {share} %",
    "{times} times the processor time of server and proxy": "服务器和代理的处理器时间乘以 {times}",
    "{more} kB more for a connection": "每条连接多占 {more} kB",
    "TLS takes {parts}": "TLS 的代价：{parts}",
}

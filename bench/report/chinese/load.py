"""In Chinese: what it costs, and what many messages do to it."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "each message is written by itself": "每条消息单独写出",
    "{transport} takes {times} times the CPU of poll": "{transport} 的 CPU 是 poll 的 {times} 倍",
    "λT, the messages between two pulls, makes it so:"
    " push takes {least} times the CPU of pull at {cheap}, {most} times at {dear}": (
        "两次拉取之间的消息数 λT 合适（λT = {cheap} 时，推送的 CPU 是拉取的 {least} 倍；λT = {dear} 时是 {most} 倍）"
    ),
    "{parts}, in {pairs} of λT = {spans}": "{parts}（共 {pairs}，λT = {spans}）",
    "{found}; not measured alone: a pull of {lacking}": "{found}；只缺每 {lacking} 拉取一次的测量",
    "mean latency": "平均延迟",
    "p50 below the knee": "拐点以下的 p50 延迟",
    "CPU a delivery below the knee": "拐点以下每次送达的处理器时间",
    "{figure} {times} times that of ws ({verdict})": "{figure}是 ws 的 {times} 倍（{verdict}）",
    "sse has {parts}": "sse 的{parts}",
    "the way is longer than what the server itself takes": "路上的时间多于服务器自身所花的时间",
    "; with nchan CPU {times} times": "；换成 nchan，处理器时间是 {times} 倍",
    "{kept} stayed ahead of long polling. {measured}": "{kept} 仍领先于长轮询。{measured}",
    "{server}, at {load}: {late}": "{server} 在每秒 {load} 次送达时，{late}",
    " Other servers' p99: {servers}.": "其他服务器的 p99：{servers}。",
    "latest value loses up to {lost}, model {model}": "取最新值时最多丢失 {lost}，模型 {model}",
    "a cursor lost {lost} of {of}": "用游标时，{of} 条中丢失 {lost} 条",
    "the endpoint tells the latest value alone: with a cursor none of {of} was lost": (
        "端点只给出最新值（用游标时，{of} 条中一条也没丢）"
    ),
}

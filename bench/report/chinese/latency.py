"""In Chinese: how late the news is."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "fixed rate": "固定频率",
    "fixed delay": "响应后固定等待",
    "{mode}: {wait} × T + {slope} × RTT (model 0.5 and {model})": (
        "{mode}：{wait} × T + {slope} × RTT（模型 0.5 和 {model}）"
    ),
    "; ": "；",
    "in {scenarios} off from the formula by {off}, by round": "{scenarios}与公式之差，按轮计为 {off}",
    "No poll {times} times for each message in this run; {formula}": (
        "这次运行中没有每条消息轮询 {times} 次的场景；{formula}"
    ),
    "polled {times} times for each message: {empty} of {polls} polls, formula {expected}; {formula}": (
        "每条消息轮询 {times} 次：{polls} 次轮询中 {empty} 落空，公式为 {expected}；{formula}"
    ),
    "polls are {seconds} s apart: of those each second {empty} find nothing": (
        "轮询间隔为 {seconds} s（每秒一次的，{empty} 落空）"
    ),
    "Mean {rare} transits at a = {low} and {dense} transits at a = {high}; the longest {longest} transits": (
        "平均延迟：a = {low} 时 {rare} 个单程，a = {high} 时 {dense} 个单程；最长 {longest} 个单程"
    ),
    "messages are rare: up to a = λ·RTT = {limit}; it is {mean} transits at a = {load}": (
        "消息稀疏（a = λ·RTT 不超过 {limit}；a = {load} 时已是 {mean} 个单程）"
    ),
    "at a = {load}: mean {mean}, M/D/1 says {model} (below the limit all are {times} times what it says)": (
        "a = {load} 时：平均延迟 {mean}，M/D/1 的预测是 {model}（极限以下，各场景平均是预测的 {times} 倍）"
    ),
    "at a = {load}: {mean}, and growing with the run": "a = {load} 时：{mean}，运行越久越大",
    "{times} × one way at {way}": "单程 {way} 时 {times} 个单程",
    "mean {ways} (half the period: {half})": "平均延迟：{ways}（半个周期：{half}）",
    "without a round trip {times} times as late as bare TCP ({mean})": (
        "没有往返时，ws 的延迟（{mean}）是裸 TCP 的 {times} 倍"
    ),
    "{times} at {rtt}": "{rtt} 时 {times} 倍",
    "with one {trips}": "有往返时：{trips}",
    ", ": "，",
    "no round trip hides it: from {least} on the two are level within {margin}": (
        "没有往返掩盖差别（往返从 {least} 起，两者相差在 {margin} 以内）"
    ),
}

"""In Chinese: the answer of E4, other libraries' long polls beside it, and what grows at a full server."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # answer.py
    "ws with a frame for each message": "每条消息一帧的 ws",
    "coalesced ws": "合并帧的 ws",
    "sse with an event for each message": "每条消息一个事件的 sse",
    "coalesced sse": "合并事件的 sse",
    "{longpoll} {coalesced}": "{longpoll}{coalesced}",
    "E4 has not been measured": "E4 没有测",
    "coalesced WebSocket is ahead or level everywhere": "合并帧的 WebSocket 处处领先或持平",
    "coalesced WebSocket does not win everywhere": "合并帧的 WebSocket 并非处处胜出",
    "that coalesced WebSocket wins everywhere is not shown": "合并帧的 WebSocket 是否处处胜出，未能证实",
    "Past the knee batched long polling beats a frame for each message": "过了拐点，成批的长轮询胜过每条消息一帧",
    "Past the knee a frame for each message still beats batched long polling": (
        "过了拐点，每条消息一帧仍胜过成批的长轮询"
    ),
    "That long polling beats a frame for each message past the knee is not shown": (
        "过了拐点，长轮询是否胜过每条消息一帧，未能证实"
    ),
    "{beats}; {wins}": "{beats}；{wins}",
    "Long polling past the knee: untold, E4 has no cells of both.": "过了拐点的长轮询：未测，E4 没有两者的单元。",
    "Long polling past the knee: not shown. ws with a frame for each message bends at {knee} deliveries/s,"
    " but no load from there on has cells of both that count.": (
        "过了拐点的长轮询：未能证实。每条消息一帧的 ws 在每秒 {knee} 次送达时到了拐点，"
        "但从那里起，没有一种负载下两者都有有效的单元。"
    ),
    "Long polling past the knee: not shown, because the median latency of ws with a frame for each message"
    " never rose to {times} times its least: no load was past its knee.": (
        "过了拐点的长轮询：未能证实，因为每条消息一帧的 ws，其延迟的中位数从未升到最小值的 {times} 倍："
        "没有一种负载过了它的拐点。"
    ),
    "Long polling past the knee: not shown, because no A/A twin says how large the noise is.": (
        "过了拐点的长轮询：未能证实，因为没有 A/A 孪生来说明噪声有多大。"
    ),
    "Yes: from {crossing} deliveries/s on, batched long polling beats ws with a frame for each message; at"
    " {load} its p99 is {ours} against {theirs} after {step} (A/A noise {noise} %, {share} of that"
    " difference). The one settles; the other falls behind for as long as the load lasts.": (
        "是的：从每秒 {crossing} 次送达起，成批的长轮询胜过每条消息一帧的 ws；每秒 {load} 次的负载{step}后，"
        "前者的 p99 是 {ours}，后者是 {theirs}（A/A 噪声 {noise} %，是这一差距的 {share}）。"
        "前者会稳定下来；后者只要负载不停，就越落越远。"
    ),
    "No: past the knee ({knee} deliveries/s) ws with a frame for each message stays ahead of batched long"
    " polling; at {load} the p99 of long polling is {ours} against {theirs}, {times}.": (
        "不是：过了拐点（每秒 {knee} 次送达），每条消息一帧的 ws 仍领先于成批的长轮询；"
        "每秒 {load} 次时，ws 的 p99 是 {theirs}，长轮询是 {ours}，{times}。"
    ),
    "Long polling past the knee: not shown. It is ahead by more than the A/A noise ({noise} %) at {ahead} of"
    " {loads} past the knee{few}.": (
        "过了拐点的长轮询：未能证实。过了拐点的 {loads}中，它领先超出 A/A 噪声（{noise} %）的有 {ahead} 种{few}。"
    ),
    "Coalesced ws: untold, E4 has no cells of it beside another.": "合并帧的 ws：未测，E4 没有它与别的方式并列的单元。",
    "Coalesced ws: not shown, because no A/A twin says how large the noise is.": (
        "合并帧的 ws：未能证实，因为没有 A/A 孪生来说明噪声有多大。"
    ),
    "Coalesced ws does not win everywhere: it is behind in {behind} of {all} comparisons, most at {load}"
    " deliveries/s, where its p99 is {late}, {times} than {other}.": (
        "合并帧的 ws 并非处处胜出：{all} 次比较中有 {behind} 次落后，落后最多的是每秒 {load} 次送达时，"
        "它的 p99 是 {late}，{times}（对方：{other}）。"
    ),
    "Coalesced ws wins everywhere: at none of {loads} is its p99 behind anything by more than noise, and at"
    " {load} it is {late}, {times} than that of {other}.": (
        "合并帧的 ws 处处胜出：在 {loads}下，它的 p99 从未比别的方式晚得超出噪声；"
        "每秒 {load} 次送达时，它的 p99 是 {late}，{times}（对方：{other}）。"
    ),
    "That coalesced ws wins everywhere is not shown: two runs of the same thing differ by {noise} %.": (
        "合并帧的 ws 处处胜出：未能证实，因为同样的东西测两次就相差 {noise} %。"
    ),
    "That coalesced ws wins everywhere is not shown: in {unsure} of {all} comparisons it is later by more than"
    " the noise, or nobody can tell{few}.": (
        "合并帧的 ws 处处胜出：未能证实，{all} 次比较中有 {unsure} 次，它比对方晚，超出了噪声，或者无法判断{few}。"
    ),
    "a step": "持续一级",
    "{seconds} s of it": "持续 {seconds} s ",
    "; some have too few rounds for an interval": "；有些轮数太少，得不出区间",
    "{times} times shorter": "对方是它的 {times} 倍",
    "{times} times longer": "是对方的 {times} 倍",
    # beside.py
    "Where they cross is a matter of the server, too: at {low} deliveries/s an answered long poll takes {costs} of"
    " its core; at {high}, in batches, its p99 is {late}.": (
        "两者在哪里交叉，也取决于服务器：每秒 {low} 次送达时，响应一次长轮询占用其核 {costs}；"
        "每秒 {high} 次时成批送达，p99 是 {late}。"
    ),
    "{figure} ({server})": "{figure}（{server}）",
    "ours": "我们的",
    # growth.py
    ", here and with {servers}": "（这里如此，{servers} 也如此）",
    "A long poll settles, whatever the rate: full, its p99 is {low} to {high} times the number of clients times the"
    " cost of an answer{there}: {soon} with {few} clients, {late} with {many}.": (
        "不论速率多高，长轮询都会稳定下来：服务器满载时，它的 p99 是客户端数与一次响应开销之积的 {low} 到 {high} 倍"
        "{there}：{few} 个客户端时是 {soon}，{many} 个时是 {late}。"
    ),
    "A frame for each message does not: past what one core can write it is later by the second, {frames} after"
    " {seconds} s of the same load, where a long poll is {polls} late.": (
        "每条消息一帧则不会：超出一个核能写的量，延迟就一秒比一秒长；同样的负载持续 {seconds} s 后是 {frames}，"
        "长轮询则是 {polls}。"
    ),
    "What writes once for several messages does neither: the p99 of {late}, with {clients} clients at {load}"
    " deliveries/s.": (
        "一次写出几条消息的方式，两样都不会：{clients} 个客户端、每秒 {load} 次送达时，p99 分别是 {late}。"
    ),
}

"""In Chinese: the claims, who says so, where, what the models say, and the verdicts."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # the verdicts
    "holds": "成立",
    "only when": "仅当……时成立",
    "only when {when}": "仅当{when}时成立",
    "not as stated": "与原话不符",
    "not shown": "未能证实",
    "untold": "未测",
    # C1
    "Polling is late by half the interval and half a round trip, or by half the interval and a whole one.": (
        "短轮询的延迟是半个间隔加半个往返，或者半个间隔加一个往返。"
    ),
    "Folklore says either": "流传的说法，两种都有人说",
    "tutorials give one or the other, none says when": "教程各说其一，没有一篇说明何时该用哪一种",
    "Both are right: T/2 + RTT/2 where the interval is a rate, T/2 + RTT where it is a delay after the answer.": (
        "两种都对：间隔是固定节拍时为 T/2 + RTT/2，间隔从响应之后算起时为 T/2 + RTT。"
    ),
    # C2
    "Of polls each second 96 % are unnecessary when a message comes every 50 s.": (
        "每 50 s 来一条消息时，每秒一次的轮询有 96 % 是多余的。"
    ),
    "Bozdag, Mesbah and van Deursen 2009": "Bozdag、Mesbah 和 van Deursen，2009",
    "Journal of Web Engineering 8(4); Mesbah's thesis, Delft 2009, section 4.6": (
        "Journal of Web Engineering 8(4)；Mesbah 的博士论文，Delft，2009，4.6 节"
    ),
    "1 − P/period of periodic messages: 98 % at P = 1 s, 96 % means a real P of 2 s. e^(−λP) of Poisson messages.": (
        "周期消息为 1 − P/周期：P = 1 s 时是 98 %，96 % 说明实际的 P 是 2 s。泊松消息为 e^(−λP)。"
    ),
    # C3
    "The average latency of long polling is close to one network transit, the maximal over three.": (
        "长轮询的平均延迟接近一个网络单程，最大延迟超过三个。"
    ),
    "RFC 6202": "RFC 6202",
    "section 2.2, “Maximal Latency”": "2.2 节，“Maximal Latency”",
    "1.05 transits at a = λ·RTT = 0.05, but 2.0 at a = 5; three and the time of the server at most.": (
        "a = λ·RTT = 0.05 时为 1.05 个单程，a = 5 时却为 2.0 个；最多三个，再加服务器所用的时间。"
    ),
    # C4
    "Long polling with one message an answer collapses at 1/RTT messages per second.": (
        "一个响应只带一条消息的长轮询，在每秒 1/RTT 条消息时崩溃。"
    ),
    "Derived here": "在此推导",
    "the queue M/D/1, Erlang 1909": "排队模型 M/D/1，Erlang，1909",
    "M/D/1: a·G/(2(1 − a)) more than a transit, without bound from a = 1 on.": (
        "M/D/1：比一个单程多 a·G/(2(1 − a))，从 a = 1 起没有上界。"
    ),
    # C5
    "Long polling of periodic data equals WebSocket as long as one way is shorter than half the period.": (
        "数据按周期到来时，只要单程短于半个周期，长轮询就和 WebSocket 相当。"
    ),
    "Folklore, ascribed to Pimentel and Nickerson 2012": "流传的说法，据称出自 Pimentel 和 Nickerson，2012",
    "IEEE Internet Computing 16(4), 45–53: not in its abstract; its results could not be read here": (
        "IEEE Internet Computing 16(4), 45–53：摘要里没有；正文的结果这里读不到"
    ),
    "A kink at 125 ms for 4 messages a second: from 1 to 2 times one way.": (
        "每秒 4 条消息时，在 125 ms 处有一个转折：从单程的 1 倍变为 2 倍。"
    ),
    # C6
    "WebSocket cuts unnecessary HTTP header traffic from 871 bytes to 2, that is 500:1 or even 1000:1.": (
        "WebSocket 把不必要的 HTTP 首部流量从 871 字节减到 2 字节，即 500:1，甚至 1000:1。"
    ),
    "Lubbers and Greco (Kaazing) 2010": "Lubbers 和 Greco（Kaazing），2010",
    "“HTML5 WebSocket: A Quantum Leap”, its use cases and its summary; websocket.org/quantum.html": (
        "“HTML5 WebSocket: A Quantum Leap”的用例和总结；websocket.org/quantum.html"
    ),
    "435 counts characters of heads only; 455 their bytes; 40 with the news; 8.6 on the wire; 7.6 through TLS.": (
        "435 只计首部的字符；计首部的字节是 455；连同消息是 40；线路上是 8.6；经过 TLS 是 7.6。"
    ),
    # C7
    "A WebSocket frame adds 2 to 14 bytes, SSE as little as 5 to a message, an HTTP/1.x request 500 to 800.": (
        "在一条消息之外，WebSocket 帧加 2 到 14 字节，SSE 最少只加 5 字节，HTTP/1.x 请求加 500 到 800 字节。"
    ),
    "Grigorik 2013": "Grigorik，2013",
    "High Performance Browser Networking, chapter 17, “Message Overhead”; hpbn.co/websocket": (
        "High Performance Browser Networking 第 17 章，“Message Overhead”；hpbn.co/websocket"
    ),
    "A frame 2 to 10 down; an event 7 at least, with its chunk and id more; heads as the client sends them.": (
        "下行一帧 2 到 10 字节；一个事件至少 7 字节，加上分块和 id 更多；首部看客户端发什么。"
    ),
    # C8
    "Push takes the server seven times the CPU of pull; two years later, no significant difference.": (
        "推送占用的服务器 CPU 是拉取的七倍；两年后又说没有显著差别。"
    ),
    "Bozdag, Mesbah and van Deursen 2007; the same 2009": "Bozdag、Mesbah 和 van Deursen，2007；同一批作者，2009",
    "TUD-SERG-2007-016, conclusion; Mesbah's thesis, Delft 2009, chapter 4": (
        "TUD-SERG-2007-016，结论；Mesbah 的博士论文，Delft，2009，第 4 章"
    ),
    "Neither: from λ = k_request/(k_ws·T) on polling is the cheaper one, below it push.": (
        "两者都不对：从 λ = k_request/(k_ws·T) 起，轮询更省；低于它，推送更省。"
    ),
    # C9
    "From server to client, SSE is as good as WebSocket.": "从服务器到客户端，SSE 和 WebSocket 一样好。",
    "Abril 2017, Fladvad 2021; Bigestans 2014 says the opposite": (
        "Abril，2017；Fladvad，2021；Bigestans，2014 说法相反"
    ),
    "aquil.io/articles, bytes alone; the abstracts of two theses": "aquil.io/articles，只谈字节；两篇学位论文的摘要",
    "The same latency, one transit; bytes and CPU by the framing alone. Judged: within 10 %, tested both ways.": (
        "延迟相同，都是一个单程；字节和 CPU 只差在帧头开销。判定标准：相差在 10 % 以内，两个方向都检验。"
    ),
    # C10
    "Under saturation long polling degrades gracefully, WebSocket and SSE do not.": (
        "饱和时，长轮询平缓退化，WebSocket 和 SSE 则不然。"
    ),
    "RFC 6202; Tangen 2015; Etherpad 2026": "RFC 6202；Tangen，2015；Etherpad，2026",
    "section 2.2, “Graceful Degradation”; the abstract of a thesis, Oslo; docs/scaling-dive-2026-05.md": (
        "2.2 节，“Graceful Degradation”；一篇学位论文的摘要，Oslo；docs/scaling-dive-2026-05.md"
    ),
    "A frame for each message: a cliff at 1/k_ws. Batches: a plateau. Coalesced frames: ahead everywhere.": (
        "每条消息一帧：到 1/k_ws 处陡然下坠。成批：一段平台。合并成帧：处处领先。"
    ),
    # C11
    "If the pull interval is longer than the publish interval, some data is missed.": (
        "拉取间隔比发布间隔长时，会漏掉一些数据。"
    ),
    "Bozdag, Mesbah and van Deursen 2007": "Bozdag、Mesbah 和 van Deursen，2007",
    "TUD-SERG-2007-016, conclusion": "TUD-SERG-2007-016，结论",
    "With the latest value 1 − (1 − e^(−λP))/(λP), periodic 1 − period/P; with a cursor none.": (
        "只取最新值时漏掉 1 − (1 − e^(−λP))/(λP)，周期消息漏掉 1 − 周期/P；有游标时一条不漏。"
    ),
    # C12
    "Streaming dropped one or two messages where long polling dropped none.": (
        "流式传输丢了一两条消息，长轮询一条没丢。"
    ),
    "Jõhvik 2011": "Jõhvik，2011",
    "“Push-based versus pull-based data transfer in AJAX applications”, Tartu, abstract": (
        "“Push-based versus pull-based data transfer in AJAX applications”，Tartu，摘要"
    ),
    "None on any transport: a log forgets nothing that was not read.": (
        "任何传输方式都一条不丢：还没读过的，日志不会忘。"
    ),
    # C13
    "An idle WebSocket takes 64 KiB with compression, 14 KiB without.": (
        "一个空闲的 WebSocket，有压缩时占 64 KiB，没有时占 14 KiB。"
    ),
    "Documentation of websockets, 2026": "websockets 的文档，2026",
    "websockets.readthedocs.io, topics/memory, “Connection”: its own server on asyncio": (
        "websockets.readthedocs.io，topics/memory，“Connection”：它自己的 asyncio 服务器"
    ),
    "A slope of memory over clients, of our server; the extension is the same. Judged: within 25 %.": (
        "我们的服务器上，内存随客户端数增长的斜率；压缩扩展相同。判定标准：相差在 25 % 以内。"
    ),
    # C14
    "WebSocket is slightly slower than bare TCP.": "WebSocket 比裸 TCP 略慢。",
    "Škvorc, Horvat and Srbljić 2014": "Škvorc、Horvat 和 Srbljić，2014",
    "MIPRO 2014, 1003–1008, abstract: “slightly inferior in terms of latency”": (
        "MIPRO 2014, 1003–1008，摘要：“延迟方面略逊一筹”"
    ),
    "2 to 14 bytes and their parsing: µs, which a round trip hides, and what the code of the two costs besides.": (
        "2 到 14 字节和解析它们的时间：几 µs，往返时间会盖过它；此外是两者的代码各自的开销。"
    ),
    # C15
    "What falls into the time of a reconnection is lost, unless it is replayed; then nothing is.": (
        "重连期间到来的消息会丢，除非重放；重放了就一条不丢。"
    ),
    "AnyCable 2026": "AnyCable，2026",
    "docs.anycable.io/capabilities, “Delivery guarantees & recovery”": (
        "docs.anycable.io/capabilities，“Delivery guarantees & recovery”"
    ),
    "The share of time without a connection; with a cursor none, on each transport.": (
        "丢失的比例等于没有连接的时间所占的比例；有游标时，每种传输方式都一条不丢。"
    ),
    # C16
    "On the way up a WebSocket frame adds 6 bytes, an HTTP/1.x request 500 to 800, and both take as long.": (
        "上行时，WebSocket 帧加 6 字节，HTTP/1.x 请求加 500 到 800 字节，两者用时相同。"
    ),
    "RFC 6455; Grigorik 2013": "RFC 6455；Grigorik，2013",
    "section 5.2, a head of 2 and a mask of 4; High Performance Browser Networking, chapter 17": (
        "5.2 节，帧头 2 字节，掩码 4 字节；High Performance Browser Networking 第 17 章"
    ),
    "A masked frame 6 to 8; the heads of a POST and its answer; one transit either way.": (
        "带掩码的帧 6 到 8 字节；POST 则是它和响应的首部；两者都是一个单程。"
    ),
    # C17
    "A browser opens six connections to a host: the seventh SSE or long poll starves, a WebSocket does not.": (
        "浏览器对一台主机最多开六个连接：第七个 SSE 或长轮询一直轮不到，WebSocket 则不会。"
    ),
    "HTML standard; RFC 6202; Grigorik 2013": "HTML 标准；RFC 6202；Grigorik，2013",
    "section 9.2, “Authoring notes”; section 5.1; High Performance Browser Networking, chapter 11": (
        "9.2 节，“Authoring notes”；5.1 节；High Performance Browser Networking 第 11 章"
    ),
    "Six held requests, then a queue, which an answered long poll moves on and a stream never does.": (
        "六个挂起的请求，之后排队：一个长轮询得到响应，队列就前进一步；流永远不会让它前进。"
    ),
    # C18
    "When a server restarts, its clients come back in step.": "服务器重启后，客户端步调一致地回来。",
    "Folklore": "流传的说法",
    "the “thundering herd” of many blogs": "许多博客所说的“惊群”（thundering herd）",
    "Without jitter all at once, interval after interval; with jitter, or each on its own ticks, evenly.": (
        "没有抖动时一齐回来，每个间隔都如此；有抖动，或者各按各的节拍时，均匀地回来。"
    ),
    # C19
    "HTTP/2 takes 76 % off the heads of requests, and 69 % off those of answers.": (
        "HTTP/2 让请求的首部减少 76 %，响应的首部减少 69 %。"
    ),
    "Krasnov (Cloudflare) 2016": "Krasnov（Cloudflare），2016",
    "blog.cloudflare.com, “HPACK: the silent killer (feature) of HTTP/2”: an average over all its traffic": (
        "blog.cloudflare.com，“HPACK: the silent killer (feature) of HTTP/2”：其全部流量的平均值"
    ),
    "A field that came before is one byte, a new path its Huffman code; an answer needs a proxy with a table.": (
        "出现过的字段只占一个字节，新路径占它的 Huffman 编码；响应要减少，代理得用动态表。"
    ),
    # C20
    "Over HTTP/2 the limit of six connections is gone: streams are negotiated, 100 by default.": (
        "用 HTTP/2 就没有六个连接的限制：流的数目由协商决定，默认 100。"
    ),
    "MDN; RFC 9113": "MDN；RFC 9113",
    "EventSource, the warning; section 6.5.2: no fewer than 100 are recommended": (
        "EventSource 页的警告；6.5.2 节：建议不少于 100"
    ),
    "As many as the proxy tells the browser: 128 by nginx, 100 by HAProxy; the next one waits.": (
        "代理告诉浏览器多少，就是多少：nginx 是 128，HAProxy 是 100；再多一个就要等。"
    ),
    # C21
    "Compression saves more than 80 % of the traffic, and costs processor time and memory.": (
        "压缩省下 80 % 以上的流量，代价是处理器时间和内存。"
    ),
    "Documentation of websockets and of ws": "websockets 和 ws 的文档",
    "websockets.readthedocs.io, topics/compression: it “can”; the README of ws, “WebSocket compression”": (
        "websockets.readthedocs.io，topics/compression：原文说“可以”；ws 的 README，“WebSocket compression”"
    ),
    "What repeats is saved, the more the longer a message; noise in base64 a quarter; a window for each client.": (
        "省下的是重复的内容，消息越长省得越多；base64 编码的噪声省四分之一；每个客户端要一个窗口。"
    ),
    # C22
    "Over HTTP/2 WebSockets share the one connection of a page.": "用 HTTP/2 时，WebSocket 共用页面的那一个连接。",
    "RFC 8441": "RFC 8441",
    "the abstract and section 1: a single TCP connection, shared with HTTP/2": (
        "摘要和第 1 节：一个 TCP 连接，与 HTTP/2 共用"
    ),
    "Where both ends offer extended CONNECT: Chromium does, HAProxy does, nginx does not.": (
        "两端都提供扩展的 CONNECT 时才行：Chromium 有，HAProxy 有，nginx 没有。"
    ),
    # C23
    "TLS takes less than 1 % of the processor, 10 kB of memory a connection and 2 % of the traffic.": (
        "TLS 占用的处理器时间不到 1 %，每个连接的内存不到 10 kB，流量不到 2 %。"
    ),
    "Langley (Google) 2010": "Langley（Google），2010",
    "“Overclocking SSL”, of Gmail’s front ends; quoted by istlsfastyet.com": (
        "“Overclocking SSL”，说的是 Gmail 的前端服务器；istlsfastyet.com 引用"
    ),
    "22 bytes a record: under 2 % from 1,100 bytes on; ciphers next to nothing, buffers by the proxy.": (
        "每条记录 22 字节：1,100 字节起不到 2 %；加解密几乎不花时间，缓冲区看代理。"
    ),
}

"""In Chinese: what stands in the figures, over and under them, and in their tables."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # figure_cost.py
    "server CPU, µs a delivery": "每次送达的服务器 CPU，µs",
    "bytes on the wire, a delivery": "每次送达在线路上的字节数",
    "a round trip of {rtt}": "往返 {rtt} ",
    "no delay but the machine's": "除机器本身外没有延迟",
    "{fresh} is the freshest and the cheapest, at {rate} messages/s and {trip}": (
        "每秒 {rate} 条消息、{trip}时，{fresh} 最及时，也最省"
    ),
    "{fresh} is the freshest, {cheap} the cheapest, at {rate} messages/s and {trip}": (
        "每秒 {rate} 条消息、{trip}时，{fresh} 最及时，{cheap} 最省"
    ),
    "Age of news when it arrives, against what it costs: below and left is better. poll is a line, by its interval.": (
        "消息到达时有多旧，为此花了多少：越靠左下越好。poll 按间隔连成一条线。"
    ),
    "mean age of news when it arrives": "消息到达时的平均延迟",
    "transport": "传输方式",
    "interval": "间隔",
    "mean age": "平均延迟",
    "CPU a delivery": "每次送达的 CPU",
    "bytes on the wire": "线路上的字节数",
    "requests/s and client": "每个客户端每秒请求数",
    "Cost and freshness": "开销与及时",
    "poll each {interval}": "每 {interval} 的 poll",
    "payload": "载荷",
    "framing": "帧头开销",
    "heads": "首部",
    "TCP/IP and ACKs": "TCP/IP 和 ACK",
    "Bytes for each delivered message": "每送达一条消息的字节数",
    "A poll puts {times} times the bytes of a WebSocket message on the wire, at {size} bytes of news: not 435": (
        "消息为 {size} 字节时，轮询在线路上的字节数是 WebSocket 的 {times} 倍：不是 435 倍"
    ),
    "Bytes for each delivered message, from left to right: payload, framing, heads, TCP/IP with its ACKs. Vertical"
    " lines: the famous 871 characters of heads (Kaazing 2010) and 850 bytes of a poll (Grigorik 2013).": (
        "每送达一条消息的字节数，从左到右：载荷、帧头开销、首部、TCP/IP 及其 ACK。"
        "竖线：著名的 871 个字符的首部（Kaazing 2010）和一次轮询的 850 字节（Grigorik 2013）。"
    ),
    "bytes for each delivered message": "每送达一条消息的字节数",
    "{size} bytes of data": "{size} 字节的数据",
    "size": "大小",
    "application": "应用层",
    "wire": "线路上",
    "messages an answer": "每个响应的消息数",
    "An idle client takes {low} KiB by {least}": "空闲客户端占用的内存：{least} {low} KiB",
    "An idle client takes {low} KiB by {least}, {high} KiB by {most}": (
        "空闲客户端占用的内存：{least} {low} KiB，{most} {high} KiB"
    ),
    "Memory of the server over idle clients: the slope is what one client takes.": (
        "服务器的内存随空闲客户端数变化：斜率就是一个客户端占用的内存。"
    ),
    "idle clients": "空闲客户端数",
    "memory beside an empty server, MiB": "比空服务器多占的内存，MiB",
    "clients": "客户端数",
    "memory a client": "每个客户端的内存",
    "CPU": "CPU",
    "cores": "核",
    "Idle clients": "空闲客户端",
    # figure_growth.py
    "A full server: long polling is late by the number of its clients, a frame for each message by the second": (
        "满载的服务器：长轮询的延迟随客户端数增长，每条消息一帧的延迟则一秒比一秒长"
    ),
    "p99 at a full server, both scales of powers of ten. Left: over the number of clients; broken: that number times"
    " the cost of an answer. Right: over the length of the load; broken: a queue that gets more than it can serve.": (
        "服务器满载时的 p99，两轴都是对数刻度。左：随客户端数变化；虚线：客户端数乘以一次响应的开销。"
        "右：随负载持续的时间变化；虚线：一条来得比送得快的队列。"
    ),
    "{figure} latency": "{figure} 延迟",
    "coalesced": "合并",
    "s of the same load": "同样的负载持续多久，s",
    "by message": "逐条",
    "what": "对象",
    "for": "时长",
    "an answer": "一次响应",
    "model": "模型",
    "ws, a frame for each message": "ws，每条消息一帧",
    "A full server": "满载的服务器",
    # figure_latency.py
    "A poll waits for its turn: half of the messages come later than {late}": (
        "轮询要等到下一次：一半的消息晚于 {late} 才到"
    ),
    "A poll waits for its turn: half of the messages come later than {late}, pushed ones after {soon}": (
        "轮询要等到下一次：一半的消息晚于 {late} 才到，推送的只要 {soon}"
    ),
    "messages that came no later, %": "到这时已经送到的消息，%",
    "latency, ms": "延迟，ms",
    "Share of messages by latency, all rounds, at a round trip of {rtt}; poll asks each {interval}. Thin broken"
    " lines: the models. poll is a straight line, longpoll a step and a ramp, push a step.": (
        "各轮合计的消息延迟分布，往返 {rtt}；poll 每 {interval} 问一次。"
        "细虚线：模型。poll 是一条直线，longpoll 是一级台阶加一段斜坡，推送是一级台阶。"
    ),
    "messages": "消息",
    "p50, model": "p50，模型",
    "p95, model": "p95，模型",
    "p99, model": "p99，模型",
    "Latency": "延迟",
    "1 transit": "1 个单程",
    "3 transits": "3 个单程",
    "T/2 + 1 transit": "T/2 + 1 个单程",
    "Long polling in batches never waits longer than a round trip; one message an answer, it collapses at 1/RTT": (
        "成批的长轮询，等待从不超过一个往返；一个响应只带一条消息，到 1/RTT 就垮了"
    ),
    "Long polling in batches never waits longer than a round trip": "成批的长轮询，等待从不超过一个往返",
    "Mean wait beside one transit, in round trips, over a = λ·RTT, the messages that come in a round trip. Points:"
    " measured, with their intervals; broken lines: the models, in batches and M/D/1.": (
        "除一个单程以外的平均等待（以往返计），随 a = λ·RTT（一个往返内到来的消息数）变化。"
        "点：实测及其区间；虚线：模型，成批的和 M/D/1。"
    ),
    "{said} Beside it: a message each 250 ms; past half the period long polling no longer keeps up.": (
        "{said}另一幅：每 250 ms 一条消息；单程超过周期的一半，长轮询就跟不上了。"
    ),
    "a = λ·RTT, messages in a round trip": "a = λ·RTT，一个往返内的消息数",
    "mean wait, round trips": "平均等待，往返数",
    "answers": "响应",
    "mean": "平均",
    "requests/s": "每秒请求数",
    "one message": "一条消息",
    "batches": "成批",
    "The law of long polling": "长轮询的规律",
    "in batches": "成批",
    "ws, sse: no wait": "ws、sse：不用等",
    "one way, ms": "单程，ms",
    "mean latency, in ways": "平均延迟，单程数",
    "half the period": "周期的一半",
    # figure_load.py
    "Latency over offered deliveries per second, both on scales of powers of ten. Shaded: the A/A noise. Triangles:"
    " where the costs found at low load fill the server's core, if each message goes alone; a full server bends later,"
    " for it does more in each turn of its loop.": (
        "延迟随每秒要求的送达次数变化，两轴都是对数刻度。阴影：A/A 噪声。"
        "三角：按低负载时测得的开销，若每条消息单独发出，到这里就占满服务器的核；"
        "真到满载时拐得更晚，因为服务器在事件循环的每一圈里做得更多。"
    ),
    "deliveries offered, per second": "每秒要求的送达次数",
    "generator's limit": "负载发生器的极限",
    "{how} The generator used {share} of its core at most.": "{how}负载发生器最多占用自己那个核的 {share}。",
    "deliveries/s offered": "每秒要求的送达次数",
    "past": "已过",
    "its knee": "拐点",
    "Load": "负载",
    # figure_sequence.py
    "The same ten messages: poll asks {asked} times, {empty} of them for nothing; longpoll asks {again} times; sse"
    " and ws never": (
        "同样的十条消息：poll 问 {asked} 次，{empty} 次落空；longpoll 问 {again} 次；sse 和 ws 一次也不问"
    ),
    "Drawn from the models at a round trip of {rtt}, poll each {interval}. Upper line of each lane: the hub; lower:"
    " the client. Dots: messages planned; thick: a request that waits, or an open pipe.": (
        "按模型画出，往返 {rtt}，poll 每 {interval} 问一次。每一道的上线：服务器；下线：客户端。"
        "圆点：要发的消息；粗线：在等的请求，或一直开着的通道。"
    ),
    "requests": "请求数",
    "answers with news": "带消息的响应",
    "longest": "最久",
    "Ten messages": "十条消息",
    "mean age {age}": "平均延迟 {age}",
}

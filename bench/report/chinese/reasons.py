"""What a run keeps as English sentences, in Chinese: why a cell is void, what was left out, how its machine was set.

Each `{}` is a place, filled with what the run says there, which may be such a sentence itself. The first that fits is
taken. Where the order differs, the Chinese numbers its places.
"""

from __future__ import annotations

REASONS: dict[str, str] = {
    # bench/load/gates.py
    "only {} of {} clients were connected: one {}": "应连 {1} 个客户端，只连上 {0} 个，其中一个：{2}",
    "only {} of {} clients were connected": "应连 {1} 个客户端，只连上 {0} 个",
    "a client {} (and {} more)": "有一个客户端：{}（另有 {} 个）",
    "a client {}": "有一个客户端：{}",
    "the generator used {} of its core: what was measured may be its own": (
        "负载发生器用了自己那个核的 {}：测到的可能是它自己的开销"
    ),
    "messages came {} ms before they were due (median): the clocks differ": (
        "消息比计划早到 {} ms（中位数）：两边的时钟不一致"
    ),
    "the generator was late by {} ms (p99): more than {} ms": "负载发生器晚了 {} ms（p99），超过 {} ms",
    "the server waited for its core {} of the time: something else ran there": (
        "服务器有 {} 的时间在等它的核：那里还有别的程序在运行"
    ),
    "the server spoke {} ms late (p99), with time to spare": "服务器有空闲，却晚发了 {} ms（p99）",
    "{} messages were repeated": "{} 条消息重复",
    "{} messages were lost": "{} 条消息丢失",
    "{} messages had not arrived when the time was up": "{} 条消息到时限还没有送达",
    "the server said {} of {} messages: under {} of the plan": "计划 {1} 条消息，服务器只发了 {0} 条：不到计划的 {2}",
    # bench/report/runs.py
    "the reference work beside it took {} times as long as usual": "前后的参照计算用时是平时的 {} 倍",
    # bench/playing.py
    "the run took far longer than it should, and was ended": "这一场用时远超应有的，被中止",
    "the generator ended before this was measured": "还没测到这里，负载发生器就结束了",
    "the generator failed with {}": "负载发生器出错结束，返回码 {}",
    "{} could not be had: {}": "没能得到 {}：{}",
    "Command {} returned non-zero exit status {}.": "命令 {} 的返回码是 {}。",
    "Command {} died with {}.": "命令 {} 被 {} 终止。",
    # bench/load/servers.py
    "no port of the loopback is free": "回环地址上没有空闲的端口",
    "the server {} did not start on port {}": "服务器 {} 没能在端口 {} 上启动",
    # bench/load/generator.py, ask.py, browser.py, and the proxies of the lab
    "the server at {} did not play along: {}": "{} 的服务器不配合：{}",
    "the browser did not play along: {}": "浏览器不配合：{}",
    "the server does not tell whose its memory is: {}": "服务器不说它的内存归谁：{}",
    "the server does not speak bare TCP: {}": "服务器不支持裸 TCP：{}",
    "the server gives no feed: {}; one that is not this lab needs a --script": (
        "服务器不给消息源：{}；不是本实验室的服务器，需要 --script"
    ),
    "the server gives no feed: {}": "服务器不给消息源：{}",
    "{} was not answered within {} s": "{} 在 {} s 内没有响应",
    "{} was answered by what is no HTTP: {}": "{} 的响应不是 HTTP：{}",
    "/stats was answered {}": "/stats 的响应是 {}",
    "{} does not run: {}": "{} 没有运行：{}",
    # what a client met: bench/load/wire.py, clients.py, http2.py, sinks.py, scripted.py
    "could not enter its room: {}": "进不了自己的房间：{}",
    "could not connect: {}": "连不上：{}",
    "could not publish: {}": "发布不了：{}",
    "the line was lost: {}": "连接断了：{}",
    "the line was lost": "连接断了",
    "the line of a sink was lost": "一个只计字节的客户端断了连接",
    "was refused: {}": "被拒绝：{}",
    "was left: its stream was ended by the server": "被撇下：服务器结束了它的事件流",
    "was left: its WebSocket was closed with {}": "被撇下：它的 WebSocket 被关闭，代码 {}",
    "was left: {} with {}": "被撇下：{}，代码 {}",
    "was told of a gap: {}": "被告知有缺口：{}",
    "was answered what is no {} over HTTP/2: {}": "HTTP/2 上的响应不是 {}：{}",
    "was answered what is no {}: {} ({})": "得到的响应不是 {}：{}（{}）",
    "was answered {}: {}": "得到的响应是 {}：{}",
    "heard nothing: the server said nothing in the measured time, or read finds no message": (
        "什么也没收到：测量期间服务器没有发消息，或者 read 没有找到消息"
    ),
    "an answer that does not say how long it is": "响应没有说明长度",
    "a frame that begins with {}": "以 {} 开头的帧",
    "an upgrade nobody asked for": "没有请求过的协议升级",
    "an answer in chunks": "分块的响应",
    "a compressed frame nobody asked for": "没有请求过的压缩帧",
    "no batch": "不是一批消息",
    "no ack": "不是确认",
    "no stream": "不是事件流",
    "no answer with a message": "不是带消息的响应",
    "no handshake of Socket.IO": "不是 Socket.IO 的握手",
    "no packet of Socket.IO": "不是 Socket.IO 的包",
    # bench/load/script.py
    "read in {} gave {}, not numbers and planned times": "{} 里的 read 返回了 {}，而不是序号和计划时间",
    "publish in {} gave {}, not (method, path, headers, body)": (
        "{} 里的 publish 返回了 {}，而不是 (method, path, headers, body)"
    ),
    "{} is no Python file": "{} 不是 Python 文件",
    "{} cannot be run: {}": "{} 无法运行：{}",
    "{} has no PATHS, a dict of transports and what is asked for on each": (
        "{} 没有 PATHS：一个字典，写明每种传输方式请求什么"
    ),
    "PATHS in {} names {}; there are {}": "{} 里的 PATHS 写了 {}；可用的是 {}",
    "the path of {} in {} does not begin with /": "{1} 里 {0} 的路径不以 / 开头",
    "{} has neither publish, which says a message, nor read, which finds one": (
        "{} 既没有发消息的 publish，也没有找消息的 read"
    ),
    "{} in {} failed: {}": "{1} 里的 {0} 出错：{2}",
    # what was left out: bench/load/fronts.py, bench/peers
    "{} is not installed: run scripts/get-proxies as root, or install it yourself; what stands behind {} is left out": (
        "没有安装 {}：请以 root 运行 scripts/get-proxies，或自行安装；略去 {} 后面的场景"
    ),
    "{} is not installed; what stands behind {} is left out": "没有安装 {}；略去 {} 后面的场景",
    "{} is not installed: run scripts/get-proxies as root, or install it yourself": (
        "没有安装 {}：请以 root 运行 scripts/get-proxies，或自行安装"
    ),
    "Chromium not found (scripts/get-chromium gets one): E9, E10 and E11 are left out": (
        "没有找到 Chromium（scripts/get-chromium 可以得到一个）：略去 E9、E10 和 E11"
    ),
    "nginx with nchan not found (apt-get install nginx-light libnginx-mod-nchan, as root): nchan is left out": (
        "没有找到带 nchan 的 nginx（以 root 运行 apt-get install nginx-light libnginx-mod-nchan）：略去 nchan"
    ),
    "{} not found: {} is left out": "没有找到 {}：略去 {}",
    "node and npm": "node 和 npm",
    "Socket.IO on Node": "Node 上的 Socket.IO",
    # how the machine was set: bench/load/servers.py, bench/record.py
    (
        "uvicorn with one worker, httptools and websockets (sans I/O); keep-alive 75 s, backlog 4,096, a WebSocket ping"
        " each 20 s; no access log, no compression but where it is named"
    ): (
        "uvicorn，一个工作进程，httptools 和 websockets（sans I/O）；keep-alive 75 s，backlog 4,096，"
        "每 20 s 一个 WebSocket ping；没有访问日志，除非写明，不压缩"
    ),
    "uvloop, server and generator": "uvloop，服务器和负载发生器都用",
    "cubic on our connections (the machine's own is {})": "我们的连接用 cubic（机器自己的是 {}）",
    "server on core {}, generator on core {}": "服务器在核 {}，负载发生器在核 {}",
    "nothing: there is one core": "没有：只有一个核",
    # whose memory it is: bench/load/parts.py
    "Python's own library": "Python 标准库",
    "our {}": "我们的 {}",
}

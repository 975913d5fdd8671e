"""About a run, in Chinese."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "not recorded": "未记录",
    "{when}, {lasted}": "{when}，{lasted}",
    "{runs}; {rounds}, {cells}, {void} void; seed {seed}; {cpu}, {cores} cores": (
        "{runs}；{rounds}，{cells}，其中 {void} 个作废；种子 {seed}；{cpu}，{cores} 核"
    ),
    "{count}: {apart}": "{count}：{apart}",
    "up to {rounds}": "最多 {rounds}",
    "Linux {kernel}, Python {python}": "Linux {kernel}，Python {python}",
    "{versions}. All settings are at the end.": "{versions}。全部设置见文末。",
    "duration not recorded": "时长未记录",
    "{minutes} min": "{minutes} 分钟",
    "{seconds} s": "{seconds} 秒",
    "The run was interrupted: what follows is what it had measured by then. Run it again to its end.": (
        "运行被中断：下面是到那时为止测得的。请重新运行到底。"
    ),
    "A quick run: it shows that all works, and settles nothing. Run `python -m bench` for verdicts.": (
        "这是一次快速运行：只说明一切能用，什么也定不下来。要得出结论，请运行 `python -m bench`。"
    ),
    "Only {rounds}: an interval takes {enough}. Run with `--rounds {enough}` or more.": (
        "只有 {rounds}：要有区间，需要 {enough} 轮。请用 `--rounds {enough}` 或更多来运行。"
    ),
    "One run: how much another hour differs is in no interval. `make bench` again adds a run to it.": (
        "只有一次运行：换个时间会差多少，不在任何区间里。再来一次 `make bench` 会加上一次运行。"
    ),
    "The runs are of several states of the code ({states}): costs may have changed.": (
        "各次运行用的代码版本不同（{states}）：开销可能变了。"
    ),
    "Not in this run: {missing}. Their claims stay untold; {command} measures them.": (
        "本次运行没有 {missing}。相关的论断未测；用 {command} 可以测。"
    ),
    "{share} of the cells are void, most often like this: “{why}”. Close what else runs, and repeat.": (
        "{share} 的单元作废，最常见的原因：“{why}”。请关掉别的程序，再测一遍。"
    ),
    "{share} of the cells are void, most often like this: “{why}”. Mend that, and repeat.": (
        "{share} 的单元作废，最常见的原因：“{why}”。请排除它，再测一遍。"
    ),
    "Other machines on this host took {percent} % of the time. Repeat in a quiet hour.": (
        "同一宿主机上的其他虚拟机占去了 {percent} % 的时间。请在空闲时再测一遍。"
    ),
    "Server and generator shared one core: their lateness is not told apart. Use two cores or more.": (
        "服务器和负载发生器共用一个核：两者的延迟分不开。请用两个以上的核。"
    ),
    (
        "The generator was busy for more than {share} of its core in {cells} ({named}), while the server had"
        " time to spare. Some of the latency there is its own: use fewer probes."
    ): (
        "在 {cells}（{named}）里，服务器还有空闲，负载发生器却用了自己那个核的 {share} 以上。"
        "那里的延迟有一部分是它自己的：请减少探测客户端。"
    ),
    "E4 has no A/A twin that counts, so its noise is unknown. Run E4 in whole.": (
        "E4 没有有效的 A/A 孪生，噪声不明。请把 E4 完整运行一遍。"
    ),
}

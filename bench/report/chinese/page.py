"""The page of the report, in Chinese."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "{count} holds": "{count} 条成立",
    "{count} hold": "{count} 条成立",
    "{count} holds only at times": "{count} 条只在某些条件下成立",
    "{count} hold only at times": "{count} 条只在某些条件下成立",
    "{count} not as stated": "{count} 条与原话不符",
    "{count} not shown": "{count} 条未能证实",
    "{count} untold": "{count} 条未测",
    "Four transports, measured": "四种传输方式的实测",
    "A case of your own, ranked with its costs: {command}": "按你自己的情况排名，并算出开销：{command}",
    "Which shall I choose?": "该选哪一种？",
    "Does long polling beat WebSocket when the server is full?": "服务器满载时，长轮询胜过 WebSocket 吗？",
    "Again: {command}": "重测：{command}",
    "What weakens this run": "这次测量的弱点",
    (
        "{counts}. “Holds”, “only when …” and “not as stated” only where the interval over rounds says so or something"
        " was counted; “not shown” where the interval lies on both sides or there are too few rounds; “untold” where"
        " this run has no cells."
    ): (
        "{counts}。只有各轮的区间足以判定，或者结果是数出来的，才说“成立”“仅当……时成立”或“与原话不符”；"
        "区间跨在界线两边，或者轮数太少，是“未能证实”；本次运行没有相应的单元，是“未测”。"
    ),
    "{who}: {place}": "{who}：{place}",
    "models": "模型",
    "measured": "实测",
    "verdict": "结论",
    "What the literature claims, and what holds here": "文献的论断，以及在这里成立与否",
    "claim": "论断",
    "the models": "模型",
    "Figures": "图",
    "The numbers": "数据",
    "All that was measured": "全部测量结果",
    "As near to the models as promised, in E2 and E3: {shares}.": "E2 和 E3 里，与模型的差距不超出承诺的：{shares}。",
    (
        "Each figure is the median over rounds with its 95 % bootstrap interval; “off” is how far all rounds together"
        " are from their model, “far” farther than promised. A twin is the same scenario once more: what differs is"
        " noise."
    ): (
        "每个数字是各轮的中位数，方括号里是 95 % 的自助法（bootstrap）区间；“偏差”是所有轮合起来与模型的差，"
        "“超出”表示差得比承诺的多。孪生是把同一场景再测一遍：两者的差别就是噪声。"
    ),
    "{experiment}: not measured in this run.": "{experiment}：本次运行没有测。",
    "{command} measures it.": "用 {command} 测。",
    "None: every cell passed the gates.": "没有：每个单元都通过了检验。",
    "Void cells": "作废的单元",
    "{inside} of {asked} medians of a run lay within the interval of the others": (
        "单次运行的 {asked} 个中位数里，{inside} 个落在其他各次的区间之内"
    ),
    (
        "Beside this file: runs has each run; cells.csv a row for each cell; e4.svg the answer as a slide. {command}"
        " makes this page again from the runs."
    ): (
        "本文件旁边：runs 里是每次运行；cells.csv 每个单元一行；e4.svg 是做成幻灯片的答案。"
        "{command} 由这些运行重新生成本页。"
    ),
    "Machine, settings, and how to repeat": "机器、设置，以及怎样重测",
    "yes": "是",
    "no": "否",
    "began": "开始",
    "ended": "结束",
    "seed": "种子",
    "from run to run": "各次运行之间",
    "rounds": "轮数",
    "quick": "快速",
    "interrupted": "中断",
    "cpu": "处理器",
    "memory_mib": "内存，MiB",
    "kernel": "内核",
    "python": "Python",
    "versions": "版本",
    "others": "其他程序",
    "server": "服务器",
    "loop": "事件循环",
    "congestion": "拥塞控制",
    "pinned": "绑定的核",
    "steal_percent": "被别的机器占去，%",
}

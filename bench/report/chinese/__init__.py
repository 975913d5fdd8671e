"""The report's sentences in Chinese, by their English; a file for each room they are made in."""

from __future__ import annotations

from bench.report.chinese import (
    about,
    answer,
    claims,
    deployed,
    elsewhere,
    figures,
    latency,
    load,
    page,
    size,
    tables,
)

ROOMS = (about, answer, claims, deployed, elsewhere, figures, latency, load, page, size, tables)
TEXTS: dict[str, str] = {english: chinese for room in ROOMS for english, chinese in room.TEXTS.items()}

# What is counted, with its measure word: `several(2, "cell")` is 2 个单元.
COUNTED = {
    "cell": "个单元",
    "load": "种负载",
    "pair": "对",
    "round": "轮",
    "row": "行",
    "run": "次运行",
    "scenario": "个场景",
}

"""The rows: settings under which targets stand side by side, each for a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.fanout.cell import Setting
from bench.fanout.targets import ALL, BARE, LIMIT, older

OURS = (LIMIT, "ours-ws", "ours-sse")
PUSHED = tuple(name for name, target in ALL.items() if not target.polls)
POLLS = (BARE, "ours-poll")


@dataclass(frozen=True)
class Row:
    """`key`: what goals call it. `rounds`: as many at most, where a round takes long."""

    key: str
    title: str
    setting: Setting
    targets: tuple[str, ...]
    rounds: int = 1000


ROWS = (
    Row("w1", "one message in flight", Setting(), PUSHED),
    Row("w8", "eight messages in flight", Setting(window=8), PUSHED),
    Row("old", "clients of 6 s and more", Setting(settle=6.0), OURS, 7),
    Row("nochat", "ours without its chat room", Setting(chat=False), OURS, 9),
    Row(
        "mixed", "a tenth private, a tenth to one of 100 rooms", Setting(chat=False, private=True, rooms=True),
        ("ours-ws", "ours-sse"), 9,
    ),
    Row(
        "paced", "3,000 deliveries a second, clients of 6 s and more", Setting(pace=6.0, seconds=2.0, settle=6.0),
        (LIMIT, "ours-ws", "ours-sse", "bare-ws", "bare-sse", "nchan-ws", "nchan-sse"), 9,
    ),
    Row("1000", "1,000 clients", Setting(clients=1000), (LIMIT, "ours-ws", "node-ws", "nchan-ws"), 7),
    Row("10000", "10,000 clients", Setting(clients=10_000, seconds=2.0), (LIMIT, "ours-ws", "node-ws", "nchan-ws"), 5),
    Row("polls", "short polls, 32 connections that ask again at once", Setting(clients=32), POLLS),
    Row("browser", "the same with a browser's heads", Setting(clients=32, browser=True), POLLS),
)  # fmt: skip


def quick(row: Row) -> Row:
    """A tenth of everything: to see that it works, not to be quoted."""
    setting = row.setting
    fewer = replace(setting, clients=max(20, setting.clients // 10), settle=0.2, seconds=0.3)
    return replace(row, setting=fewer, rounds=min(row.rounds, 3))


def beside(rows: Sequence[Row], checkout: Path) -> list[Row]:
    """The rows with an older checkout beside ours, where the chat room is on: the bare hub is this one's own."""
    found = []
    for row in rows:
        ours = [name for name in row.targets if ALL[name].ours]
        if not row.setting.chat or row.setting.rooms or row.setting.private:
            ours = []
        olds = [older(name, checkout) for name in ours]
        ALL.update({old.name: old for old in olds})
        found.append(replace(row, targets=(*row.targets, *(old.name for old in olds))))
    return found


def chosen(names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """The rows with these targets only; without names, all as they are."""
    if not names:
        return list(rows)
    kept = [replace(row, targets=tuple(name for name in row.targets if name in names)) for row in rows]
    return [row for row in kept if row.targets]

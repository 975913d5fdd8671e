"""The fan-out: what one delivery costs the server, ours and others side by side.

    python -m bench.fanout                                    one message in flight, every target, and idle clients
    python -m bench.fanout --window 8 limit ours-ws           some targets, eight in flight
    python -m bench.fanout --all --json all.json --docs       every row of docs/speed.md: about an hour
    python -m bench.fanout --all --quick                      a look whether it works: figures not to be quoted

A server runs alone on core 0, its clients on core 1. A publisher says a message of 137 bytes, and the next when all
have heard it (`--window 8`: eight are in flight). The server's processor time is that of all its threads, by the
kernel's count in ns. Every round plays all targets, each with a fresh server, every other round from the end; a target
is held against the limit of its own round, and the interval is that of the median over rounds. Each client holds what
it hears against what it must hear: one message that is lost, repeated or out of order voids the row, and the end is 1.

    limit             a bare protocol of uvloop: one ready frame and one write for each message and client
    ours-…            app.py as it is, with the limits of its publishers and polls raised (--no-chat: a bare hub)
    websockets        its `broadcast`              node-ws, socketio, socketio-polling    on Node
    python-socketio   on uvicorn                   nchan-ws, nchan-sse                    nginx in C
    bare-…            the least application under uvicorn; ours-poll is held against bare-asgi, a fixed answer

Long polls are measured with 200 clients, short polls with 32 that ask again at once; there a delivery is an answer.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import signal
import sys
from pathlib import Path

from bench import docs
from bench.fanout.cell import Setting
from bench.fanout.idle import FEW, MANY
from bench.fanout.rows import ROWS, Row, beside, chosen, quick
from bench.fanout.run import Result, fit, measure, measure_memory, measure_others
from bench.fanout.table import as_json, facts, markdown, problems, text, untold
from bench.fanout.targets import ALL
from bench.load.servers import GENERATOR_CORE, pin

OTHERS = "others"  # the key of what is no row: neighbours, and the start


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.fanout", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help=f"some of {', '.join(ALL)}; without any all")
    add("--all", action="store_true", help="every row: both windows, old clients, rooms, 10,000 clients, idle ones, …")
    add("--rows", metavar="KEY,KEY", help=f"some of these: {','.join(row.key for row in ROWS)},{OTHERS}")
    add("--clients", type=int, default=500)
    add("--window", type=int, default=1, help="messages in flight")
    add("--rounds", type=int, default=15)
    add("--settle", type=float, default=0.7, help="s that clients are in before the first message")
    add("--pace", type=float, help="messages a second, instead of a window")
    add("--rooms", action="store_true", help="every tenth message is for one of 100 rooms (ours: a bare hub)")
    add("--private", action="store_true", help="every tenth message is for one client alone (ours: a bare hub)")
    add("--no-chat", dest="chat", action="store_false", help="ours as a bare hub")
    add("--browser", action="store_true", help="a browser's heads")
    add("--no-memory", dest="memory", action="store_false", help="leave idle clients out")
    add("--before", type=Path, metavar="FOLDER", help="an older checkout beside ours: before-ws and the like")
    add("--quick", action="store_true", help="a tenth of everything")
    add("--json", type=Path, metavar="FILE", help="write everything there")
    add("--docs", action="store_true", help="write the tables into docs/speed.md")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.targets if name not in ALL]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(ALL)}")
    keys = [*(row.key for row in ROWS), OTHERS]
    asked.keys = [key for key in (asked.rows or "").split(",") if key]
    if unknown := [key for key in asked.keys if key not in keys]:
        parser.error(f"there is no row {', '.join(unknown)}; there are {', '.join(keys)}")
    return asked


def rows_of(asked: argparse.Namespace) -> list[Row]:
    if asked.all or asked.keys:
        rows = [row for row in ROWS if not asked.keys or row.key in asked.keys]
    else:
        names = ("clients", "window", "settle", "pace", "chat", "rooms", "private", "browser")
        setting = Setting(**{name: getattr(asked, name) for name in names})
        rows = [Row(key_of(setting), title_of(setting), setting, tuple(ALL))]
    rows = chosen(asked.targets, rows)
    if asked.before:
        rows = beside(rows, asked.before.resolve())
    return [quick(row) for row in rows] if asked.quick else rows


def key_of(setting: Setting) -> str:
    """The key of the row that is like this, so that its goals are told; "own", if there is none."""
    return next((row.key for row in ROWS if row.setting == setting), "own")


def title_of(setting: Setting) -> str:
    flight = f"{setting.pace:g} messages a second" if setting.pace else f"window {setting.window}"
    return f"{flight}, clients of {setting.settle:g} s"


def command(arguments: list[str]) -> str:
    """What was typed, for the page: where on this machine a file or a folder stands is nobody's business."""
    named = (Path(one).name if Path(one).is_absolute() else one for one in arguments)
    return " ".join([".venv-test/bin/python -m bench.fanout", *map(shlex.quote, named)])


def main(arguments: list[str]) -> int:
    asked = parsed(arguments)
    pin(GENERATOR_CORE)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which `pin` leaves to the system: servers would be left
    rows, left_out = fit(rows_of(asked))
    result = Result(rows, min(asked.rounds, 3) if asked.quick else asked.rounds, left_out=left_out, quick=asked.quick)
    about = facts(command(arguments))
    with contextlib.suppress(KeyboardInterrupt):  # what was measured is kept
        if asked.memory:
            few, many = (FEW // 10, MANY // 10) if asked.quick else (FEW, MANY)
            names = list(dict.fromkeys(name for row in rows for name in row.targets))
            measure_memory(result, Setting(chat=asked.chat), names, few, many)
        if asked.all or OTHERS in asked.keys:
            measure_others(result, 200 if asked.quick else 10_000)
        measure(result)
    print(text(result), flush=True)
    if asked.all and not asked.quick:
        print("\nGoals without a figure:\n" + "\n".join(untold(result)))
    if asked.json:
        asked.json.write_text(as_json(result, about), "utf-8")
    if asked.docs:
        print(docs.put("fanout", markdown(result, about), docs.DOCS / "speed.md"), file=sys.stderr)
    for problem in problems(result):
        print(problem, file=sys.stderr)
    return 1 if result.lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

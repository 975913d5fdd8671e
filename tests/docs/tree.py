"""The tree of docs/map.md, made of the first sentence of each file: `make map` writes it there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from bench import docs
from tests.docs.written import ROOT

# The rooms in the order of the drawing. A package says itself what it is; of the others it is said here.
ROOMS = {
    **dict.fromkeys(("", "log", "log/snapshot", "log/streams"), ""),
    "log/streams/lua": "what is decided inside Redis, where nothing comes between a look and a change",
    **dict.fromkeys(("protocol", "registry", "transports", "serving", "client", "lab", "lab/network"), ""),
    "web": "the page and the JavaScript client, served as they are written",
    "web/client": "the JavaScript client",
    "web/client/transports": "the four transports, each the counterpart of the server's",
    "web/page": "the page",
    "web/page/race": "the race of four lanes, theory beside each figure",
    "web/page/calculator": "the cost for many, with the bytes of the reader's own browser",
    "web/page/lessons": "the list of lessons",
    "web/page/class": "the panel for a class: address, link and code",
    "web/page/texts": "what it says, in two languages; what is shown late in folders; the four panels have their own",
    "web/lessons": "the lessons: prose in two languages, and the live parts in it; README.md says how to write one",
    **dict.fromkeys(
        (
            "bench",
            "bench/fanout",
            "bench/fallback",
            "bench/storm",
            "bench/load",
            "bench/load/scripts",
            "bench/theory",
            "bench/report",
            "bench/report/chinese",
            "bench/choose",
            "bench/experiments",
        ),
        "",
    ),
    **dict.fromkeys(("bench/claims", "bench/peers"), ""),
    "bench/results": "the committed run: report.html, the same in Chinese, its data, E4 as a slide",
    "tests": "the promises; the first sentence of each file says its own",
    "tests/server": "the hub, the protocol and the server; test_contract.py: every rule on each of the four transports",
    "tests/log": "the log that several processes share: its scripts and its client, on a real Redis",
    "tests/scale": "make cluster-storm: programs that share a log, and each fault of theirs and of Redis, by doing it",
    "tests/contract": "make contract: a transport of one's own, held to that suite and told in words what it breaks",
    "tests/client": "the Python client, and what both clients share",
    "tests/ladder": "scenarios of the ladder, under fake time, for both clients",
    "tests/vectors": "cases of all else that both clients run",
    "tests/js": "the JavaScript client in Node, under fake time",
    "tests/stranger": "the four transports as a stranger speaks them, the two ways up, and a line that fails",
    "tests/lab": "networks, links, proxies, feeds, meter and trace, to the byte",
    "tests/bench": "a bench that lies is caught: models, statistics, report, fallback table, storm, fan-out",
    "tests/docs": "these pages: their tree, links, commands, snippets and figures",
    "tests/browser": "the client and the page in Chromium",
    "tests/torture": "make torture: a storm over the running lab, and a journal of the truth",
    "tests/delivery": "make deliveries: random programs over the running server, and who had to hear what",
    "tests/attacks": "make attacks: hostile clients, and what a neighbour and the memory feel",
    "docs": "these pages",
    "requirements": "every package with its version and hashes: of the lab, a log on Redis, the tests, the JavaScript",
    "scripts": "the helpers of the Makefile; new and chat/ make a chat for the reader",
    ".ci": "run: make test with nothing skipped",
}
WHOLE = ("web/page/", "web/lessons", "tests/", "docs", "requirements", "scripts", ".ci")  # their files are not named
SENTENCE = re.compile(r"(.*?)\.?(?:(?<=\.)\s.*)?", re.DOTALL)


def first(file: Path) -> str:
    """The first sentence of a file's docstring or comment."""
    text = file.read_text("utf-8")
    if file.suffix == ".py":
        said = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
    else:
        lines = [line for line in text.removeprefix("// @ts-check\n").splitlines() if line[:2] != "#!"]
        said = "\n".join(x[2:].strip() for x in takewhile(lambda line: line[:2] in ("//", "--"), lines))
    found = SENTENCE.fullmatch(" ".join(said.split()))
    return found[1] if found else ""


def rows() -> Iterator[tuple[str, str]]:
    """The names of folders and files, and what each is."""
    for room, said in ROOMS.items():
        if room:
            itself = ROOT / room / "__init__.py"
            yield f"{room}/", said or first(itself)
        if room.startswith(WHOLE):
            continue
        for file in sorted((ROOT / room).iterdir()):
            if file.suffix in (".py", ".js", ".mjs", ".lua") and (file.name != "__init__.py" or not room):
                yield f"{'  ' if room else ''}{file.name}", first(file)


def tree() -> str:
    return "\n".join(f"{name:<24}{said}" for name, said in rows())


if __name__ == "__main__":
    print(docs.put("tree", f"```\n{tree()}\n```", docs.DOCS / "map.md"))

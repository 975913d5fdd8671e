"""The patterns: whatever a stranger says, matching it takes time in proportion to its length."""

from __future__ import annotations

import ast
import importlib
import re
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from tests.root import ROOT

ROOMS = ("log", "protocol", "registry", "transports", "serving", "client", "lab", "lab/network")
PYTHON = sorted(file for folder in (".", *ROOMS) for file in (ROOT / folder).glob("*.py"))
SCRIPTS = sorted(file for folder in ("client", "page", "lessons") for file in (ROOT / "web" / folder).rglob("*.js"))
# A literal in JavaScript: after what no number can stand before, and outside of comments.
LITERAL = re.compile(
    r"(?:(?<=[(=,!&|?:])|(?<=\s))/(?![/*\s])((?:\\.|\[(?:\\.|[^\]\n\\])*\]|[^/\n\\\[])+)/[a-z]*(?=[.,;)\s])"
)
COMMENT = re.compile(r"^\s*(?://|/?\*).*$", re.MULTILINE)
OWN = {r"\B(?=(\d{3})+$)"}  # matched against a number only, which has a few digits

STARTS = ("", "A:", "a", '"', "/?", "GET /", "HTTP/1.1 200 ", "a://", "{", "/via/~aaaaaaaa/", "?sid=")
UNITS = (
    " ",
    "\t",
    "\n",
    "\r\n",
    "a",
    "A",
    "0",
    "a0",
    "/",
    ":",
    ".",
    "=",
    "%7E",
    '"',
    '\\"',
    "{",
    "&sid=",
    "é",
    "-",
    ",",
)
ENDS = ("", "\x01", "!", "\n", "}")
LENGTH = 500  # characters: beside them what a linear pattern takes is nothing, and a quadratic one's shows
NOTICED = 0.0003  # s that so many characters may take before their double is asked about


def modules() -> Iterator[Any]:
    for file in PYTHON:
        name = ".".join(("transport_fallback", *file.relative_to(ROOT).with_suffix("").parts))
        yield importlib.import_module(name.removesuffix(".__init__"))


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every pattern of the tree, by where it is."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                found.setdefault(f"{module.__name__.removeprefix('transport_fallback.')}.{name}", value)
    found |= {name: pattern for name, pattern in unnamed() if pattern is not None}
    for file in SCRIPTS:
        for literal in LITERAL.finditer(COMMENT.sub("", file.read_text())):
            if literal[1] not in OWN:
                found[f"{file.relative_to(ROOT)}: {literal[1]}"] = translated(literal[1])
    return found


def translated(literal: str) -> re.Pattern[str]:
    """JavaScript's pattern as Python has it. What it calls by a property is a class of a few characters here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[` may one day mean a set in a set; here it is two brackets
        plain = literal.replace(r"\p{Other}", r"\x00-\x1f").replace(r"\p{Separator}", " ")
        return re.compile(plain.replace(r"\p{Surrogate}", r"[\ud800-\udfff]").replace("[^]", r"[\s\S]"))


def unnamed() -> Iterator[tuple[str, re.Pattern[Any] | None]]:
    """The patterns that are made where they are used, by where that is. None: it is made of parts."""
    for file in PYTHON:
        for call in ast.walk(ast.parse(file.read_text())):
            match call:
                case ast.Call(ast.Attribute(ast.Name("re"), way), [pattern, *_]) if way not in ("compile", "escape"):
                    made = re.compile(str(pattern.value)) if isinstance(pattern, ast.Constant) else None
                    yield f"{file.relative_to(ROOT)}:{call.lineno} {way}", made


def looked_for(name: str) -> bool:
    """Whether a pattern is looked for from every start. JavaScript has no other way."""
    if name.startswith("web/") or name.endswith((" search", " sub", " finditer", " findall", " split")):
        return True
    if " " in name:
        return False
    anywhere = re.compile(rf"\b{name.rpartition('.')[2]}\.(?:search|sub|finditer|findall|split)\(")
    return any(anywhere.search(file.read_text()) for file in PYTHON)


def slow_input(pattern: re.Pattern[Any], *, anywhere: bool) -> tuple[str, str, str] | None:
    """What makes this pattern take more than twice as long for twice as much, if anything does."""
    ways: list[Callable[[Any], Any]] = [pattern.fullmatch, pattern.search if anywhere else pattern.match]
    for way, start, unit, end in product(ways, STARTS, UNITS, ENDS):

        def taken(length: int) -> float:
            text = start + unit * (length // len(unit)) + end
            return seconds(way, text.encode() if isinstance(pattern.pattern, bytes) else text)

        once = taken(LENGTH)
        if once > NOTICED and taken(2 * LENGTH) > 3 * once:
            return start, unit, end
    return None


def seconds(way: Callable[[Any], Any], text: Any) -> float:
    """The least of three tries, of this process' own time: whatever else the machine has to do."""
    least = 1e9
    for _ in range(3):
        began = time.process_time()
        way(text)
        least = min(least, time.process_time() - began)
        if least <= NOTICED:
            break
    return least


PATTERNS = patterns()


@pytest.mark.parametrize("name", PATTERNS)
def test_twice_as_much_takes_twice_as_long(name: str) -> None:
    assert slow_input(PATTERNS[name], anywhere=looked_for(name)) is None


@pytest.mark.parametrize("nasty", [r"([a]+):[ \t]*([^\x01]*?)[ \t]*", r"/+$", r"(?:a+)+b"])
def test_a_pattern_that_goes_back_is_noticed(nasty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure itself: one blank that two parts of a pattern want, one end looked for from every start."""
    if "+)+" in nasty:  # doubles with each letter: five hundred would never end
        monkeypatch.setattr(f"{__name__}.LENGTH", 12)
        monkeypatch.setattr(f"{__name__}.NOTICED", 1e-5)
    assert slow_input(re.compile(nasty), anywhere=True) is not None


def test_all_patterns_are_found() -> None:
    names = set(PATTERNS)
    assert {
        "protocol.http1.FIELD",
        "lab.network.links.FIRST",
        "registry.identity.SID",
        "log.batch.CURSOR",
        "lab.looks.SECRET",
    } <= names
    assert sum(name.startswith("web/") for name in names) >= 15
    assert any(name.startswith("web/client/reading.js") for name in names)


def test_a_pattern_that_is_made_where_it_is_used_is_measured_too() -> None:
    assert not [name for name, pattern in unnamed() if pattern is None]

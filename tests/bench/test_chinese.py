"""The report in Chinese: each sentence has one, with the same places, and none is left in English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from bench.claims import CLAIMS
from bench.report.chinese import COUNTED, ROOMS, TEXTS
from bench.report.chinese.reasons import REASONS
from bench.report.page import html
from bench.report.runs import read_all
from bench.report.words import listed, reason, say, several, spoken
from tests.root import ROOT

ROOMS_OF_REPORT = ("report", "claims")
SAID = {"say": 0, "several": 1}  # functions, and which of their arguments is a text
WORDS = re.compile(r"(?:\b[A-Za-z][a-z’']+[,;]? ){4,}[a-z]+")  # five words in a row are a sentence
OWN = re.compile(r"Overclocking SSL|High Performance Browser Networking|Push-based versus pull-based data transfer")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@cache
def sources() -> tuple[tuple[Path, ast.Module], ...]:
    files = [file for room in ROOMS_OF_REPORT for file in sorted((ROOT / "bench" / room).glob("*.py"))]
    return tuple((file, ast.parse(file.read_text("utf-8"))) for file in files)


def said() -> Iterator[tuple[str, str, str]]:
    """Of each call that says something literal: where, which function, the text."""
    for file, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAID:
                given = node.args[SAID[node.func.id] :][:1]
                if given and isinstance(given[0], ast.Constant):
                    yield f"{file.name}:{node.lineno}", node.func.id, str(given[0].value)


def test_each_sentence_has_a_chinese_one_with_the_same_places() -> None:
    lacking = [(where, text) for where, how, text in said() if how == "say" and text not in TEXTS]
    assert not lacking
    assert not [(where, text) for where, how, text in said() if how == "several" and text not in COUNTED]
    assert not [text for text, chinese in TEXTS.items() if places(text) != places(chinese)]
    assert sum(how == "say" for _, how, _ in said()) > 100


def test_no_sentence_is_filled_but_by_say() -> None:
    """What an f-string says has no Chinese: only errors may be said so, and what a run keeps as a reason."""
    left = []
    for file, tree in sources():
        raised = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and id(node) not in raised:
                parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
                said = re.sub(r"<[^>]*>|<[^>]*$", "", "".join(map(str, parts)))
                if re.search(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b", said) and said not in REASONS:
                    left.append((f"{file.name}:{node.lineno}", said))
    assert not left


def test_each_text_is_of_a_sentence_that_is_said() -> None:
    known = {text for claim in CLAIMS for text in (claim.says, claim.who, claim.place, claim.predicts)}
    for file in (ROOT / "bench").rglob("*.py"):
        if "chinese" not in file.parts:
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    known.add(node.value)
    known |= {cell.name for cell in read_all(ROOT / "bench" / "results").cells}  # scenarios, as a run keeps them
    assert not sorted(set(TEXTS) - known)


def test_each_reason_has_as_many_places_in_chinese() -> None:
    for english, chinese in REASONS.items():
        assert english.count("{}") == len(re.findall(r"\{\d*\}", chinese)), english
        with spoken("zh"):
            assert reason(english.replace("{}", "7")) == re.sub(r"\{\d*\}", "7", chinese), english


def test_each_reason_of_the_runs_is_told_in_chinese() -> None:
    document = read_all(ROOT / "bench" / "results")
    told = {cell.void for one in (document, *document.elsewhere) for cell in one.cells if cell.void is not None}
    with spoken("zh"):
        assert not [why for why in told if reason(why) == why]


def test_a_text_that_stands_in_two_rooms_is_the_same_in_both() -> None:
    for room in ROOMS:
        assert {text: TEXTS[text] for text in room.TEXTS} == room.TEXTS, room.__name__


class Shown(HTMLParser):
    """The texts of a page that a person reads; what is a command or a drawing's style is none."""

    def __init__(self) -> None:
        super().__init__()
        self.within: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "path", "line", "circle", "rect"):
            self.within.append(tag)
        self.texts += [value for name, value in attrs if name in ("aria-label", "data-name") and value]

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"style", "code"} & set(self.within) and data.strip():
            self.texts.append(data.strip())


@pytest.fixture(scope="module")
def pages() -> dict[str, list[str]]:
    document = read_all(ROOT / "bench" / "results")
    found = {}
    for language in ("en", "zh"):
        shown = Shown()
        shown.feed(html(document, language))
        found[language] = shown.texts
    return found


def test_the_report_in_chinese_has_no_english_sentence(pages: dict[str, list[str]]) -> None:
    left = sorted({text for text in pages["zh"] if WORDS.search(OWN.sub("", text))})
    assert not left
    assert len([text for text in pages["en"] if WORDS.search(text)]) > 80, "they would be found"


def test_both_reports_say_as_much(pages: dict[str, list[str]]) -> None:
    """Text by text: where English has a figure, Chinese has the same."""
    assert len(pages["en"]) == len(pages["zh"])


def test_what_is_spoken_within_ends_with_it() -> None:
    with spoken("zh"):
        assert say("holds") == "成立"
        assert several(2, "cell") == "2 个单元"
        assert listed(["sse", "ws"]) == "sse 和 ws"
        assert listed(["甲", "乙", "丙"]) == "甲、乙和丙"
        assert say("{low} to {high}", low="no bound", high="x").startswith(say("no bound"))
    assert say("holds") == "holds"
    assert listed(["a", "b", "c"]) == "a, b and c"

"""The lessons: both languages are one lesson, and what they quote of the code is in the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
LIST = (WEB / "lessons" / "list.js").read_text("utf-8").partition("WALKS")
LESSONS = re.findall(r'"(\w+)"', LIST[0])
WALKS = dict(re.findall(r'(\w+): "(\w+)"', LIST[2]))  # name → the lesson it belongs to
LANGUAGES = ("en", "zh")
EACH = [pytest.param(name, language, id=f"{name}-{language}") for name in (*LESSONS, *WALKS) for language in LANGUAGES]
STEPS = ["ask", "predict", "run", "see", "explain", "code", "exercise"]
EMPTY = {"input", "br", "hr", "img", "link", "meta"}
WORDS = {"en": 40, "zh": 100}  # words of a paragraph at most; in Chinese characters
SPOKEN = {"lang", "title", "alt", "aria-label"}  # attributes that differ between languages

# Where and what it is, its attributes, and the text in it that is always shown with it.
Element = tuple[str, tuple[tuple[str, str], ...], str]


class Reader(HTMLParser):
    """The elements of a document in order, each with the path that leads to it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[list[str], bool]] = []
        self.paths: list[str] = []
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.paths}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        texts: list[str] = []
        self.elements.append(("/".join([*self.paths, tag]), {name: value or "" for name, value in attrs}, texts))
        if tag not in EMPTY:
            self.open.append((texts, any(name == "data-when" for name, _value in attrs)))
            self.paths.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.paths and self.paths[-1] == tag, f"</{tag}> closes {self.paths[-1:]}"
        self.open.pop()
        self.paths.pop()

    def handle_data(self, data: str) -> None:
        for texts, sometimes in reversed(self.open):
            texts.append(data)
            if sometimes:
                break


@cache
def elements(name: str, language: str) -> list[Element]:
    reader = Reader((WEB / "lessons" / name / f"{language}.html").read_text("utf-8"))
    return [(path, tuple(sorted(about.items())), "".join(texts)) for path, about, texts in reader.elements]


def having(name: str, language: str, attribute: str) -> Iterator[tuple[dict[str, str], str]]:
    """The elements that have an attribute: all their attributes, and their text."""
    for _path, about, text in elements(name, language):
        if attribute in dict(about):
            yield dict(about), text


@pytest.mark.parametrize("name", [*LESSONS, *WALKS])
def test_both_languages_have_the_same_elements(name: str) -> None:
    en, zh = (
        [(path, [one for one in about if one[0] not in SPOKEN]) for path, about, _text in elements(name, language)]
        for language in LANGUAGES
    )
    assert len(en) > 70
    for one, other in zip(en, zh, strict=True):
        assert one == other


@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_lesson_has_its_steps_in_their_order_and_every_id_once(name: str, language: str) -> None:
    steps = list(having(name, language, "data-step"))
    kinds = [about["data-step"] for about, _text in steps]
    assert kinds == STEPS if name in LESSONS else len(set(kinds)) == len(kinds) > 3 and WALKS[name] in LESSONS
    ids = [about["id"] for about, _text in having(name, language, "id")]
    assert len(ids) == len(set(ids)) and all(one == name or one.startswith(f"{name}-") for one in ids)
    assert dict(elements(name, language)[0][1])["lang"] == language


@pytest.mark.parametrize(("name", "language"), EACH)
def test_the_pages_policy_forbids_nothing_in_it(name: str, language: str) -> None:
    for path, about, _text in elements(name, language):
        assert not path.endswith(("script", "style", "link"))
        assert not [one for one, _value in about if one == "style" or one.startswith("on")]
        assert not [value for one, value in about if one in ("src", "href")]


@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_paragraph_holds_one_idea(name: str, language: str) -> None:
    long = []
    for path, _about, text in elements(name, language):
        count = len(text.split()) if language == "en" else len(re.sub(r"\s", "", text))
        if path.endswith(("/p", "/li", "/dd")) and count > WORDS[language]:
            long.append((count, " ".join(text.split())))
    assert not long, long


@pytest.mark.parametrize(("name", "language"), EACH)
def test_the_code_it_quotes_is_in_the_code(name: str, language: str) -> None:
    quotes = list(having(name, language, "data-quotes"))
    assert quotes
    for about, text in quotes:
        lines = text.strip("\n")
        assert lines in (ROOT / about["data-quotes"]).read_text("utf-8"), lines
        assert marked(lines, about["data-mark"]) == 1


@pytest.mark.parametrize(("name", "language"), EACH)
def test_the_files_it_shows_are_served_and_have_the_lines_it_marks(name: str, language: str) -> None:
    shown = list(having(name, language, "data-source"))
    assert shown
    for about, text in shown:
        assert not text, "it would go stale"
        code = (WEB / about["data-source"].lstrip("/")).read_text("utf-8")
        assert about["data-from"] in code
        assert marked(code[code.index(about["data-from"]) :], about["data-mark"]) == 1


def marked(code: str, mark: str) -> int:
    return sum(any(text in line for text in mark.split("|")) for line in code.splitlines())


@pytest.mark.parametrize("name", LESSONS)
def test_what_happened_is_told_for_the_guesses_of_a_class(name: str) -> None:
    scripts = [path.read_text("utf-8") for path in (WEB / "lessons" / name).glob("*.js")]
    assert any("truth." in script for script in scripts), "a fact `truth.NAME` for what is guessed in the field NAME"

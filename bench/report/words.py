"""The two languages of a report. A sentence is written where it is made, in English; `chinese/` has it once more.

`say` fills the places of a sentence in the language that is spoken just now: English, or Chinese within `spoken("zh")`.
A test finds each sentence that has no Chinese, or another number of places in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from bench.report.chinese import COUNTED, TEXTS
from bench.report.chinese.reasons import REASONS

LANGUAGES = ("en", "zh")
_spoken: ContextVar[str] = ContextVar("spoken", default="en")


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """What is said within is said in this language: en, zh."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def language() -> str:
    return _spoken.get()


def say(sentence: str, /, **places: object) -> str:
    """
    The sentence in the language that is spoken, its `{places}` filled; a place that holds a text with a Chinese of its
    own is said in Chinese, too. What has no Chinese is said in English.
    """
    if language() == "zh":
        sentence = TEXTS.get(sentence, sentence)
        places = {name: TEXTS.get(said, said) if isinstance(said, str) else said for name, said in places.items()}
    return sentence.format_map(places) if places else sentence


def reason(said: str) -> str:
    """A sentence that stands in a run, such as why a cell is void, in the language that is spoken; in English if it is
    none that is known."""
    if language() == "zh":
        for pattern, chinese in _reasons():
            if found := pattern.fullmatch(said):
                return chinese.format(*map(reason, found.groups()))
    return said


@cache
def _reasons() -> list[tuple[re.Pattern[str], str]]:
    """The known ones, their places as groups."""
    return [
        (re.compile("(.*?)".join(map(re.escape, english.split("{}"))), re.DOTALL), chinese)
        for english, chinese in REASONS.items()
    ]


def several(count: int, one: str, more: str | None = None) -> str:
    """1 cell, 2 cells; 2 个单元."""
    if language() == "zh" and one in COUNTED:
        return f"{count:,} {COUNTED[one]}"
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def listed(parts: list[str]) -> str:
    """a, b and c; a、b 和 c."""
    if len(parts) < 2:
        return "".join(parts)
    if language() == "zh":
        first, last = "、".join(parts[:-1]), parts[-1]
        return f"{first}{' ' * first[-1:].isascii()}和{' ' * last[:1].isascii()}{last}"
    return f"{', '.join(parts[:-1])} and {parts[-1]}"

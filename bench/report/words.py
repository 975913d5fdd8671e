"""The two languages of a report. A sentence is written where it is made, in English; `chinese/` has it once more.

`say` fills the places of a sentence in the language that is spoken just now: English, or Chinese within `spoken("zh")`.
A test finds each sentence that has no Chinese, or another number of places in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bench.report.chinese import COUNTED, TEXTS

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


def several(count: int, one: str, more: str | None = None) -> str:
    """1 cell, 2 cells; 2 个单元."""
    if language() == "zh" and one in COUNTED:
        return f"{count:,} {COUNTED[one]}"
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def listed(parts: list[str]) -> str:
    """a, b and c; a、b 和 c."""
    comma, both = ("、", " 和 ") if language() == "zh" else (", ", " and ")
    return parts[0] if len(parts) == 1 else f"{comma.join(parts[:-1])}{both}{parts[-1]}" if parts else ""

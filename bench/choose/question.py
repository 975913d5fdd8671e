"""The question: for how many, how often, how large, how old at most, and through what."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


class BadAnswer(ValueError):
    """An answer that the question cannot take; the sentence says what it would take."""


@dataclass(frozen=True)
class Knob:
    """One thing that is asked: its words, its bounds or its choices."""

    asks: str
    unit: str = ""
    least: float = 0.0
    most: float = math.inf
    whole: bool = False
    choices: tuple[str, ...] = ()

    def parse(self, name: str, text: str) -> Any:
        """What the text says. BadAnswer: it is none of what this knob takes."""
        text = text.strip()
        if self.choices:
            if text not in self.choices:
                raise BadAnswer(f"{name} is one of {', '.join(self.choices)}, not {text!r}")
            return text == "yes" if self.choices == YES_NO else text
        try:
            value = float(text)
        except ValueError:
            raise BadAnswer(f"{name} is a number of {self.unit}, not {text!r}") from None
        if not self.least <= value <= self.most:  # NaN is neither
            raise BadAnswer(f"{name} is {self.least:g} to {self.most:,.12g} {self.unit}, not {text}")
        if self.whole and value != int(value):
            raise BadAnswer(f"{name} is a whole number of {self.unit}, not {text}")
        return int(value) if self.whole else value


YES_NO = ("yes", "no")
KNOBS: dict[str, Knob] = {
    "clients": Knob("How many clients read at once?", "clients", 1, 10_000_000, whole=True),
    "rate": Knob("How many messages a second does each of them hear?", "messages a second", 0.001, 1000),
    "size": Knob("How many bytes of text has a message?", "bytes", 0, 64_000, whole=True),
    "age": Knob("How old may a message be when it is heard, 99 times in 100?", "s", 0.001, 3600),
    "rtt": Knob("How long is a round trip between client and server?", "s", 0, 10),
    "up": Knob("How many messages a second does each client say?", "messages a second", 0, 1000),
    "proxies": Knob("Whose proxies stand between?", choices=("none", "own", "foreign")),
    "fallback": Knob("Can the client fall back to another transport?", choices=YES_NO),
    "http": Knob("Which HTTP does the browser speak to the host?", choices=("1.1", "2")),
    "tabs": Knob("How many such connections has one browser open to the host?", "connections", 1, 1000, whole=True),
    "battery": Knob("Do the clients run on a battery, with a mobile radio?", choices=YES_NO),
    "heads": Knob("How many bytes of headers does the client add to a request of the least?", "bytes", 0, 16_000, True),
    "interval": Knob("How long is the interval of short polling?", "s", 0.001, 3600),
}


@dataclass(frozen=True)
class Question:
    """What is to be chosen for. Times in s, rates a second and client, sizes in bytes."""

    clients: int = 1000
    rate: float = 1.0
    size: int = 100
    age: float = 1.0  # of 99 messages in 100, at most
    rtt: float = 0.05
    up: float = 0.0
    proxies: str = "none"  # foreign: they may stop a WebSocket, and gather a stream
    fallback: bool = True
    http: str = "1.1"
    tabs: int = 1  # connections that one browser holds to the host
    battery: bool = False
    heads: int = 400  # a browser's own; a bare program has none
    interval: float | None = None  # of short polling; None: as long as the age allows

    def given(self, **changed: Any) -> Question:
        return replace(self, **changed)

    def as_json(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


USUAL = Question()


def question(texts: Mapping[str, str | None]) -> Question:
    """The question these flags put; what is not said is as usual. BadAnswer: one of them says what cannot be."""
    said = {name: KNOBS[name].parse(f"--{name}", text) for name, text in texts.items() if text is not None}
    return replace(USUAL, **said)


def asked(read: Callable[[str], str], say: Callable[[str], None]) -> Question:
    """The question that somebody answers knob by knob; nothing is the default, and what cannot be is asked again."""
    said: dict[str, Any] = {}
    for name, knob in KNOBS.items():
        usual = getattr(USUAL, name)
        if usual is None or (name == "fallback" and said["proxies"] != "foreign"):
            continue
        shown = ("yes" if usual else "no") if isinstance(usual, bool) else f"{usual}"
        which = f" ({'/'.join(knob.choices)})" if knob.choices else f" ({knob.unit})"
        while name not in said:
            text = read(f"{knob.asks}{which} [{shown}] ").strip() or shown
            try:
                said[name] = knob.parse(name, text)
            except BadAnswer as error:
                say(f"{error}.")
    return replace(USUAL, **said)

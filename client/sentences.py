"""Sentences: what the ladder decided, as parts that a person can read in any language; here in English.

A decision is a list of parts, (key, values); each brings its own lead-in. A value may be parts again, a time is in ms.
The table is that of web/client/sentences.js: a test compares the two.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

PLACE = re.compile(r"\{(\w+)\}")
ENGLISH = {
    "died": "{rung} opened and died after {time}",
    "refused": "{rung} did not open: it failed after {time}",
    "late": "{rung} gave no first batch within {time}",
    "late.open": "{rung} opened, but gave no first batch within {time}",
    "still": "; it may still come",
    "silent": "{rung} was silent for {time}",
    "deaf": "{rung} takes nothing up any more, though news still comes down",
    "cut": "{rung} was cut by hand after {time}",
    "lease": "{rung} has to wait: this browser holds four readers open at this server already",
    "sent": "the server sends {rung} away",
    "wait": "the server asks {rung} to wait",
    "stop": "the server refuses {rung}: it is not tried again",
    "why": " ({because})",
    "count": ", the {nth} time while {witness} was delivering",
    "uncounted": ", which does not count: {because}",
    "convicted": "the way was open: ",
    "rest": ": resting it for {time}",
    "pause": ": trying it again in {time}",
    "lesson": ": from now on it beats every {time}",
    "carries": "; {rung} carries on; silence 0 ms",
    "tried": "{rung}: tried, {time} for its first batch",
    "passed": "{rung} passed after {time}",
    "use": ": in use",
    "better": ": better than {old}, which reads on until {rung} has lived {time}",
    "fresh": ": a fresh line",
    "worse": ": {old} is better, let go",
    "silence": "; silence {time}",
    "proven": "{rung} has lived {time}: {old} is let go",
    "witness": "{rung} is asked once more: does the network deliver?",
    "doubt": "{rung} does not answer what went up: {other} is tried beside it",
    "beside": ": it reads beside {old}, which is in doubt",
    "speaks": "{rung} speaks again: {other} is let go",
    "nothing": "nothing reads: next try in {time}",
    "hand": "{rung} is asked for by hand",
    "strict": "{rung} is asked for by hand, the old one goes first",
    "auto": "the ladder chooses",
    "unpinned": "; the ladder chooses again",
    "online": "the browser says it is online",
    "offline": "the browser says it is offline",
    "slept": "this client slept for {time}: that silence proves nothing",
    "away": "the page was put away",
    "newsid": "a new sid",
    "forgotten": "the server has forgotten this client: it goes on with a new sid",
    "retry": "by hand: rests and pauses are over",
    "forget": "what was learnt is forgotten",
    "network": "this is the network {name}: {known}",
    "network.new": "nothing is known of it",
    "network.known": "what was learnt on it holds again",
    "ended": "ended: {because}",
    "closed": "closed by the application",
    "none": "the server refuses every transport there is",
    "code": "closed with {code}",
    "code.reason": "closed with {code}: {reason}",
    "answer": "no answer",
    "stranger": "{status} that is not the server's word",
    "word": "{code}: {message}",
    "broke": "the stream broke",
    "garbled": "what came is not a batch",
    "over": "the pipe ended",
    "dropped": "its batch was dropped: {reason}",
    "hidden": "the page is hidden",
    "lost": "emit: some were lost on the way, they go again",
    "unsent": "emit by {way}: {because}",
    "moved": "emit by POST: a redirect led to {base}, so it is posted there",
    "giveup": "emit by {way}: no answer, asked whether it lives",
    "goeson": "; {other} carries on",
    "slow": "emit by {way}: alive, so a handler is slow or one answer was lost",
    "dumb": "emit by {way}: it answers nothing",
}

NTH = ("", "first", "second", "third")


class Part(NamedTuple):
    """One clause of a sentence."""

    key: str
    values: dict[str, Any] = {}


def part(key: str, **values: Any) -> Part:
    return Part(key, values)


def span(exact: float) -> str:
    """A time in words, of so many ms."""
    ms = whole(exact)
    if ms >= 60_000 and ms % 60_000 == 0:
        return f"{ms // 60_000} min"
    if ms < 1000:
        return f"{max(0, ms)} ms"
    return f"{whole(ms / 100) / 10:g} s" if ms < 100_000 else f"{whole(ms / 60_000)} min"


def whole(number: float) -> int:
    """The nearest whole number, a half up, as JavaScript rounds."""
    return math.floor(number + 0.5)


def sentence(parts: list[Part]) -> str:
    """English made of the parts."""
    return "".join(clause(one) for one in parts)


def clause(one: Part) -> str:
    form = ENGLISH.get(one.key, str(one.values.get("text", one.key)))
    return PLACE.sub(lambda place: word(place[1], one.values.get(place[1])), form)


def word(name: str, value: Any) -> str:
    if isinstance(value, Part):
        return clause(value)
    if isinstance(value, list):
        return sentence(value)
    if name == "time":
        return span(value)
    if name == "nth":
        return NTH[value] if value < len(NTH) else f"{value}th"
    return str(value)

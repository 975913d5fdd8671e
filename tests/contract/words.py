"""What a failed rule says in words: which promise it is, and which message was lost, repeated or none of one's own."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.contract.own import Silent
from tests.stranger.http import Refused
from tests.stranger.readers import Ended

LONGEST = 60  # characters of a value that is shown
MOST = 3  # messages that are named; of the others it is said how many there are


def rule_of(test: Callable[..., Any]) -> str:
    """The sentence of the protocol above a test, without its marks; "" where there is none."""
    lines, at = inspect.findsource(test)
    above: list[str] = []
    while at and lines[at - 1].startswith(("#", "@")):
        at -= 1
        if lines[at].startswith("#"):
            above.insert(0, lines[at].lstrip("# ").strip())
    return " ".join(above)


def named(test: Callable[..., Any]) -> str:
    """What a test says in its name."""
    words = test.__name__.removeprefix("test_").replace("_", " ")
    return f"{words[0].upper()}{words[1:]}."


def compared(left: object, right: object) -> str:
    """What a reader was given beside what was due, where the two are not the same."""
    if is_messages(left) and is_messages(right) and (left or right):
        return of_messages(left, right)  # type: ignore[arg-type]
    if is_place(left) and is_place(right):
        return f"the cursor is {left}, and {right} was due"
    if isinstance(left, list | tuple) and isinstance(right, list | tuple) and len(left) == len(right):
        apart = [(one, other) for one, other in zip(left, right, strict=True) if one != other]
        if apart:
            return compared(*apart[0])
    if isinstance(left, dict) and "reason" in left and right is None:
        return f"a gap was told ({left['reason']}, {left.get('missed')} missed), and nothing was lost"
    if left is None and isinstance(right, dict) and "reason" in right:
        return f"no gap was told, and one was due ({right['reason']})"
    return f"{short(left)} came, and {short(right)} was due"


def short(what: object) -> str:
    text = repr(what)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def is_messages(what: object) -> bool:
    return isinstance(what, list) and all(isinstance(one, dict) and "event" in one and "data" in one for one in what)


def is_place(what: object) -> bool:
    return isinstance(what, str) and what.partition(".")[2].isdigit()


def of_messages(given: Sequence[dict[str, Any]], due: Sequence[dict[str, Any]]) -> str:
    here, there = Counter(map(key, given)), Counter(map(key, due))
    told = []
    told += some("lost", [one for one in due if not here[key(one)]])
    told += some("given twice", list({key(one): one for one in given if here[key(one)] > there[key(one)] > 0}.values()))
    told += some("given and not due", [one for one in given if not there[key(one)]])
    if not told:
        order = " ".join(str(one["seq"]) for one in given)
        told = [f"the messages came in another order than they were said: {order}"]
    return "; ".join(told)


def key(message: dict[str, Any]) -> str:
    return json.dumps([message.get("seq"), message["event"], message["data"], message.get("room")])


def some(what: str, messages: Sequence[dict[str, Any]]) -> list[str]:
    if not messages:
        return []
    named = ", ".join(map(said, messages[:MOST]))
    more = f" and {len(messages) - MOST} more" if len(messages) > MOST else ""
    return [f"{named}{more} {'was' if len(messages) == 1 else 'were'} {what}"]


def said(message: dict[str, Any]) -> str:
    data = json.dumps(message["data"], ensure_ascii=False)
    data = data if len(data) <= 20 else f"{data[:20]}…"
    room = f" of room {message['room']}" if message.get("room") else ""
    return f"message {message.get('seq')} ({message['event']} {data}{room})"


def of_error(error: BaseException) -> str | None:
    """What it means that this was raised while batches were awaited. None: that says an assertion better."""
    if isinstance(error, Silent):
        return str(error)
    if isinstance(error, Ended):
        how = "ended" if error.clean else "was cut"
        return f"the answer {how} before the batch that was due; silence, too, is told by an empty batch"
    if isinstance(error, Refused):
        return f"the question was refused: {error}"
    if isinstance(error, json.JSONDecodeError):
        return f"what came is no JSON: {error.doc[:60]!r}"
    if isinstance(error, KeyError):
        return f"what came is no batch: it has no {error}"
    if isinstance(error, TimeoutError):
        return "it did not come to an end in time"
    return None

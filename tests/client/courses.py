"""What the Python client makes of the steps of `tests/vectors`. Its twin is `tests/js/courses.mjs`."""

from __future__ import annotations

import asyncio
import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.root import ROOT
from transport_fallback.client.acks import Acks
from transport_fallback.client.closings import answered, closed, fate, longest, told
from transport_fallback.client.ladder import End
from transport_fallback.client.outbox import WINDOW, Emit, Outbox
from transport_fallback.client.reading import Position, Reading
from transport_fallback.client.wire import Ack, Batch, Gap, Message, Refusal

VECTORS = Path(__file__).parents[1] / "vectors"
Step = dict[str, Any]


def cases(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / f"{kind}.json").read_text("utf-8"))
    return found


def wanted(steps: list[Step]) -> list[Any]:
    """What each step gives."""
    return [whole(step.get("gives")) for step in steps]


def whole(value: Any) -> Any:
    """A row of numbers may be written as its ends: "1-64"."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    row = re.fullmatch(r"(\d+)-(\d+)", value) if isinstance(value, str) else None
    return list(range(int(row[1]), int(row[2]) + 1)) if row else value


@contextmanager
def javascript(kind: str) -> Iterator[Callable[[list[Step]], list[Any]]]:
    """What the JavaScript client makes of steps."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")
    command = [node, str(ROOT / "tests" / "js" / "client_answer.mjs"), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        asks, answers = process.stdin, process.stdout

        def client(steps: list[Step]) -> list[Any]:
            asks.write(json.dumps(steps) + "\n")
            asks.flush()
            came: list[Any] = json.loads(answers.readline())
            return came

        yield client
        asks.close()
        process.wait(10)


# ---- reading


def taken(position: Position, reading: Reading, step: Step) -> dict[str, Any]:
    messages = [Message(seq, "x") for seq in step.get("seqs", [])]
    gap = Gap(step["gap"], step.get("missed")) if step.get("gap") else None
    batch = Batch(step["after"], step["cursor"], messages, gap)
    try:
        new = position.take(reading, batch)
    except End as end:
        return {"hands": {"again": "drop", "lost": "garbled"}[end.kind], "at": position.cursor}
    came = {"hands": [message.seq for message in new.messages], "at": position.cursor}
    return {**came, "tells": new.gap.reason} if new.gap else came


def reading(steps: list[Step]) -> list[Any]:
    position, readings, came = Position(), dict[str, Reading](), list[Any]()
    for step in steps:
        if "begin" in step:
            readings[step["begin"]] = Reading(position.cursor)
            came.append(None)
        elif "reached" in step:
            came.append(position.reached(step["reached"]))
        else:
            came.append(taken(position, readings[step["take"]], step))
    return came


# ---- outbox


def data(step: Step) -> msgspec.Raw:
    """JSON of so many bytes."""
    size = step.get("size", 1)
    return msgspec.Raw(b'"%s"' % (b"x" * (size - 2)) if size > 1 else b"0")


def upload(outbox: Outbox, step: Step) -> Any:
    replies = outbox.take_replies(step["upload"])
    return json.loads(outbox.upload(outbox.take(step["upload"], step.get("most", WINDOW)), replies))


def last_words(outbox: Outbox, now: float) -> dict[str, list[int]]:
    text = outbox.last_words(now)
    assert len(text) <= 1 << 16
    said = json.loads(text)
    return {
        "emits": [emit["n"] for emit in said.get("emits", [])],
        "replies": [reply["seq"] for reply in said.get("replies", [])],
    }


def acked(outbox: Outbox, step: Step) -> dict[str, Any]:
    acks = [msgspec.convert(ack, Ack) for ack in step["answer"]]
    done, hole, forgotten = outbox.answer(acks, lambda _n: int(step.get("best", 0)))
    came: dict[str, Any] = {"done": [emit.n for emit, _ack in done]}
    return came | ({"hole": True} if hole else {}) | ({"forgotten": True} if forgotten else {})


def given_up(outbox: Outbox, before: float) -> dict[str, Any]:
    sent, unsent = outbox.give_up(before)
    return {"sent": [emit.n for emit in sent], "unsent": len(unsent)}


def outbox(steps: list[Step]) -> list[Any]:
    return asyncio.run(_outbox(steps))  # an emit has a future, and that needs a loop


async def _outbox(steps: list[Step]) -> list[Any]:
    box, loop = Outbox(), asyncio.get_running_loop()

    def emit(step: Step) -> None:
        for _ in range(step["emit"]):
            box.add(Emit(step.get("event", "e"), data(step), loop.create_future(), step.get("since", 0)))

    def ask(what: str) -> Any:
        answer = getattr(box, what)
        return None if answer == math.inf else answer

    deeds: dict[str, Callable[[Step], Any]] = {
        "emit": emit,
        "reply": lambda step: box.reply(step["reply"], data(step)),
        "take": lambda step: [one.n for one in box.take(step["take"], step.get("most", WINDOW))],
        "take_replies": lambda step: [reply.seq for reply in box.take_replies(step["take_replies"])],
        "upload": lambda step: upload(box, step),
        "last_words": lambda step: last_words(box, step["last_words"]),
        "again": lambda _step: box.again(),
        "answer": lambda step: acked(box, step),
        "empties": lambda step: box.empties(step["empties"]),
        "give_up": lambda step: given_up(box, step["give_up"]),
        "forget": lambda _step: [one.n for one in box.forget()],
        "ask": lambda step: ask(step["ask"]),
    }
    return [deeds[next(iter(step))](step) for step in steps]


# ---- closings


def closing(step: Step) -> dict[str, Any]:
    """What became of a request or a line."""
    error = msgspec.convert(step["error"], Refusal) if "error" in step else None
    if "closed" in step:
        end = closed(step["closed"], "", error)
        return said(end)
    if "told" in step:
        end = told(msgspec.convert(step["told"], Refusal))
    else:
        text = step.get("text", json.dumps({"error": step.get("error")}))
        end = answered(step["answered"], text.encode(), step.get("retry_after"))
    return {**said(end), "emits": fate(end), "fails": longest(end)}


def said(end: End) -> dict[str, Any]:
    came = {"kind": end.kind, "code": end.code}
    return came if end.retry is None else {**came, "retry": end.retry}


def closings(steps: list[Step]) -> list[Any]:
    return [closing(step) for step in steps]


# ---- acks


def acks(steps: list[Step]) -> list[Any]:
    position, now, ran, came = Position(), 0.0, list[str](), list[Any]()
    held = Acks(position)

    def read(step: Step) -> None:
        epoch = step["read"].partition(".")[0]
        after = f"{epoch}.0" if step.get("gap") else position.cursor or step["read"]
        taken(position, Reading(position.cursor), {"after": after, "cursor": step["read"], **step})
        held.read(now)

    for step in steps:
        ran.clear()
        if "read" in step:
            read(step)
        elif "ack" in step:
            held.add(step["cursor"], partial(ran.append, step["ack"]), now, step.get("late", 0) / 1000)
        elif "pass" in step:
            now += step["pass"] / 1000
            if held.due <= now + 1e-9:
                held.read(held.due)
        else:
            held.end()
        came.append(list(ran) if "gives" in step else None)
    return came

"""Scenarios of the ladder, as tests/ladder/*.json tells them: what happens when, and what is decided.

A step is [ms, event, decision, …]. An event names an attempt by its rung and number ("heard ws 2"); an ending by its
kind ("lost ws 2", "wait ws 2 2000" with the ms the server asks for). A line of the decision log is "# …".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from transport_fallback.client.ladder import Decision, End, Kind, Ladder, Note, Open, Role, Shut

HERE = Path(__file__).resolve().parent
PAGE = "page"  # the file of what only a page knows: JavaScript alone runs it
KINDS = set(get_args(Kind)) - {"deaf", "time", "silent"}  # those are the ladder's own findings
WHY = {"lost": "the line broke"}  # what an ending says for itself, else nothing


def scenarios(*, page: bool = False) -> Iterator[dict[str, Any]]:
    for file in sorted(HERE.glob("*.json")):
        if page or file.stem != PAGE:
            for scenario in json.loads(file.read_text("utf-8"))["scenarios"]:
                yield {**scenario, "file": file.stem}


class Player:
    """A ladder that is told events by their words, and whose decisions are words."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.chance = scenario.get("chance", 0.5)
        options = dict(scenario.get("options", {}))
        options["verdicts"] = {rung: _seconds(verdict) for rung, verdict in options.get("verdicts", {}).items()}
        self.ladder = Ladder(chance=lambda: self.chance, **options)

    def step(self, ms: float, event: str) -> list[str]:
        word, *rest = event.split()
        if word == "chance":
            self.chance = float(rest[0])
            return []
        self._happen(word, rest, ms / 1000)
        return [words(decision) for decision in self.ladder.decisions()]

    def _happen(self, word: str, rest: list[str], now: float) -> None:
        ladder = self.ladder
        if word in KINDS:
            retry = float(rest[2]) / 1000 if len(rest) > 2 else None
            if word == "cut" and not rest:
                return ladder.cut(now)
            return ladder.ended(self._number(rest), End(word, WHY.get(word, ""), retry=retry), now)  # type: ignore[arg-type]
        match word:
            case "start" | "retry" | "forget" | "renew" | "tick" | "stop":
                getattr(ladder, word)(now)
            case "opened" | "heard" | "alive" | "doubt" | "deaf":
                getattr(ladder, word)(self._number(rest), now)
            case "rtt":
                ladder.round_trip(float(rest[0]) / 1000)
            case "use":
                ladder.use(rest[0], now, strict="strict" in rest)
            case "network":
                ladder.on_network(rest[0], {}, now)
            case _:
                raise ValueError(f"no such event: {word}")

    def _number(self, rest: list[str]) -> int:
        """That of an attempt, which is of the rung that is named beside it, unless it is gone."""
        number = int(rest[1])
        attempt = self.ladder.attempts.get(number)
        assert attempt is None or attempt.rung == rest[0], (rest, attempt)
        return number


def words(decision: Decision) -> str:
    match decision:
        case Open(one):
            return f"open {one.rung} {one.number}" + ("" if one.role is Role.READ else f" as {one.role}")
        case Shut(one):
            return f"close {one.rung} {one.number}"
        case Note():
            return f"# {decision.text}"
    detail = decision.detail
    keys = {"switch": ("from", "to", "gapMs"), "reconnecting": ("attempt", "waitMs")}.get(
        decision.event, ("transport",)
    )
    return " ".join(["tell", decision.event, *(str(detail[key]) for key in keys if key in detail)])


def _seconds(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict whose times are in s; in the files they are in ms."""
    kept = {**verdict, "fails": [at / 1000 for at in verdict.get("fails", [])]}
    for key in ("works", "resting"):
        if verdict.get(key) is not None:
            kept[key] = verdict[key] / 1000
    return kept

"""The checker on known answers: an honest transcript has no fault, each kind of fault is found. And a short storm."""

from __future__ import annotations

import json
from array import array
from pathlib import Path
from typing import Any

import pytest

from tests.torture import truth
from tests.torture.__main__ import torture
from tests.torture.checker import check
from tests.torture.transcript import Emitted, Given, Heard, Transcript
from tests.torture.truth import Life

ROOT = Path(__file__).resolve().parents[2]
ANN, BEN = "ann", "ben"

# What was logged. In red, ann hears 5 and not 9; 6 is her own broadcast; 7 is for ben alone.
JOURNAL: list[list[Any]] = [
    ["born", ANN],
    ["born", BEN],
    ["message", 103, None, None, BEN],
    ["join", ANN, "red"],
    ["message", 105, "red", None, BEN],
    ["message", 106, None, ANN, ANN],
    ["message", 107, "@ben", None, None],
    ["leave", ANN, "red"],
    ["message", 109, "red", None, BEN],
    ["message", 110, None, None, BEN],
]


def lives(journal: list[list[Any]] = JOURNAL, epoch: str = "e") -> dict[str, Life]:
    return truth.read(json.dumps([epoch, n, *entry]) for n, entry in enumerate(journal, 1))


def given(after: int, cursor: int, seqs: list[int], gap: Any = None, **more: Any) -> Given:
    fields: dict[str, Any] = {"reading": 1, "began": 0, "asked": f"e.{after}", "first": True, "more": False} | more
    batch: dict[str, Any] = {"after": f"e.{after}", "cursor": f"e.{cursor}", "gap": gap}
    numbers: dict[str, Any] = {"seqs": array("q", seqs), "ids": array("q", (100 + seq for seq in seqs))}
    return Given(transport="poll", **fields, **batch, **numbers)


def faults(*batches: Given, client: str = ANN, finished: bool = False, journal: Any = JOURNAL) -> list[str]:
    return check(lives(journal), [Transcript(client, list(batches), finished)], [], [])


def kinds(found: list[str]) -> set[str]:
    return {fault.partition(":")[0] for fault in found}


TRIMMED = {"reason": "trimmed", "missed": 1}
AWAY = {"reason": "away", "missed": None}


def test_an_honest_transcript_has_no_fault() -> None:
    assert not faults(given(2, 10, [3, 5, 10]), finished=True)
    assert not faults(given(2, 10, [3, 6, 7, 10]), client=BEN, finished=True)


def test_a_repeat_is_no_fault() -> None:
    assert not faults(given(2, 5, [3, 5]), given(2, 10, [3, 5, 10], reading=2))


@pytest.mark.parametrize(
    ("batch", "kind"),
    [
        (given(2, 10, [3, 10]), "lost"),
        (given(2, 10, [3, 5, 6, 10]), "leaked"),
        (given(2, 10, [3, 5, 9, 10]), "leaked"),
        (given(2, 10, [3, 5, 7, 10]), "leaked"),
        (given(2, 10, [5, 3, 10]), "disorder"),
        (given(2, 11, [3, 5, 10]), "disorder"),
        (given(4, 10, [3, 5, 10]), "disorder"),
        (given(4, 10, [5, 10], asked="e.2"), "lost"),
        (given(8, 10, [10], TRIMMED), "false gap"),
        (given(2, 10, [10], TRIMMED), "miscounted"),
        (given(2, 10, [3, 5, 10], {"reason": "epoch", "missed": None}), "false gap"),
        (given(2, 10, [3, 5, 10], {"reason": "future", "missed": None}), "false gap"),
        (given(2, 10, [3, 5, 10], AWAY), "false gap"),
    ],
)
def test_each_kind_of_fault_is_found(batch: Given, kind: str) -> None:
    assert kind in kinds(faults(batch))


def test_a_gap_that_is_true_is_no_fault() -> None:
    assert not faults(given(2, 10, [5, 10], TRIMMED))
    assert not faults(given(4, 10, [5, 10], TRIMMED)), "it left a room in that stretch: told in doubt"


def test_what_a_stream_brings_twice_is_found() -> None:
    batches = (given(2, 5, [3, 5]), given(2, 10, [3, 5, 10], first=False))
    assert "doubled" in kinds(faults(*batches))


def test_who_ends_before_the_last_message_was_withheld_from() -> None:
    assert kinds(faults(given(2, 9, [3, 5]), finished=True)) == {"withheld"}


def test_away_is_told_once_for_each_birth() -> None:
    again = [*JOURNAL, ["forgotten", ANN], ["born", ANN], ["message", 113, None, None, None]]
    first, second = given(2, 10, [3, 5, 10], AWAY, more=True), given(10, 13, [13], AWAY, reading=2, began=1)
    assert not faults(first, given(10, 13, [13], reading=2), journal=again, finished=True)
    assert not faults(first, first._replace(reading=2), journal=again), "the answer was lost, and asked for again"
    assert kinds(faults(first, second, journal=again)) == {"false gap"}
    assert not faults(first, second._replace(began=0), journal=again), "both were asked for at once"


def handed(*seqs: int | None) -> set[str]:
    heard = Heard("one", [("e", seq, 100 + seq) if seq is not None else ("", None, 0) for seq in seqs])
    return kinds(check(lives(), [], [heard], []))


def test_what_the_library_hands_on_is_held_against_the_log_too() -> None:
    assert not handed(3, 6, 10)
    assert not handed(3, None, 10)
    assert handed(3, 10) == {"lost"}
    assert handed(3, 3, 6, 10) == {"doubled"}
    assert handed(6, 3, 10) == {"disorder"}
    assert kinds(check(lives(), [], [Heard("one", [("e", 3, 103)], True)], [])) == {"withheld"}


def test_an_emit_that_is_logged_twice_or_acked_and_not_logged_is_found() -> None:
    twice = [*JOURNAL, ["message", 110, None, None, BEN]]
    assert kinds(check(lives(twice), [], [], [])) == {"repeated"}
    assert kinds(check(lives(), [], [], [Emitted(999, acked=True)])) == {"unlogged"}
    assert not check(lives(), [], [], [Emitted(103, acked=True), Emitted(999)])


def test_a_journal_that_was_cut_in_its_last_line_is_read() -> None:
    lines = [json.dumps(["e", 1, "born", ANN]), '["e", 2, "mess']
    assert truth.read(lines)["e"].end == 1


@pytest.mark.anyio
@pytest.mark.timeout(120)
async def test_a_short_storm_finds_nothing() -> None:
    verdict = await torture(ROOT, 8.0, 11, strangers=15, listeners=6, every=1.5)
    assert not verdict.faults, str(verdict)
    assert not verdict.void, str(verdict)
    assert verdict.figures["lives"] > 1 and verdict.deliveries > verdict.figures["messages"], str(verdict)

"""A comparison of one's own: its sweeps, its limits, and the search for the most that keeps one."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bench.limits import BadLimit, judged, limit
from bench.own import own_runs
from bench.plan import options, planned
from bench.report.document import Cell, parse
from bench.search import TRIES, Found, most, sentence, turned
from tests.root import ROOT

pytestmark = pytest.mark.anyio
LAB = str(ROOT / "bench" / "load" / "scripts" / "lab.py")


def cells(*told: dict[str, Any], rate: float = 5) -> tuple[Cell, ...]:
    made = [
        {"experiment": "own", "transport": "ws", "round": n, "void": one.pop("void", None),
         "params": {"clients": 20, "rate": rate}, "figures": one} for n, one in enumerate(told)
    ]  # fmt: skip
    return parse({"version": 1, "cells": made}).cells


# ---- sweeps


def test_several_numbers_are_a_sweep_of_clients_rates_and_sizes() -> None:
    chosen = options("--transport ws,sse --clients 10,100 --rate 1,10,100 --size 20,1000 --shape poisson".split())
    runs = own_runs(chosen)
    assert {(run.groups[0].transport, run.groups[0].clients) for run in runs} == set(product(("ws", "sse"), (10, 100)))
    steps = [(step.rate, step.size, step.shape) for step in runs[0].steps]
    assert sorted(steps) == [(rate, size, "poisson") for rate, size in product((1, 10, 100), (20, 1000))]
    assert len(planned(options("--transport ws --clients 1,2 --rounds 3".split()))) == 6


def test_a_script_says_which_transports_there_are() -> None:
    chosen = options(["--url", "http://127.0.0.1:3000", "--script", LAB])
    assert chosen.transport == "poll,longpoll,sse,ws" and all(run.script == LAB for run in own_runs(chosen))
    assert all(run.groups[0].probes == 0 for run in own_runs(chosen))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--clients 10,x", "--clients is a number, or several with commas between, not 10,x"),
        ("--clients 10,0", "--clients must be more than nought"),
        ("--clients 1.5", "--clients is a number"),
        ("--rate nan", "--rate must be more than nought"),
        ("--size -1", "--size must be 0 at least, and 64,000 at most"),
        ("--shape square", "invalid choice: 'square'"),
        ("--limit p98<1", "there is no figure p98; there are mean, p50"),
        ("--limit p99", "'p99' is no limit like p99<0.1 or lost=0"),
        ("--limit p99<soon", "soon in 'p99<soon' is no number"),
        ("--most p99<0.1 --clients 1,2", "--most turns one number by itself"),
        (f"--script {LAB}", "--script is for a server at --url"),
        ("--url http://127.0.0.1:3000 --script README.md", "README.md is no Python file"),
        ("--only E1 --limit lost=0", "leave it out for a comparison of your own"),
    ],
)
def test_errors_are_sentences(
    arguments: str, sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        options(arguments.split())
    assert sentence in capsys.readouterr().err and ended.value.code == 2


def test_a_script_without_a_path_for_what_is_asked_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text("PATHS = {'sse': '/x'}\ndef read(message): return []\n", "utf-8")
    with pytest.raises(SystemExit):
        options(["--url", "http://127.0.0.1:3000", "--script", str(path), "--transport", "ws"])
    assert "mine.py has no path for ws; it has sse" in capsys.readouterr().err


# ---- limits


@pytest.mark.parametrize(
    ("text", "figure", "kept"),
    [("p99<0.1", 0.099, True), ("p99<0.1", 0.1, False), ("p99 <= 0.1", 0.1, True), ("lost=0", 0, True),
     ("lost=0", 1, False), ("deliveries_per_s>90", 91, True), ("deliveries_per_s>=90", 89.9, False)],
)  # fmt: skip
def test_a_limit_holds_or_not(text: str, figure: float, kept: bool) -> None:
    assert limit(text).holds(figure) is kept and not limit(text).holds(None)


def test_each_round_has_to_keep_a_limit_and_a_void_one_keeps_none() -> None:
    limits = [limit("p99<0.1"), limit("lost=0")]
    good = cells({"p99": 0.05, "lost": 0}, {"p99": 0.06, "lost": 0})
    assert [one["kept"] for one in judged(limits, good)] == [True, True]
    mixed = cells({"p99": 0.05, "lost": 0}, {"p99": 0.16, "lost": 0}, {"p99": 0.05, "lost": 2, "void": "2 were lost"})
    late, lost = judged(limits, mixed)
    assert late["broken"] == [
        "ws with 20 clients at 5/s, round 2, has p99 0.16",
        "ws with 20 clients at 5/s, round 3, is void: 2 were lost",
    ]
    assert not lost["kept"] and len(lost["broken"]) == 1
    assert not judged(limits, ())[0]["kept"]  # nothing was measured
    assert judged(limits, cells({}))[0]["broken"] == ["ws with 20 clients at 5/s, round 1, has no p99"]


def test_what_was_disturbed_and_played_again_breaks_nothing() -> None:
    upset, again = cells({"p99": 0.5, "void": "the generator was late by 9 ms (p99)"}), cells({"p99": 0.05})
    assert judged([limit("p99<0.1")], [*upset, *again])[0]["kept"]
    assert not judged([limit("p99<0.1")], upset)[0]["kept"]
    with pytest.raises(BadLimit, match="no limit like"):
        limit("")


# ---- the search


@pytest.mark.parametrize("truth", [1, 7, 100, 101, 333, 4096, 9999])
@pytest.mark.parametrize("start", [1, 100, 5000])
async def test_the_most_is_found_to_a_tenth_in_few_tries(truth: int, start: int) -> None:
    asked: list[float] = []

    async def keeps(at: float) -> bool:
        asked.append(at)
        return at <= truth

    found = await most(start, 10_000, 1, True, keeps, tries=30)
    assert len(asked) == found.tries == len(set(asked)) <= 22 and all(at == int(at) for at in asked)
    assert found.most is not None and found.most <= truth
    assert found.broke is None or found.broke / found.most <= 1.1 or found.broke - found.most == 1
    assert (found.broke or 10_001) > truth


async def test_a_search_ends_however_it_goes() -> None:
    async def never(_at: float) -> bool:
        return False

    async def always(_at: float) -> bool:
        return True

    async def odd(at: float) -> bool:
        return round(at * 1000) % 2 == 1

    async def unknown(at: float) -> bool | None:
        return None if at > 200 else True

    assert await most(64, 10_000, 1, True, never) == Found(None, 1.0, 7)
    assert await most(64, 10_000, 1, True, unknown) == Found(128, None, 3, untold=256)
    assert await most(64, 1000, 0.1, False, always) == Found(1000, None, 5)
    assert (await most(3, 1000, 0.1, False, odd)).tries <= TRIES


def test_what_was_found_is_a_sentence_and_a_try_is_a_run() -> None:
    told = {"transport": "ws", "over": "clients", "limit": "p99<0.1", "most": 320.0, "broke": 340.0, "tries": 7,
            "untold": None, "because": "has p99 0.112"}  # fmt: skip
    assert sentence(told) == "ws: p99<0.1 up to 320 clients; at 340 it has p99 0.112 (7 tries)."
    assert sentence({**told, "most": None, "broke": 1.0}) == "ws: not even 1 clients keep p99<0.1: it has p99 0.112."
    late = sentence({**told, "untold": 640.0, "because": "is void: the generator was late"})
    assert late == "ws: p99<0.1 up to 320 clients; at 640 nobody can tell: it is void: the generator was late."
    assert "that is as far as it was tried" in sentence({**told, "broke": None})
    (run,) = own_runs(options("--transport ws --clients 9".split()))
    assert turned(run, "clients", 300).groups[0].clients == 300 and turned(run, "clients", 300).groups[0].probes == 50
    assert turned(run, "rate", 70).steps[0].rate == 70

"""Several runs as one document: what is kept, what is put together, and what another day does to a verdict."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import experiments
from bench.claims import CLAIMS, Claim
from bench.claims.finding import Finding
from bench.playing import disturbed_of
from bench.report import elsewhere
from bench.report.about import told_of, warnings
from bench.report.document import BadDocument, Document, parse
from bench.report.files import markdown, tables, write
from bench.report.page import html
from bench.report.runs import by_machine, foreseen, keep, kept, read_all, together
from bench.theory import models
from bench.theory.stats import RUN, Verdict, apart, estimate
from tests.bench.test_bench_report import Run, framed

DAYS = ("2026-11-23T10:00:00+00:00", "2026-11-24T18:30:00+00:00", "2026-11-26T03:15:00+00:00")


def run(began: str = DAYS[0], *, seed: int = 1, times: float = 1.0, took: float | None = 0.01, **more: Any) -> Document:
    """A run of two scenarios, so many times as slow; its reference work took so many s beside each cell."""
    made = Run(seed=seed)
    for rtt in (0.02, 0.1):
        law = models.push(times * rtt / 2)
        made.add("E2", f"ws rtt={rtt * 1000:g}", "ws", lambda law=law: made.latency(law), rtt=rtt)  # type: ignore[misc]
    made.add("E1", "ws", "ws", lambda: {"delivered": 80, "framing_down": 320})
    for cell in made.cells:
        cell["references"] = [] if took is None else [took, took]
    return parse(framed(made, began=began, commit="abc1234", **more))


def means(document: Document) -> dict[int, float]:
    return document.of("E2")[0].rounds("mean")


def test_a_run_is_kept_once_and_small(tmp_path: Path) -> None:
    told = run()
    path = keep(told, tmp_path)
    before = path.read_bytes()
    assert keep(told, tmp_path) == path and path.read_bytes() == before, "the same run, the same file"
    assert path.name == "full-2026-11-23T1000.json.gz" and kept(tmp_path) == [path]
    again = read_all(tmp_path)
    assert len(again.cells) == len(told.cells) and html(again) == html(read_all(path))
    assert [bool(cell.histogram) for cell in again.cells] == [cell.experiment == "E2" for cell in again.cells]
    for one, other in zip(again.cells, told.cells, strict=True):
        for name, value in other.figures.items():
            assert one.figures[name] == pytest.approx(value, rel=1e-5)


def test_runs_of_a_kind_stand_together_and_no_others(tmp_path: Path) -> None:
    for at, day in enumerate(DAYS):
        keep(run(day, seed=at), tmp_path)
    keep(run(DAYS[0], quick=True), tmp_path)
    own = Run()
    own.add("own", "ws", "ws", lambda: {"p50": 1.0})
    keep(parse(framed(own)), tmp_path)
    names = sorted(path.name.split("-")[0] for path in (tmp_path / "runs").iterdir())
    assert names == ["full"] * 3 + ["own", "quick"]
    told = read_all(tmp_path)
    assert sorted(means(told)) == [run * RUN + at for run in range(3) for at in range(5)]
    assert told.rounds_of["E2"] == 15 and "3 runs: 23 November 2026, 10:00 UTC" in told_of(told)
    assert not any("One run" in one for one in warnings(told)) and any("One run" in one for one in warnings(run()))


def test_a_folder_without_runs_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="has no runs"):
        read_all(tmp_path)


def test_the_report_is_of_all_runs(tmp_path: Path) -> None:
    for at, day in enumerate(DAYS[:2]):
        keep(run(day, seed=at), tmp_path)
    page = write(read_all(tmp_path), tmp_path)
    assert "24 November 2026, 18:30 UTC" in page.read_text()
    assert (tmp_path / "cells.csv").read_text().count("\n") == 1 + 2 * len(run().cells)


def test_the_interval_is_as_wide_as_runs_are_apart() -> None:
    rounds = {run * RUN + at: 1.0 + run / 10 + at / 1000 for run in range(3) for at in range(5)}
    pooled, told = estimate(rounds.values()), estimate(rounds)
    assert pooled and pooled.low and pooled.high and told and told.low and told.high
    assert told.low < pooled.low and pooled.high < told.high
    assert told.high - told.low == pytest.approx(2 * 4.303 * 0.1 / 3**0.5, rel=0.01)  # Student, two degrees of freedom
    assert apart(1.0, 2.0, {at: 1.5 for at in range(5)}) == (1.0, 2.0), "a single run is as it was"
    assert apart(0.9, 1.1, {0: 1.0, RUN: 3.0}) == (0.9, 3.0), "of two, both medians"
    low, _ = apart(0.1, 0.2, {0: 0.0, RUN: 0.1, 2 * RUN: 0.5})
    assert low == 0.0, "what is never negative does not become so"


def test_another_days_speed_makes_the_interval_doubt_it() -> None:
    alike = together([run(day, seed=at) for at, day in enumerate(DAYS)])
    other = together([run(DAYS[0]), run(DAYS[1], seed=1), run(DAYS[2], seed=2, times=1.4)])
    sure, unsure = (one.of("E2")[0].estimate("mean") for one in (alike, other))
    assert sure and sure.within(0.009, 0.012)
    assert unsure and not unsure.within(0.009, 0.012) and not unsure.outside(0.009, 0.012)


def test_a_round_on_another_machine_is_void_but_for_what_is_counted() -> None:
    told = together([run(DAYS[0]), run(DAYS[1], seed=1), run(DAYS[2], seed=2, took=0.0125)])
    void = [cell for cell in told.cells if cell.void]
    assert len(void) == 2 * 5 and all(cell.round >= 2 * RUN and cell.experiment == "E2" for cell in void)
    assert void[0].void == "the reference work beside it took 1.25 times as long as usual"
    assert all(at < 2 * RUN for at in means(told))
    assert not [c for c in together([run(took=None), run(DAYS[1])]).cells if c.void], "who has no reference is let be"


def test_a_cell_beside_which_something_ran_is_void_alone() -> None:
    told = run()
    late = [replace(cell, references=(0.01, 0.016)) if at == 3 else cell for at, cell in enumerate(told.cells)]
    found = together([replace(told, cells=tuple(late))])
    (void,) = [cell for cell in found.cells if cell.void]
    assert (
        void.void == "the reference work beside it took 1.60 times as long as usual"
        and void.round == told.cells[3].round
    )


def test_of_a_run_with_one_reference_a_round_each_cell_has_that() -> None:
    told = run(took=None)
    told = replace(told, raw={**told.raw, "references": {"0": 0.01, "1": 0.02, "2": 0.01, "3": 0.01, "4": 0.01}})
    assert {cell.round for cell in together([told]).cells if cell.void} == {1}


def test_what_something_else_disturbed_is_played_again() -> None:
    quiet, gated, slowed, counted = (
        (experiments.Run("E4", ()), None, [0.01, 0.01]),
        (experiments.Run("E4", ()), "the generator was late by 9.0 ms (p99): more than 2.0 ms", [0.01, 0.01]),
        (experiments.Run("E4", ()), None, [0.01, 0.02]),
        (experiments.Run("E1", ()), None, [0.01, 0.02]),
    )
    played = [(one, [{"void": why, "references": took}]) for one, why, took in (quiet, gated, slowed, counted)]
    assert disturbed_of(played) == [gated[0], slowed[0]]


def test_a_run_is_foreseen_by_the_others() -> None:
    alike = foreseen(together([run(day, seed=at) for at, day in enumerate(DAYS)]))
    other = foreseen(together([run(DAYS[0]), run(DAYS[1], seed=1), run(DAYS[2], seed=2, times=1.4)]))
    assert alike and other and alike[1] == other[1] == 6
    assert alike[0] >= 4 and other[0] <= 4
    assert foreseen(together([run(), run(DAYS[1])])) is None


def test_another_machine_stands_beside(tmp_path: Path) -> None:
    """A median of two machines would be of neither: the report is of the newest run's, the other's verdicts beside."""
    for day, cpu, times in zip(DAYS, ("Slow", "Quick", "Slow"), (1.0, 0.5, 1.0), strict=True):
        one = run(day, times=times, took=0.01 * times)
        keep(replace(one, raw={**one.raw, "machine": {"cpu": cpu, "cores": 2}}), tmp_path)
    document = read_all(tmp_path)
    assert document.machine == "Slow, 2 cores" and len(document.raw["together"]) == 2
    (other,) = document.elsewhere
    assert other.machine == "Quick, 2 cores" and not other.elsewhere
    assert not [cell for cell in (*document.cells, *other.cells) if cell.void], "each is held against its own machine"
    slow = list(means(document).values())
    assert min(slow) > max(means(other).values()) and len(slow) == 2 * len(means(other))
    (said,) = elsewhere.sentences(document)
    assert "Quick" in said and "Slow" not in said and said in html(document).replace("&quot;", '"')
    assert "Quick" in markdown(document) and "Quick" in tables(document)


def test_where_another_machine_disagrees_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(document: Document) -> list[tuple[Claim, Finding]]:
        there = document.machine.startswith("Old")
        verdicts = (Verdict.HOLDS, Verdict.FAILS if there else Verdict.HOLDS, Verdict.UNTOLD if there else Verdict.OPEN)
        return [(claim, Finding("", verdict)) for claim, verdict in zip(CLAIMS, verdicts, strict=False)]

    monkeypatch.setattr(elsewhere, "findings", judged)
    old, new = (replace(run(day), raw={**run(day).raw, "machine": {"cpu": cpu, "cores": 2}})
                for day, cpu in zip(DAYS, ("Old", "New"), strict=False))  # fmt: skip
    (said,) = elsewhere.sentences(by_machine([old, new]))
    assert said.endswith("1 of 2 claims come to the same verdict. C2 there: not as stated.")


def test_putting_together_changes_no_run() -> None:
    one = run()
    before = copy.deepcopy(one)
    together([one, run(DAYS[1])])
    assert one == before and together([together([one])]).raw["together"] == together([one]).raw["together"]

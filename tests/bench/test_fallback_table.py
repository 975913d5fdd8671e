"""The fallback table: its figures on known answers, its Markdown, and two rows measured for real."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import docs
from bench.fallback.__main__ import main, parsed
from bench.fallback.board import Board
from bench.fallback.rows import Row, Run, Span, Told, measured, missed, rows
from bench.fallback.run import Result
from bench.fallback.table import markdown, summed, table_of
from bench.fallback.who import WHO
from bench.report.choose import walls

ROOT = Path(__file__).resolve().parents[2]
GOOD = Run("ws", 5.0, 10.0, 3.0, 0, 0, None, 3.0, 1.0)


def even(began: float, ended: float, first: int = 0) -> list[tuple[float, int]]:
    """An even feed of 20/s, without a loss."""
    count = round((ended - began) * 20)
    return [(began + n / 20, first + n) for n in range(count + 1)]


def told(heard: list[tuple[float, int]], *changes: tuple[float, str | None]) -> Told:
    return Told(100.0, heard, list(changes) or [(100.0, "ws")])


# ---- the figures of one run


def test_an_even_feed_has_no_silence_no_loss_no_repeat() -> None:
    run = measured(told(even(100.25, 112), (100.2, "longpoll"), (101.5, "ws")), Span(100.0, 112.0), 10)
    assert (run.ends, run.lost, run.repeated) == ("ws", 0, 0)
    assert run.first == pytest.approx(250)
    assert run.settled == pytest.approx(1500)
    assert run.silence == pytest.approx(0, abs=0.01)


def test_a_silence_is_the_longest_distance_without_the_feeds_own() -> None:
    heard = [*even(100, 104), *even(104.45, 112, first=81)]
    assert measured(told(heard), Span(100.0, 112.0), 10).silence == pytest.approx(400)


def test_a_silence_that_lasts_to_the_end_counts() -> None:
    run = measured(told(even(100, 104)), Span(100.0, 112.0), 10)
    assert run.silence == pytest.approx(7950)
    assert run.lost == 0  # nothing came later, so nobody knows what is lost
    assert run.settled is None  # on a transport that brings nothing


def test_repeats_end_no_silence() -> None:
    heard = [*even(100, 104), (105.0, 80), (106.0, 79), *even(107, 112, first=81)]
    run = measured(told(heard), Span(100.0, 112.0), 10)
    assert run.repeated == 2
    assert run.silence == pytest.approx(2950)


def test_what_is_missing_between_first_and_last_is_lost_in_whatever_order_it_came() -> None:
    heard = [(100 + i / 20, n) for i, n in enumerate([7, 8, 11, 9, 14])]
    assert measured(told(heard), Span(100.0, 101.0), 1).lost == 3  # 10, 12, 13


def test_who_hears_nothing_has_no_times() -> None:
    run = measured(Told(100.0), Span(100.0, 160.0), 10)
    assert run == Run("nothing", None, None, None, 0, 0, None, None, None)


def test_who_changes_until_the_end_has_not_settled() -> None:
    heard = even(100, 112)
    assert measured(told(heard, (100.0, "ws"), (105.0, "sse")), Span(100.0, 112.0), 10).settled is None
    assert measured(told(heard, (100.0, "ws"), (101.0, None)), Span(100.0, 112.0), 10).settled is None


def test_what_comes_while_a_client_is_ended_is_no_figure() -> None:
    heard = [*even(100, 112), (112.5, 999), (112.6, 999)]
    run = measured(told(heard, (100.0, "ws"), (112.1, None)), Span(100.0, 112.0), 10)
    assert (run.ends, run.lost, run.repeated) == ("ws", 0, 0)


def test_struck_times_count_from_the_strike() -> None:
    heard = [(100.0, 0), (103.0, 1), *even(103.05, 108.0, first=2), *even(108.55, 120, first=102)]
    span = Span(108.0, 120.0, struck=108.0)
    run = measured(told(heard, (100.0, "ws"), (108.5, "sse")), span, 10)
    assert run.first is None
    assert run.settled == pytest.approx(500)
    assert run.silence == pytest.approx(500)  # the 3 s before belong to another row


def test_the_dark_is_no_silence_and_waiting_after_it_is_told_apart() -> None:
    heard = [*even(100, 108), *even(115.0, 126, first=161)]
    span = Span(114.0, 126.0, struck=108.0, healed=114.0, asked=114.8)
    run = measured(told(heard), span, 10)
    assert run.silence == pytest.approx(950)
    assert run.judged == pytest.approx(150)
    assert run.asked == pytest.approx(800)


def test_before_the_heal_there_is_no_first_message_to_miss() -> None:
    run = measured(told(even(106.5, 118), (106.4, "longpoll")), Span(106.0, 118.0, healed=106.0, asked=106.45), 10)
    assert run.first == pytest.approx(500)
    assert run.settled == pytest.approx(400)
    assert missed(Row("portal", dark=True), run) == []


# ---- the promises


@pytest.mark.parametrize(
    ("row", "run", "names"),
    [
        (Row("direct"), GOOD, []),
        (Row("direct"), replace(GOOD, judged=61.0), ["silence"]),
        (Row("direct"), replace(GOOD, judged=61.0, hitch=45.0), []),
        (Row("direct"), replace(GOOD, first=120.0), ["first message"]),
        (Row("direct"), replace(GOOD, first=None), ["first message"]),
        (Row("flaky:3", chance=True), replace(GOOD, first=500.0), []),
        (Row("slow:300", rtt=300), replace(GOOD, first=940.0, judged=300.0), []),
        (Row("slow:300", rtt=300), replace(GOOD, first=1100.0), ["first message"]),
        (Row("kill", silence=100, struck=True), replace(GOOD, first=None, judged=150.0), []),
        (Row("kill", struck=True), replace(GOOD, judged=None, lost=1, repeated=2), ["silence", "lost", "repeated"]),
    ],
)  # fmt: skip
def test_a_promise_is_met_or_missed(row: Row, run: Run, names: list[str]) -> None:
    assert missed(row, run) == names


def test_every_network_has_its_rows() -> None:
    from transport_fallback.lab.network.proxies import TABLE as PROXIES
    from transport_fallback.lab.network.table import TABLE

    names = [row.name for row in rows(1.0)]
    assert len(set(names)) == len(names)
    plain = {name.partition(":")[0] for name in names if "struck" not in name}
    struck = {name.partition(":")[0].partition(",")[0] for name in names if "struck" in name}
    assert plain == {row.name for row in TABLE} | {row.name for row in PROXIES}
    assert struck == {row.name for row in TABLE} - {"direct"}
    assert {row.silence for row in rows(2.0) if row.network == "mute" and row.struck} == {5000.0, 2000.0}


def test_rows_are_chosen_by_pattern() -> None:
    assert [row.name for row in rows(1.0, ["kill", "slow:*0"])] == ["kill", "slow:300", "slow:1500"]
    assert [row.name for row in rows(1.0, ["kill*"])] == ["kill", "kill, struck"]


# ---- over seeds, and the table


def result(run: Run, seed: int = 1, row: Row | None = None, who: str = "ours", tuning: str = "defaults") -> Result:
    row = row or Row("kill", silence=100)
    return Result(who, tuning, row, seed, run, missed(row, run) if who == "ours" else [], [], [])


def test_over_seeds_times_are_median_and_the_rest_is_the_worst() -> None:
    runs = [GOOD, replace(GOOD, first=9.0, silence=40.0, lost=2), replace(GOOD, first=6.0, settled=None, ends="sse")]
    cell = summed([result(run, seed) for seed, run in enumerate(runs, 1)])
    assert cell.ends == "ws 2/3, sse 1/3"
    assert (cell.first, cell.settled, cell.silence, cell.lost, cell.repeated) == (6.0, 10.0, 40.0, 2, 0)
    assert cell.missed == "lost 1/3"


def test_a_time_that_mostly_never_came_is_never() -> None:
    runs = [GOOD, replace(GOOD, first=None, silence=None), replace(GOOD, first=None)]
    cell = summed([result(run) for run in runs])
    assert cell.first is None
    assert cell.silence is None


def board(*results: Result) -> Board:
    return Board(parsed(["--who", "ours,socketio"]), results=list(results))


ABOUT = {
    "date": "2026-01-02T03:04:05",
    "cores": 2,
    "python": "3.11",
    "node": "v20",
    "command": ".venv-test/bin/python -m bench.fallback",
}


def test_the_markdown_has_a_line_for_each_network() -> None:
    struck = replace(GOOD, ends="sse", first=None, judged=300.0, silence=300.4)
    text = markdown(
        board(
            result(GOOD),
            result(GOOD, row=Row("direct")),
            result(struck, row=Row("kill", silence=100, struck=True)),
            result(replace(GOOD, first=None, silence=None), who="socketio"),
            result(replace(GOOD, ends="nothing", lost=7), tuning="tuned"),
        ),
        ABOUT,
    )
    assert "Measured on 2026-01-02 with 2 cores" in text
    assert (
        text.index(f"**{WHO['ours']}**")
        < text.index(f"**{WHO['socketio']}**")
        < text.index(f"**Tuned: {WHO['ours']}**")
    )
    assert "python-socketio==5.18.1" in text
    assert walls(text) == (2, 0, 0)  # what is tuned is no advice
    direct = text.index("| direct | ws | 5 | 10 | 3 | 0 | 0 | – | – | – | – | – | met |")
    kill = text.index("| kill | ws | 5 | 10 | 3 | 0 | 0 | sse | 10 | 300 | 0 | 0 | missed: struck: silence |")
    peer = text.index("| kill | ws | never | 10 | all | 0 | 0 | – | – | – | – | – |")
    assert direct < kill < peer
    for line in table_of(board(result(GOOD)).results, True):
        assert len(line) == 13


def test_what_failed_or_is_missing_stands_under_the_tables() -> None:
    one = board(result(GOOD))
    one.left_out, one.failures = ["nginx-plain: nginx is not installed"], ["faye, tuned, kill, seed 1: OSError: ended"]
    assert markdown(one, ABOUT).endswith(
        "Left out: nginx-plain: nginx is not installed.\n\nFailed: faye, tuned, kill, seed 1: OSError: ended."
    )


@pytest.mark.parametrize("part", [["--rows", "kill"], ["--quick"], ["--who", "faye"], ["--tuning", "tuned"]])
def test_the_docs_are_written_by_a_whole_run_alone(part: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed(["--docs", "--seeds", "3"]).docs
    with pytest.raises(SystemExit):
        parsed(["--docs", *part])
    assert "every row" in capsys.readouterr().err


def test_a_page_of_the_docs_changes_between_its_marks_only(tmp_path: Path) -> None:
    page = tmp_path / "fallback.md"
    begin, end = "<!-- fallback:begin -->", "<!-- fallback:end -->"
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    assert docs.put("fallback", "new", page) == "fallback is in fallback.md"
    assert page.read_text() == f"before\n{begin}\nnew\n{end}\nafter\n"
    page.write_text("no marks\n")
    assert "nothing written" in docs.put("fallback", "new", page)
    assert page.read_text() == "no marks\n"


# ---- for real

BRIEF = ["--who", "ours", "--tuning", "tuned"]


def test_two_rows_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "table.json"
    assert main([*BRIEF, "--rows", "direct,kill", "--settle", "2", "--json", str(file)]) == 0
    shown = capsys.readouterr()
    assert "2 of 2 runs" in shown.err
    written = json.loads(file.read_text())
    assert written["settings"]["settle"] == "2.0"
    assert written["failures"] == []
    runs = {run["name"]: run for run in written["runs"]}
    assert set(runs) == {"direct", "kill"}
    for run in runs.values():
        assert run["run"]["lost"] == run["run"]["repeated"] == 0
        assert run["run"]["settled"] is not None
        assert 0 < run["run"]["first"] < 1000
    assert runs["direct"]["run"]["ends"] == "ws"
    assert runs["kill"]["run"]["ends"] == "sse"
    assert any("ws opened and died" in sentence for sentence in runs["kill"]["decisions"])


async def interrupted(*arguments: str) -> tuple[int, str, str]:
    """Ctrl-C after the first run."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.fallback", *arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout and process.stderr
    try:
        async with asyncio.timeout(20):
            said = await process.stderr.readline()
            process.send_signal(signal.SIGINT)
            shown, rest = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, shown.decode(), (said + rest).decode()


def test_an_interrupt_keeps_what_was_measured() -> None:
    code, shown, said = asyncio.run(interrupted(*BRIEF, "--rows", "direct,no-upgrade*struck", "--settle", "1"))
    assert "1 of" in said
    assert "Traceback" not in said
    assert "direct" in shown
    assert code == 0

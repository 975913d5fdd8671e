"""The fan-out bench: every target is told right, and what is told wrong, or made slower, is seen."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bench.fanout.__main__ import parsed, rows_of
from bench.fanout.audience import Everyone, Mixed, room_of
from bench.fanout.cell import Cell, Setting, play
from bench.fanout.goals import GOALS, Goal, Of, found, verdict
from bench.fanout.idle import beside, memory
from bench.fanout.nchan import MODULE, nginx
from bench.fanout.neighbours import nearest, neighbours
from bench.fanout.rows import ROWS, Row, chosen, quick
from bench.fanout.run import Result, line_of, measure, plan
from bench.fanout.speaking import SIZE, data_of
from bench.fanout.starting import imports, start
from bench.fanout.table import goal_table, markdown, problems, row_table, untold
from bench.fanout.targets import ALL, Target, older, python_of
from bench.fanout.wire import Broken, chunks_of, events_of, serials
from bench.load.servers import ROOT
from bench.peers.socketio import CACHE
from bench.theory.stats import Estimate

TINY = Setting(clients=5, settle=0.0, seconds=0.05, pinned=False)
EIGHT = replace(TINY, window=8)
ABOUT = {"date": "2026-01-02", "commit": "abc", "cores": 2, "cpu": "C", "load": 0.5, "python": "3", "command": "bench"}


def brief(target: Target) -> Target:
    return replace(target, warm=0.02)


def together(*cells: tuple[Target, Setting]) -> list[Cell]:
    """Tiny runs side by side: each waits most of the time for its server to start."""
    with ThreadPoolExecutor(len(cells)) as pool:
        return [*pool.map(play, map(brief, (target for target, _ in cells)), (setting for _, setting in cells))]


# ---- real servers


def test_every_target_in_python_tells_each_client_each_message_once() -> None:
    names = ["limit", "ours-ws", "ours-sse", "ours-longpoll", "ours-poll", "bare-asgi", "websockets"]
    if (CACHE / "venv/bin/python").exists():
        names.append("python-socketio")
    for cell in together(*((ALL[name], TINY) for name in names)):
        assert not cell.void, (cell.target, cell.void)
        assert cell.clients == 5 and cell.deliveries > 0 and cell.cost > 0 and cell.rate > 0, cell.target
        if not ALL[cell.target].polls:
            assert cell.deliveries % 5 == 0 and cell.first is not None and 0 < cell.first <= (cell.whole or 0)


@pytest.mark.skipif(not (nginx() and MODULE.exists()), reason="no nginx with nchan here")
def test_nchan_is_told_right_too() -> None:
    for cell in together((ALL["nchan-ws"], TINY), (ALL["nchan-sse"], TINY)):
        assert not cell.void and cell.deliveries > 0, cell


def test_eight_in_flight_and_a_pace_are_told_right() -> None:
    paced = replace(TINY, pace=100.0, seconds=0.2)
    several = together(*((ALL[name], one) for name in ("limit", "ours-ws") for one in (EIGHT, paced)))
    for cell in several:
        assert not cell.void and cell.deliveries > 0, cell
    for cell in several[1::2]:
        assert cell.deliveries == 5 * 20


def test_private_messages_and_rooms_reach_those_they_are_for() -> None:
    mixed = replace(EIGHT, seconds=0.2, private=True, rooms=True)
    for cell in together(*((ALL[name], mixed) for name in ("ours-ws", "ours-sse", "ours-longpoll"))):
        assert not cell.void and cell.deliveries > 0, cell


def test_a_loss_or_a_repeat_voids_the_row_and_a_slower_server_is_seen() -> None:
    def with_fault(*fault: str) -> Target:
        return replace(ALL["limit"], command=lambda port, _: python_of("bench.fanout.limit", str(port), *fault))

    plants = (with_fault("--lose", "3"), with_fault("--double", "3"), with_fault("--burn", "100"), ALL["limit"])
    settings = (replace(TINY, patience=1.5), TINY, EIGHT, EIGHT)
    lost, doubled, slow, limit = together(*zip(plants, settings, strict=True))
    assert lost.lost and lost.void == "message 2 never reached 1 of 5 clients"
    assert doubled.lost and "client 0 was told message 2 again" in doubled.void
    assert not slow.void and not limit.void
    assert slow.cost > 100 and slow.cost > 1.5 * limit.cost


def test_what_speaks_no_sse_is_no_sse() -> None:
    plain = replace(ALL["ours-sse"], command=ALL["bare-asgi"].command)
    (cell,) = together((plain, TINY))
    assert cell.lost and "speaks no sse" in cell.void


def test_a_target_whose_clients_do_not_get_in_says_so() -> None:
    deaf = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
    target = replace(ALL["limit"], command=lambda port, _: [sys.executable, "-c", deaf, str(port)])
    (cell,) = together((target, replace(TINY, joining=0.2)))
    assert cell.void == "only 0 of 5 clients got in within 0.2 s" and not cell.lost


def test_an_older_checkout_stands_beside_this_one(tmp_path: Path) -> None:
    told = tmp_path / "told"
    (tmp_path / "__init__.py").touch()
    (tmp_path / "app.py").write_text(
        f"import transport_fallback, sys\nopen({str(told)!r}, 'w').write(transport_fallback.__file__)\n"
    )
    other, same = together((older("ours-ws", tmp_path), TINY), (older("ours-ws", ROOT), TINY))
    assert other.void == "the server before-ws did not start"
    assert Path(told.read_text()).parts[-2:] == ("transport_fallback", "__init__.py") and "fanout-" in told.read_text()
    assert not same.void and same.target == "before-ws" and same.deliveries > 0


def test_idle_clients_are_counted() -> None:
    with ThreadPoolExecutor(2) as pool:
        told = [
            pool.submit(one, ALL[name], TINY, 5, 30, 0.1) for one, name in ((memory, "ours-ws"), (beside, "ours-poll"))
        ]
    for kb in told:
        assert isinstance(kb.result(), float), kb.result()


def test_a_neighbour_and_the_start_are_timed() -> None:
    with ThreadPoolExecutor(3) as pool:
        asked = pool.submit(neighbours, ALL["ours-ws"], TINY, 20.0, 0.2)
        started, imported = pool.submit(start, ALL["ours-ws"], False), pool.submit(imports)
    told = asked.result()
    assert not told.void and told.requests == 10 and told.quiet > 0 and told.loud > 0
    assert 0 < imported.result() and 0 < started.result()


# ---- known answers


def test_a_percentile_is_one_of_the_values() -> None:
    times = [float(number) for number in range(200, 0, -1)]
    assert nearest(times, 99) == 198.0 and nearest(times, 50) == 100.0 and nearest([7.0], 99) == 7.0


def test_the_command_line_asks_for_rows_by_what_they_are() -> None:
    def keys(line: str) -> list[str]:
        return [row.key for row in rows_of(parsed(line.split()))]

    assert keys("limit ours-ws") == ["w1"] and keys("--window 8") == ["w8"] and keys("--clients 7") == ["own"]
    assert keys("--all") == [row.key for row in ROWS] and keys("--rows w8,polls bare-asgi") == ["polls"]
    for wrong in ("nothing", "--rows w1,nothing"):
        with pytest.raises(SystemExit):
            parsed(wrong.split())


def test_all_messages_are_as_long_as_the_page_says() -> None:
    for address in (b"", b',"room":"r99"', b',"to":"abcdefghij"'):
        data = data_of(12, address)
        assert len(data) == SIZE and serials(data) == [12]


def test_an_audience_knows_who_hears_what() -> None:
    ids = ["a", "b", "c"]
    everyone, mixed = Everyone(3), Mixed(ids, private=True, rooms=True)
    assert [everyone.after(0, serial) for serial in (-1, 0, 7)] == [0, 1, 8]
    for serial in range(40):
        hearers = [number for number in range(3) if mixed.after(number, serial - 1) == serial]
        assert len(hearers) == mixed.size(serial)
        if serial % 10 == 3:
            assert hearers == [serial // 10 % 3] and ids[hearers[0]].encode() in mixed.address(serial)
        elif serial % 10 == 7:
            assert {room_of(ids[number]).encode() in mixed.address(serial) for number in hearers} == {True}
        else:
            assert hearers == [0, 1, 2] and mixed.address(serial) == b""


def test_events_are_whole_wherever_chunks_end() -> None:
    events = b'id: 1\ndata: {"serial":100000000}\n\nid: 2\ndata: {"serial":100000001}\n\n'
    for cut in range(1, len(events)):
        pieces = [events[:cut], events[cut:]]
        data = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        assert chunks_of(data) == (events, len(data))
        told, used = chunks_of(data[:-1])
        assert told in (b"", events[: events.index(b"\n\n") + 2]) and used < len(data)
        told, used = events_of(events[:cut])
        assert told == events[:used] and (not told or told.endswith(b"\n\n"))
    with pytest.raises(Broken, match="ended by the server"):
        chunks_of(b"0\r\n\r\n")


def made(costs: dict[str, list[float]], key: str = "w1", **more: object) -> Result:
    row = Row(key, "made up", Setting(), tuple(costs))
    cells = {
        (key, name): {number: Cell(name, cost=cost, rate=1 / cost, whole=cost) for number, cost in enumerate(rounds)}
        for name, rounds in costs.items()
    }
    return Result([row], max(map(len, costs.values())), cells)


def test_a_ratio_is_that_of_the_same_round() -> None:
    result = made({"limit": [1.0, 10.0, 2.0, 4.0, 8.0], "ours-ws": [2.0, 21.0, 4.0, 8.0, 15.0]})
    line = line_of(result, result.rows[0], "ours-ws")
    assert line.cost and line.cost.middle == 8.0 and (line.least, line.most) == (2.0, 21.0)
    assert line.ratio and line.ratio.middle == 2.0 and (line.ratio.low, line.ratio.high) == (1.875, 2.1)


def test_one_void_round_voids_a_row_and_all_that_is_held_against_it() -> None:
    result = made({"limit": [1.0] * 5, "ours-ws": [1.2] * 5, "ours-sse": [1.3] * 5})
    sse = next(goal for goal in GOALS if goal.name == "sse ÷ ws, window 1")
    assert verdict(sse, found(sse, result.cells, {})) == "reached"
    result.cells["w1", "ours-ws"][3] = Cell("ours-ws", "client 7 was told message 9 again", lost=True)
    assert found(sse, result.cells, {}) is None and result.lost
    assert row_table(result, result.rows[0])[2][1] == "**void: client 7 was told message 9 again**"
    assert problems(result) == ["void: w1 ours-ws, round 4: client 7 was told message 9 again"]
    assert "sse ÷ ws, window 1 (≤ 1.1): client 7 was told message 9 again" in untold(result)


@pytest.mark.parametrize(
    ("figure", "most", "said"),
    [
        (Estimate(1.0, 0.9, 1.1, 15), True, "reached"),
        (Estimate(1.2, 1.1, 1.3, 15), True, "reached, not surely"),
        (Estimate(1.3, 1.2, 1.4, 15), True, "missed, not surely"),
        (Estimate(1.5, 1.3, 1.6, 15), True, "missed"),
        (Estimate(1.5, 1.3, 1.6, 15), False, "reached"),
        (Estimate(1.3, 1.2, 1.4, 15), False, "reached, not surely"),
        (Estimate(1.0, 0.9, 1.1, 15), False, "missed"),
        (Estimate(1.0, None, None, 1), True, "reached"),
        (None, True, "not measured"),
    ],
)
def test_a_goal_is_reached_surely_where_its_whole_interval_says_so(
    figure: Estimate | None, most: bool, said: str
) -> None:
    assert verdict(Goal("a goal", Of("w1", "ours-ws"), None, 1.25, most), figure) == said


def test_rounds_are_played_forwards_and_backwards_and_long_rows_less_often() -> None:
    rows = [Row("a", "a", Setting(), ("x", "y")), Row("b", "b", Setting(), ("z",), rounds=1)]
    assert [(number, row.key, name) for number, row, name in plan(rows, 2)] == [
        (0, "a", "x"), (0, "a", "y"), (0, "b", "z"), (1, "a", "y"), (1, "a", "x")
    ]  # fmt: skip


def test_goals_and_rows_name_what_there_is() -> None:
    rows = {row.key: row for row in ROWS}
    for row in ROWS:
        assert set(row.targets) <= set(ALL) and quick(row).setting.clients < 1100
    for goal in GOALS:
        for part in (goal.part, goal.of):
            assert not isinstance(part, Of) or part.target in rows[part.row].targets, goal
    assert [row.key for row in chosen(["bare-asgi"], ROWS)] == ["polls", "browser"]


def test_the_page_has_every_row_and_what_was_reached() -> None:
    result = made({"limit": [1.0] * 5, "ours-ws": [1.2] * 5})
    measured: list[str] = []
    measure(result, lambda target, _setting: measured.append(target.name) or Cell(target.name, cost=2.0))  # type: ignore[func-returns-value]
    assert measured == ["limit", "ours-ws", "ours-ws", "limit"] * 2 + ["limit", "ours-ws"]
    result = made({"limit": [1.0] * 5, "ours-ws": [1.2] * 5})
    text = markdown(result, ABOUT)
    assert "Measured on 2026-01-02 at commit abc" in text and "| ours-ws | 1.2 | 1.2-1.2 | 1.20 | 1 | 1.2 |" in text
    assert goal_table(result)[1:] == [["ws, window 1 ÷ limit, 500 clients", "≤ 1.25", "1.20", "reached"]]
    assert (ROOT / "docs/speed.md").read_text("utf-8").count("<!-- fanout") == 4

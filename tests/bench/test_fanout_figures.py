"""The figures of the fan-out bench on known answers: audiences, events, ratios, goals, rows and the page."""

from __future__ import annotations

import pytest

from bench.fanout.__main__ import command, parsed, rows_of
from bench.fanout.audience import Everyone, Mixed, room_of
from bench.fanout.cell import Cell, Setting
from bench.fanout.goals import GOALS, Goal, Of, found, in_place, verdict
from bench.fanout.neighbours import nearest
from bench.fanout.rows import ROWS, Row, chosen, quick
from bench.fanout.run import Result, line_of, measure, plan
from bench.fanout.speaking import SIZE, data_of
from bench.fanout.table import goal_table, markdown, problems, row_table, untold
from bench.fanout.targets import ALL
from bench.fanout.wire import Broken, chunks_of, events_of, serials
from bench.load.servers import ROOT
from bench.theory.stats import Estimate

ABOUT = {"date": "2026-01-02", "commit": "abc", "cores": 2, "cpu": "C", "load": 0.5, "python": "3", "command": "bench"}


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


def test_an_older_checkout_is_asked_for_where_the_chat_room_is_on() -> None:
    try:
        rows = {row.key: row.targets for row in rows_of(parsed(["--all", "--before", str(ROOT), "limit", "ours-ws"]))}
    finally:
        ALL.pop("before-ws")
    assert rows["w1"] == ("limit", "ours-ws", "before-ws") and rows["nochat"] == ("limit", "ours-ws")


def test_all_messages_are_as_long_as_the_page_says() -> None:
    for address in (b"", b',"room":"r99"', b',"to":"abcdefghij"'):
        data = data_of(12, address)
        assert len(data) == SIZE and serials(data) == [12]


def test_an_audience_knows_who_hears_what() -> None:
    ids = ["a", "b", "c"]
    everyone, mixed = Everyone(3), Mixed(ids, private=True, rooms=True, publisher="d")
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


def test_a_floor_is_that_of_the_same_rounds() -> None:
    result = made({"limit": [3.0, 6.0], "ours-ws": [4.0, 8.0], "socketio": [5.0, 10.0], "bare-ws": [4.5, 9.0]})
    goal = next(goal for goal in GOALS if goal.name == "ws, window 1 ÷ Socket.IO on Node")
    lower = [in_place(one, goal, result.cells, {}) for one in (goal.floor, goal.bare)]
    figure = found(goal, result.cells, {})
    assert figure and [one and one.middle for one in (figure, *lower)] == [0.8, 0.6, 0.9]
    assert goal_table(result)[-1][-2:] == ["0.60", "0.90"]
    assert in_place(goal.floor, goal, {}, {}) is None and in_place(None, GOALS[0], result.cells, {}) is None


def test_a_floor_of_memory_stands_beside_its_goal() -> None:
    result = made({"limit": [3.0], "ours-ws": [4.0]})
    result.memory = {"ours-ws": 16.0, "limit": 2.0, "bare-ws": 21.0}
    told = next(line for line in goal_table(result) if line[0].startswith("kB an idle ws client"))
    assert told[2:] == ["16.00", "missed", "2.00", "21.00"]


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


def test_the_page_says_what_was_typed_and_not_where() -> None:
    said = command(["--rows", "w1,w8", "--json", "/some/where/fan.json", "--before", "older", "limit"])
    assert said == ".venv-test/bin/python -m bench.fanout --rows w1,w8 --json fan.json --before older limit"


def test_goals_and_rows_name_what_there_is() -> None:
    rows = {row.key: row for row in ROWS}
    for row in ROWS:
        assert set(row.targets) <= set(ALL) and quick(row).setting.clients < 1100
    for goal in GOALS:
        for part in (goal.part, goal.of, goal.floor, goal.bare):
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
    assert goal_table(result)[1:] == [["ws, window 1 ÷ limit, 500 clients", "≤ 1.25", "1.20", "reached", "", ""]]
    assert (ROOT / "docs/speed.md").read_text("utf-8").count("<!-- fanout") == 2

"""The fan-out bench: every target is told right, and what is told wrong, or made slower, is seen."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bench.fanout import readings
from bench.fanout.audience import Mixed, room_of
from bench.fanout.cell import Cell, Setting, play
from bench.fanout.idle import beside, memory
from bench.fanout.neighbours import neighbours
from bench.fanout.starting import imports, start
from bench.fanout.targets import ALL, Target, older, python_of
from bench.load.servers import ROOT
from bench.peers.nchan import MODULE, nginx
from bench.peers.packages import there
from bench.peers.python import PACKAGES

TINY = Setting(clients=5, settle=0.0, seconds=0.05, pinned=False)
EIGHT = replace(TINY, window=8)


def brief(target: Target) -> Target:
    return replace(target, warm=0.02)


def together(*cells: tuple[Target, Setting]) -> list[Cell]:
    """Tiny runs side by side: each waits most of the time for its server to start."""
    with ThreadPoolExecutor(len(cells)) as pool:
        return [*pool.map(play, map(brief, (target for target, _ in cells)), (setting for _, setting in cells))]


# ---- real servers


def test_every_target_in_python_tells_each_client_each_message_once() -> None:
    names = ["limit", "ours-ws", "ours-sse", "ours-longpoll", "floor-longpoll", "ours-poll", "websockets"]
    names += ["bare-ws", "bare-sse", "bare-longpoll", "bare-asgi"]
    if there(PACKAGES):  # while another test gets them, they are not
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


def test_the_publisher_hears_what_is_said_in_its_own_room() -> None:
    one, other = "id", next(f"id{n}" for n in range(1000) if room_of(f"id{n}") == room_of("id"))
    inside, outside = Mixed([one], False, True, other), Mixed([one], False, True, "elsewhere")
    assert room_of("elsewhere") != room_of(one)
    assert [inside.after(-1, 6), outside.after(-1, 6)] == [7, 8] and inside.after(0, 6) == 7


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
    class Elsewhere(readings.Sse):
        path = b"/poll"

    plain = replace(ALL["ours-sse"], reading=Elsewhere)
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

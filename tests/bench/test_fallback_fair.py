"""The fallback table is fair: times count from "go", seeds and rows are everybody's, and each peer is really played."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.fallback.__main__ import AT_ONCE, parsed
from bench.fallback.board import Board, Turn
from bench.fallback.clients import warm
from bench.fallback.peers import PEERS
from bench.fallback.rows import Row, Told
from bench.fallback.run import Plan, ran
from bench.fallback.servers import peer_server
from bench.fallback.who import HEARTBEAT, WHO, client_command
from transport_fallback.lab.network.gateway import Gateway

STARTS = 1.0  # s that the planted client needs
PLANTED = """
import json, sys, time
def tell(what, value): print(json.dumps([time.monotonic(), what, value]), flush=True)
time.sleep({starts})
tell("ready", None)
sys.stdin.readline()
tell("transport", "ws")
for n in range({messages}):
    tell("heard", n)
    time.sleep(0.05)
"""
NOWHERE = "http://127.0.0.1:9"
# Where each of them ends when no upgrade passes; None: nowhere.
BELOW = {
    "socketio": "polling",
    "socketio-node": "polling",
    "sockjs": "xhr-streaming",
    "faye": "long-polling",
    "primus": None,
}


def planted(starts: float, messages: int) -> Plan:
    command = [sys.executable, "-c", PLANTED.format(starts=starts, messages=messages)]
    return Plan("faye", "tuned", Row("direct"), 1, 0.3, 10.0, command)


# ---- fairness


def test_a_start_is_not_in_the_figures() -> None:
    run = asyncio.run(ran(planted(STARTS, 100), NOWHERE, None)).run
    assert run.first is not None and run.settled is not None
    assert 0 <= run.settled <= run.first < STARTS * 500


def test_a_client_that_ends_by_itself_is_no_row() -> None:
    with pytest.raises(OSError, match="ended by itself"):
        asyncio.run(ran(planted(0.0, 1), NOWHERE, None))
    with pytest.raises(OSError, match="did not start"):
        asyncio.run(ran(Plan("faye", "tuned", Row("direct"), 1, 0.3, 10.0, [sys.executable, "-c", ""]), NOWHERE, None))


@pytest.mark.parametrize("tuning", HEARTBEAT)
def test_rows_and_seeds_are_the_same_for_everybody(tuning: str) -> None:
    board = Board(parsed(["--seeds", "2"]), say=lambda _text: None)
    made = {who: [(plan.row, plan.seed) for plan in board.plans(who, tuning, NOWHERE)] for who in WHO}
    assert all(plans == made["ours"] for plans in made.values())
    assert {seed for _row, seed in made["ours"]} == {1, 2}
    names = {row.name for row, _seed in made["ours"]}
    assert {"direct", "mute, struck", "silent, struck", "slow:1500"} <= names
    assert ("no-upgrade" in names) is (tuning == "defaults")  # which is told at once, however one is tuned


def test_both_tunings_reach_both_ends() -> None:
    for who in WHO:
        commands = {tuning: client_command(who, NOWHERE, tuning, False) for tuning in HEARTBEAT}
        servers = {
            tuning: PEERS[who].server_command(1, tuning == "tuned") if who in PEERS else [] for tuning in HEARTBEAT
        }
        assert (commands["defaults"], servers["defaults"]) != (commands["tuned"], servers["tuned"])
        assert client_command(who, NOWHERE, "tuned", True) == [*commands["tuned"], "speaks"]


def test_as_many_run_as_there_are_places_and_a_place_is_given_back_once() -> None:
    async def play() -> tuple[int, int]:
        places, most, inside = asyncio.Semaphore(AT_ONCE), 0, 0

        async def one(waits: bool) -> None:
            nonlocal most, inside
            async with Turn(places) as turn:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1
                if waits:
                    turn.give()
                    turn.give()

        await asyncio.gather(*(one(bool(n % 2)) for n in range(10)))
        return most, places._value

    assert asyncio.run(play()) == (AT_ONCE, AT_ONCE) == (2, 2)


# ---- the peers


@pytest.fixture(params=BELOW)
def who(request: pytest.FixtureRequest) -> str:
    """A peer whose packages are here."""
    name: str = request.param
    why = PEERS[name].lacking()
    try:
        if not why:
            PEERS[name].install()
    except subprocess.CalledProcessError as error:
        why = f"{error.cmd[0]} could not get {name}: is there a network?"
    if why:
        needed = {"all", "node"} & set(os.environ.get("LAB_REQUIRE", "").replace(",", " ").split())
        (pytest.fail if needed else pytest.skip)(why)
    return name


async def until(told: Told, using: str | None, numbers: int) -> None:
    async with asyncio.timeout(15):
        while told.using != using or len(told.heard) < numbers:
            await asyncio.sleep(0.01)


async def told_by(who: str) -> tuple[Told, Told]:
    """What its client tells on `direct` and where no upgrade passes."""
    async with peer_server(PEERS[who], True) as (server, _feed):
        command = client_command(who, server, "tuned", True)

        async def on(network: str, using: str | None) -> Told:
            gateway = Gateway(network, server, seed=1)
            async with warm(command) as client, gateway as url:
                told = client.go(url)
                await until(told, using, 3 if using else 0)
                async with asyncio.timeout(15):
                    while not gateway.came:
                        await asyncio.sleep(0.01)
                client.living()
                return told

        direct, below = await asyncio.gather(on("direct", "websocket"), on("no-upgrade", BELOW[who]))
    return direct, below


def test_a_peer_is_played_on_a_good_network_and_on_a_bad_one(who: str) -> None:
    direct, below = asyncio.run(told_by(who))
    for told in (direct, below):
        numbers = [number for _at, number in told.heard]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else BELOW[who] is None
        assert all(at >= told.began for at, _number in told.heard)
    assert "websocket" not in [transport for _at, transport in below.changes]


def test_every_file_of_a_peer_is_there() -> None:
    folder = Path(__file__).resolve().parents[2] / "bench" / "peers"
    for peer in PEERS.values():
        assert (folder / peer.server).is_file() and (folder / peer.client).is_file()
        assert all("@" in package for package in peer.npm)

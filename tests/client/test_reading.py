"""Which batches a client takes, whatever servers answer: the same in both clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.client import courses
from tests.client.courses import Step, taken
from transport_fallback.client.reading import EPOCHS, Position, Reading

Client = Callable[[list[Step]], list[Any]]


@pytest.fixture(scope="module")
def in_javascript() -> Iterator[Client]:
    with courses.javascript("reading") as client:
        yield client


class Servers:
    """Several lives of a log behind one address, each answering as a hub does; and readings that may be late."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.ends = dict.fromkeys(
            draw(st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=12, unique=True)), 0
        )
        self.position = Position()
        self.readings: dict[str, tuple[Reading, str | None]] = {}  # and from where each asks on
        self.steps: list[Step] = []
        self.handed: list[tuple[str, int]] = []
        self.given: set[str] = set()  # the cursors that servers gave

    def say(self) -> None:
        self.ends[self.draw(st.sampled_from(sorted(self.ends)))] += self.draw(st.integers(1, 4))

    def begin(self) -> None:
        name = str(len(self.readings))
        self.readings[name] = Reading(self.position.cursor), self.position.cursor
        self.steps.append({"begin": name})

    def answer(self) -> None:
        """Any server answers any reading, from the cursor it asks with, and as a hub must."""
        if not self.readings:
            return self.begin()
        name = self.draw(st.sampled_from(sorted(self.readings)))
        reading, cursor = self.readings[name]
        epoch = self.draw(st.sampled_from(sorted(self.ends)))
        end, gap = self.ends[epoch], None
        start = int(cursor.split(".")[1]) if cursor else self.draw(st.integers(0, end))
        if cursor and cursor.split(".")[0] != epoch:
            start, gap = 0, "epoch"
        cut = self.draw(st.integers(start, end))
        seqs = [seq for seq in range(start + 1, cut + 1) if seq % 3]  # some are for others
        step = {"take": name, "after": f"{epoch}.{start}", "cursor": f"{epoch}.{cut}", "seqs": seqs, "gap": gap}
        came = taken(self.position, reading, step)
        self.steps.append(step)
        self.given |= {step["after"], step["cursor"]}
        if came["hands"] == "drop":
            del self.readings[name]
        else:
            self.readings[name] = reading, step["cursor"]
            self.handed += [(epoch, seq) for seq in came["hands"]]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_servers_answer_nothing_is_handed_on_twice_and_both_clients_agree(
    in_javascript: Client, data: st.DataObject
) -> None:
    servers = Servers(data.draw)
    for deed in data.draw(st.lists(st.sampled_from(["say", "begin", "answer", "answer"]), max_size=60)):
        getattr(servers, deed)()
    if len(servers.ends) <= EPOCHS + 1:
        assert len(servers.handed) == len(set(servers.handed))
    for epoch in servers.ends:
        seqs = [seq for name, seq in servers.handed if name == epoch]
        assert seqs == sorted(seqs) or len(servers.ends) > EPOCHS + 1
    assert servers.position.cursor is None or servers.position.cursor in servers.given  # never made up
    assert in_javascript(servers.steps) == courses.reading(servers.steps)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), min_size=1, max_size=30))
def test_a_client_that_asks_on_loses_nothing_of_an_epoch_it_stays_in(news: list[tuple[str, int]]) -> None:
    """Polls that alternate between servers: what each has said by the last time it answered was handed on, once."""
    position, ends = Position(), dict.fromkeys("abc", 0)
    handed: dict[str, list[int]] = {epoch: [] for epoch in ends}
    began: dict[str, int] = {}
    for epoch, more in news:
        ends[epoch] += more
        cursor = position.cursor
        same = cursor is not None and cursor.split(".")[0] == epoch
        start = int(cursor.split(".")[1]) if cursor and same else ends[epoch] if cursor is None else 0
        seqs = list(range(start + 1, ends[epoch] + 1))
        gap = "epoch" if cursor and not same else None
        step = {"after": f"{epoch}.{start}", "cursor": f"{epoch}.{ends[epoch]}", "seqs": seqs, "gap": gap}
        began.setdefault(epoch, start)
        handed[epoch] += taken(position, Reading(cursor), step)["hands"]
        assert handed[epoch] == list(range(began[epoch] + 1, ends[epoch] + 1))

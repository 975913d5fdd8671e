"""The checker: holds what each client was given, and was told of its emits, against what the stream says.

A fault is a sentence. The kinds:
    repeated   a message was handed on twice
    disorder   messages came out of the order of the log, or of that in which their client had said them
    strange    a message that the log does not have in that life
    lost       a message is missing where no gap was told
    withheld   all is calm, and the last messages have not come
    false gap  a gap that is none, was told twice, or says that nothing was missed where something was
    doubled    a handler ran twice for one emit, or said its message twice
    unkept     an ack says that it was done, and it was not; or that it was refused, and it was done
    unlike     two processes had another state at one place
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.scale.crowd import Client, Heard
from tests.scale.truth import Life, Truth

NEVER = ("unready", "rate", "window", "unsent")  # ran, if this was an emit's last answer


@dataclass
class Verdict:
    faults: list[str] = field(default_factory=list)
    told: list[tuple[float, int]] = field(default_factory=list)  # when, and how many were lost and told to be


def check(truth: Truth, clients: Iterable[Client], ran: list[Any], digests: list[dict[str, str]]) -> Verdict:
    verdict, clients = Verdict(), list(clients)
    for client in clients:
        for fault in _heard(truth, client, verdict):
            verdict.faults.append(f"{fault} [{client.name}]")
    verdict.faults += _emits(truth, clients, ran)
    verdict.faults += _states(digests)
    return verdict


def _heard(truth: Truth, client: Client, verdict: Verdict) -> Iterator[str]:
    for id, times in Counter(one.id for one in client.handed if one.seq is not None).items():
        if times > 1:
            yield f"repeated: {id}, {times} times"
    last: Heard | None = None
    gaps: list[Heard] = []
    told: set[str] = set()  # epochs that a gap has led to
    for one in client.handed:
        if one.seq is None:
            gaps.append(one)
            if one.reason == "epoch":
                if one.epoch in told:
                    yield f"false gap: epoch {one.epoch} is told again"
                told.add(one.epoch)
            elif one.reason != "away" or not told:  # who has another sid after an epoch is told that it was away
                yield f"false gap: {one.reason}, and nothing of that kind was done"
            continue
        life = truth.lives.get(one.epoch)
        if life is None or one.id not in life.between(one.seq - 1, one.seq + 1):
            yield f"strange: {one.id} as {one.epoch}.{one.seq}"
            continue
        if last is not None and last.seq is not None:
            yield from _step(truth, life, last, last.seq, one, one.seq, gaps, verdict)
        last, gaps = one, []
    end = truth.last
    if last is None or last.seq is None or last.epoch != end.epoch or end.after(last.seq):
        yield f"withheld: at {last and (last.epoch, last.seq)}, the end is {end.epoch}.{end.seqs[-1:]}"


def _step(
    truth: Truth, life: Life, last: Heard, at: int, one: Heard, seq: int, gaps: list[Heard], verdict: Verdict
) -> Iterator[str]:
    """From one message to the next."""
    fork = at if last.epoch == life.epoch else life.lineage.get(last.epoch, -1)
    if at <= fork:  # both are in one order
        if seq <= at:
            yield f"disorder: {life.epoch}.{seq} after {last.epoch}.{at}"
        lost, before = life.between(at, seq), []
    else:
        lost, before = life.between(max(fork, 0), seq), truth.lives[last.epoch].after(at)
    if lost:
        yield f"lost: {len(lost)} between {last.epoch}.{at} and {one.epoch}.{seq}"
    epochs = [gap for gap in gaps if gap.reason == "epoch"]
    if last.epoch != life.epoch and not epochs:
        yield f"lost: {last.epoch} became {life.epoch}, and no gap was told"
    if before and epochs:
        verdict.told.append((epochs[0].at, len(before)))
        if all(gap.id == 0 for gap in epochs):
            yield f"false gap: nothing was missed, and {len(before)} were"


def _emits(truth: Truth, clients: list[Client], ran: list[Any]) -> Iterator[str]:
    logged = Counter[Any]()
    for life in truth.lives.values():
        logged |= Counter(life.ids)  # of a life that goes on from another all that was in that one
    times = Counter(ran)
    yield from (f"doubled: the handler of {id} ran {n} times" for id, n in times.items() if n > 1)
    yield from (f"doubled: {id} was logged {n} times" for id, n in logged.items() if n > 1)
    for client in clients:
        for said in client.said:
            done = times[said.id], logged[said.id]
            if said.code == "ok" and done != (1, 1):
                yield f"unkept: {said.id} was done, ran {done[0]} times, was logged {done[1]} [{client.name}]"
            if said.code == "forgotten" and not truth.lost:
                yield f"unkept: {said.id} was forgotten, and no life of the log was lost [{client.name}]"
            if said.code in NEVER and times[said.id]:
                yield f"unkept: {said.id} was answered {said.code}, and it ran [{client.name}]"
        own = [said.id for said in client.said if said.code == "ok"]
        for life in truth.lives.values():
            order = [id for id in life.ids if id in set(own)]
            if order != sorted(order):
                yield f"disorder: what {client.name} said is not in its order"


def _states(digests: list[dict[str, str]]) -> Iterator[str]:
    places = {place for one in digests for place in one}
    for place in sorted(places):
        found = {one[place] for one in digests if place in one}
        if len(found) > 1:
            yield f"unlike: at {place}"

"""Figures: what two looks at a run make of what happened between them, and the cell that comes of it."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

from bench.experiments import Run, Step
from bench.load.cells import cell_of, histogram, latencies, nearest
from bench.load.crew import Crew, told_when
from bench.load.feeds import Feed
from bench.load.fronts import Front
from bench.load.gates import Facts, judge
from bench.load.servers import cpu_of, memory_of, waited_of
from bench.load.wire import Counts


class Measuring:
    """Looks at the processes of a run and at its crews. `pid`: of the server, None where nobody knows it."""

    crews: list[Crew]

    def __init__(self, run: Run, pid: int | None, front: Front | None) -> None:
        self.run, self.pid, self.front = run, pid, front
        self.front_pid = front.pid if front else None
        self.bare: int | None = None  # memory before anybody came
        self.bare_front: int | None = None

    def bared(self) -> None:
        """Remember what there is before anybody comes."""
        self.bare, self.bare_front = memory_of(self.pid), memory_of(self.front_pid)

    def _look(self) -> dict[str, Any]:
        return {
            "at": time.monotonic(),
            "server": cpu_of(self.pid),
            "waited": waited_of(self.pid),
            "own": time.process_time(),
            "memory": memory_of(self.pid) if self.run.idle else None,
            "front": cpu_of(self.front_pid),
            "front_memory": memory_of(self.front_pid) if self.run.idle else None,
            "counts": [crew.counted() for crew in self.crews],
            "sinks": [crew.sinks.down if crew.sinks else 0 for crew in self.crews],
            "said": [sum(client.n for client in crew.clients) for crew in self.crews],
        }

    def _cell(
        self,
        crew: Crew,
        n: int,
        step: Step,
        feeds: list[Feed],
        before: Any,
        after: Any,
        late: tuple[float, float],
        missing: int,
    ) -> dict[str, Any]:
        group, run = crew.group, self.run
        first = [next((k for k, due in enumerate(feed.dues) if due >= step.warm - 1e-9), 0) for feed in feeds]
        sent = [len(feed.dues) - k for feed, k in zip(feeds, first, strict=True)]
        ages = self._ages(crew, feeds, first)
        figures, facts = self._figures(crew, n, step, before, after), Facts(group.clients, crew.connected)
        rooms = sorted(set(crew.rooms)) if feeds else []
        figures["sent"] = sum(sent[room] for room in rooms)
        figures["generator_lag_p99"], figures["generator_lag_p999"] = late
        lost = sum(client.lost for client in crew.probes) + (missing if not self._beyond(crew) else 0)
        figures |= {"lost": lost, "repeated": sum(client.repeated for client in crew.probes), "late": missing}
        figures |= latencies(ages)
        lags = sorted(lag for ear in crew.ears for lag in ear.lags)
        server_lag = nearest(lags, 0.99)
        figures["server_lag_p99"] = None if server_lag is None else server_lag / 1000
        if group.cut is not None:
            due = sum(sent[room] for room in crew.probed)
            told = sum(len(ear.ages) for ear in crew.ears)
            figures["retained"] = told / due if due else None
        facts.sent, facts.planned = figures["sent"], sum(len(feeds[room].dues) for room in rooms)
        furthest = dict.fromkeys(rooms, 0)
        for room, client in zip(crew.probed, crew.probes, strict=True):
            furthest[room] = max(furthest.get(room, 0), client.next)
        facts.said = sum(furthest.values()) if rooms else 0
        facts.lost, facts.repeated, facts.late = lost, figures["repeated"], missing
        facts.faults, facts.lag, facts.cpu = crew.faults(), late[0], figures["generator_cpu"]
        facts.timed, facts.server_lag = run.timed, figures["server_lag_p99"]
        facts.waited = figures["server_waited"]
        facts.p99 = figures["p99"]
        facts.p50, facts.beyond, facts.spoken = (
            figures["p50"],
            self._beyond(crew),
            bool(feeds) and group.variant != "kaazing",
        )
        facts.loses = facts.repeats = group.variant == "latest" or not group.cursor
        facts.loses = facts.loses or (group.cut is not None and not told_when(group))
        return cell_of(run, group, step, figures, judge(facts), histogram(ages))

    def _beyond(self, crew: Crew) -> bool:
        return self.run.sweep or crew.group.beyond

    def _ages(self, crew: Crew, feeds: list[Feed], first: list[int]) -> list[float]:
        """s, of each message to each probe; one that has not come is as old as it is now, at least."""
        ages = [age / 1000 for ear in crew.ears for age in ear.ages]
        if not self._beyond(crew):
            return ages
        now = time.time()
        for n, client in enumerate(crew.probes):
            feed, start = feeds[crew.probed[n]], first[crew.probed[n]]
            ages += [now - feed.began - due for due in feed.dues[max(client.next, start) :]]
        return ages

    def _figures(self, crew: Crew, n: int, step: Step, before: Any, after: Any) -> dict[str, Any]:
        spent = after["at"] - before["at"]
        old, new = before["counts"][n], after["counts"][n]
        did = {one.name: getattr(new, one.name) - getattr(old, one.name) for one in fields(Counts)}
        scale = len(crew.clients) / len(crew.probes)
        if crew.sinks:  # they hear what the probes hear
            sunk, heard = after["sinks"][n] - before["sinks"][n], did["down"]
            times = (heard + sunk) / heard if heard else 0.0
            for name in did:
                did[name] = round(did[name] * (scale if "segments" in name or name.endswith("up") else times))
            did["down"] = heard + sunk
        elif scale > 1:  # of those that are no probes all is counted but the messages
            did["messages"] = round(did["messages"] * scale)
        again = did.pop("again")
        if crew.group.variant == "latest":  # an answer that tells what was told before is no news
            did["empty"] += round(again * scale)
        news = did["answers"] - did["empty"]
        framing = did["down"] - did["head_down"] - did["payload_down"]
        server = None if before["server"] is None or after["server"] is None else after["server"] - before["server"]
        if len(self.crews) > 1:
            server = None
        firsts = sorted(c.first_batch for c in crew.clients if c.first_batch is not None)
        fronted = (after["front"] or 0.0) - (before["front"] or 0.0)  # it has the server's core meanwhile
        figures: dict[str, Any] = {
            "delivered": did.pop("messages"),
            **did,
            "framing_down": framing,
            "messages_per_answer": None,
            "deliveries_per_s": None,
            "generator_cpu": (after["own"] - before["own"]) / spent,
            "server_waited": None
            if before["waited"] is None or after["waited"] is None
            else max(0.0, after["waited"] - before["waited"] - fronted) / spent,
            "server_cpu": None if server is None else server * step.seconds / spent,
            "cpu_per_delivery": None,
            "first_batch_p50": firsts[len(firsts) // 2] if firsts else None,
            "memory_per_client": None,
        }
        delivered = figures["delivered"]
        figures["messages_per_answer"] = delivered / news if news else None
        figures["deliveries_per_s"] = delivered / spent
        if server is not None:
            figures["cpu_per_delivery"] = server / delivered if delivered else None
            figures["saturated"] = int(server / spent > 0.9)
        if self.run.idle and self.bare is not None and after["memory"] is not None:
            figures["memory"] = after["memory"]
            figures["memory_before"] = self.bare
            figures["memory_per_client"] = (after["memory"] - self.bare) / max(1, len(crew.clients))
        return figures | (self._before_it(crew, fronted, after, delivered) if self.front else {})

    def _before_it(self, crew: Crew, cpu: float, after: Any, delivered: int) -> dict[str, Any]:
        """What the front costs, and what its clients' first exchanges do. Of several groups nobody can tell whose its
        time was."""
        figures: dict[str, Any] = {
            "first_heads": nearest(sorted(client.first_heads for client in crew.clients), 0.5),
            "opening": nearest(sorted(client.opening for client in crew.clients), 0.5),
        }
        if len(self.crews) == 1 and delivered:
            figures |= {"front_cpu": cpu, "front_cpu_per_delivery": cpu / delivered}
        if self.run.idle and self.bare_front is not None and after["front_memory"] is not None:
            figures["front_memory_per_client"] = (after["front_memory"] - self.bare_front) / len(crew.clients)
        return figures

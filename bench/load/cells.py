"""A cell: one group under one step in one round, as the document of a run has it."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from hdrh.histogram import HdrHistogram

from bench.experiments import Group, Run, Step

LONGEST = 3_600_000_000  # µs a histogram can hold
DIGITS = 3  # that a histogram keeps


def latencies(ages: list[float]) -> dict[str, float | None]:
    if not ages:
        return dict.fromkeys(("mean", "p50", "p95", "p99", "max"))
    ages.sort()
    told: dict[str, float | None] = {"mean": sum(ages) / len(ages)}
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        told[name] = nearest(ages, share)
    return told


def nearest(ordered: list[float], share: float) -> float | None:
    """The nearest rank; None: there is nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def histogram(ages: list[float]) -> str | None:
    """µs, as HdrHistogram writes them."""
    if not ages:
        return None
    kept = HdrHistogram(1, LONGEST, DIGITS)
    for age, count in Counter(min(LONGEST, max(0, round(age * 1e6))) for age in ages).items():
        kept.record_value(age, count)
    return str(kept.encode().decode())


def cell_of(
    run: Run, group: Group, step: Step, figures: dict[str, Any], void: str | None, kept: str | None
) -> dict[str, Any]:
    """One cell, as the document has it. What is in `params` is the same in all rounds."""
    params = {
        "clients": group.clients,
        "probes": group.probes or group.clients,
        "rate": step.rate,
        "shape": step.shape,
        "interval": group.interval,
        "mode": group.mode,
        "rtt": group.rtt,
        "size": step.size,
        "seconds": step.seconds,
        "hold": group.hold,
        "beyond": run.sweep,
        "rooms": run.rooms,
        "cursor": group.cursor,
        "deflate": group.variant == "deflate",
        "direction": group.direction,
        "cut": group.cut,
        "retry": group.retry,
    }
    deployed = {"front": run.front, "http": group.http if group.http > 1 else "", "heads": "browser" * group.heads}
    deployed["filling"] = step.filling if step.filling != "x" else ""
    params |= {name: value for name, value in deployed.items() if value}  # what an older run has not, is left out
    return {
        "experiment": run.experiment,
        "name": group.name,
        "transport": group.transport,
        "variant": group.variant,
        "twin": run.twin,
        "round": run.round,
        "seed": run.seed,
        "params": params,
        "void": void,
        "figures": figures,
        "histogram": kept,
    }

"""Numbers as a person reads them: three digits, a unit that fits, and an interval where there is one."""

from __future__ import annotations

import math
from html import escape

from bench.report.words import say, several
from bench.theory.stats import Estimate

NOT_MEASURED, NO_BOUND = "not measured", "no bound"


def digits(value: float, places: int = 3) -> str:
    """Three significant digits; thousands with a comma."""
    if not math.isfinite(value):
        return NO_BOUND if value > 0 else NOT_MEASURED
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    kept = round(value, places - 1 - size)
    text = f"{kept:,.{max(0, places - 1 - size)}f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if "." in text else text


def time(seconds: float | None) -> str:
    """With its unit: µs, ms or s."""
    if seconds is None:
        return NOT_MEASURED
    unit, name = _unit(seconds)
    return f"{digits(seconds / unit)} {name}" if math.isfinite(seconds) else digits(seconds)


def _unit(seconds: float) -> tuple[float, str]:
    if abs(seconds) >= 1 and math.isfinite(seconds):
        return 1.0, "s"
    return (1e-3, "ms") if abs(seconds) >= 1e-4 or seconds == 0 else (1e-6, "µs")


def number(value: float | None, unit: str = "") -> str:
    return NOT_MEASURED if value is None else f"{digits(value)}{' ' + unit if unit else ''}"


def percent(share: float | None) -> str:
    return NOT_MEASURED if share is None else f"{digits(100 * share)} %"


def rate(value: float) -> str:
    """A rate with thousands as k."""
    return f"{digits(value / 1000, 3)}k" if value >= 10_000 else digits(value)


def spread(found: Estimate | None, unit: float = 1.0, name: str = "") -> str:
    """72.1 [71.0, 73.4] ms; without an interval the median alone."""
    if found is None:
        return NOT_MEASURED
    ending = f" {name}" if name else ""
    if found.low is None or found.high is None or found.low == found.high:
        return f"{digits(found.middle / unit)}{ending}"
    middle, low, high = (digits(value / unit) for value in (found.middle, found.low, found.high))
    return f"{say(middle)} [{say(low)}, {say(high)}]{ending}"


def spread_time(found: Estimate | None) -> str:
    if found is None or not math.isfinite(found.middle):
        return NOT_MEASURED if found is None else digits(found.middle)
    return spread(found, *_unit(found.middle))


def noted(found: Estimate | None, unit: float = 1.0, name: str = "") -> str:
    """The same in a sentence: how many rounds there were, where they are too few for an interval."""
    if found is None or found.known:
        return spread(found, unit, name)
    rounds = several(found.rounds, "round")
    return say("{figure} ({rounds})", figure=spread(found, unit, name), rounds=rounds)


def noted_time(found: Estimate | None) -> str:
    if found is None or not math.isfinite(found.middle):
        return spread_time(found)
    return noted(found, *_unit(found.middle))


def escaped(said: object) -> str:
    """Fit for HTML and SVG, attributes too."""
    return escape(str(said), quote=True)

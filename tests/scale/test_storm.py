"""A short storm over a cluster: nothing is lost in silence, nothing comes twice; and its checker finds what is."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.log.redis import Redis
from tests.scale.checker import check
from tests.scale.crowd import Client, Heard, Said
from tests.scale.storm import storm
from tests.scale.truth import Life, Truth

pytestmark = pytest.mark.anyio


async def test_in_a_storm_each_hears_each_message_once_or_is_told(both_proxies: None, redis_program: None) -> None:
    outcome = await storm(15.0, seed=1, deeds=("kill", "kept", "freeze", "lost"), each=1, pace=2.0)
    assert outcome.faults == [], str(outcome)
    # One that disturbed nothing proves nothing.
    assert outcome.lives == 3 and outcome.places > 5 and sum(row.deliveries for row in outcome.rows) > 500, str(outcome)
    assert sum(row.gaps["epoch"] for row in outcome.rows) > 9, str(outcome)


# ---- the checker


class Told:
    """A client of whom this is known."""

    name = "somebody"

    def __init__(self, handed: list[tuple[Any, ...]], said: list[tuple[int, str]] | None = None) -> None:
        self.handed = [Heard(n, *one) for n, one in enumerate(handed)]
        self.said = [Said(0.0, *one) for one in said or []]


TRUTH = Truth(cast(Redis, None))
TRUTH.lives = {
    "a": Life("a", [1, 2, 4], [10, 20, 40], {}),
    "b": Life("b", [1, 2, 4, 6], [10, 20, 40, 60], {"a": 4}),
    "c": Life("c", [1, 3], [70, 80], {}),
}
RAN = [10, 20, 40, 60, 70, 80]
GAP_B: list[Any] = [("b", None, 0, "epoch")]
GAP_C: list[Any] = [("c", None, None, "epoch")]
END: list[Any] = [*GAP_C, ("c", 1, 70), ("c", 3, 80)]
WHOLE: list[Any] = [("a", 1, 10), ("a", 2, 20), *GAP_B, ("b", 4, 40), ("b", 6, 60), *END]


def test_emits_that_were_logged_in_another_order_than_they_were_made_are_found() -> None:
    truth = Truth(cast(Redis, None))
    truth.lives = {"a": Life("a", [1, 2], [20, 10], {})}
    client = cast(Client, Told([("a", 1, 20), ("a", 2, 10)], [(10, "ok"), (20, "ok")]))
    (fault,) = check(truth, [client], [20, 10], []).faults
    assert fault.startswith("disorder")


def kinds(*handed: tuple[Any, ...], **more: Any) -> set[str]:
    said, ran = more.get("said"), more.get("ran", RAN)
    verdict = check(TRUTH, [cast(Client, Told(list(handed), said))], ran, more.get("digests", []))
    return {fault.partition(":")[0] for fault in verdict.faults}


def test_what_was_whole_has_no_fault() -> None:
    assert kinds(*WHOLE, said=[(10, "ok"), (80, "ok"), (90, "unready")]) == set()
    assert kinds(*WHOLE[1:]) == set()  # a newcomer begins anywhere


def test_what_was_lost_with_a_life_and_told_is_counted() -> None:
    verdict = check(TRUTH, [cast(Client, Told([("a", 1, 10), ("a", 2, 20), *END]))], RAN, [])
    assert verdict.faults == [] and [count for _at, count in verdict.told] == [1]


@pytest.mark.parametrize(
    ("kind", "handed"),
    [
        ("lost", [("a", 1, 10), ("a", 4, 40), *GAP_B, ("b", 6, 60), *END]),
        ("lost", [("a", 1, 10), *GAP_B, ("b", 4, 40), ("b", 6, 60), *END]),
        ("lost", [("a", 1, 10), ("a", 2, 20), ("b", 4, 40), ("b", 6, 60), *END]),
        ("lost", [*WHOLE[:-3], *GAP_C, ("c", 3, 80)]),
        ("repeated", [*WHOLE[:3], ("b", 2, 20), *WHOLE[3:]]),
        ("disorder", [("a", 2, 20), ("a", 1, 10), ("a", 4, 40), *GAP_B, ("b", 6, 60), *END]),
        ("strange", [("a", 1, 11), *WHOLE[1:]]),
        ("withheld", WHOLE[:-1]),
        ("withheld", []),
        ("false gap", [*WHOLE[:4], *GAP_B, *WHOLE[4:]]),
        ("false gap", [("a", 1, 10), ("a", None, None, "away"), *WHOLE[1:]]),
        ("false gap", [*WHOLE[:4], ("c", None, 0, "epoch"), ("c", 1, 70), ("c", 3, 80)]),
    ],
)
def test_each_kind_of_fault_is_found_in_what_was_heard(kind: str, handed: list[tuple[Any, ...]]) -> None:
    assert kind in kinds(*handed)


def test_each_kind_of_fault_is_found_in_what_was_done() -> None:
    assert kinds(*WHOLE, ran=[*RAN, 10]) == {"doubled"}
    assert kinds(*WHOLE, said=[(90, "ok")]) == {"unkept"}
    assert kinds(*WHOLE, said=[(80, "unready")]) == {"unkept"}
    assert kinds(*WHOLE, digests=[{"a.100": "x"}, {"a.100": "x", "b.200": "y"}]) == set()
    assert kinds(*WHOLE, digests=[{"a.100": "x"}, {"a.100": "y"}]) == {"unlike"}

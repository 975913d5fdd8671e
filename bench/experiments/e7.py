"""E7: Bozdag, Mesbah and van Deursen's comparison of push and pull, ten times as fast.

Question. How many polls are in vain (C2: 96 % at a pull of 1 s and a publish of 50 s)? Is what polling misses a
matter of polling, or of an endpoint that tells the latest value only (C11)? Does push cost the server seven times the
processor time, as in 2007, or no more, as in 2009 (C8)?

Method. Ten messages for each publish interval of 1, 5, 15, 30 and 50 s, here a tenth of it; pull intervals of 1, 5, 15
and 50 s, here a tenth, from an endpoint with a cursor and from one that tells the latest value; and push by long
polling and WebSocket. All kinds listen to one feed in one server, 20 clients each. Then each technique by itself, SSE
too, with 100 users and a publish interval of 5 s, for the processor time, in five rounds; what is counted takes one.
The users are a tenth of theirs, too.

Held constant. Periodic messages of 100 bytes, no delay, fixed-rate pulls.
"""

from __future__ import annotations

from bench.experiments import Experiment, Group, Run, Step

PUBLISH = (0.1, 0.5, 1.5, 3.0, 5.0)
QUICK_PUBLISH = (0.2,)
PULL = (0.1, 0.5, 1.5, 5.0)
MESSAGES = 10
USERS = 20
MANY = 100


def once(quick: bool) -> list[Run]:
    return [factorial(every, quick) for every in (QUICK_PUBLISH if quick else PUBLISH)]


def runs(quick: bool) -> list[Run]:
    alike = [alone(group) for group in techniques(MANY)]
    return [alike[1], alike[-1]] if quick else alike


def factorial(publish: float, quick: bool) -> Run:
    groups = [
        Group(f"pull {pull * 10:g} s, {said}", "poll", variant, clients=USERS, interval=pull, mode="rate")
        for pull in (PULL[:2] if quick else PULL)
        for variant, said in (("ours", "cursor"), ("latest", "latest value"))
    ]
    groups += [Group("push by longpoll", "longpoll", clients=USERS), Group("push by ws", "ws", clients=USERS)]
    warm = max(0.5, publish)
    step = Step(rate=1 / publish, seconds=MESSAGES * publish, warm=warm, slack=1.0)
    return Run("E7", tuple(groups), (step,))


def techniques(users: int) -> list[Group]:
    pulls = [Group(f"pull {pull * 10:g} s alone", "poll", clients=users, interval=pull, mode="rate") for pull in PULL]
    return [
        *pulls,
        Group("push by longpoll alone", "longpoll", clients=users),
        Group("push by sse alone", "sse", clients=users),
        Group("push by ws alone", "ws", clients=users),
    ]


def alone(group: Group) -> Run:
    return Run("E7", (group,), (Step(rate=2.0, seconds=1.4, warm=0.3, slack=1.0),))


EXPERIMENT = Experiment(
    "E7",
    "Bozdag's factorial, scaled 1:10",
    "What do push and pull cost and miss, at each publish and pull interval?",
    runs,
    rounds=5,
    once=once,
)

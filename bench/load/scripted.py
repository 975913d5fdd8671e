"""A run on a server that is not this lab: a script says how messages are published, or the server speaks by itself.

What is published goes out on its plan, from a connection of its own; its way up is part of what is measured, for late
counts from the planned time. Where the server speaks by itself, its messages of the measured time are those that count:
all numbers between the first and the last that anybody heard, for every client.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

from bench.experiments import Step
from bench.load.feeds import Feed
from bench.load.foreign import text_of
from bench.load.script import load
from bench.load.speaking import Speaking
from transport_fallback.client.http import Http
from transport_fallback.lab.feed import LEAD

LAST = 0.2  # s after which nobody waits for what a server says by itself


class Scripted(Speaking):
    """Plays a run by its script."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        assert self.run.script is not None
        self.script = load(self.run.script)

    async def _order(self, step: Step, number: int) -> list[Feed]:
        """Begin to publish, or to listen to what is said anyhow."""
        if not self.script.speaks:
            return await super()._order(step, number)
        feed = Feed(secrets.token_hex(4), 0, time.time() + LEAD, [])
        self._listen(0, feed, step.warm)
        return [feed]

    def _listen(self, room: int, feed: Feed, warm: float) -> None:
        super()._listen(room, feed, warm)
        for crew in self.crews:
            crew.ears[room].marker = f"feed={feed.name};".encode()
            for client in crew.clients:
                client.told.clear()  # type: ignore[attr-defined]

    async def _say(self, feed: Feed, size: int) -> None:
        """Publish all of it, each message when it is due."""
        server = Http(f"http://{self.host}:{self.port}")
        try:
            for number, due in enumerate(feed.dues):
                planned = feed.began + due
                await asyncio.sleep(planned - time.time())
                text = text_of(feed.name, number, planned, size)
                method, path, headers, body = self.script.publish(text, number, planned)
                answer, said = await server.ask(method, self.prefix + path, headers, body)
                if answer.status >= 300:
                    return self._fault(f"could not publish: {answer.status} {said[:80].decode('latin-1')}")
        except (OSError, EOFError, ValueError) as error:
            self._fault(f"could not publish: {error or type(error).__name__}")
        finally:
            server.close()

    def _fault(self, why: str) -> None:
        self.crews[0].clients[0].faults.insert(0, why)

    async def _drained(self, step: Step, feeds: list[Feed]) -> list[int]:
        if not self.script.speaks:
            return await super()._drained(step, feeds)
        await asyncio.sleep(max(crew.group.rtt + (crew.group.interval or 0.0) for crew in self.crews) + LAST)
        for crew in self.crews:
            self._settled(crew.clients, crew.ears[0], feeds[0], step)
        return [0] * len(self.crews)

    def _settled(self, clients: list[Any], ear: Any, feed: Feed, step: Step) -> None:
        """What the server said in the measured time, who missed what of it, and how old it was."""
        begin = feed.began + step.warm
        counted = [
            {n: (planned, now) for n, (planned, now) in client.told.items() if 0 <= planned - begin < step.seconds}
            for client in clients
        ]
        numbers = {n for told in counted for n in told}
        span = range(min(numbers), max(numbers) + 1) if numbers else range(0)
        feed.dues = [step.warm] * len(span)
        for client, told in zip(clients, counted, strict=True):
            client.next, client.lost = len(span), len(span) - len(told)
            ear.ages += [(now - planned) * 1000 for planned, now in told.values()]
        if not numbers:
            self._fault("heard nothing: the server said nothing in the measured time, or read finds no message")

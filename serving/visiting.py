"""Visiting: the part of a connection that asks at the door. The fast way; see serving/door.py.

Most of what comes on a connection that polls is the same dozen lines as last time, but for the target. What a parser
made of them holds for the same bytes, so they are compared and not parsed again. Nor is a timer set anew for each
answer: it looks whether it is time when it rings.
"""

from __future__ import annotations

from typing import Any

from ..log.batch import Batch
from .door import Door, Question, Raw
from .handover import Handover
from .held import Visits
from .meter import Exchange
from .pieces import HEAD_BYTES

AGAIN = 1 / 8  # of a step: a question whose head was parsed before


class Visiting(Handover):
    """What is asked at the door, and its answers."""

    door: Door | None = None
    visits: Visits | None = None
    _between = True  # two requests
    _since = 0.0  # when the door's last answer was given, on the loop's clock

    def connection_made(self, transport: Any) -> None:
        self.visits = None if self.door is None else Visits(self.door, self)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over()
        super().connection_lost(exc)

    def _let_go(self) -> None:
        super()._let_go()
        self._over()

    def _over(self) -> None:
        if self.visits is not None:
            self.visits.over()

    def shutdown(self) -> None:
        if self.visits is not None and self.visits.held is not None:
            self.visits.held.end()  # it was told to stop, and its turn to hear it has not come yet
        super().shutdown()

    @property
    def _answered(self) -> bool:
        held = self.visits is not None and self.visits.held is not None
        return not held and (self.cycle is None or self.cycle.response_complete)

    @property
    def _taken(self) -> Question | None:
        """What is asked, if the door answers it."""
        return None if self.visits is None else self.visits.question

    def _known_head(self) -> bytes | None:
        """The target of what has come, where all else of it is a head that the door took last."""
        visits = self.visits
        if visits is None or self._heard or not self._answered or self.flow.write_paused:
            return None
        return visits.target(self._input) if len(self._input) <= HEAD_BYTES else None

    def _ask_again(self, target: bytes) -> None:
        """Ask the door what has come, if it still takes it."""
        visits, size = self.visits, len(self._input)
        assert visits is not None
        question = visits.ask(target, None)
        if question is None:
            return visits.forget()  # so the parser reads it next, and Starlette says what is wrong
        self.url = target  # Starlette may have to answer it yet
        self._input.clear()
        self.turns.spend(self, size)
        if self._deadline is not None:  # its first bytes came alone
            self._disarm()
        exchange = self.meter.exchange(question.transport, question.client.id)
        exchange.asked_whole(("GET", target, self.headers, False), size)
        self.transport.exchange = exchange
        self.doors.busy(self)
        visits.answer(exchange)

    def give(self, exchange: Exchange, head: bytes, batch: Batch) -> None:
        exchange.answered(head, batch)
        if not self.left:
            self.real.write(head + batch.text)
        self._since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            return self.on_response_complete()
        self.server_state.total_requests += 1  # all that uvicorn does besides is to set its timer anew
        self.rest()

    def timeout_keep_alive_handler(self) -> None:
        """Close what nothing has been asked on for long enough."""
        left = self._since + self.timeout_keep_alive - self.loop.time()
        if self.lost or not (self._answered and self._between):
            self.timeout_keep_alive_task = None  # it is set when this is answered
        elif left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def date(self) -> Raw:
        return self.server_state.default_headers

    def hand_on(self, exchange: Exchange) -> None:
        """Let Starlette answer what was asked."""
        raise NotImplementedError

    def rest(self) -> None:
        """What was asked is answered."""
        raise NotImplementedError

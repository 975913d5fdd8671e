"""Stages: small servers of a reader's own, where everyone is only who came there.

A page makes up a name and has a hub of its own at /lab/stage/~NAME/PLAY. Log, transports and rules are those of the
whole lab, the handlers are a play's. So a lesson can say something to everyone that no other visitor hears. A stage is
born by its first use and forgotten when nobody is there; there are so many in all, by whom they belong to.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount, Router
from starlette.types import Receive, Scope, Send

from ..hub import Hub
from ..protocol.errors import Refused
from ..protocol.limits import Limits
from ..registry.clients import Clients
from ..serving.edge import refusal
from ..serving.shares import who_gives_way
from ..transports.request import payer_of
from .single import single

MOST = 200  # stages: everybody of a few classes has one
IDLE = 120.0  # s a stage on which nobody is any more is kept
SMALL = Limits(  # of one stage: all of them together keep at most 25 MiB
    keep_messages=100,
    keep_bytes=128 << 10,
    history=100,
    clients=8,
    rooms=16,
    rooms_per_client=4,
    body=16 << 10,
    data=2 << 10,
    ack=2 << 10,
    poll_rate=10.0,
    poll_burst=20,
)
PLACE = re.compile(r"/~([A-Za-z0-9_-]{8,32})/([a-z0-9]{1,16})(?=/)")

Play = Callable[[Hub], None]  # puts the handlers of a play on a hub
Wire = Callable[[Clients], Sequence[BaseRoute]]  # the protocol, around the clients of a hub


class Stage:
    """One small server: its hub, its clients, and how they ask."""

    def __init__(self, place: str, owner: str, play: Play, wire: Wire) -> None:
        self.place, self.owner = place, owner
        self.used = 0.0
        self.hub = Hub(SMALL)
        self.clients = Clients(self.hub)
        play(self.hub)
        self.app = Router(wire(self.clients), redirect_slashes=False)

    @property
    def taken(self) -> bool:
        """Whether anybody is there."""
        return len(self.hub.roll()) > 0


class Stages:
    """All stages of one server, by place and by owner."""

    def __init__(
        self,
        clients: Clients,
        plays: Mapping[str, Play],
        wire: Wire,
        *,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clients`: those of the whole server, with whom all stages end."""
        self.clients, self.plays, self.wire, self.most, self.clock = clients, plays, wire, most, clock
        self._stages: dict[str, Stage] = {}
        self._owned: dict[str, OrderedDict[str, Stage]] = {}  # the one used last at the end
        self._ending: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._stages)

    def routes(self) -> list[BaseRoute]:
        return [Mount("/lab/stage", app=self._serve)]

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        base = scope.get("root_path", "")
        found = PLACE.match(scope["path"].removeprefix(base))
        try:
            if found is None or found[2] not in self.plays:
                raise Refused("not_found", "a stage is at /lab/stage/~NAME/PLAY: 8 to 32 letters, digits, _ and -")
            single(self.clients.hub, "a stage")
            stage = self.use(found[0], found[2], payer_of(HTTPConnection(scope)))
        except Refused as refused:
            return await refusal(refused)(scope, receive, send)  # a ws handshake is denied the same way
        await stage.app({**scope, "root_path": base + found[0]}, receive, send)

    def use(self, place: str, play: str, owner: str = "") -> Stage:
        """The stage at this place; an unknown one is born. Refused: so many are in use."""
        stage = self._stages.get(place)
        if stage is None:
            self._make_room(owner)
            stage = self._stages[place] = Stage(place, owner, self.plays[play], self.wire)
            self._owned.setdefault(owner, OrderedDict())[place] = stage
        stage.used = self.clock()
        self._owned[stage.owner].move_to_end(place)
        return stage

    def sweep(self) -> None:
        """Do what time brings about on each; forget those on which nobody has been for a while."""
        now = self.clock()
        for stage in list(self._stages.values()):
            stage.clients.sweep()
            if stage.taken:
                stage.used = now
            elif now - stage.used > IDLE:
                self._forget(stage)

    async def drain(self) -> None:
        """Say goodbye on all of them: the server stops."""
        for stage in list(self._stages.values()):
            self._forget(stage)
        await asyncio.gather(*self._ending)

    def _make_room(self, owner: str) -> None:
        if self.clients.draining:
            raise Refused("draining", "the server is stopping", retry=1)
        if len(self._stages) < self.most:
            return
        greedy = who_gives_way(self._owned, owner)
        owned = self._owned.get(owner if greedy is None else greedy) or OrderedDict()
        empty = next((stage for stage in owned.values() if not stage.taken), None)
        if empty is None and greedy is None:
            raise Refused("full", f"{self.most} stages are in use", retry=10)
        self._forget(empty or next(iter(owned.values())))

    def _forget(self, stage: Stage) -> None:
        """Whoever still reads there is told to come again, and finds another life of it."""
        del self._stages[stage.place]
        owned = self._owned[stage.owner]
        del owned[stage.place]
        if not owned:
            del self._owned[stage.owner]
        ending = asyncio.ensure_future(stage.clients.drain())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

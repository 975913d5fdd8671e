"""The steps of a program: what an application and its readers may do, as data that Python prints and reads again."""

from __future__ import annotations

from dataclasses import dataclass, field

from transport_fallback.log.turn import TOLD

KINDS = ("poll", "longpoll", "sse", "ws", "follow", "wait")  # the last two ask the hub itself
NOBODY = 0  # the number of whoever reads without a sid


@dataclass(frozen=True)
class Born:
    """A client is born, or comes back after it was forgotten."""

    client: int


@dataclass(frozen=True)
class Say:
    """A message: to everyone, a room or one client, perhaps all `but` one. Its data has `size` bytes more."""

    n: int
    room: str | None = None
    only: int | None = None
    but: int | None = None
    size: int = 0


@dataclass(frozen=True)
class Join:
    client: int
    room: str


@dataclass(frozen=True)
class Leave:
    client: int
    room: str | None  # None: everyone


@dataclass(frozen=True)
class Open:
    """A reader begins after the message number `after` (0: the very start), or as a newcomer without a cursor."""

    reader: int
    client: int
    kind: str
    after: int | None = None


@dataclass(frozen=True)
class Cut:
    """A reader leaves without a word."""

    reader: int


@dataclass(frozen=True)
class Rest:
    """A reader takes no bytes for a while."""

    reader: int


@dataclass(frozen=True)
class GoOn:
    reader: int


@dataclass(frozen=True)
class Kick:
    """The application turns a client out, with all its readers."""

    client: int


@dataclass(frozen=True)
class Forget:
    """The hub forgets a client, none of whose readers is open."""

    client: int


@dataclass(frozen=True)
class Turn:
    """The event loop turns so often. What stands between two of these happens in one turn."""

    times: int = 1


@dataclass(frozen=True)
class Pause:
    """So long that the network brings what is on its way."""

    ms: int


@dataclass(frozen=True)
class Settle:
    """Nothing happens until every reader that takes bytes has what it must have."""


Step = Born | Say | Join | Leave | Open | Cut | Rest | GoOn | Kick | Forget | Turn | Pause | Settle


@dataclass(frozen=True)
class Program:
    """Steps, the limits of the server under which they are taken, and how many readers it tells in one turn."""

    limits: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    told: int = TOLD

    def script(self) -> str:
        """The program as a script of Python that plays it again."""
        names = ", ".join(sorted({type(step).__name__ for step in self.steps}))
        lines = [f"    {step}," for step in self.steps]
        return "\n".join(
            [
                "from tests.delivery.play import replay",
                f"from tests.delivery.steps import Program, {names}",
                "",
                f"replay(Program({self.limits}, [",
                *lines,
                f"], told={self.told}))",
            ]
        )

"""The class's guesses: what each client guessed in a lesson, without a name, counted and told to whoever watches.

The last guess of a client counts, and of a page that was loaded anew only the new one's. Those who watch are in a room
of the lesson and hear counts, never who guessed what. Nothing is written down: with the server the guesses are gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection
from contextvars import Context
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from ..hub import Hub, Member
from ..protocol.codec import encode
from ..protocol.errors import Refuse, Refused
from ..registry.handlers import Tasks

GUESS, GUESSES = "lab-guess", "lab-guesses"  # the events: a client's own, and how all have guessed
MOST = 1000  # guesses that are kept, of all lessons together
EACH = 500  # of one lesson
FIELDS = 32  # of one guess
PACE = 0.4  # s between two tellings of one lesson; the first goes at once
AROUND = 1000  # bytes of a telling beside the counted values

Word = Annotated[str, msgspec.Meta(pattern=r"^[!-~]([ -~]{0,18}[!-~])?\Z")]  # a name of ours, a number, a choice
Form = TypeVar("Form", bound=msgspec.Struct)


class Guess(msgspec.Struct, forbid_unknown_fields=True):
    """One guess as it comes up."""

    lesson: Word
    by: Literal["poll", "longpoll", "sse", "ws"]  # over what its client reads
    page: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22}\Z")]  # the same when the page is loaded anew
    values: Annotated[dict[Word, Word], msgspec.Meta(min_length=1, max_length=FIELDS)]


class Watch(msgspec.Struct, forbid_unknown_fields=True):
    """Which lesson's guesses somebody wants to see."""

    lesson: Word


def checked(message: Any, form: type[Form]) -> Form:
    """What a stranger sent, as what it should be. Refuse: it is something else."""
    try:
        return msgspec.convert(message, form)
    except msgspec.ValidationError as error:
        raise Refuse(f"this is no {form.__name__.lower()}: {error}") from None


def room_of(lesson: str) -> str:
    return f"guesses {lesson}"


def told(lesson: str, guesses: Collection[Guess], most: int) -> dict[str, Any]:
    """How many there are, over which transports, and of each field which value how often: the most frequent first."""
    counted = Counter((field, value) for guess in guesses for field, value in guess.values.items())
    values: dict[str, dict[str, int]] = {}
    for (field, value), count in counted.most_common():
        most -= len(encode(field)) + len(encode(value)) + 12
        if most < 0:  # so many different ones can only be somebody's joke
            break
        values.setdefault(field, {})[value] = count
    ways = dict(Counter(guess.by for guess in guesses))
    return {"lesson": lesson, "count": len(guesses), "ways": ways, "values": values}


class Guesses:
    """The guesses of all lessons."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.lessons: dict[str, dict[str, Guess]] = {}  # lesson → id of the client → its guess, oldest first
        self._due: set[str] = set()  # lessons that were told of within PACE
        self._news: set[str] = set()  # of which there is something to tell
        self._tasks = Tasks()
        hub.on(GUESS)(self._guess)
        hub.on(GUESSES)(self._watch)

    async def _guess(self, client: Member, message: Any) -> dict[str, Any]:
        guess = checked(message, Guess)
        known = self.lessons.get(guess.lesson, {})
        for other in [other for other, one in known.items() if other == client.id or one.page == guess.page]:
            self._drop(guess.lesson, other)
        if len(self.lessons.get(guess.lesson, {})) >= EACH:
            self._make_room([guess.lesson])
        if sum(map(len, self.lessons.values())) >= MOST:
            self._make_room(list(self.lessons))
        self.lessons.setdefault(guess.lesson, {})[client.id] = guess
        self._note(guess.lesson)
        return {}

    def _make_room(self, lessons: list[str]) -> None:
        """The oldest guess of somebody who has gone makes room. Refuse: all are here."""
        here = self.hub.roll()
        gone = ((lesson, client) for lesson in lessons for client in self.lessons[lesson] if client not in here)
        found = next(gone, None)
        if found is None:
            raise Refuse("so many have guessed that no more are counted")
        self._drop(*found)

    def _drop(self, lesson: str, client: str) -> None:
        del self.lessons[lesson][client]
        if not self.lessons[lesson]:
            del self.lessons[lesson]
        self._note(lesson)

    async def _watch(self, client: Member, message: Any) -> dict[str, Any]:
        lesson = checked(message, Watch).lesson
        await client.join(room_of(lesson))
        self._soon(lesson)  # also to one who is known to read only in a moment
        return {}

    # ---- telling

    def _note(self, lesson: str) -> None:
        """There is something to tell of this lesson, if anybody watches."""
        if self.hub.roll(room_of(lesson)):
            self._soon(lesson)

    def _soon(self, lesson: str) -> None:
        self._news.add(lesson)
        if lesson not in self._due:
            self._later(0, lesson)

    def _later(self, seconds: float, lesson: str) -> None:
        # In a context of its own: what is told is the server's word, not that of the client whose handler runs now.
        self._due.add(lesson)
        asyncio.get_running_loop().call_later(seconds, self._tell, lesson, context=Context())

    def _tell(self, lesson: str) -> None:
        self._due.discard(lesson)
        if lesson in self._news:
            self._news.discard(lesson)
            telling = told(lesson, self.lessons.get(lesson, {}).values(), self.hub.limits.data - AROUND)
            self._tasks.start(self._say(lesson, telling))
            self._later(PACE, lesson)

    async def _say(self, lesson: str, telling: dict[str, Any]) -> None:
        with contextlib.suppress(Refused):  # a shared log is not reached
            await self.hub.to(room_of(lesson)).emit(GUESSES, telling)

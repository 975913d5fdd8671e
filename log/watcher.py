"""A watcher: does in its process what the items of the log ask of it. Where no registry watches, nobody does."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from .record import Record

W = TypeVar("W", bound=Record)


class Watcher(Generic[W]):
    """What is called when an item was applied. `mine`: this process is the one that has to do what is done once."""

    def on_loaded(self, client: W) -> None:
        """It was known before anything was applied here: a snapshot says so."""

    def on_held(self, client: W, *, first: bool, mine: bool) -> None:
        """Somebody reads as this client in one more process, perhaps the first: its `connect` is to be run there."""

    def on_judged(self, client: W) -> None:
        """It was let in, or turned away."""

    def on_away(self, client: W, reason: str, *, mine: bool) -> None:
        """Nobody reads as this client any more: its `disconnect` is to be run."""

    def on_marked(self, client: W, code: str, *, mine: bool) -> None:
        """It has left, or was turned out: its readers end, and it is forgotten when what it began is over."""

    def on_forgotten(self, client: W) -> None:
        """The log does not know it any more."""

    def on_claimed(self, client: W | None, first: int) -> None:
        """What this process asked for last and was not told of yet is judged. None: its client was not known.

        Those of the emits it asked for that are next after one another from `first` on are to be run here.
        """

    def on_touched(self, client: W, claimed: int = 0, refused: int = 0) -> None:
        """Another process was asked by it for something, perhaps for emits: some are claimed, and some are not."""

    def on_settled(self, client: W, n: int, ack: bytes) -> None:
        """An emit is answered."""

    def on_asked(self, client: W, seq: int) -> None:
        """This process has asked it for a reply to this message."""

    def on_replied(self, client: W, seq: int, data: Any) -> None:
        """It has replied to a message, perhaps not for the first time."""

    def on_begun_anew(self, forgotten: list[W] | None) -> None:
        """This process has another name now: what it ran or held is its heir's, or nobody's.

        `forgotten`: those whom it knew, where its state is not what the log says and comes again from there.
        """

    def on_inherited(self, client: W, *, connect: bool) -> None:
        """This process takes the place of one that is gone. `connect`: whether it is in doubt that it was let in."""

"""The table of links: made by first use, forgotten when idle, and bounded in all by whom they belong to.

A link belongs to the address that used it first. Whatever there is too little of, links or bytes, is taken from the
address that has most: an honest newcomer always gets a link, and nobody's link makes way for one who has more.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

from ...protocol.errors import Refused
from ...serving.shares import who_gives_way
from .network import Network

MOST = 1000  # links
IDLE = 600.0  # s a link without a connection is remembered
HELD = 32 << 20  # bytes that all links hold: under way, held back, and kept as a cache keeps answers
LOOKED_AT = 8  # links at a time, whether their time is over


class Link(Network):
    """One page's way through a network."""

    def __init__(self, name: str, owner: str = "", table: LinkTable | None = None) -> None:
        self.name, self.owner = name, owner
        self.used = 0.0
        self.once = False  # each connection carries one answer, as HTTP/1.0 did it
        self._table = table
        super().__init__()

    @property
    def network(self) -> str:
        """The name of the network behind it, as it was asked for."""
        return self.setting.text

    @property
    def prefix(self) -> str:
        """The part of a target that leads through this link, and does not reach the server."""
        return f"/via/~{self.name}"

    def drop(self, line: Any) -> None:
        super().drop(line)
        if self._table:
            self._table.touch(self)  # idle from now on, not from when this line began

    def weigh(self, size: int) -> None:
        if self._table:
            self._table.weigh(size)

    def as_json(self) -> dict[str, Any]:
        return {
            "link": self.name,
            "network": self.network,
            "seed": self.seed,
            "since": int(self.since * 1000),
            "close": self.once,
        }


class LinkTable:
    """All links of one server, by name and by owner."""

    def __init__(self, *, most: int = MOST, held: int = HELD, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.most_held, self.clock = most, held, clock
        self.held = 0
        self._links: OrderedDict[str, Link] = OrderedDict()  # the one used last at the end, here and below
        self._owned: dict[str, OrderedDict[str, Link]] = {}
        self._relieving = False

    def find(self, name: str) -> Link | None:
        """The link of this name, if it is known."""
        link = self._links.get(name)
        if link and self._over(link):
            self._forget(link)
            return None
        return link

    def use(self, name: str, owner: str = "") -> Link:
        """The link of this name; an unknown one is born as direct. Refused: so many are in use."""
        link = self.find(name)
        if link is None:
            self._make_room(owner)
            link = self._links[name] = Link(name, owner, self)
            self._owned.setdefault(owner, OrderedDict())[name] = link
        self.touch(link)
        return link

    def touch(self, link: Link) -> None:
        link.used = self.clock()
        if self._links.get(link.name) is link:
            self._links.move_to_end(link.name)
            self._owned[link.owner].move_to_end(link.name)

    @property
    def lines(self) -> int:
        return sum(len(link.lines) for link in self._links.values())

    def end_a_line(self) -> None:
        """End the oldest line of the link with the most lines, of the owner who has the most."""
        had: Counter[str] = Counter()
        for link in self._links.values():
            had[link.owner] += len(link.lines)
        owned = self._owned[max(had, key=lambda owner: had[owner])]
        greedy = max(owned.values(), key=lambda link: len(link.lines))
        next(iter(greedy.lines)).reset()

    def weigh(self, size: int) -> None:
        """The links hold so many bytes more, or fewer. Where it is too much, those give way who hold most."""
        self.held += size
        if size > 0 and self.held > self.most_held and not self._relieving:
            self._relieving = True
            try:
                self._relieve()
            finally:
                self._relieving = False

    def _relieve(self) -> None:
        """Take from the owner who holds most, first from the largest link, by so much that it is not soon again."""
        had: Counter[str] = Counter()
        for link in self._links.values():
            had[link.owner] += link.weight
        for link in sorted(self._links.values(), key=lambda link: (had[link.owner], link.weight), reverse=True):
            link.give_way()
            if self.held <= self.most_held * 3 // 4:
                return

    def sweep(self) -> None:
        """Forget those whose time is over, a few at a time: what they keep is freed, also where nobody comes."""
        for link in [link for link, _ in zip(self._links.values(), range(LOOKED_AT), strict=False)]:
            if self._over(link):
                self._forget(link)
            elif link.lines:
                self._links.move_to_end(link.name)  # so that those behind it are looked at next

    def _over(self, link: Link) -> bool:
        return not link.lines and self.clock() - link.used > IDLE

    def _make_room(self, owner: str) -> None:
        self.sweep()
        if len(self._links) < self.most:
            return
        greedy = who_gives_way(self._owned, owner)
        owned = self._owned.get(owner if greedy is None else greedy) or OrderedDict()
        idle = next((link for link in owned.values() if not link.lines), None)
        if idle is None and greedy is None:
            raise Refused("full", f"{self.most} links are in use", retry=10)
        self._forget(idle or next(iter(owned.values())))

    def _forget(self, link: Link) -> None:
        link.close()
        if self._links.pop(link.name, None):
            owned = self._owned[link.owner]
            del owned[link.name]
            if not owned:
                del self._owned[link.owner]

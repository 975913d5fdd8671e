"""The crowd: all clients of one target in one loop over bare sockets, and the publisher among them.

Each client holds what it is told against what it must hear next: a message that is lost, repeated, out of order or
meant for others ends the run. No more than that is done with what comes, so that the load costs less than the server.
"""

from __future__ import annotations

import os
import select
import time

from bench.fanout.audience import Everyone
from bench.fanout.client import Client
from bench.fanout.readings import Reading
from bench.fanout.speaking import Says, data_of
from bench.fanout.wire import Broken, Heard

PIECE = 32 << 10  # bytes read at once
COMING = 64  # clients that come in at the same time: fewer than fit into any server's queue
REMEMBERED = 4096  # pieces; more are not told again
LOOK = 0.2  # s after which a crowd that hears nothing looks at the time
PATIENCE = 10.0  # s without any delivery, while some are due


class Absent(Exception):
    """The clients did not get in; the sentence says how many did."""


class Crowd:
    """Those who are in, and what they have heard."""

    def __init__(self, port: int, patience: float = PATIENCE) -> None:
        self.port, self.patience = port, patience
        self.epoll = select.epoll()
        self.clients: list[Client] = []
        self.by_fd: dict[int, Client] = {}
        self.publisher: Client | None = None
        self.says: Says | None = None
        self.audience = Everyone(0)
        self.remembered: dict[bytes, Heard] = {}
        self.joined = 0
        self.told = 0  # messages that were published
        self.done = 0  # messages that all have heard
        self.deliveries = 0
        self.answers = 0  # to clients who only ask
        self.asking = 0  # of these, how many wait for an answer
        self.polling = False  # they ask again
        self.left: list[int] = []  # of each message, how many have not heard it
        self.told_at: list[float] = []
        self.first_at: list[float] = []  # when the first heard it, by the clock of the load
        self.whole_at: list[float] = []

    # ---- coming in

    def come(self, count: int, reading: Reading, within: float) -> None:
        """So many more come in. Absent: they did not, within so many s."""
        due = time.perf_counter() + within
        goal = len(self.clients) + count
        while self.joined < goal:
            try:
                while len(self.clients) < min(goal, self.joined + COMING):
                    self.clients.append(self._connect(len(self.clients), reading))
            except OSError as error:
                raise Absent(f"only {self.joined:,} of {goal:,} clients got in: {error}") from None
            self.listen(0.05)
            if time.perf_counter() > due:
                raise Absent(f"only {self.joined:,} of {goal:,} clients got in within {within:g} s")

    def bring(self, reading: Reading, says: Says, within: float = 10.0) -> None:
        """The publisher comes in."""
        due = time.perf_counter() + within
        self.publisher, self.says = self._connect(-1, reading), says
        while not self.publisher.joined:
            self.listen(0.05)
            if time.perf_counter() > due:
                raise Absent(f"the publisher did not get in within {within:g} s")

    def _connect(self, number: int, reading: Reading) -> Client:
        client = Client(number, reading, self.port)
        self.by_fd[client.fd] = client
        self.epoll.register(client.fd, select.EPOLLIN)
        reading.begin(client)
        return client

    def _open(self, client: Client, data: bytes) -> None:
        while data and not client.joined:
            used = client.reading.open(client, data)
            if not used:
                break
            data = data[used:]
        client.rest = data
        if client.joined:
            self.joined += client.number >= 0
            if data:
                client.rest = b""
                self._take(client, data)

    # ---- hearing

    def listen(self, seconds: float) -> None:
        """Wait so long at most for whatever comes, and take it."""
        known, by_fd = self.remembered, self.by_fd
        for fd, _what in self.epoll.poll(seconds):
            client = by_fd[fd]
            try:
                data = os.read(fd, PIECE)
            except BlockingIOError:
                continue
            except OSError as error:
                raise Broken(f"a client's line was lost: {error}") from None
            if not data:
                whom = "its publisher" if client.number < 0 else f"client {client.number}"
                raise Broken(f"the server hung up on {whom}, after {self.deliveries} deliveries: {client.rest[:200]!r}")
            if client.rest:
                data = client.rest + data
                client.rest = b""
            if not client.joined:
                self._open(client, data)
                continue
            heard = known.get(data)
            if heard is None or heard.used < len(data) or client.number < 0:
                self._take(client, data)
            else:
                self._hear(client, heard)

    def _take(self, client: Client, data: bytes) -> None:
        """Parse what is not known, and keep what has not come whole."""
        while data:
            heard = client.reading.parse(data)
            if not heard.used:
                break
            if client.number >= 0:
                if len(self.remembered) >= REMEMBERED:
                    self.remembered.clear()
                self.remembered[data] = heard
                now = time.perf_counter()
                for serial in heard.serials:
                    if serial < len(self.first_at) and not self.first_at[serial]:
                        self.first_at[serial] = now
            self._hear(client, heard)
            data = data[heard.used :]
        client.rest = data

    def _hear(self, client: Client, heard: Heard) -> None:
        for serial in heard.serials:
            if serial != client.next:
                raise Broken(self._wrong(client, serial))
            client.next = self.audience.after(client.number, serial)
            if client.number >= 0:
                left = self.left[serial] - 1
                self.left[serial] = left
                self.deliveries += 1
                if not left:
                    self.done += 1
                    self.whole_at[serial] = time.perf_counter()
        if heard.asks:
            if client.reading.at_once:
                return client.say(client.name.join(heard.asks))
            client.asks = heard.asks
            self.answers += 1
            if self.polling:
                client.say(client.name.join(heard.asks))
            else:
                self.asking -= 1

    def _wrong(self, client: Client, serial: int) -> str:
        what = "again" if serial < client.next else f"before message {client.next}"
        return f"client {client.number} was told message {serial} {what}"

    # ---- speaking and asking

    def speak(self, seconds: float, window: int, pace: float | None = None) -> None:
        """Messages for so long, `window` in flight, or `pace` a second however many that are. Returns when all have
        heard all. Broken: they have not, or what they must not."""
        began, before = time.perf_counter(), self.told
        ends, progress, deliveries = began + seconds, began, -1
        planned = round(seconds * (pace or 0))
        while True:
            now = time.perf_counter()
            if pace:
                due = before + min(planned, int((now - began) * pace) + 1)
                speaks, until = self.told < before + planned, began + (self.told - before) / pace
            else:
                speaks, until = now < ends, ends
                due = self.done + window if speaks else 0
            while self.told < due:
                self.say()
            if not speaks and self.done == self.told:
                return
            if self.deliveries != deliveries or self.done == self.told:
                deliveries, progress = self.deliveries, now
            elif now > progress + self.patience:
                raise Broken(self._lost())
            self.listen(min(LOOK, max(0.0, until - now)) if speaks else LOOK)

    def say(self) -> None:
        """One message."""
        assert self.publisher and self.says
        serial = self.told
        self.left.append(self.audience.size(serial))
        self.told += 1
        self.told_at.append(time.perf_counter())
        self.first_at.append(0.0)
        self.whole_at.append(0.0)
        self.publisher.say(self.says(self.told, data_of(serial, self.audience.address(serial))))

    def poll(self, seconds: float) -> None:
        """Every client asks again as soon as it is answered, for so long."""
        self.polling, self.asking = True, len(self.clients)
        for client in self.clients:
            client.say(client.name.join(client.asks))
        ends = time.perf_counter() + seconds
        while (now := time.perf_counter()) < ends:
            self.listen(ends - now)
        self.polling = False
        while self.asking:
            self.listen(0.2)
            if time.perf_counter() > ends + self.patience:
                raise Broken(f"{self.asking} of {len(self.clients)} polls were never answered")

    def linger(self, seconds: float) -> None:
        """Hear what else comes, though all has been told."""
        ends = time.perf_counter() + seconds
        while (now := time.perf_counter()) < ends:
            self.listen(ends - now)

    def close(self) -> None:
        for client in self.by_fd.values():
            client.connection.close()
        self.epoll.close()

    def _lost(self) -> str:
        serial, left = next((serial, left) for serial, left in enumerate(self.left) if left)
        return f"message {serial} never reached {left:,} of {self.audience.size(serial):,} clients"

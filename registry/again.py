"""Again: a client that asks again, where nobody has to be waited for and nothing refused. See serving/door.py."""

from __future__ import annotations

from ..log.batch import Batch, Cursor
from .client import Client
from .clients import Clients


def asks_again(
    clients: Clients, sid: str, cursor: Cursor, known: Client | None = None, *, paced: bool
) -> Client | None:
    """The client of this sid, if `Clients.read` would neither wait nor refuse. Refused: it has left, or is no sid.

    `known`: the client of this very sid when it asked last.
    """
    hub = clients.hub
    if clients.draining or hub.log.stale or cursor.epoch != hub.epoch or cursor.seq > hub.end:
        return None
    client = clients.find_again(known) if known is not None else clients.find(sid)
    if client is None or hub.process not in client.held or client.judged < client.stay:
        return None
    if not (hub.log.alone or client.started and cursor.seq >= client.born):  # the others have yet to know of it
        return None
    if paced and cursor != client.owed:
        if client.polls.wait(1, clients.clock()):
            return None
        client.polls.tokens -= 1
    return client


def read_at_once(clients: Clients, client: Client, cursor: Cursor, grace: float, transport: str) -> Batch:
    """Read for a client that is here. What is left of it is what a reader would leave that is opened and closed."""
    if client.readers:
        reader = clients.open(client, cursor, 0, grace, transport)
        try:
            return reader.read()
        finally:
            reader.close()
    clients.starts(client)
    client.grace, client.broken = grace, False
    client.last_read = client.last_request = clients.clock()
    clients.rests(client)
    return client.given(clients.hub.read(client, cursor))

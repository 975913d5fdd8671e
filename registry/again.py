"""Again: a client that asks again, where nobody has to be waited for and nothing refused. See serving/door.py."""

from __future__ import annotations

from ..log.batch import Cursor
from .client import Client
from .clients import Clients


def asks_again(
    clients: Clients, sid: str, cursor: Cursor, known: Client | None = None, *, paced: bool
) -> Client | None:
    """The client of this sid, if `Clients.read` would neither wait nor refuse. Refused: it has left, or is no sid.

    `known`: the client of this very sid when it asked last.
    """
    if clients.draining or cursor.epoch != clients.hub.epoch or cursor.seq > clients.hub.end:
        return None
    client = clients.find_again(known) if known is not None else clients.find(sid)
    if client is None or not client.here or client.refused is not None:
        return None
    if client.arrival is None or not client.arrival.done():
        return None
    if paced and cursor != client.owed:
        if client.polls.wait(1, clients.clock()):
            return None
        client.polls.tokens -= 1
    return client

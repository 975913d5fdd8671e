"""The kernel's word on a connection: how long it may wait for the peer, and whether the peer is still there."""

from __future__ import annotations

import contextlib
import socket

USER_TIMEOUT = 30_000  # ms sent bytes may stay unacknowledged before TCP gives up (RFC 5482)
CLOSE_WAIT = b"\x08"  # the first byte of Linux's tcp_info: the peer has ended its side


def limit_silence(connection: socket.socket | None) -> None:
    """Let TCP give up a peer that acknowledges nothing, where the system can do that."""
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):  # a link's end is no TCP
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)


def is_gone(connection: socket.socket | None, *, half: bool) -> bool:
    """Whether nobody is at the other end. `half`: who has ended its side may still hear.

    The loop does not hear of that while it reads nothing of a connection.
    """
    if connection is None:
        return False
    if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        return True
    with contextlib.suppress(OSError, AttributeError):  # a link's end is no TCP, and not every system tells
        return not half and connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == CLOSE_WAIT
    return False

"""Closings: what an answer, an error frame or a close code asks for: whose word it is, and what ends with it.

Only JSON in the protocol's form or a 4xxx close code is the server's word; everything else is the network speaking.
"""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
from typing import Literal

from .address import Elsewhere
from .ladder import End
from .wire import ClosedError, Outcome, Refusal, decode

NO_CLIENT = ("gone", "kicked", "refused", "bad_origin", "bad_sid")  # this client is not wanted, on any rung
CLOSES = {4001: "kicked", 4003: "refused", 4010: "gone", 4013: "too_large", 1009: "too_large"}  # else bad_request
FOR_NOW = ("rate", "window", "readers", "full", "unready", "draining")
NOT_OF_THE_EMIT = ("not_found", "bad_method", "upgrade_required", "bad_host")  # not about what is in a request
PASSING = (408, 425, 429)  # a stranger's word that says: later
RETRY, RETRY_CLOSED = 1.0, 5.0  # s to wait where the server does not say how long: an answer, a line
TURNED_AWAY = 60.0  # s: what stands on the way and lets nothing up may pass, a sign-in for one, but not for ever
UNHEARD = 300.0  # s in which this client reads, and nothing that goes up is answered
Fate = Literal["over", "later", "alone", "again"]


def answered(status: int, body: bytes, retry_after: str | None = None) -> End:
    """What an answer that is no success asks for. `retry_after`: its header."""
    refusal = None
    with contextlib.suppress(End):
        refusal = decode(body, Outcome).error
    # No server of ours says 500; and where its 426 comes back for a WebSocket, the upgrade was lost on the way.
    if refusal is None or status >= 500 and status != 503 or status == 426:
        return End("lost", f"answered {status} on the way", code=status)
    return told(refusal, waits=status in (429, 503), retry=_seconds(retry_after))


def told(refusal: Refusal, *, waits: bool = False, retry: float | None = None) -> End:
    """What an error of the server's asks for; alone it is that of a frame. `waits`, `retry`: said beside it."""
    said = retry if refusal.retry is None or refusal.retry < 0 else refusal.retry
    why = f"{refusal.code}: {refusal.message}"
    if refusal.code in NO_CLIENT:
        return End("over", why, code=refusal.code)
    if waits or said is not None or refusal.code in FOR_NOW:
        return End("wait", why, code=refusal.code, retry=RETRY if said is None else said)
    return End("refused", why, code=refusal.code)


def closed(code: int, reason: str = "", refusal: Refusal | None = None) -> End:
    """What a close code asks for: its range says it. `refusal`: the error frame before it, which knows more."""
    why = f"closed with {code} {reason}".strip()
    if code in (1000, 1001, 1012):
        return End("leave", why, code=code)
    if 4000 <= code < 4100 or code in (1002, 1003, 1007, 1009):
        meant = CLOSES.get(code, "bad_request")
        said = refusal.code if refusal else meant
        return End("over" if meant in NO_CLIENT or said in NO_CLIENT else "refused", why, code=said)
    if 4100 <= code < 4200:
        retry = refusal.retry if refusal else None
        return End("wait", why, code=code, retry=RETRY_CLOSED if retry is None else retry)
    return End("again" if 4200 <= code < 4300 else "lost", why, code=code)


def broke(error: Exception) -> End:
    """What a line that was no good asks for."""
    return End("lost", _in_words(error), code=302 if isinstance(error, Elsewhere) else None)


def _in_words(error: Exception) -> str:
    """What the system says of a line is for its own people: numbers, addresses, at times nothing."""
    match error:
        case ssl.SSLError():
            return str(error)  # which certificate is no good, and why
        case ConnectionRefusedError():
            return "nobody there"
        case socket.gaierror():
            return "no such host"
        case ConnectionError():
            return "the line broke"
        case OSError():
            return "no answer"
    return str(error) or "no answer"


def turned_away(end: End) -> bool:
    """Whether something on the way said no, and not only for want of a server behind it."""
    return end.kind == "lost" and isinstance(end.code, int) and end.code < 500 and end.code not in PASSING


def word(end: End) -> ClosedError:
    """The server's word that ended a client, for whoever waits: the same on ws as elsewhere."""
    return ClosedError(str(end.code), end.why.removeprefix(f"{end.code}: "))


def fate(end: End) -> Fate:
    """What becomes of the emits that went up and were answered so: none goes up any more; all go again when the server
    says; one by one, for one of them is refused; all go again after a pause.
    """
    if end.kind == "refused":
        return "again" if end.code in NOT_OF_THE_EMIT else "alone"
    return "over" if end.kind == "over" else "later" if end.kind == "wait" else "again"


def longest(end: End) -> float:
    """S of answers like this one after which what was said then has failed: nobody waits for an ack for ever."""
    return TURNED_AWAY if end.code in NOT_OF_THE_EMIT or turned_away(end) else UNHEARD


def _seconds(text: str | None) -> float | None:
    """Of a Retry-After; one that is a date says nothing here."""
    with contextlib.suppress(ValueError):
        seconds = float(text or "")
        return seconds if math.isfinite(seconds) and seconds >= 0 else None
    return None

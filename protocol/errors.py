"""Errors: what may be refused, and how each refusal looks on HTTP and on ws."""

from __future__ import annotations

from typing import Any

# code: (HTTP status, ws close code). The range of a close code says what to do: 40xx do not come back,
# 41xx wait, 42xx come back at once.
CODES: dict[str, tuple[int, int]] = {
    "bad_request": (400, 4000),
    "bad_json": (400, 4000),
    "bad_sid": (400, 4000),
    "bad_cursor": (400, 4000),
    "bad_parameter": (400, 4000),
    "bad_event": (400, 4000),
    "bad_n": (400, 4000),
    "no_sid": (400, 4000),
    "bad_host": (400, 4000),
    "bad_origin": (403, 4003),
    "refused": (403, 4003),
    "not_found": (404, 4000),
    "bad_method": (405, 4000),
    "gone": (410, 4010),
    "kicked": (410, 4001),
    "too_large": (413, 4013),
    "bad_type": (415, 4000),
    "upgrade_required": (426, 4000),
    "rate": (429, 4129),
    "window": (429, 4129),
    "readers": (429, 4129),
    "full": (503, 4153),
    "unready": (503, 4153),
    "draining": (503, 4200),
}


class Refused(Exception):
    """A request is refused whole: nothing ran, nothing was consumed."""

    def __init__(self, code: str, message: str, *, retry: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry = retry  # seconds to wait before the same request may pass
        self.acks: list[dict[str, int]] = []  # of replies that were taken although the emits beside them were not

    @property
    def status(self) -> int:
        return CODES[self.code][0]

    @property
    def close_code(self) -> int:
        return CODES[self.code][1]

    def as_json(self) -> dict[str, Any]:
        """The error in the protocol's form."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.retry is not None:
            error["retry"] = round(self.retry, 3)
        return {"error": error, "acks": self.acks} if self.acks else {"error": error}


def unready(why: str = "the log that the servers share is not reached") -> Refused:
    """Nobody knows yet whether what was to be logged will be, or what others have logged."""
    return Refused("unready", why, retry=1)


class Refuse(Exception):
    """Raised by a handler to turn away: a client (in `connect`: 403 / 4003) or an emit (its ack is `refused`).

    Its text is the reason that the client is told.
    """

"""The exhibits: what each way of before makes of batches, and what its page may do; see lab/museum.py."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from ..hub import Batch
from ..protocol.errors import Refused
from ..transports.request import parameter

CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,39}", re.ASCII)  # the name of a function, and no program
FILLER = b" " * 1024 + b"\n"  # browsers of that time ran nothing before so many bytes were there
AGAIN = "next-picture"  # what stands between two parts
CLOSED = "sandbox allow-scripts; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


@dataclass(frozen=True)
class Shape:
    """What an exhibit makes of batches."""

    kind: str
    piece: Callable[[Batch], bytes]
    begins: bytes = b""
    once: bool = False  # an answer is one batch; else it never ends
    policy: str = CLOSED


def as_script(batch: Batch) -> bytes:
    """A batch as an expression of a script that stands in a page: nothing in it ends the script, and no line either."""
    return batch.text.replace(b"<", b"\\u003c")  # what ends lines is escaped when it is said: protocol/codec.py


def iframe(_request: Request) -> Shape:
    """Each script has the page's nonce: what a message smuggled in would not run."""
    nonce = secrets.token_urlsafe(12)
    tag = f'<script nonce="{nonce}">parent.postMessage('.encode()
    return Shape(
        "text/html; charset=utf-8",
        lambda batch: tag + as_script(batch) + b', "*")</script>\n',
        b"<!doctype html><title>forever</title>" + FILLER,
        policy=f"{CLOSED}; script-src 'nonce-{nonce}'",
    )


def htmlfile(_request: Request) -> Shape:
    """As it was written for it. Where a browser shows it by mistake, its policy lets nothing run."""
    return Shape(
        "text/html; charset=utf-8",
        lambda batch: b"<script>parent.heard(" + as_script(batch) + b")</script>\n",
        b"<html><body>" + FILLER,
    )


def jsonp(request: Request) -> Shape:
    """Refused: a callback that is no name."""
    callback = parameter(request, "callback") or ""
    if not CALLBACK.fullmatch(callback):
        raise Refused("bad_parameter", "callback is the name of a function: 1 to 40 letters, digits, _ and $")
    call = b"/**/" + callback.encode()  # the first bytes of an answer are never the asker's
    return Shape("text/javascript; charset=utf-8", lambda batch: call + b"(" + as_script(batch) + b");\n", once=True)


def replace(_request: Request) -> Shape:
    """A browser shows a part when the next one begins: so the head of that is written at once."""
    part = f"\r\n--{AGAIN}\r\nContent-Type: image/svg+xml\r\n\r\n".encode()
    return Shape(
        f"multipart/x-mixed-replace; boundary={AGAIN}",
        lambda batch: drawn(str(batch.cursor), len(batch.messages)) + part,
        part[2:],
    )


def drawn(cursor: str, count: int) -> bytes:
    """A picture of where one is in the log. A picture has no function that could be called: it says so itself."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="96" font-family="monospace" font-size="20">'
        '<rect width="320" height="96" fill="#fbfaf7"/>'
        f'<text x="16" y="40" fill="#1c1b19">{cursor}</text><text x="16" y="72" fill="#5b5851">+{count}</text></svg>'
    ).encode()


SHAPES = {"iframe": iframe, "jsonp": jsonp, "replace": replace, "htmlfile": htmlfile}

"""The requests beside the reading: emits and their acks, where the pipe only comes down; `/hello`, `/ready`, `/bye`."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..protocol.codec import encode
from ..protocol.errors import Refused, unready
from ..protocol.limits import Limits
from ..registry.clients import Clients
from ..registry.emits import Upload
from .request import LADDER, Endpoint, acks_text, address_of, json, payer_of, sid_of
from .scope import served

VERSION = 1


def emit(clients: Clients) -> Endpoint:
    async def answer(request: Request) -> Response:
        # A page of another origin can post text/plain without asking; JSON makes its browser ask first.
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused("bad_type", "emits are sent as application/json")
        sid = sid_of(request)
        if sid is None:
            raise Refused("no_sid", "who emits needs a sid")
        clients.find(sid)
        upload = Upload.parse(await body_of(request, clients.limits), clients.limits)
        return json(await acks_text(await clients.take(sid, upload, payer_of(request))))

    return answer


def bye(clients: Clients) -> Endpoint:
    async def answer(request: Request) -> Response:
        sid = sid_of(request)
        if sid is None:
            raise Refused("no_sid", "who leaves needs a sid")
        clients.find(sid)
        body = await body_of(request, clients.limits)  # of any type: sendBeacon cannot choose it
        upload = Upload.parse(body, clients.limits) if body.strip() else Upload()
        await clients.bye(sid, upload, payer_of(request))
        return Response(status_code=204)

    return answer


def hello(clients: Clients) -> Endpoint:
    limits = clients.limits

    async def answer(request: Request) -> Response:
        sid = sid_of(request)
        client = await clients.known(sid) if sid is not None else None
        you = client and {"id": client.id, "rooms": client.rooms, "since": client.since}
        return json(encode(greeting(limits, network_of(request)) | {"you": you}))

    return answer


def ready(clients: Clients) -> Endpoint:
    """For whoever spreads requests over several servers: 200 where this one may have more, or 503 and why not."""

    async def answer(_request: Request) -> Response:
        if clients.draining:
            raise Refused("draining", "the server is stopping", retry=1)
        if not clients.hub.log.ready:
            raise unready()
        return json(b'{"ready":true}')

    return answer


def greeting(limits: Limits, network: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "transports": LADDER,
        "hold": limits.hold,
        "heartbeat": limits.heartbeat,
        "every": limits.every,
        "network": network,
        "limits": {
            "body": limits.body,
            "data": limits.data,
            "batch": limits.batch_messages,
            "window": limits.window,
            "history": limits.history,
        },
    }


def network_of(request: Request) -> str:
    """A name for where the client is: what it learnt of a network holds for that network only."""
    by = served(request.scope)
    if by is not None and by.link is not None:
        return by.link.network
    return hashlib.sha256(address_of(request).encode()).hexdigest()[:8]


async def body_of(request: Request, limits: Limits) -> bytes:
    """The body. Refused: too large, said so or not, or too slow."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > limits.body:
        raise Refused("too_large", f"a body may have {limits.body} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > limits.body:
                    raise Refused("too_large", f"a body may have {limits.body} bytes")
    except TimeoutError:
        raise Refused("bad_request", f"the body did not come within {limits.body_seconds:g} s") from None
    return bytes(body)

"""A server that knows nothing of this lab: whatever is posted to /say comes down by SSE, WebSocket and a long poll."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


class News:
    """What was said, in order; and who waits for more."""

    def __init__(self, lie: str = "") -> None:
        self.lie = lie  # what it does wrong
        self.log: list[str] = []
        self.more = asyncio.Event()
        self.over = False

    def end(self) -> None:
        self.over = True
        self.more.set()

    def say(self, text: str) -> None:
        if self.lie == "drop" and len(self.log) % 5 == 4:
            text = "something else"
        self.log.append(text)
        self.more.set()
        self.more = asyncio.Event()

    async def after(self, at: int) -> list[str]:
        """What was said since; nothing where all is over."""
        while len(self.log) <= at and not self.over:
            await self.more.wait()
        return self.log[at:]


def app(lie: str = "", clock: float | None = None) -> Starlette:
    """`clock`: it speaks by itself, ten times a second, by a clock that is off by so many s."""
    news = News(lie)

    async def say(request: Request) -> Response:
        if lie == "refuse":
            return Response("not today", 403)
        if lie == "late":
            await asyncio.sleep(0.05)
        news.say((await request.body()).decode())
        return Response(status_code=204)

    async def events(_request: Request) -> Response:
        async def told() -> AsyncIterator[str]:
            at = len(news.log)
            yield ": welcome\r\n\r\n"
            while not news.over:
                for text in await news.after(at):
                    at += 1
                    yield f"event: news\r\nid: {at}\r\ndata:{json.dumps({'text': text})}\r\n\r\n"

        return StreamingResponse(told(), media_type="text/event-stream")

    async def wait(request: Request) -> Response:
        after = request.query_params.get("after", "")
        if not after:
            return JSONResponse({"next": len(news.log), "said": []})
        said = await news.after(int(after))
        return JSONResponse({"next": int(after) + len(said), "said": said}, headers={"Connection": "close"})

    async def socket(socket: WebSocket) -> None:
        await socket.accept()
        try:
            if await socket.receive_text() != "news, please":
                return await socket.close(4000)
            at = len(news.log)
            while not news.over:
                for text in await news.after(at):
                    at += 1
                    await socket.send_bytes(text.encode())
        except (WebSocketDisconnect, RuntimeError):
            return None

    async def speak() -> None:
        number, began = 0, time.time()
        while clock is not None:
            planned = began + number / 20
            await asyncio.sleep(planned - time.time())
            news.say(json.dumps({"number": number, "due": planned + clock}))
            number += 1

    routes = [
        Route("/say", say, methods=["POST"]),
        Route("/events", events),
        Route("/wait", wait),
        WebSocketRoute("/socket", socket),
    ]
    made = Starlette(routes=routes)
    made.state.speak, made.state.end = speak, news.end
    return made

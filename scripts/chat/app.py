"""A chat: everybody on the page hears what anybody says."""

import asyncio
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Mount, Route

from transport_fallback import Hub, Refuse, build, running

PAGE = Path(__file__).with_name("index.html")
hub = Hub()


@hub.on("say")
async def say(client, words):
    if not isinstance(words, str) or not words.strip():
        raise Refuse("say something")
    await hub.emit("said", {"who": client.id, "words": words.strip()})


async def page(request):
    return FileResponse(PAGE)


app = Starlette(routes=[Route("/", page), Mount("/live", build(hub, chat=False))])


async def main():
    async with running(app, port=int(os.environ.get("PORT", "3000"))) as url:
        print(f"The chat is at {url}  (Ctrl-C ends it)", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

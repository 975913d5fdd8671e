"""One step of the chat room in ten steps, as a program: `make step N=4`. For the second person: /?name=Bo"""

import asyncio
import html
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

import transport_fallback
from transport_fallback import Hub, build, running
from transport_fallback.lab.room import STEPS

NUMBER = os.environ.get("STEP", "1")
PAGES = Path(transport_fallback.__file__).parent / "web" / "lessons" / "chat"


async def page(request):
    name = html.escape(request.query_params.get("name", "Ada"))
    return HTMLResponse((PAGES / f"{NUMBER}.html").read_text("utf-8").replace("{{username}}", name))


async def main():
    if f"chat{NUMBER}" not in STEPS:
        raise SystemExit(f"there is no step {NUMBER}: say one of 1 to {len(STEPS)}, as in make step N=4")
    hub = Hub()
    STEPS[f"chat{NUMBER}"](hub)
    app = Starlette(routes=[Route("/", page), Mount("", build(hub, chat=False))])
    async with running(app, port=int(os.environ.get("PORT", "3000"))) as url:
        print(f"Step {NUMBER} is at {url}  (Ctrl-C ends it)", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

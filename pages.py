"""The pages: the files of `web/` as they are written, and the headers they are sent with."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bundle import bundle

WEB = Path(__file__).parent / "web"
FOLDERS = {name: WEB / name for name in ("client", "page", "lessons")} | {"report": WEB.parent / "bench" / "report"}
POLICY = "default-src 'self'; connect-src 'self' ws: wss: {own}; img-src 'self' data:; frame-ancestors 'none'"
IMPORT = re.compile(r'^(?:import|export) .*from "([^"]+)";', re.MULTILINE)
PACKED = [Middleware(GZipMiddleware, compresslevel=6)]  # comments are part of the lesson, and cost little this way


class Files(StaticFiles):
    """Files served as written. A module must not go stale between two reloads: ask each time, by ETag."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def policy(host: str, names: Iterable[str]) -> str:
    """What the page may load: nothing from outside. It may use any of our names: six connections are for each."""
    _, colon, port = host.rpartition(":")
    own = (f"http://{name}{colon}{port}" for name in names if ":" not in name)  # the policy knows no IPv6 addresses
    return POLICY.format(own=" ".join(own))


def modules(entry: str) -> list[str]:
    """The module and all it imports, as addresses: a browser that knows them need not find one after another."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        address = waiting.pop(0)
        if address not in found:
            found[address] = None
            text = (WEB / address.lstrip("/")).read_text("utf-8")
            waiting += [posixpath.normpath(posixpath.join(address, "..", name)) for name in IMPORT.findall(text)]
    return list(found)


def page(names: Iterable[str]) -> list[Route | Mount]:
    """The page, the client, and the client as one classic script. `names`: those of this server."""
    entry = WEB / "client" / "socket.js"
    script = bundle(entry).encode() if entry.exists() else b""
    preload = ", ".join(f"<{address}>; rel=modulepreload" for address in modules("/page/page.js"))

    async def index(request: Request) -> Response:
        headers = {
            "Content-Security-Policy": policy(request.headers["host"], names),
            "Cache-Control": "no-cache",
            "Link": preload,
        }
        return FileResponse(WEB / "index.html", headers=headers)

    async def classic(_request: Request) -> Response:
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    return [
        Route("/", index, middleware=PACKED),
        Route("/socket.io/socket.io.js", classic, middleware=PACKED),
        *(
            Mount(f"/{name}", Files(directory=folder), middleware=PACKED)
            for name, folder in FOLDERS.items()
            if folder.is_dir()
        ),
    ]

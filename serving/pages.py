"""The pages: the files of `web/`, and the headers they are sent with."""

from __future__ import annotations

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from hashlib import blake2b
from pathlib import Path

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

from .bundle import bundle
from .names import parts_of
from .untyped import untyped

WEB = Path(__file__).resolve().parents[1] / "web"
GUIDE = WEB / "lessons" / "teacher"
LANGUAGES = ("en", "zh")
FOLDERS = {name: WEB / name for name in ("client", "page", "lessons")} | {"report": WEB.parent / "bench" / "results"}
CLOSED = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
POLICY = "default-src 'self'; connect-src 'self' ws: wss: {own}; img-src 'self' data:; frame-src {frame}; " + CLOSED
DRAWN = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; " + CLOSED  # of the report and its pictures
PRINTED = "default-src 'none'; style-src 'self'; " + CLOSED  # of what a teacher prints
FRAME = "/lessons/sandbox.html"  # what a reader writes runs in it
FRAMES = (FRAME, "/lab/museum/iframe")  # the only pages that a page of ours may hold; each has a policy of its own
BOXED = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
Name = str | os.PathLike[str]
SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
QUIET = {"Referrer-Policy": "no-referrer"}  # of what has links: a script or a sheet leads nowhere


def takes_gzip(accepts: str) -> bool:
    """Whether an Accept-Encoding takes gzip: the word alone says nothing, `gzip;q=0` forbids it (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accepts.lower().split(","):
        coding, *parameters = (word.strip() for word in part.split(";"))
        weights[coding] = not any(re.fullmatch(r"q=0(\.0{0,3})?", parameter) for parameter in parameters)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


class Packer(GZipMiddleware):
    """
    gzip for who takes it: Starlette's looks for the word only. Whole: a part of the packed bytes and one of the plain
    would be of the same ETag, and who puts them together has neither (RFC 9110, 8.8.3); Range may be ignored (14.2).
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepts = Headers(scope=scope).getlist("accept-encoding")
        headers = [pair for pair in scope["headers"] if pair[0] not in (b"accept-encoding", b"range")]
        coding = b"gzip" if takes_gzip(",".join(accepts)) else b"identity"
        await super().__call__({**scope, "headers": [*headers, (b"accept-encoding", coding)]}, receive, send)


PACKED = [Middleware(Packer, compresslevel=9)]  # comments are part of the lesson, and cost little this way


class Files(StaticFiles):
    """
    Files served as written, but for the types in a script's comments. A module must not go stale between two reloads:
    ask each time, by ETag.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(SAFE)
        for needless in ("accept-ranges", "last-modified"):  # whole files, and their ETag says which
            del response.headers[needless]
        if path.endswith((".html", ".svg")):
            lessons = self.directory == FOLDERS["lessons"]
            sent = DRAWN if not lessons else BOXED if f"/lessons/{path}" == FRAME else PRINTED
            response.headers.update(QUIET | {"Content-Security-Policy": sent})
        return response

    def file_response(
        self, full_path: Name, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        if not os.fspath(full_path).endswith(".js"):
            return super().file_response(full_path, stat_result, scope, status_code)
        script = untyped(Path(full_path).read_text("utf-8")).encode()
        tag = b64encode(blake2b(script, digest_size=6).digest()).decode()  # short: the page is sixty scripts
        kind = "text/javascript" if script.isascii() else "text/javascript; charset=utf-8"  # said where it matters
        response = Response(script, status_code, headers={"ETag": f'"{tag}"', "Content-Type": kind})
        known = self.is_not_modified(response.headers, Headers(scope=scope))
        return NotModifiedResponse(response.headers) if known else response


def is_file(path: str) -> bool:
    """Whether this is a file of ours or the page: what anybody may read, and any site lead to."""
    return path in ("/", "/socket.io/socket.io.js") or path.lstrip("/").partition("/")[0] in FOLDERS


def language_of(request: Request) -> str:
    """The language a reader asks for by `?lang=`, or whose browser does: the first of its own that is one of ours."""
    asked = request.query_params.get("lang") or request.headers.get("accept-language", "")
    named = (part.strip().lower()[:2] for part in asked.split(","))
    return next((name for name in named if name in LANGUAGES), LANGUAGES[0])


def policy(host: str, names: Iterable[str]) -> str:
    """The policy of the page: nothing from outside. It may use any of our names: six connections are for each.

    The paths of its frames hold also for where those go: a program in one cannot lead it to another address.
    """
    name, port = parts_of(host) or ("", None)
    end = "" if port is None else f":{port}"
    own = (f"http://{name}{end}" for name in names if ":" not in name)  # the policy knows no IPv6 addresses
    frame = " ".join(f"{name}{end}{path}" for path in FRAMES) if name and ":" not in name else "'self'"
    return POLICY.format(own=" ".join(own), frame=frame)


def page(names: Iterable[str]) -> list[Route | Mount]:
    """The page, the client, and the client as one classic script. `names`: those of this server."""
    entry = WEB / "client" / "socket.js"

    @cache  # made when a page first loads it: most load the modules
    def script() -> bytes:
        return untyped(bundle(entry)).encode() if entry.exists() else b""

    async def index(request: Request) -> Response:
        headers = {"Content-Security-Policy": policy(request.headers["host"], names)}
        return FileResponse(WEB / "index.html", headers=SAFE | QUIET | headers)

    async def classic(_request: Request) -> Response:
        return Response(await asyncio.to_thread(script), media_type="text/javascript", headers=SAFE)

    def guide(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            told = {"Content-Security-Policy": PRINTED, "Vary": "Accept-Language"}
            return FileResponse(GUIDE / name.format(language_of(request)), headers=SAFE | QUIET | told)

        return answer

    return [
        Route("/", index, middleware=PACKED),
        Route("/lessons/teacher", guide("{}.html"), middleware=PACKED),
        Route("/lessons/teacher/worksheets", guide("worksheets-{}.html"), middleware=PACKED),
        Route("/socket.io/socket.io.js", classic, middleware=PACKED),
        *(
            Mount(f"/{name}", Files(directory=folder), middleware=PACKED)
            for name, folder in FOLDERS.items()
            if folder.is_dir()
        ),
    ]

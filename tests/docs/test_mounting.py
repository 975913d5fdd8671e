"""Mounting, as docs/python.md says it: in an application like FastAPI's, and in one that only sets root_path."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.docs.programs import heard_by_all
from transport_fallback import Hub, build, running

pytestmark = pytest.mark.anyio

EVIL = {"Origin": "http://evil.test"}


class Framework(Starlette):
    """An application that is a Starlette with ways of its own, as FastAPI is; the real one is mounted in alike."""

    def __init__(self) -> None:
        super().__init__(middleware=[Middleware(GZipMiddleware)])
        self.add_route("/", lambda _request: PlainTextResponse("mine"))


def speaking() -> Starlette:
    hub = Hub()

    @hub.on("c2s")
    async def speak(_client: Any, message: Any) -> None:
        await hub.emit("s2c", message)

    return build(hub, chat=False)


async def test_in_an_application_with_a_mount_of_its_own() -> None:
    app = Framework()
    app.mount("/live", speaking())
    async with running(app) as url, httpx2.AsyncClient(base_url=url) as http:
        assert (await http.get("/")).text == "mine"
        assert await heard_by_all(f"{url}/live", "c2s", 1, "s2c") == [1] * 16
        assert (await http.put("/live/via/~my-own-link", json={"network": "slow:20"})).json()["network"] == "slow:20"
        assert await heard_by_all(f"{url}/live/via/~my-own-link", "c2s", 2, "s2c") == [2] * 16
        for base in ("/live", "/live/via/~my-own-link"):
            assert (await http.get(f"{base}/hello", headers={"Origin": url})).status_code == 200
            assert (await http.get(f"{base}/hello", headers=EVIL)).status_code == 403
            assert (await http.get(f"{base}/hello", headers={"Host": "evil.test"})).status_code == 400
            assert (await http.get(f"{base}/hello", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
        assert (await http.get("/live/client/socket.js", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200


async def test_in_an_application_that_sets_root_path() -> None:
    lab = speaking()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not scope["path"].startswith("/live/"):
            return await PlainTextResponse("mine")(scope, receive, send)
        await lab({**scope, "root_path": "/live"}, receive, send)

    async with running(app, lab=lab) as url, httpx2.AsyncClient(base_url=url) as http:
        assert (await http.get("/")).text == "mine"
        assert await heard_by_all(f"{url}/live", "c2s", 1, "s2c") == [1] * 16
        assert (await http.get("/live/hello", headers={"Origin": url})).status_code == 200
        assert (await http.get("/live/hello", headers=EVIL)).status_code == 403
        assert (await http.get("/live/via/~my-own-link/hello")).status_code == 400  # nobody says where links begin

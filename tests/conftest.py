"""What the tests share: a real server on a port of its own, readers on the four transports, and nothing left behind."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn.config

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "tests"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import transport_fallback  # noqa: E402
from transport_fallback.app import build  # noqa: E402
from transport_fallback.hub import Hub  # noqa: E402
from transport_fallback.protocol.limits import Limits  # noqa: E402
from transport_fallback.serving.run import running  # noqa: E402
from wire import DEADLINE, TRANSPORTS, WAYS, PostWay, Proxy, Reader, new_sid, public_id  # noqa: E402

if Path(transport_fallback.__file__).resolve().parent != ROOT:  # it would pass or fail for what stands elsewhere
    raise RuntimeError(f"this environment knows {transport_fallback.__file__}, not {ROOT}: remove it, make it again")

pytest_plugins = ["tests.rooms", "tests.js.plugin"]

# What a test does not ask about must not get in its way: as many polls, sids and emits as it likes.
GENEROUS = {
    "poll_rate": 1e6,
    "poll_burst": 10**6,
    "sid_rate": 1e6,
    "sid_burst": 10**6,
    "emit_rate": 1e6,
    "emit_burst": 10**6,
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "limits(**numbers): the limits of the server of this test")
    config.addinivalue_line("markers", "logs_errors: this test makes the server report an error of the application")
    # A shell without job control starts `make test &` deaf to Ctrl-C, and POSIX lets every child inherit it (exec keeps
    # what is ignored): the programs that a test ends by SIGINT would never hear it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timeout") is None:  # a hang is a failure, and soon
            item.add_marker(pytest.mark.timeout(30))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def impatient_uvicorn() -> Iterator[None]:
    """uvicorn looks up every 0.1 s, twice a stop: a fifth of a second, times every test here."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("uvicorn.server.asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep}))
        yield


@pytest.fixture(scope="session", autouse=True)
def uvicorn_is_heard() -> Iterator[None]:
    """uvicorn keeps what it reports to itself; here `nothing_reported` must hear it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(uvicorn.config.LOGGING_CONFIG["loggers"]["uvicorn"], "propagate", True)
        yield


@pytest.fixture
async def nothing_left(anyio_backend: str) -> AsyncIterator[None]:
    """After each test no task runs that did not run before it."""
    before = asyncio.all_tasks()
    yield
    # Not counted: the plugin's own task, and the one that sse-starlette keeps for each event loop.
    own = ("TestRunner", "_shutdown_watcher")
    left = {task for task in asyncio.all_tasks() - before if not task.get_coro().__qualname__.startswith(own)}
    if left:
        await asyncio.wait(left, timeout=1.0)
    left = {task for task in left if not task.done()}
    assert not left, f"tasks left behind: {left}"


@pytest.fixture(autouse=True)
def nothing_reported(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A server that is asked anything at all answers; it never reports an error of its own."""
    yield
    if request.node.get_closest_marker("logs_errors") is None:
        reports = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
        assert not reports, [record.getMessage() for record in reports]


Handler = Callable[..., Awaitable[Any]]


class Lab:
    """One server, its hub, and the record of what a test emitted: the oracle is the hub's own log."""

    def __init__(self, url: str, app: Any) -> None:
        self.url = url
        self.app = app
        self.hub: Hub = app.state.hub
        self.log: list[dict[str, Any]] = []  # what `say` emitted, as every reader must see it
        self.people: dict[str, Any] = {}  # id → the application's client object
        self.life: list[tuple[str, ...]] = []  # (connect, id) and (disconnect, id, reason), in order
        self.readers: list[Reader] = []
        self.ways: list[PostWay] = []
        self.hub.on("connect")(self._connected)
        self.hub.on("disconnect")(self._disconnected)

    async def _connected(self, client: Any) -> None:
        self.people[client.id] = client
        self.life.append(("connect", client.id))

    async def _disconnected(self, client: Any, reason: str) -> None:
        self.life.append(("disconnect", client.id, reason))

    def at(self, seq: int) -> str:
        return f"{self.hub.epoch}.{seq}"

    @property
    def end(self) -> str:
        return self.at(self.hub.end)

    def here(self, room: str | None = None) -> set[str]:
        """The ids of the clients who are here."""
        return {client.id for client in (self.hub.clients() if room is None else self.hub.clients(room))}

    def client(self, sid: str) -> Any:
        return self.people[public_id(sid)]

    async def say(self, event: str, data: Any = None, *, to: str | None = None) -> int:
        """Emit to everyone (or a room) and record it. Returns its seq."""
        await (self.hub if to is None else self.hub.to(to)).emit(event, data)
        self.log.append({"seq": self.hub.end, "event": event, "data": data, "from": None, "room": to})
        return self.hub.end

    def reader(self, transport: type[Reader], sid: str | None = None, base: str | None = None, **more: Any) -> Reader:
        """A reader that is closed when the test ends. Without `sid` it is a new client."""
        return self.track(transport(base or self.url, sid or new_sid(), **more))

    def track(self, reader: Reader) -> Reader:
        self.readers.append(reader)
        return reader

    async def join(self, transport: type[Reader], sid: str | None = None, **more: Any) -> Reader:
        """A reader whose first batch arrived: its client is here."""
        reader = await self.reader(transport, sid, **more).open()
        await reader.next()
        return reader

    async def way(self, way: type[PostWay], sid: str | None = None) -> PostWay:
        """A way up that is closed when the test ends."""
        opened = way(self.url, sid or new_sid())
        self.ways.append(opened)
        return await opened.open()

    async def leave(self) -> None:
        for way in self.ways:
            await way.close()
        for reader in self.readers:
            await reader.cut()


@asynccontextmanager
async def serving(*, epoch: str | None = None, clock: Any = None, build_with: Any = None, **numbers: Any) -> Any:
    """A server of its own with these limits, without the chat room unless it is built `with` it."""
    limits = Limits(**{**GENEROUS, **numbers})
    hub = Hub(limits, epoch=epoch, **({"clock": clock} if clock else {}))
    app = build(hub, limits=limits, **{"chat": False, **(build_with or {})})
    async with running(app, host="127.0.0.1", port=0) as url:
        lab = Lab(url.rstrip("/"), app)
        try:
            yield lab
        finally:
            await lab.leave()


@pytest.fixture
async def lab(request: pytest.FixtureRequest, nothing_left: None) -> AsyncIterator[Lab]:
    """A real server on a real socket. `@pytest.mark.limits(…)` says with which limits."""
    marker = request.node.get_closest_marker("limits")
    async with serving(**(marker.kwargs if marker else {})) as lab:
        yield lab


@pytest.fixture
async def proxy(lab: Lab) -> AsyncIterator[Proxy]:
    """A network in front of the server."""
    async with Proxy(lab.url) as proxy:
        yield proxy


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> type[Reader]:
    return TRANSPORTS[request.param]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> type[PostWay]:
    return WAYS[request.param]


async def eventually(holds: Callable[[], Any], deadline: float = DEADLINE) -> Any:
    """Wait until something inside the server is so; returns what `holds` said."""
    async with asyncio.timeout(deadline):
        while not (found := holds()):
            await asyncio.sleep(0.005)
    return found

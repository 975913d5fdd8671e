"""What the tests share: a real server on a port of its own, readers on the four transports, and nothing left behind."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import uvicorn.config
from hypothesis import Phase, settings

import transport_fallback
from tests.cluster import redis_for_all
from tests.root import ROOT
from tests.serving import REDIS, Lab, impatient, serving
from tests.stranger.http import DEADLINE
from tests.stranger.proxy import Proxy
from tests.stranger.readers import TRANSPORTS, Reader
from tests.stranger.ways import WAYS, PostWay

if Path(transport_fallback.__file__).resolve().parent != ROOT:  # it would pass or fail for what stands elsewhere
    raise RuntimeError(f"this environment knows {transport_fallback.__file__}, not {ROOT}: remove it, make it again")

pytest_plugins = ["tests.rooms", "tests.js.plugin", "tests.js.package"]

# What passes today passes tomorrow, for everybody; `make search` looks for what nobody has seen yet.
settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.register_profile("caught", derandomize=True, phases=[Phase.explicit, Phase.generate])  # any case will do
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "limits(**numbers): the limits of the server of this test")
    config.addinivalue_line("markers", "alone(why): several servers that share a log do otherwise")
    config.addinivalue_line("markers", "redis(**settings): how the Redis of this test is started")
    config.addinivalue_line("markers", "logs_errors: this test makes the server report an error of the application")
    # A shell without job control starts `make test &` deaf to Ctrl-C, and POSIX lets every child inherit it (exec keeps
    # what is ignored): the programs that a test ends by SIGINT would never hear it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that says BOTH_WAYS is run with the fast way of the server, and with the plain one.

    One that says BOTH_LOGS, with a server whose log is in memory, and with several that share one in Redis.
    """
    both_ways, both_logs = (getattr(metafunc.module, name, False) for name in ("BOTH_WAYS", "BOTH_LOGS"))
    if both_ways or both_logs:
        both_logs = both_logs and not list(metafunc.definition.iter_markers("alone"))
        alone, shared = ["fast", "plain"] if both_ways else ["alone"], ["cluster"] if both_logs else []
        metafunc.parametrize("door", alone + shared, indirect=True)


@pytest.fixture(autouse=True)
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """How the servers of this test tell their readers, and with whom they share a log: see `pytest_generate_tests`."""
    way = getattr(request, "param", "")
    if way in ("fast", "plain"):
        monkeypatch.setenv("LAB_DOOR", "off" if way == "plain" else "on")
    token = REDIS.set(request.getfixturevalue("shared_redis") if way == "cluster" else "")
    yield
    REDIS.reset(token)


@pytest.fixture(scope="session")
def both_proxies() -> None:
    """Skip, in the words of the script, where nginx or HAProxy is missing."""
    looked = subprocess.run([ROOT / "scripts/get-proxies", "look"], capture_output=True, text=True, timeout=20)
    if looked.returncode == 77:
        pytest.skip(looked.stderr.strip())
    assert looked.returncode == 0, looked.stderr


@pytest.fixture(scope="session")
def redis_program() -> None:
    """Skip, in the words of the script, where there is no redis-server."""
    looked = subprocess.run([ROOT / "scripts/get-redis", "look"], capture_output=True, text=True, timeout=20)
    if looked.returncode == 77:
        pytest.skip(looked.stderr.strip())
    assert looked.returncode == 0, looked.stderr


@pytest.fixture(scope="session")
def shared_redis(redis_program: None) -> Iterator[str]:
    """The URL of a Redis in which each test has a log of its own."""
    with redis_for_all() as url:
        yield url


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def impatient_uvicorn() -> Iterator[None]:
    with impatient():
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
    left = {
        task
        for task in asyncio.all_tasks() - before
        if not getattr(task.get_coro(), "__qualname__", "").startswith(own)
    }
    if left:
        await asyncio.wait(left, timeout=DEADLINE)
    left = {task for task in left if not task.done()}
    assert not left, f"tasks left behind: {left}"


@pytest.fixture(autouse=True)
def nothing_reported(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A server that is asked anything at all answers; it never reports an error of its own."""
    yield
    if request.node.get_closest_marker("logs_errors") is None:
        reports = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
        assert not reports, [record.getMessage() for record in reports]


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

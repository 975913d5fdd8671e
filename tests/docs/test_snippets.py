"""Every Python snippet of the docs runs as it stands, and a program really serves."""

from __future__ import annotations

import asyncio
import textwrap
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bench.load.servers import free_port
from tests.docs.programs import PATIENCE, heard_by_all, started
from tests.docs.written import DOCS, READMES, snippets
from tests.log.redis import Redis
from transport_fallback import Hub, build, io, running
from transport_fallback.log.streams.streams import Streams
from transport_fallback.registry.clients import Clients

pytestmark = pytest.mark.anyio

ALL = [(page, number, code) for page in (*READMES, *DOCS) for number, code in enumerate(snippets(page, "python"))]
PROGRAMS = [one for one in ALL if "asyncio.run(" in one[2]]


def named(cases: list[tuple[str, int, str]]) -> list[Any]:
    return [pytest.param(code, id=f"{page}:{number}") for page, number, code in cases]


def body(code: str) -> str:
    """A snippet that awaits, as the body of a function."""
    return "async def snippet():\n" + textwrap.indent(code, "    ") + "\n    return locals()\n"


@pytest.mark.parametrize("code", named(PROGRAMS))
async def test_a_program_serves_on_all_four_transports(code: str, tmp_path: Path) -> None:
    port, elsewhere = free_port(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = tmp_path / "app.py"  # what everybody's own file is called
    assert "port=3000" in code
    program.write_text(code.replace("port=3000", f"port={port}"), "utf-8")
    mount = "/live" if 'Mount("/live"' in code else ""
    async with started(program, elsewhere) as url:
        assert url == f"http://127.0.0.1:{port}"
        assert await heard_by_all(url + mount, "c2s", {"content": "hello"}, "s2c") == [{"content": "hello"}] * 16
        if mount:
            async with httpx2.AsyncClient(base_url=url) as http:
                home = await http.get("/")
                assert home.text == "4 are here" or home.text.endswith("are here")
                link = "/live/via/~my-own-link"
                assert (await http.put(link, json={"network": "no-upgrade"})).json()["network"] == "no-upgrade"
                assert (await http.get("/live/hello", headers={"Origin": url})).status_code == 200
                assert (await http.get("/live/hello", headers={"Origin": "http://evil.test"})).status_code == 403
                assert (await http.get("/live/client/socket.js")).status_code == 200
                assert (await http.get("/live/socket.io/socket.io.js")).status_code == 200
            async with io(url + link, transports=["ws", "longpoll"]) as socket, asyncio.timeout(PATIENCE):
                await socket.ready()
                await socket.emit("c2s", {"content": "through a link"})
                assert socket.transport == "longpoll"


async def test_the_names_that_are_imported_are_there() -> None:
    (first, *_rest) = snippets("docs/python.md", "python")
    names: dict[str, Any] = {}
    exec(first, names)
    assert names["Hub"] is Hub and {"Refuse", "build", "running", "io"} <= set(names)


# The idea: three ways to read, in three lines.
@pytest.mark.parametrize("page", READMES)
async def test_the_three_lines_of_the_idea_read_from_one_cursor(page: str) -> None:
    (idea,) = (code for code in snippets(page, "python") if "hub.follow" in code)
    lines = idea.splitlines()
    hub = Hub()
    clients = Clients(hub)
    reader = await clients.read("a" * 22, None, address="", history=0)
    client, cursor = reader.client, reader.cursor
    await hub.emit("news", 1)
    names: dict[str, Any] = {"hub": hub, "client": client, "cursor": cursor, "hold": 1.0, "heartbeat": 0.05}
    for line in lines[:2]:
        exec(body(line), names)
        assert len((await names["snippet"]())["batch"].messages) == 1
    follows = lines[2].replace("…", "heard.append(batch)")
    assert follows != lines[2]
    heard: list[Any] = []
    names["heard"] = heard
    exec(body(follows), names)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(names["snippet"](), 0.3)
    assert len(heard) >= 3 and heard[0].messages and not heard[1].messages  # the news, then heartbeats
    reader.close()


async def test_the_python_client_of_the_docs_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = (code for code in snippets("docs/python.md", "python") if "async with io(" in code)
    async with running(build()) as url:
        names: dict[str, Any] = {}
        exec(body(code.replace("http://127.0.0.1:3000", url)), names)
        async with asyncio.timeout(PATIENCE):
            await names["snippet"]()
    assert capsys.readouterr().out == "Ada says hello\n"


async def test_the_shared_log_of_the_docs_runs(redis_program: None) -> None:
    (code,) = (code for code in snippets("docs/scale.md", "python") if "Streams(" in code)
    async with Redis() as redis:
        names: dict[str, Any] = {"Streams": Streams, "apply": lambda *item: item[2:4]}
        exec(body(code.replace("redis://127.0.0.1:6400/0", redis.url)), names)
        said = await names["snippet"]()
    assert (said["made"], said["heir"]) == (("j", ("Ada", "attic")), None)


def test_no_snippet_is_left_out() -> None:
    """Each is one that a test above runs."""
    others = [code for _page, _number, code in ALL if "asyncio.run(" not in code]
    assert len([code for code in others if "hub.follow" in code]) == 2
    assert len([code for code in others if "async with io(" in code]) == 1
    assert len([code for code in others if "Streams(" in code]) == 1
    assert len([code for code in others if "on_redis(" in code]) == 1  # tests/scale starts such a server
    assert len(others) == 6 and len(PROGRAMS) == 4

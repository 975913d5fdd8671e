"""The JavaScript client from npm, in Node: the packed files, installed into an empty folder, against a real server."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.browser.program import program
from tests.root import ROOT

CLIENT = ROOT / "web" / "client"
READS = """
import { EventSource } from "eventsource";
import { io } from "transport-fallback";
import { WebSocket } from "ws";

const [url, transport] = process.argv.slice(2);
const world = transport === "none" ? {} : { WebSocket, EventSource };
const use = transport === "none" ? "auto" : transport;
const socket = io(url, { use, every: 100, world });
const heard = [];
socket.on("s2c", ({ content }) => heard.push(content));
await new Promise((resolve) => socket.once("connect", resolve));
const { rooms } = await socket.emitWithAck("join", { room: "npm" }, { timeout: 8000 });
for (const content of ["one", "two"]) await socket.emitWithAck("c2s", { user: "Ada", content, room: "npm" });
const { base, transports } = socket;
console.log(JSON.stringify({ base, transports, transport: socket.transport, heard, rooms }));
socket.close();
"""
REFUSED = """
import { io } from "transport-fallback";
import { EventSource } from "eventsource";
import { WebSocket } from "ws";

const socket = io(process.argv[2], { world: { WebSocket, EventSource } });
await new Promise((resolve) => socket.once("connect_failed", resolve));
console.log(socket.decisions.filter(({ parts }) => parts.some(({ rung }) => rung === "ws")).length > 0);
socket.close();
"""


def run(folder: Path, text: str, *arguments: str) -> str:
    """What the program prints; it has to end by itself, and without a word of trouble."""
    file = folder / "program.js"
    file.write_text(text, "utf-8")
    command = ["node", str(file), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("transport", ["ws", "sse", "longpoll", "poll"])
def test_it_reads_by_each_transport_and_what_it_emits_is_acked(installed: Path, transport: str) -> None:
    with program() as lab:
        said = json.loads(run(installed, READS, lab.url, transport))
    assert said == {
        "base": lab.url,
        "transports": ["ws", "sse", "longpoll", "poll"],
        "transport": transport,
        "heard": ["one", "two"],
        "rooms": ["lobby", "npm"],
    }


def test_without_pipes_it_reads_by_requests(installed: Path) -> None:
    with program() as lab:
        said = json.loads(run(installed, READS, lab.url, "none"))
    assert (said["transport"], said["heard"]) == ("longpoll", ["one", "two"])
    assert said["transports"][-2:] == ["longpoll", "poll"]


def test_a_server_that_is_not_there_ends_no_program(installed: Path) -> None:
    """The `error` of a WebSocket of `ws` ends a program in which nobody hears it."""
    with program() as lab:
        nobody = lab.url
    assert run(installed, REFUSED, nobody) == "true\n"


def test_its_readme_says_how(installed: Path) -> None:
    [text] = re.findall(r"^```js\n(.*?)^```", (CLIENT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    with program() as lab:
        said = run(installed, text.replace("http://127.0.0.1:3000", lab.url))
    assert re.fullmatch(r"Ada: hello, by (ws|sse|longpoll)\n", said)


def test_the_package_holds_what_it_says_and_nothing_else(installed: Path) -> None:
    package = installed / "node_modules" / "transport-fallback"
    told = json.loads((package / "package.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (told["name"], told["version"], told["license"]) == (project["name"], project["version"], project["license"])
    assert "dependencies" not in told
    held = {str(file.relative_to(package)) for file in package.rglob("*") if file.is_file()}
    scripts = {str(file.relative_to(CLIENT)) for file in CLIENT.rglob("*.js")}
    assert held == scripts | {f"{name[:-3]}.d.ts" for name in scripts} | {"package.json", "README.md", "LICENSE"}
    for name in scripts:
        assert (package / name).read_bytes() == (CLIENT / name).read_bytes()

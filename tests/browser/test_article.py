"""The article's own page runs on the lab: jQuery, a classic script, `io.connect(url)`, and a foreign server for it.

The page below is ours and makes the article's calls in the article's order. Where the article itself lies beside the
project, its page runs too, mended where it could run nowhere: a parenthesis was missing, and the port.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.page import until
from tests.browser.program import Asking, Program, program
from tests.root import ROOT

SEEDS = ROOT.parent / "shared" / "seeds"
CLIENT = "/socket.io/socket.io.js"
JQUERY = "/public/javascripts/plugin/jquery-1.12.4.js"


class Template(NamedTuple):
    html: str  # with {{username}}, and {{server}} for the address that io.connect is given
    says: str  # what stands between a name and what was said


OURS = Template(
    """<!DOCTYPE html>
<title>A room</title>
<p>You are <span id="username">{{username}}</span>.</p>
<input id="content"> <button id="submit">Say it</button>
<ul id="ul"></ul>
<script src="/socket.io/socket.io.js"></script>
<script src="/public/javascripts/plugin/jquery-1.12.4.js"></script>
<script>
$(function () {
  var socket = io.connect("{{server}}");
  function say(left) {
    var text = $("#content").val();
    if (!text) return;
    socket.emit("c2s", { user: $("#username").text(), content: text });
    $("#content").val(left);
  }
  $("#submit").click(function () { say(""); });
  $("#content").keydown(function (event) {
    if (event.keyCode === 13) say(" "); // as the article does: a blank is left behind, and can be sent
  });
  socket.on("s2c", function (message) {
    $("#ul").prepend("<li><b>" + message.user + "</b> says " + message.content + "</li>"); // as the article does: HTML
  });
});
</script>
""",
    " says ",
)


def mended(page: str) -> Template:
    """The article's page with its parenthesis and its port: without, `http://localhost` is where the page is from."""
    page, parentheses = re.subn(r"(&&\(\$\('#content'\)\.val\(\)\))\s*\{", r"\1){", page)
    page, ports = re.subn(r"(io\.connect\(['\"])http://localhost(?=['\"])", r"\1{{server}}", page)
    says = re.search(r"</b>([^\"<]*)\"\s*\+\s*msg\.content", page)
    assert (parentheses, ports) == (1, 1) and says, "this is not the article's page as it was"
    return Template(page, says[1])


def articles() -> list[str]:
    """The article's page as it is, if it is here."""
    texts = [seed.read_text("utf-8") for seed in sorted(SEEDS.glob("*.txt"))]
    pages = [page for text in texts for page in re.findall(r"^``` ?html\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]
    return [page for page in pages if "{{username}}" in page and "io.connect(" in page]


@pytest.fixture(params=["", *articles()], ids=lambda article: "the article's" if article else "ours")
def template(request: pytest.FixtureRequest) -> Template:
    return mended(request.param) if request.param else OURS


@pytest.fixture(scope="session")
def jquery() -> str:
    found = subprocess.run([ROOT / "scripts" / "get-jquery"], capture_output=True, text=True, timeout=80)
    if found.returncode == 77:
        pytest.skip(found.stderr.strip().splitlines()[-1])
    assert found.returncode == 0, found.stderr
    return Path(found.stdout.strip()).read_text("utf-8")


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = {".html": "text/html; charset=utf-8", ".js": "text/javascript"}

    def log_message(self, *_said: object) -> None:
        pass


class Foreign:
    """A static server that is not the lab: a port of its own, another name, and jQuery where the article has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def put(self, path: str, text: str) -> str:
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return self.origin + path


@pytest.fixture
def foreign(tmp_path: Path, jquery: str) -> Iterator[Foreign]:
    foreign = Foreign(tmp_path)
    foreign.put(JQUERY, jquery)
    thread = threading.Thread(target=foreign.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield foreign
    finally:
        foreign.server.shutdown()
        foreign.server.server_close()
        thread.join()


class Room:
    """The article's chat room: its page for each person, from the foreign server, about this lab."""

    def __init__(self, context: BrowserContext, foreign: Foreign, lab: Program, template: Template) -> None:
        self.context, self.foreign, self.lab, self.template = context, foreign, lab, template
        self.server = f"http://localhost:{lab.port}"
        self.requests: list[str] = []
        self.faults: list[str] = []

    def copy_client(self) -> None:
        """What the article advises: the client's file laid beside the page."""
        with urllib.request.urlopen(self.lab.url + CLIENT, timeout=10) as answer:
            self.foreign.put(CLIENT, answer.read().decode())

    def open(self, name: str, *, copied: bool = False) -> Page:
        html = self.template.html.replace("{{username}}", name).replace("{{server}}", self.server)
        assert html.count(CLIENT) == html.count(JQUERY) == 1
        if not copied:
            html = html.replace(CLIENT, self.server + CLIENT)
        url = self.foreign.put(f"/page{len(self.context.pages)}.html", html)
        page = self.context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(url)
        return page

    def history(self, event: str) -> list[dict[str, object]]:
        """What the lab told everyone, as an anonymous reader sees it."""
        with urllib.request.urlopen(self.lab.url + "/poll?history=300", timeout=10) as answer:
            return [message["data"] for message in json.load(answer)["messages"] if message["event"] == event]

    def holds(self, people: int) -> None:
        """Wait until the lab has so many clients: who came later hears nothing of before."""
        asking = Asking(self.lab.url)
        until(lambda: len(asking.others()) == people)

    def line(self, name: str, content: str) -> str:
        return f"{name}{self.template.says}{content}"


def lines(page: Page, count: int) -> list[str]:
    """What the page shows, newest first, once there are so many."""
    page.locator("#ul li").nth(count - 1).wait_for()
    return page.locator("#ul li").all_text_contents()


def say(page: Page, text: str, *, enter: bool = False) -> None:
    page.locator("#content").fill(text)
    if enter:
        page.locator("#content").press("Enter")
    else:
        page.locator("#submit").click()


@pytest.fixture
def room(context: BrowserContext, foreign: Foreign, template: Template) -> Iterator[Room]:
    with program("--allow-origin", foreign.origin) as lab:
        room = Room(context, foreign, lab, template)
        yield room
    assert not room.faults, room.faults


@pytest.mark.parametrize("copied", [False, True], ids=["from the lab", "copied"])
def test_two_people_talk(room: Room, copied: bool) -> None:
    """By click and by Enter, across origins, wherever the client's file comes from."""
    if copied:
        room.copy_client()
    ada, bo = (room.open(name, copied=copied) for name in ("Ada", "Bo"))
    room.holds(2)
    assert ada.evaluate("$.fn.jquery") == "1.12.4"

    say(ada, "")  # nothing to say: nothing is sent
    say(ada, "hello")
    expected = [room.line("Ada", "hello")]
    assert lines(ada, 1) == lines(bo, 1) == expected
    assert ada.locator("#content").input_value() == ""

    say(bo, "good morning", enter=True)
    expected.insert(0, room.line("Bo", "good morning"))
    assert lines(ada, 2) == lines(bo, 2) == expected

    say(ada, "你好", enter=True)
    expected.insert(0, room.line("Ada", "你好"))
    assert lines(ada, 3) == lines(bo, 3) == expected

    clients = {url for url in room.requests if url.endswith(CLIENT)}
    assert clients == {(room.foreign.origin if copied else room.server) + CLIENT}
    # Everything else that was asked for has a query, and went to the server that io.connect was given.
    wire = [url.partition("?")[0] for url in room.requests if "?" in url]
    assert f"{room.server}/longpoll" in wire
    assert all(re.fullmatch(rf"(http|ws)://localhost:{room.lab.port}/\w+", url) for url in wire), wire


def test_the_two_slips_of_the_article_stay(room: Room) -> None:
    """What its author did not see: Enter leaves a blank, which can be sent, and a name is printed as HTML."""
    page = room.open("&lt;i&gt;Ada&lt;/i&gt;")
    room.holds(1)
    say(page, "hello", enter=True)
    assert lines(page, 1) == [room.line("Ada", "hello")]
    assert page.locator("#ul li b i").text_content() == "Ada"
    assert page.locator("#content").input_value() == " "
    page.locator("#submit").click()
    assert lines(page, 2) == [room.line("Ada", " "), room.line("Ada", "hello")]


# The article keeps its socket to itself: this hands out what `io.connect` gives, and what its life brings.
SPY = """
Object.defineProperty(globalThis, "io", {
  configurable: true,
  set(io) {
    Object.defineProperty(globalThis, "io", { value: io });
    const connect = io.connect;
    io.connect = (...given) => {
      globalThis.spied = connect(...given);
      globalThis.life = [];
      return spied.onLife((event) => life.push(event));
    };
  },
});
"""


def test_a_page_whose_origin_is_not_allowed_does_not_get_through(
    context: BrowserContext, foreign: Foreign, template: Template
) -> None:
    """A browser keeps the refusal to itself: the client can say that no rung opened, its console says why."""
    context.add_init_script(SPY)
    with program() as lab:
        room = Room(context, foreign, lab, template)
        console: list[str] = []
        context.on("console", lambda message: console.append(message.text))
        page = room.open("Ada")
        say(page, "hello")
        page.wait_for_function("life.includes('connect_failed')")
        said = page.evaluate("spied.decisions.map((decision) => decision.text)")
        for rung in ("ws", "sse", "longpoll", "poll"):
            assert any(text.startswith(f"{rung} did not open") for text in said), said
        assert any(text.startswith("nothing reads: next try in") for text in said), said
        assert "connect" not in page.evaluate("life") and not page.evaluate("spied.connected")
        assert any("/ws?" in text and "403" in text for text in console), console
        assert any("/longpoll?" in text and "CORS" in text for text in console), console
        page.goto(foreign.origin + JQUERY)  # its last words do not get through either
        assert room.history("s2c") == [] and not room.faults
        room.holds(0)

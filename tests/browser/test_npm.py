"""The packed JavaScript client in a page without a bundler: the files of the package, served as they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.program import program

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>A page of one's own</title>
<script type="module">
  import { io } from "./node_modules/transport-fallback/socket.js";
  const socket = io("LAB", { use: "TRANSPORT" });
  const heard = new Promise((resolve) => socket.on("s2c", ({ content }) => resolve(content)));
  const { name } = await socket.emitWithAck("name", { name: "Ada" }, { timeout: 8000 });
  socket.emit("c2s", { user: name, content: "from elsewhere" });
  globalThis.came = { name, content: await heard, transport: socket.transport };
</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *_args: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A server of files that knows nothing of the client."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.timeout(150)
@pytest.mark.parametrize("transport", ["ws", "sse", "longpoll", "poll"])
def test_a_page_uses_the_packed_files_as_they_are(context: BrowserContext, installed: Path, transport: str) -> None:
    with serving(installed) as own, program("--allow-origin", own) as lab:
        page = PAGE.replace("LAB", lab.url).replace("TRANSPORT", transport)
        (installed / "index.html").write_text(page, "utf-8")
        tab = context.new_page()
        faults: list[str] = []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.goto(own)
        tab.wait_for_function("globalThis.came")
        assert tab.evaluate("came") == {"name": "Ada", "content": "from elsewhere", "transport": transport}
        assert faults == []
        tab.close()

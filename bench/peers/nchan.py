"""nchan in nginx, a server in C: Debian's, started on a port of its own with files of its own; and its subscribers.

It has no feed: who loads it publishes by POST. A long poll is answered with all that came meanwhile, each in a line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from bench.load import clients
from bench.load.wire import Client

ROOT = Path(__file__).resolve().parents[2]
PUBLISH, SUBSCRIBE = "/pub", "/sub"
LAST = b"If-Modified-Since: %b\r\nIf-None-Match: %b\r\n"  # heard: by its date, and its number in that second
MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
SETTINGS = """load_module {module};
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr crit;
worker_rlimit_nofile 20000;
events {{ worker_connections 16000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_timeout 75s;
    keepalive_requests 1000000000;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /pub {{ nchan_publisher; nchan_channel_id fanout; nchan_message_buffer_length 5000; }}
        location = /sub {{
            nchan_subscriber websocket eventsource longpoll;
            nchan_subscriber_first_message newest;
            nchan_longpoll_multipart_response raw;
            nchan_channel_id fanout;
        }}
    }}
}}
"""


def nginx() -> str | None:
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")


def lacking() -> str:
    """Why it cannot be measured here; "" if it can. Gets Debian's where that may be done."""
    if nginx() and MODULE.exists():
        return ""
    got = subprocess.run([str(ROOT / "scripts/get-proxies"), "nchan"], capture_output=True, text=True)
    if got.returncode == 0 and nginx() and MODULE.exists():
        return ""
    return "nginx with nchan not found (apt-get install nginx-light libnginx-mod-nchan, as root): nchan is left out"


def command(port: int, folder: Path) -> list[str]:
    settings = folder / "nginx.conf"
    settings.write_text(SETTINGS.format(module=MODULE, folder=folder, port=port))
    return [str(nginx()), "-p", str(folder), "-e", "stderr", "-c", str(settings)]


def version() -> str:
    """Of nginx, and of the module as Debian counts it."""
    told = subprocess.run([str(nginx()), "-v"], capture_output=True, text=True, check=True).stderr.partition("/")[2]
    package = [
        "dpkg-query",
        "-W",
        "-f",
        "${Version}",
        MODULE.stem.replace("ngx_", "libnginx-mod-").removesuffix("_module"),
    ]
    found = subprocess.run(package, capture_output=True, text=True, check=False).stdout.strip()
    return f"nchan {found or 'of no package'} in nginx {told.strip()}"


class Ws(clients.Ws):
    """A frame for each message; who is let in is subscribed."""

    def ask(self) -> None:
        self.write(_request(self, self.headers))

    def upgraded(self) -> None:
        self.arrived(True)

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.arrived(False)
        if self.probe:
            self.hear(data, at, end)


class Sse(Client):
    """One answer without a length or chunks, in events; the first is a comment."""

    def ask(self) -> None:
        self.write(_request(self, b"Accept: text/event-stream\r\n"))

    def _head(self, data: bytes, at: int) -> int:
        end = data.find(b"\r\n\r\n", at) + 4
        if end < 4:
            return -1
        if not data.startswith(b"HTTP/1.1 200 ", at):
            raise ValueError("no stream")
        self.counts.head_down += end - at
        self._part = self._event
        return end

    def _event(self, data: bytes, at: int) -> int:
        end = data.find(b"\n\n", at) + 2
        if end < 2:
            return -1
        start = data.find(b"data: ", at, end) + 6
        self.arrived(start < 6)
        if start >= 6:
            self.counts.payload_down += end - 2 - start
            if self.probe:
                self.hear(data, start, end)
        return end


class LongPoll(Client):
    """Asks for what came after the last message it heard, by its date and its number within that second.

    It reads no more of a head than it must: this server answers faster than a reader of all of it could ask.
    """

    last = b""

    def begin(self) -> None:
        self.request = _head(self)
        super().begin()
        if not self.opened.done():
            self.opened.set_result(None)  # nothing is said to who waits for the next message

    def ask(self) -> None:
        request = self.request + self.last + b"\r\n"
        self.counts.requests += 1
        self.counts.head_up += len(request)
        self.write(request)

    def _head(self, data: bytes, at: int) -> int:
        end = data.find(b"\r\n\r\n", at) + 4
        if end < 4:
            return -1
        length, date = data.find(b"\r\nContent-Length: ", at, end), data.find(b"\r\nLast-Modified: ", at, end)
        tag = data.find(b"\r\nEtag: ", at, end)
        if not data.startswith(b"HTTP/1.1 200 ", at) or min(length, date, tag) < 0:
            raise ValueError("no answer with a message")
        self.counts.head_down += end - at
        self._status, self._length = 200, int(data[length + 18 : data.index(b"\r", length + 2)])
        heard = data[date + 17 : data.index(b"\r", date + 2)], data[tag + 8 : data.index(b"\r", tag + 2)]
        self.last = LAST % heard
        self._part = self._body
        return end

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.arrived(False)
        if self.probe:
            self.hear(data, at, end)
        if not self.closed:
            self.ask()


def _head(client: Client) -> bytes:
    return f"GET {SUBSCRIBE} HTTP/1.1\r\nHost: {client.way.host}:{client.way.port}\r\n".encode()


def _request(client: Client, more: bytes) -> bytes:
    request = _head(client) + more + b"\r\n"
    client.counts.requests += 1
    client.counts.head_up += len(request)
    return request


KINDS: dict[str, type[Client]] = {"longpoll": LongPoll, "sse": Sse, "ws": Ws}

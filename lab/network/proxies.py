"""Real proxies: nginx and HAProxy, in the configurations people really have.

python -m transport_fallback.lab.proxies nginx-plain --listen 9001 --to 8000    an nginx at 9001, in front of 8000
async with proxy("nginx-plain", to=url) as url: ...                             the same for a test
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from .gateway import place

PATIENCE = 10.0  # s until a proxy must answer, or have ended
PLACES = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # where Debian keeps them, and an ordinary user does not look


class Row(NamedTuple):
    """One proxy as somebody has set it up."""

    name: str
    program: str
    en: str
    zh: str
    config: str

    def text(self, listen: str, host: str, port: int, folder: str = ".") -> str:
        """The configuration, for this place and this server."""
        filled = self.config
        for key, value in {"listen": listen, "host": host, "port": str(port), "folder": folder}.items():
            filled = filled.replace("{" + key + "}", value)
        return filled


NGINX_PLAIN = """\
server {
    listen {listen};
    location / {
        proxy_pass http://{host}:{port};
    }
}
"""
NGINX_GZIP = """\
gzip on;
gzip_types text/event-stream application/json text/javascript text/css;

server {
    listen {listen};
    location / {
        proxy_pass http://{host}:{port};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Connection "";
        proxy_ignore_headers X-Accel-Buffering;
    }
}
"""
NGINX_IMPATIENT = """\
server {
    listen {listen};
    location / {
        proxy_pass http://{host}:{port};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_read_timeout 3s;
    }
}
"""
NGINX_RIGHT = """\
map $http_upgrade $connection_upgrade {
    default upgrade;
    ""      close;
}
log_format no_query '$remote_addr [$time_local] $request_method $uri $status $body_bytes_sent';

server {
    listen {listen};
    access_log {folder}/access.log no_query;    # the query holds a secret, the sid
    error_log {folder}/error.log crit;          # whose lesser lines quote it
    location / {
        proxy_pass http://{host}:{port};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;       # else the server takes its own pages for foreign ones
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_buffering off;                    # each event at once
        proxy_read_timeout 60s;                 # more than a heartbeat or a hold, 30 s at most
    }
}
"""
HAPROXY_IMPATIENT = """\
defaults
    mode http
    timeout connect 5s
    timeout client  30s
    timeout server  10s
    timeout tunnel  10s

listen lab
    bind {listen}
    server lab {host}:{port}
"""
HAPROXY_RIGHT = """\
defaults
    mode http
    timeout connect 5s
    timeout client  60s     # more than a heartbeat or a hold, 30 s at most
    timeout server  60s
    timeout tunnel  60s     # a WebSocket
    option http-no-delay    # each event at once: else it waits for more, a tenth of a second and longer
    log stdout format raw local0
    log-format "%ci [%t] %HM %HP %ST %B"    # %HP is without the query, which holds a secret, the sid

listen lab
    bind {listen}
    server lab {host}:{port}
"""

TABLE: tuple[Row, ...] = (
    Row("nginx-plain", "nginx",
        "proxy_pass and nothing else: HTTP/1.0 to the server, so no upgrade arrives and WebSocket is refused.",
        "只有 proxy_pass ：以 HTTP/1.0 连接服务器，升级请求到不了，WebSocket 被拒绝。",
        NGINX_PLAIN),
    Row("nginx-gzip", "nginx",
        "No upgrade, buffers and compresses: to whoever takes gzip, as browsers do, no server-sent event arrives.",
        "不转发升级，又缓冲又压缩：接受 gzip 的一方（浏览器都是）收不到任何服务器推送事件。",
        NGINX_GZIP),
    Row("nginx-impatient", "nginx",
        "Passes the upgrade, and hangs up on whatever the server lets be silent for 3 seconds.",
        "转发升级请求，但服务器沉默 3 秒就挂断，不论是什么连接。",
        NGINX_IMPATIENT),
    Row("nginx-right", "nginx",
        "Passes the upgrade, holds nothing back, waits longer than any heartbeat, and logs no secret.",
        "转发升级请求，不扣留任何内容，等待时间比任何心跳都长，日志里没有秘密。",
        NGINX_RIGHT),
    Row("haproxy-impatient", "haproxy",
        "Passes everything, and hangs up on whatever is silent for 10 seconds.",
        "什么都转发，但沉默 10 秒就挂断。",
        HAPROXY_IMPATIENT),
    Row("haproxy-right", "haproxy",
        "Passes everything, waits longer than any heartbeat, and logs no secret.",
        "什么都转发，等待时间比任何心跳都长，日志里没有秘密。",
        HAPROXY_RIGHT),
)  # fmt: skip
ROWS = {row.name: row for row in TABLE}

# What a configuration needs around it to run here: in the foreground, in a folder of its own, beside any other.
NGINX_FRAME = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {}
http {
access_log off;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
{config}}
"""
HAPROXY_FRAME = """\
global
    maxconn 2000
    nbthread 1

{config}"""
FRAMES = {"nginx": NGINX_FRAME, "haproxy": HAPROXY_FRAME}


def find(program: str) -> str:
    """Where this program is. FileNotFoundError: it is not here."""
    path = shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), *PLACES)))
    if path is None:
        raise FileNotFoundError(f"{program} is not installed: run scripts/get-proxies as root, or install it yourself")
    return path


def free(host: str, port: int) -> int:
    """This port, or any if 0. OSError: somebody has it. A proxy might only share it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class proxy:
    """A real proxy in front of a server: `async with proxy("nginx-right", to=url) as url`."""

    def __init__(self, name: str | Row, to: str, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """`name`: of those in the table, or a row of one's own."""
        if isinstance(name, str) and name not in ROWS:
            raise ValueError(f"no such proxy; there are {', '.join(ROWS)}")
        self.row = ROWS[name] if isinstance(name, str) else name
        self.to = urlsplit(to if "//" in to else f"http://{to}")
        self.host, self.port = host, port

    async def __aenter__(self) -> str:
        program = find(self.row.program)
        self.port = free(self.host, self.port)
        self._folder = tempfile.TemporaryDirectory(prefix=f"{self.row.name}-")
        self.folder = Path(self._folder.name)
        try:
            with (self.folder / "output").open("wb") as output:
                self._process = await asyncio.create_subprocess_exec(
                    program,
                    *self._arguments(),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C is for the program that ends it
                )
            try:
                await self._answers()
            except BaseException:
                await self._end()
                raise
        except BaseException:
            self._folder.cleanup()
            raise
        return f"http://{bracketed(self.host)}:{self.port}"

    async def __aexit__(self, *_: object) -> None:
        await self._end()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def process(self) -> asyncio.subprocess.Process:
        return self._process

    async def ended(self) -> None:
        """Wait until it has ended by itself."""
        await self._process.wait()

    @property
    def log(self) -> str:
        """All that it wrote, to the terminal or to its logs."""
        files = (self.folder / name for name in ("output", "access.log", "error.log"))
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def _arguments(self) -> list[str]:
        """Write the configuration, and how to be run with it."""
        folder, file = str(self.folder), self.folder / "config"
        listen, host = f"{bracketed(self.host)}:{self.port}", bracketed(self.to.hostname or self.host)
        config = FRAMES[self.row.program].replace("{config}", self.row.config)
        file.write_text(self.row._replace(config=config).text(listen, host, self.to.port or 80, folder))
        if self.row.program == "nginx":
            return ["-p", folder, "-e", f"{folder}/error.log", "-c", str(file)]
        return ["-db", "-f", str(file)]

    async def _answers(self) -> None:
        """Wait until it listens. OSError: it ended instead, or never does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self._process.returncode is None:
                    try:
                        _reader, writer = await asyncio.open_connection(self.host, self.port)
                    except OSError:
                        await asyncio.sleep(0.02)
                    else:
                        writer.close()
                        return
        raise OSError(f"{self.row.name} does not run: {self.log.strip() or 'it says nothing'}")

    async def _end(self) -> None:
        """End the one process that was started here: at once, for a proxy asked politely waits for its readers."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()


async def serve(row: Row, listen: tuple[str, int], to: tuple[str, int]) -> None:
    target = f"http://{bracketed(to[0])}:{to[1]}"
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with proxy(row.name, target, host=listen[0], port=listen[1]) as url:
        print(f"{url} leads to {target}. {row.en} (Ctrl-C ends it)", flush=True)
        await ended.wait()


def main(arguments: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m transport_fallback.lab.proxies",
        description="A real proxy in front of a server.",
        epilog="\n".join(f"  {row.name:18}{row.en}" for row in TABLE),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("proxy", help="one of those below", choices=ROWS, metavar="proxy")
    parser.add_argument("--listen", type=place, required=True, metavar="[HOST:]PORT", help="0 = any free port")
    parser.add_argument("--to", type=place, required=True, metavar="[HOST:]PORT", help="where the server is")
    chosen = parser.parse_args(list(arguments))
    try:
        asyncio.run(serve(ROWS[chosen.proxy], chosen.listen, chosen.to))
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0

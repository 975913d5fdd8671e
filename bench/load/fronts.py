"""Fronts: a real nginx or HAProxy before the server, with TLS and HTTP/2, as a server is deployed.

Each has one process, on the server's core, so that what it costs can be counted by its pid. The certificate is made for
the run, by the openssl command, and nobody is asked to trust it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from transport_fallback.lab.network.proxies import Row, find, proxy

NGINX = """\
map $http_upgrade $connection_upgrade {
    default upgrade;
    ""      "";
}
upstream lab {
    server {host}:{port};
    keepalive 256;                          # a request needs no new connection to the server
    keepalive_requests 1000000;
}
server {
    listen {listen}{tls};
    keepalive_requests 1000000;             # by default a poller would be cut after a thousand
    location / {
        proxy_pass http://lab;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_buffering off;                # each event at once
        proxy_read_timeout 60s;
    }
}
"""
NGINX_TLS = """ ssl http2;
    ssl_certificate {folder}/certificate;
    ssl_certificate_key {folder}/key;
    ssl_protocols TLSv1.2 TLSv1.3"""
NGINX_GZIP = """\
gzip on;
gzip_min_length 0;
gzip_types text/event-stream application/json;
"""
HAPROXY = """\
defaults
    mode http
    timeout connect 5s
    timeout client  60s
    timeout server  60s
    timeout tunnel  60s
    option http-no-delay

listen lab
    bind {listen} ssl crt {folder}/both alpn h2,http/1.1
    server lab {host}:{port}
"""
# By name: the program, and its configuration. What it compresses is for those that take it.
CONFIGS = {
    "nginx": ("nginx", NGINX.replace("{tls}", "")),
    "nginx-tls": ("nginx", NGINX.replace("{tls}", NGINX_TLS)),
    "nginx-gzip": ("nginx", NGINX_GZIP + NGINX.replace("{tls}", NGINX_TLS)),
    "haproxy-tls": ("haproxy", HAPROXY),
}
WHICH = {"nginx": "-v", "haproxy": "-v"}  # how each tells its version
MAKE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key -out certificate"
)


@dataclass(frozen=True)
class Front:
    """One that runs."""

    url: str
    pid: int


def lacking(program: str) -> str:
    """Why a server cannot be put behind this program here; "" if it can."""
    try:
        find(program)
    except FileNotFoundError as error:
        return f"{error}; what stands behind {program} is left out"
    return "" if shutil.which("openssl") else f"openssl is not installed; what stands behind {program} is left out"


def version(program: str) -> str:
    """As it says itself, in one line."""
    told = subprocess.run([find(program), WHICH[program]], capture_output=True, text=True, check=True)
    return (told.stdout + told.stderr).splitlines()[0].removeprefix("nginx version: ")


def certify(folder: Path) -> None:
    """A key and a certificate for localhost, apart and in one file. OSError, CalledProcessError: no openssl."""
    subprocess.run(MAKE.split(), cwd=folder, check=True, capture_output=True)
    (folder / "both").write_bytes((folder / "certificate").read_bytes() + (folder / "key").read_bytes())


def trusting(*protocols: str) -> ssl.SSLContext:
    """A client's side of TLS that asks for no trust: the certificate was made for this run."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(list(protocols))
    return context


def certified(folder: Path, *protocols: str) -> ssl.SSLContext:
    """The server's side, with what `certify` made."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both")
    context.set_alpn_protocols(list(protocols))
    return context


@contextlib.asynccontextmanager
async def fronting(name: str, to: str, core: int | None = None) -> AsyncIterator[Front | None]:
    """The front of this name before the server at `to`; none, if there is no name."""
    if not name:
        yield None
        return
    program, config = CONFIGS[name]
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        certify(Path(folder))
        row = Row(name, program, "", "", config.replace("{folder}", folder))
        front = proxy(row, to)
        async with front as url:
            if core is not None and (os.cpu_count() or 1) > 1 and hasattr(os, "sched_setaffinity"):
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(front.pid, {core})
            yield Front(url if name == "nginx" else url.replace("http:", "https:"), front.pid)


async def settled(port: int) -> int:
    """How many connections this port has of the loopback now, as the kernel lists them."""
    read = partial(Path("/proc/net/tcp").read_text)
    rows: list[Any] = [line.split() for line in (await asyncio.to_thread(read)).splitlines()[1:]]
    return sum(row[3] == "01" and int(row[1].partition(":")[2], 16) == port for row in rows)

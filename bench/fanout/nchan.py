"""nchan in nginx, a server in C: Debian's, started on a port of its own with files of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from bench.load.servers import ROOT

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
        location = /pub {{ nchan_publisher; nchan_channel_id fanout; }}
        location = /sub {{
            nchan_subscriber websocket eventsource;
            nchan_subscriber_first_message newest;
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

"""A balancer: HAProxy in front of the servers of a cluster, one after the other, and nothing sticky."""

from __future__ import annotations

from collections.abc import Iterable

from tests.scale.cluster import Server
from transport_fallback.lab.network.proxies import Row, proxy

CONFIG = """\
defaults
    mode http
    timeout connect 1s
    timeout client  60s     # more than a heartbeat or a hold, 30 s at most
    timeout server  60s
    timeout tunnel  60s     # a WebSocket
    timeout check   1s
    option http-no-delay    # each event at once
    option redispatch 1     # what one does not take goes to the next
    retries 3

listen lab
    bind {listen}
    balance roundrobin
    option httpchk
    http-check send meth GET uri /ready ver HTTP/1.1 hdr Host 127.0.0.1
    http-check expect status 200
    default-server check inter 500ms fall 2 rise 1
"""


def balancer(servers: Iterable[Server]) -> proxy:
    """`async with balancer(servers) as url`."""
    lines = [f"    server s{n} 127.0.0.1:{one.port}\n" for n, one in enumerate(servers)]
    row = Row("haproxy-cluster", "haproxy", "", "", CONFIG + "".join(lines))
    return proxy(row, "127.0.0.1:1")  # where it leads to stands in the row

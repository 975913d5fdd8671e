"""Who is measured, and the two ways in which each is: as it comes, and tuned to notice silence after 2.5 s."""

from __future__ import annotations

import json
import sys

from bench.fallback.peers import PEERS
from transport_fallback.protocol.limits import DEFAULTS as LIMITS

DEFAULTS, TUNED = TUNINGS = ("defaults", "tuned")
OURS = "ours"
WHO = {OURS: "Ours, the Python client", **{name: peer.label for name, peer in PEERS.items()}}
# s of our heartbeat; silence is noticed after 2.5 of them.
HEARTBEAT = {DEFAULTS: float(LIMITS.heartbeat), TUNED: 1.0}


def client_command(who: str, direct: str, tuning: str, speaks: bool) -> list[str]:
    """How a client is started that warms up on the server at `direct`."""
    if who != OURS:
        return PEERS[who].client_command(direct, tuning == TUNED, speaks)
    options = json.dumps({"heartbeat": HEARTBEAT[TUNED]} if tuning == TUNED else {})
    return [sys.executable, "-m", "bench.fallback.our_client", direct, options, *(["speaks"] if speaks else [])]

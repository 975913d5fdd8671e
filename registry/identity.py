"""Identity: a sid is a client's secret, and its id, which everybody may know, is the same on every server."""

from __future__ import annotations

import base64
import hashlib
import re

from ..protocol.errors import Refused

SID = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)  # 128 random bits in base64url


def identity(sid: str) -> tuple[str, bytes]:
    """The public id of a sid, and the hash that tells it from another sid with the same id. Refused: no sid at all."""
    if not SID.fullmatch(sid):
        raise Refused("bad_sid", "a sid is 22 characters of base64url: 128 random bits")
    digest = hashlib.sha256(sid.encode()).digest()
    return named(digest), digest


def public_id(sid: bytes) -> str:
    """The public id of whatever may be a sid."""
    return named(hashlib.sha256(sid).digest())


def named(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest)[:10].decode()

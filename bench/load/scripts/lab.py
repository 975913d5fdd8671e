"""This lab as any server, by its public interface alone: the chat room's `c2s`, emitted by POST, comes down as `s2c`.

python -m bench --url http://127.0.0.1:3000 --script bench/load/scripts/lab.py --transport longpoll,sse,ws

A client may emit 20 times a second: who wants more starts the server with `--emit-rate`.
"""

import itertools
import json
import secrets

PATHS = {
    "poll": "/poll?sid={client}{after}",
    "longpoll": "/longpoll?sid={client}{after}",
    "sse": "/sse?sid={client}",
    "ws": "/ws?sid={client}",
}
SPEAKER = secrets.token_urlsafe(16)  # the sid of who speaks
COUNT = itertools.count(1)


def after(body: bytes) -> str:
    return "&cursor=" + str(json.loads(body)["cursor"])  # at first there is none


def publish(text: str, number: int, planned: float) -> tuple[str, str, dict[str, str], str]:
    emit = {"n": next(COUNT), "event": "c2s", "data": {"content": text}}
    headers = {"Authorization": f"Bearer {SPEAKER}", "Content-Type": "application/json"}
    return "POST", "/emit", headers, json.dumps({"emits": [emit]})

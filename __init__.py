"""Transport Fallback: an ordered log, four transports that carry it, and the client that changes between them.

An application needs five names: `Hub` is the log, `build` makes an ASGI application of it, `running` is its life inside
another application, `Refuse` is how a handler says no, and `io` is the Python client.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["Hub", "Refuse", "build", "io", "running"]

if TYPE_CHECKING:
    from .app import build
    from .client.socket import io
    from .hub import Hub
    from .protocol.errors import Refuse
    from .serving.run import running
else:
    _MODULES = {
        "Hub": "hub",
        "Refuse": "protocol.errors",
        "build": "app",
        "io": "client.socket",
        "running": "serving.run",
    }

    def __getattr__(name: str) -> object:
        """One of the five, when it is first asked for (PEP 562): a server needs no client, a client no server."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)

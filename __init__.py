"""Transport Fallback: an ordered log, four transports that carry it, and the client that changes between them.

An application needs five names: `Hub` is the log, `build` makes an ASGI application of it, `running` is its life inside
another application, `Refuse` is how a handler says no, and `io` is the Python client.
"""

from .app import build
from .client.socket import io
from .hub import Hub
from .protocol.errors import Refuse
from .serving.run import running

__all__ = ["Hub", "Refuse", "build", "io", "running"]

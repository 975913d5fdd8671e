"""The `broadcast` of websockets as its documentation shows it: what one says, all hear: websockets_server.py PORT"""

from __future__ import annotations

import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

connections: set[ServerConnection] = set()


async def talk(connection: ServerConnection) -> None:
    connections.add(connection)
    try:
        async for message in connection:
            broadcast(connections, message)
    finally:
        connections.discard(connection)


async def main() -> None:
    async with serve(talk, "127.0.0.1", int(sys.argv[1]), compression=None, backlog=4096) as server:
        await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())

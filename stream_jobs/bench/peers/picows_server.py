"""picows on uvloop: one send a listener. Speaks as c/floor.c does."""

import uvloop
from picows import WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server
from rounds import rounds

here: set[WSTransport] = set()


class Viewer(WSListener):
    def on_ws_connected(self, transport: WSTransport) -> None:
        here.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        here.discard(transport)


def accept(_: WSUpgradeRequest) -> WSListener:
    return Viewer()


async def tell(text: str) -> None:
    said = text.encode()
    for transport in here:
        transport.send(WSMsgType.TEXT, said)


async def main() -> None:
    server = await ws_create_server(accept, "127.0.0.1", 0, backlog=4096)
    await rounds(server.sockets[0].getsockname()[1], tell)


uvloop.run(main())

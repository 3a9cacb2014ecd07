"""python-socketio in aiohttp on uvloop: one emit to everybody. Speaks as c/floor.c does."""

import json

import socketio
import uvloop
from aiohttp import web
from rounds import rounds

AROUND = len('42["card",]')
sio = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"], http_compression=False)


async def tell(text: str) -> None:
    await sio.emit("card", json.loads(text))


async def main() -> None:
    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    await rounds(runner.addresses[0][1], tell, AROUND)


uvloop.run(main())

"""A server whose terminal goes."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest

from stream_jobs.app import STOPPING, serve
from stream_jobs.listening import Addresses
from stream_jobs.settings import Settings


@pytest.fixture(autouse=True)
def _process_as_before() -> Iterator[None]:
    handlers, threshold = {number: signal.getsignal(number) for number in STOPPING}, gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@asynccontextmanager
async def _nobody(_: Settings) -> AsyncIterator[Addresses]:
    yield Addresses("http://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:2")


@pytest.mark.parametrize("ignored", [True, False])
async def test_what_nohup_has_ignored_stays_ignored(ignored: bool) -> None:
    """Else the server that was to outlive its terminal ends with it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    listens = asyncio.Event()

    async def ready(_: Addresses) -> None:
        listens.set()

    serving = asyncio.ensure_future(serve(Settings(), ready, _nobody))
    await listens.wait()
    hears = {number for number in STOPPING if signal.getsignal(number) not in (signal.SIG_IGN, signal.SIG_DFL)}

    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    for number in STOPPING:
        asyncio.get_running_loop().remove_signal_handler(number)
    assert hears == set(STOPPING) - ({signal.SIGHUP} if ignored else set())

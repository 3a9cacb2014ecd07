"""What a supervisor and a worker tell each other, a line of JSON each way."""

import ctypes
import signal
import sys

from pydantic import BaseModel

from stream_jobs.domain.ids import WorkerId
from stream_jobs.embedded.child import end_with_kernel
from stream_jobs.logs import configure_logging
from stream_jobs.settings import Settings


class Orders(BaseModel):
    """supervisor: the process without which this worker is not to be."""

    worker: int
    supervisor: int
    settings: Settings


class Life(BaseModel):
    """A worker that listens. ops_url: where it alone tells its health; id: what its rows are signed with."""

    ops_url: str
    id: WorkerId


def take_orders() -> Orders:
    """From standard input; from then on this process ends with its supervisor, however that ends."""
    orders = Orders.model_validate_json(sys.stdin.buffer.readline())
    end_with_kernel(ctypes.CDLL(None, use_errno=True), signal.SIGKILL, orders.supervisor)
    configure_logging(as_json=orders.settings.log_json, worker=orders.worker)
    return orders

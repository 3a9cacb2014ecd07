"""What a worker does with its orders."""

from stream_jobs.app import App, running_beside_others, serve
from stream_jobs.workers.orders import Life, Orders


async def work(orders: Orders) -> None:
    """Until the supervisor says that it is over; its first word is on standard output."""

    async def ready(app: App) -> None:
        print(Life(ops_url=app.ops_url, id=app.worker_id).model_dump_json(), flush=True)

    await serve(orders.settings, ready, running_beside_others)

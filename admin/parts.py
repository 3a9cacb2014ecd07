"""What the HTTP side is built from."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from stream_jobs.actions import Actions
from stream_jobs.actions.phones import PhoneActions
from stream_jobs.limits import Quotas
from stream_jobs.ports import Broadcasts, Clock
from stream_jobs.settings import Settings
from stream_jobs.tokens import Tokens

# Takes over a connection whose request head (the bytes) asks for an upgrade; the transport is then the taker's.
TakeOver = Callable[[asyncio.Transport, bytes], None]
Check = Callable[[], Awaitable[bool]]


class Draining:
    """Set when the server was told to stop, so that no new work is sent to it."""

    def __init__(self) -> None:
        self.begun = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """public_url is asked each time, because a free port is known only once it is taken.

    visits_written returns when every visit that began here before is stored: a signal without one is fraud.
    """

    actions: Actions
    phones: PhoneActions
    limits: Quotas
    broadcasts: Broadcasts
    tokens: Tokens
    settings: Settings
    clock: Clock
    public_url: Callable[[], str]
    take_over: TakeOver
    visits_written: Callable[[], Awaitable[None]]
    registry: CollectorRegistry
    checks: Mapping[str, Check] = field(default_factory=dict)
    draining: Draining = field(default_factory=Draining)

    @property
    def is_https(self) -> bool:
        return self.public_url().startswith("https://")

"""The product's actions at any moment: every task has a time of its own."""

from contextvars import ContextVar
from datetime import datetime

from storage.stores import Stores
from stream_jobs.actions import Actions
from stream_jobs.assembly import actions_over
from stream_jobs.keys import Keys
from stream_jobs.settings import Settings
from stream_jobs.silent import Silent
from stream_jobs.tokens import Tokens

_moment: ContextVar[datetime] = ContextVar("moment")


class Player:
    def __init__(self, stores: Stores, keys: Keys, settings: Settings) -> None:
        self.stores = stores
        self._actions = actions_over(stores, Silent(), Tokens(keys.signing), _moment.get, settings)

    def at(self, moment: datetime) -> Actions:
        """Every action, taking its time from this moment in the task that asked and those it starts from then on."""
        _moment.set(moment)
        return self._actions

    async def run(self) -> None:
        """What stores applications; until cancelled."""
        await self._actions.batcher.run()

"""The actions, built over stores and a bus: the one list of what depends on what."""

from dataclasses import dataclass

from storage.stores import Stores
from stream_jobs.actions.accounts import AccountActions
from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.actions.batching import Batcher
from stream_jobs.actions.stage import StageActions
from stream_jobs.actions.watching import WatchingActions
from stream_jobs.ports import Bus, Clock, NewApplication, Receipt
from stream_jobs.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Actions:
    stage: StageActions
    applying: ApplyingActions
    watching: WatchingActions
    accounts: AccountActions
    batcher: Batcher[NewApplication, Receipt]


def actions_over(stores: Stores, bus: Bus, tokens: Tokens, clock: Clock, *, session_hours: int) -> Actions:
    batcher = Batcher(stores.applications.submit)
    return Actions(
        stage=StageActions(stores.broadcasts, stores.trays, stores.desks, bus, clock),
        applying=ApplyingActions(stores.applications, stores.receipts, stores.applicants, batcher, bus, clock),
        watching=WatchingActions(stores.audience, bus, clock),
        accounts=AccountActions(stores.accounts, stores.broadcasts, tokens, bus, clock, session_hours=session_hours),
        batcher=batcher,
    )

"""The demo host: pushes one card after another, and makes room for good as soon as somebody else acts."""

import asyncio
import logging
from collections.abc import Sequence
from uuid import uuid4

from stream_jobs.actions import Actions
from stream_jobs.demo.past import AUTOMATIC_HOST
from stream_jobs.domain.errors import BroadcastNotFound, BroadcastNotLive, StageMoved, StreamJobsError
from stream_jobs.domain.events import CardBody
from stream_jobs.domain.ids import BroadcastId, CardId, OrgId
from stream_jobs.ports import TrayCard

logger = logging.getLogger(__name__)


async def present(actions: Actions, org_id: OrgId, broadcast_id: BroadcastId, every_seconds: float = 40) -> None:
    """Pushes the next card that may be pushed, round and round.

    Returns when somebody else acted last on the stage or the show is not on air, and never takes over again.
    """
    while True:
        await asyncio.sleep(every_seconds)
        try:
            if not await _push_next(actions, org_id, broadcast_id):
                return
        except (BroadcastNotFound, BroadcastNotLive, StageMoved):
            return
        except StreamJobsError as error:
            logger.warning("the demo host cannot push; trying again", extra={"code": error.code})


async def _push_next(actions: Actions, org_id: OrgId, broadcast_id: BroadcastId) -> bool:
    desk = await actions.stage.desk(org_id, broadcast_id)
    last = desk.last_action
    if last is None or last.by != AUTOMATIC_HOST.name:
        return False
    on_stage = desk.on_stage.card_id if desk.on_stage else None
    card = next_card(await actions.stage.tray_cards(org_id, broadcast_id), on_stage)
    if card is not None:
        # Whoever acts between the look above and this push is not overruled.
        await actions.stage.push(org_id, broadcast_id, card.id, AUTOMATIC_HOST, uuid4(), expected_seq=last.seq)
    return True


def next_card(tray: Sequence[TrayCard], on_stage: CardId | None) -> CardBody | None:
    """The one after the card on stage that takes applications and may be pushed; None when there is no other."""
    ids = [card.body.id for card in tray]
    after = ids.index(on_stage) + 1 if on_stage in ids else 0
    turn = [*tray[after:], *tray[:after]]
    fit = (card.body for card in turn if not card.blocked and card.body.state == "open" and card.body.id != on_stage)
    return next(fit, None)

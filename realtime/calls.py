"""What a viewer's page asks for, answered: one member of the union, one line to the action that does it."""

from typing import assert_never

from realtime.protocol import (
    Answer,
    Apply,
    Ask,
    Asked,
    Mine,
    MyApplication,
    MyApplications,
    Stored,
    Withdraw,
    Withdrawn,
)
from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.actions.watching import WatchingActions
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import ApplicationId, ReceiptId
from stream_jobs.ports import MineRow
from stream_jobs.tokens import Identity


class Calls:
    """Answers calls of viewers; `report` is answered by Signals, after its batch."""

    def __init__(self, applying: ApplyingActions, watching: WatchingActions) -> None:
        self._applying = applying
        self._watching = watching

    async def answer(self, identity: Identity, watcher: Watcher, call: Apply | Withdraw | Mine | Ask) -> Answer:
        """Raises StreamJobsError."""
        match call:
            case Apply():
                return await self._apply(identity, watcher, call)
            case Withdraw():
                return await self._withdraw(identity, watcher, call)
            case Mine():
                return await self._mine(identity, watcher)
            case Ask():
                return await self._ask(identity, watcher, call)
            case _:
                assert_never(call)

    async def _apply(self, identity: Identity, watcher: Watcher, call: Apply) -> Answer:
        receipt = await self._applying.submit(
            identity.org_id,
            identity.broadcast_id,
            watcher,
            key=call.key,
            job=call.job_id,
            phone=call.contact.phone,
            name=call.contact.name,
            consent_sha256=call.consent.text_sha256,
            push_seq=call.push_seq,
        )
        return Stored(
            application_id=_as_told(receipt.receipt_id),
            number=shown_number(receipt.number),
            at=receipt.at,
            repeated=receipt.repeated,
        )

    async def _withdraw(self, identity: Identity, watcher: Watcher, call: Withdraw) -> Answer:
        at = await self._applying.withdraw(
            identity.org_id, identity.broadcast_id, watcher.viewer_id, ReceiptId(call.application_id)
        )
        return Withdrawn(application_id=call.application_id, at=at)

    async def _mine(self, identity: Identity, watcher: Watcher) -> Answer:
        rows = await self._applying.mine(identity.org_id, identity.broadcast_id, watcher.viewer_id)
        return MyApplications(applications=[_mine(row) for row in rows])

    async def _ask(self, identity: Identity, watcher: Watcher, call: Ask) -> Answer:
        count, answer = await self._watching.ask(
            identity.org_id, identity.broadcast_id, watcher, call.card_id, call.kind
        )
        return Asked(count=count, answer=answer)


def shown_number(number: int) -> str:
    """0312: four digits or more."""
    return f"{number:04d}"


def _mine(row: MineRow) -> MyApplication:
    return MyApplication(
        application_id=_as_told(row.receipt_id),
        job_id=row.job_id,
        number=shown_number(row.number),
        state=row.state,
        at=row.at,
        contact_masked=row.contact_masked,
    )


def _as_told(receipt_id: ReceiptId) -> ApplicationId:
    # A device knows its application by its own receipt, so that it learns nothing about other devices.
    return ApplicationId(receipt_id)

"""What a viewer's page asks for, answered: one member of the union, one line to the action that does it."""

from typing import assert_never

from realtime.protocol import (
    Answer,
    Apply,
    Ask,
    AskCode,
    Asked,
    CodeSent,
    ConfirmCode,
    Mine,
    MyApplication,
    MyApplications,
    PhoneVerified,
    Stored,
    ViewerCalls,
    Withdraw,
    Withdrawn,
)
from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.actions.phones import PhoneActions
from stream_jobs.actions.watching import WatchingActions
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import ApplicationId, ReceiptId
from stream_jobs.even_time import APPLYING_SECONDS, even_time
from stream_jobs.ports import MineRow
from stream_jobs.tokens import Identity


class Calls:
    """Answers calls of viewers; `report` is answered by Signals, after its batch."""

    def __init__(self, applying: ApplyingActions, watching: WatchingActions, phones: PhoneActions) -> None:
        self._applying = applying
        self._watching = watching
        self._phones = phones

    async def answer(self, identity: Identity, watcher: Watcher, call: ViewerCalls) -> Answer:
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
            case AskCode():
                return await self._ask_code(identity, watcher, call)
            case ConfirmCode():
                return await self._confirm_code(identity, watcher, call)
            case _:
                assert_never(call)

    async def _apply(self, identity: Identity, watcher: Watcher, call: Apply) -> Answer:
        async with even_time(APPLYING_SECONDS):
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

    async def _ask_code(self, identity: Identity, watcher: Watcher, call: AskCode) -> Answer:
        sent = await self._phones.ask_code(identity.org_id, watcher.viewer_id, call.phone)
        return CodeSent(valid_seconds=sent.valid_seconds, resend_seconds=sent.resend_seconds)

    async def _confirm_code(self, identity: Identity, watcher: Watcher, call: ConfirmCode) -> Answer:
        at = await self._phones.confirm(identity.org_id, watcher.viewer_id, call.phone, call.code)
        return PhoneVerified(at=at)


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

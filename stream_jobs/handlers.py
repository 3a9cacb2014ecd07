"""What each kind of background work does, and what is done by the calendar."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never

from admin.export_files import Encoder, ReportEncoder
from admin.resume_files.check import inspect
from storage.stores import Stores
from stream_jobs.actions.purging import PurgeActions
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import Clock
from stream_jobs.ports.notices import Notices
from stream_jobs.ports.work import (
    CheckFile,
    DeleteObjects,
    ExpireExports,
    Purge,
    SweepFiles,
    TellEmployer,
    TellWhoIsDue,
    TidyQueue,
    Work,
    WriteExport,
)

QUEUE_LOG_KEPT = timedelta(days=30)

# Cron expressions in UTC; China's clocks are eight hours ahead.
SCHEDULES: Mapping[str, Work] = {
    "40 19 * * *": TidyQueue(),  # 03:40
    "17 * * * *": ExpireExports(),
    "27 * * * *": SweepFiles(),
    "10 19 * * *": Purge(),  # 03:10
    "5 1 * * *": TellWhoIsDue(),  # 09:05
}


class Handlers:
    """Each may be asked for the same twice, after a crash: the second time changes nothing."""

    def __init__(self, stores: Stores, notices: Notices, purging: PurgeActions, clock: Clock) -> None:
        self._stores = stores
        self._notices = notices
        self._purging = purging
        self._clock = clock
        self._encode = Encoder(clock)
        self._encode_reports = ReportEncoder(clock)

    async def handle(self, org_id: OrgId | None, work: Work, asked_at: datetime) -> None:
        match work:
            case DeleteObjects():
                await self._stores.objects.delete(*work.keys)
            case TidyQueue():
                await self._stores.work.forget_log(self._clock() - QUEUE_LOG_KEPT)
            case WriteExport():
                await self._stores.exports.write(
                    _of(org_id), work.export_id, self._encode, self._encode_reports, self._clock()
                )
            case ExpireExports():
                await self._stores.exports.expire(self._clock())
                await self._stores.people_imports.expire(self._clock())
            case TellEmployer():
                await self._stores.reminders.deliver(_of(org_id), work.notice_id, self._notices, self._clock())
            case TellWhoIsDue():
                if self._notices.reaches_phones:
                    await self._stores.reminders.ask_due(self._clock())
            case Purge():
                await self._purging.purge()
            case CheckFile():
                await self._stores.files.check(_of(org_id), work.file_id, inspect, self._clock())
            case SweepFiles():
                await self._stores.files.sweep(self._clock())
            case _:
                assert_never(work)

    async def give_up(self, org_id: OrgId | None, work: Work, why: str) -> bool:
        """Whether anybody waits for it, who is told then that it failed too often; why: a code of errors.md."""
        if not isinstance(work, WriteExport):
            return False
        await self._stores.exports.give_up(_of(org_id), work.export_id, why, self._clock())
        return True


def _of(org_id: OrgId | None) -> OrgId:
    if org_id is None:
        raise AssertionError("this work is always an organisation's")
    return org_id

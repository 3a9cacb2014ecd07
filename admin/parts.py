"""What the HTTP side is built from."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from stream_jobs.actions.accounts import AccountActions
from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.actions.audit import AuditActions
from stream_jobs.actions.banning import BanActions
from stream_jobs.actions.collecting import CollectingActions
from stream_jobs.actions.cuts import CutActions
from stream_jobs.actions.exports import ExportActions
from stream_jobs.actions.files import FileActions
from stream_jobs.actions.forms import FormActions
from stream_jobs.actions.imports import ImportActions
from stream_jobs.actions.my_page import MyPageActions
from stream_jobs.actions.organisation import OrganisationActions
from stream_jobs.actions.people_imports import PeopleImportActions
from stream_jobs.actions.phones import PhoneActions
from stream_jobs.actions.platform_imports import PlatformImportActions
from stream_jobs.actions.postings import PostingActions
from stream_jobs.actions.programme import ProgrammeActions
from stream_jobs.actions.recruiting import RecruitingActions
from stream_jobs.actions.reminders import ReminderActions
from stream_jobs.actions.report import ReportActions
from stream_jobs.actions.segments import SegmentActions
from stream_jobs.actions.series import SeriesActions
from stream_jobs.actions.stage import StageActions
from stream_jobs.actions.units import UnitActions
from stream_jobs.actions.walls import WallActions
from stream_jobs.actions.watching import WatchingActions
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
    """public_url is asked each time, because a free port is known only once it is taken."""

    stage: StageActions
    applying: ApplyingActions
    recruiting: RecruitingActions
    watching: WatchingActions
    accounts: AccountActions
    report: ReportActions
    forms: FormActions
    platform_imports: PlatformImportActions
    postings: PostingActions
    programme: ProgrammeActions
    imports: ImportActions
    segments: SegmentActions
    exports: ExportActions
    reminders: ReminderActions
    phones: PhoneActions
    my_page: MyPageActions
    limits: Quotas
    bans: BanActions
    files: FileActions
    collecting: CollectingActions
    people_imports: PeopleImportActions
    series: SeriesActions
    cuts: CutActions
    units: UnitActions
    organisation: OrganisationActions
    audit: AuditActions
    walls: WallActions
    broadcasts: Broadcasts
    tokens: Tokens
    settings: Settings
    clock: Clock
    public_url: Callable[[], str]
    take_over: TakeOver
    registry: CollectorRegistry
    checks: Mapping[str, Check] = field(default_factory=dict)
    draining: Draining = field(default_factory=Draining)

    @property
    def is_https(self) -> bool:
        return self.public_url().startswith("https://")

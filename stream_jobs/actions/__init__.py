"""Everything a person can do, one method each, by role."""

from dataclasses import dataclass

from stream_jobs.actions.accounts import AccountActions
from stream_jobs.actions.applying import ApplyingActions
from stream_jobs.actions.audit import AuditActions
from stream_jobs.actions.banning import BanActions
from stream_jobs.actions.batching import Batcher
from stream_jobs.actions.collecting import CollectingActions
from stream_jobs.actions.cuts import CutActions
from stream_jobs.actions.exports import ExportActions
from stream_jobs.actions.files import FileActions
from stream_jobs.actions.forms import FormActions
from stream_jobs.actions.imports import ImportActions
from stream_jobs.actions.my_page import MyPageActions
from stream_jobs.actions.organisation import OrganisationActions
from stream_jobs.actions.people_imports import PeopleImportActions
from stream_jobs.actions.person import PersonActions
from stream_jobs.actions.platform_imports import PlatformImportActions
from stream_jobs.actions.postings import PostingActions
from stream_jobs.actions.programme import ProgrammeActions
from stream_jobs.actions.recruiting import RecruitingActions
from stream_jobs.actions.reminders import ReminderActions
from stream_jobs.actions.report import ReportActions
from stream_jobs.actions.scans import ScanActions
from stream_jobs.actions.segments import SegmentActions
from stream_jobs.actions.series import SeriesActions
from stream_jobs.actions.stage import StageActions
from stream_jobs.actions.units import UnitActions
from stream_jobs.actions.walls import WallActions
from stream_jobs.actions.watching import WatchingActions
from stream_jobs.ports import NewApplication, Receipt


@dataclass(frozen=True, slots=True)
class Actions:
    """batcher: what stores applications, while it runs."""

    stage: StageActions
    applying: ApplyingActions
    recruiting: RecruitingActions
    watching: WatchingActions
    scans: ScanActions
    accounts: AccountActions
    postings: PostingActions
    programme: ProgrammeActions
    imports: ImportActions
    report: ReportActions
    forms: FormActions
    platform_imports: PlatformImportActions
    segments: SegmentActions
    exports: ExportActions
    reminders: ReminderActions
    person: PersonActions
    my_page: MyPageActions
    bans: BanActions
    files: FileActions
    collecting: CollectingActions
    people_imports: PeopleImportActions
    series: SeriesActions
    cuts: CutActions
    walls: WallActions
    units: UnitActions
    organisation: OrganisationActions
    audit: AuditActions
    batcher: Batcher[NewApplication, Receipt]

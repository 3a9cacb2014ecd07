"""Which action stands on which stores: each is made here and nowhere else."""

from datetime import timedelta

from storage.stores import Stores
from stream_jobs.actions import Actions
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
from stream_jobs.actions.keeping import Turns
from stream_jobs.actions.my_page import MyPageActions
from stream_jobs.actions.organisation import OrganisationActions
from stream_jobs.actions.people_imports import PeopleImportActions
from stream_jobs.actions.person import PersonActions, Remember, forget
from stream_jobs.actions.platform_imports import PlatformImportActions
from stream_jobs.actions.postings import PostingActions
from stream_jobs.actions.programme import ProgrammeActions
from stream_jobs.actions.purging import PurgeActions
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
from stream_jobs.notices import ConsoleNotices
from stream_jobs.ports import Bus, Clock
from stream_jobs.ports.notices import Notices
from stream_jobs.ports.purging import Periods
from stream_jobs.settings import Settings
from stream_jobs.tokens import Tokens


def actions_over(
    stores: Stores,
    bus: Bus,
    tokens: Tokens,
    clock: Clock,
    settings: Settings,
    *,
    notices: Notices | None = None,
    remember: Remember = forget,
) -> Actions:
    """notices: without a gateway, messages appear in the terminal. remember: told of every erasure."""
    batcher = Batcher(stores.applications.submit)
    person = PersonActions(stores.persons, bus, clock, remember)
    report = ReportActions(stores.reports, clock)
    # Figures over several shows that are kept nowhere take a fifth of the connections: applicants have the others.
    turns = Turns(max(1, settings.database_pool_size // 5))
    applying = ApplyingActions(stores.applications, stores.receipts, stores.applicants, batcher, bus, clock)
    return Actions(
        stage=StageActions(stores.broadcasts, stores.trays, stores.desks, bus, clock),
        applying=applying,
        recruiting=RecruitingActions(stores.recruiting, bus, clock),
        watching=WatchingActions(stores.audience, bus, clock),
        scans=ScanActions(stores.scans, clock),
        accounts=AccountActions(
            stores.accounts, stores.broadcasts, tokens, bus, clock, session_hours=settings.session_hours
        ),
        postings=PostingActions(stores.jobs, stores.jobs, stores.employers, stores.policies, bus, clock),
        programme=ProgrammeActions(
            stores.broadcasts, stores.shows, stores.trays, stores.jobs, stores.channels, bus, clock
        ),
        imports=ImportActions(stores.imports, stores.jobs, bus, clock),
        report=report,
        platform_imports=PlatformImportActions(stores.platform_imports, clock),
        forms=FormActions(stores.forms, stores.over_shows, report, turns, clock),
        segments=SegmentActions(stores.segments, clock),
        exports=ExportActions(stores.exports, clock),
        reminders=ReminderActions(stores.reminders, notices or ConsoleNotices(), clock),
        person=person,
        my_page=MyPageActions(
            stores.my_pages, person, stores.files, bus, clock, stores.priorities, settings.asked_priorities
        ),
        bans=BanActions(stores.bans, bus, clock),
        files=FileActions(
            stores.files,
            clock,
            most_bytes=settings.resume_file_bytes,
            most_files=settings.resume_files,
            upload_hours=settings.upload_hours,
        ),
        collecting=CollectingActions(
            stores.collections, clock, hours=settings.collect_hours, openings=settings.collect_openings
        ),
        people_imports=PeopleImportActions(stores.people_imports, stores.people_matching, applying, bus, clock),
        series=SeriesActions(stores.series, report, turns, clock),
        cuts=CutActions(stores.cuts, turns, clock),
        walls=WallActions(stores.walls, tokens, clock),
        units=UnitActions(stores.units, clock),
        organisation=OrganisationActions(stores.organisations, clock),
        audit=AuditActions(stores.audit_reading),
        batcher=batcher,
    )


def purging_over(stores: Stores, settings: Settings, clock: Clock) -> PurgeActions:
    periods = Periods(
        people_after=timedelta(days=settings.retention_days),
        resumes=timedelta(days=settings.resume_days),
        keys=timedelta(days=settings.key_days),
        records=timedelta(days=settings.record_days),
    )
    return PurgeActions(stores.purges, periods, clock)

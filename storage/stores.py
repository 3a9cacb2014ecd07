"""All stores over one database, so that whoever assembles the program names them once."""

from dataclasses import dataclass

from storage.accounts import AccountStore
from storage.applicants import ApplicantStore
from storage.applications import ApplicationStore
from storage.audience import AudienceStore
from storage.audit import AuditStore
from storage.audit_reading import AuditReading
from storage.bans import BanStore
from storage.broadcasts import BroadcastStore
from storage.channels import ChannelStore
from storage.collecting import CollectionStore
from storage.custody import CustodyStore
from storage.cuts import CutStore
from storage.desks import DeskStore
from storage.employers import EmployerStore
from storage.exports import ExportStore
from storage.forms import FormStore
from storage.imports import ImportStore
from storage.jobs import JobStore
from storage.my_pages import MyPageStore
from storage.organisations import OrganisationStore
from storage.over_shows import OverShowsStore
from storage.people import People
from storage.people_imports import PeopleImportStore
from storage.people_matching import PeopleMatchingStore
from storage.persons import PersonStore
from storage.platform_imports import PlatformImportStore
from storage.policies import PolicyStore
from storage.pool import Database
from storage.presence import PresenceStore
from storage.priority import PriorityStore
from storage.purging import PurgeStore
from storage.receipts import ReceiptStore
from storage.recruiting import RecruitingStore
from storage.reindexing import Reindexing
from storage.reminders import ReminderStore
from storage.reports import ReportStore
from storage.resume_files import ResumeFileStore
from storage.segments import SegmentStore
from storage.series_reports import SeriesReportStore
from storage.shows import ShowStore
from storage.trays import TrayStore
from storage.units import UnitStore
from storage.upkeep import UpkeepStore
from storage.vault import Vault
from storage.verified_phones import VerifiedPhoneStore
from storage.walls import WallStore
from storage.work import WorkStore
from stream_jobs.domain.metrics import SMALL_GROUP
from stream_jobs.keys import Keys
from stream_jobs.ports.objects import Objects


@dataclass(frozen=True, slots=True)
class Stores:
    organisations: OrganisationStore
    accounts: AccountStore
    jobs: JobStore
    broadcasts: BroadcastStore
    trays: TrayStore
    desks: DeskStore
    applications: ApplicationStore
    receipts: ReceiptStore
    applicants: ApplicantStore
    recruiting: RecruitingStore
    reindexing: Reindexing
    audience: AudienceStore
    reports: ReportStore
    presence: PresenceStore
    employers: EmployerStore
    policies: PolicyStore
    shows: ShowStore
    channels: ChannelStore
    imports: ImportStore
    upkeep: UpkeepStore
    work: WorkStore
    segments: SegmentStore
    objects: Objects
    exports: ExportStore
    reminders: ReminderStore
    purges: PurgeStore
    verified_phones: VerifiedPhoneStore
    my_pages: MyPageStore
    persons: PersonStore
    custody: CustodyStore
    bans: BanStore
    audit: AuditStore
    audit_reading: AuditReading
    files: ResumeFileStore
    collections: CollectionStore
    people_imports: PeopleImportStore
    people_matching: PeopleMatchingStore
    series: SeriesReportStore
    cuts: CutStore
    walls: WallStore
    forms: FormStore
    over_shows: OverShowsStore
    platform_imports: PlatformImportStore
    units: UnitStore
    priorities: PriorityStore


def stores_over(
    database: Database,
    keys: Keys,
    objects: Objects,
    *,
    retention_days: int,
    effective_seconds: int = 10,
    small_group: int = SMALL_GROUP,
) -> Stores:
    people = People(Vault(keys))
    reports = ReportStore(database, effective_seconds, small_group, people.vault.priorities)
    return Stores(
        organisations=OrganisationStore(database),
        accounts=AccountStore(database),
        jobs=JobStore(database),
        broadcasts=BroadcastStore(database),
        trays=TrayStore(database),
        desks=DeskStore(database, people),
        applications=ApplicationStore(database, people, retention_days),
        receipts=ReceiptStore(database, people),
        applicants=ApplicantStore(database, people),
        recruiting=RecruitingStore(database, people),
        reindexing=Reindexing(database, people),
        audience=AudienceStore(database),
        reports=reports,
        presence=PresenceStore(database, effective_seconds),
        employers=EmployerStore(database),
        policies=PolicyStore(database),
        shows=ShowStore(database),
        channels=ChannelStore(database),
        imports=ImportStore(database),
        upkeep=UpkeepStore(database),
        work=WorkStore(database),
        segments=SegmentStore(database),
        objects=objects,
        exports=ExportStore(database, people, objects, reports),
        reminders=ReminderStore(database),
        purges=PurgeStore(database),
        verified_phones=VerifiedPhoneStore(database, people),
        my_pages=MyPageStore(database, people, keys),
        persons=PersonStore(database, people),
        custody=CustodyStore(database, people),
        bans=BanStore(database),
        audit=AuditStore(database),
        audit_reading=AuditReading(database),
        files=ResumeFileStore(database, people, objects),
        collections=CollectionStore(database, people),
        people_imports=PeopleImportStore(database, people.vault),
        people_matching=PeopleMatchingStore(database, people.vault),
        series=SeriesReportStore(database),
        cuts=CutStore(database),
        walls=WallStore(database, people, effective_seconds),
        forms=FormStore(database),
        over_shows=OverShowsStore(database),
        platform_imports=PlatformImportStore(database),
        units=UnitStore(database),
        priorities=PriorityStore(database, people.vault),
    )

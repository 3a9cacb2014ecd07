"""All stores over one database, so that whoever assembles the program names them once."""

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
from storage.phone_codes import PhoneCodeStore
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
from storage.scans import ScanStore
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


class Stores:
    def __init__(
        self,
        database: Database,
        keys: Keys,
        objects: Objects,
        *,
        retention_days: int,
        effective_seconds: int = 10,
        small_group: int = SMALL_GROUP,
    ) -> None:
        people = People(Vault(keys))
        self.organisations = OrganisationStore(database)
        self.accounts = AccountStore(database)
        self.jobs = JobStore(database)
        self.broadcasts = BroadcastStore(database)
        self.trays = TrayStore(database)
        self.desks = DeskStore(database, people)
        self.applications = ApplicationStore(database, people, retention_days)
        self.receipts = ReceiptStore(database, people)
        self.applicants = ApplicantStore(database, people)
        self.recruiting = RecruitingStore(database, people)
        self.reindexing = Reindexing(database, people)
        self.audience = AudienceStore(database)
        self.reports = ReportStore(database, effective_seconds, small_group, people.vault.priorities)
        self.presence = PresenceStore(database, effective_seconds)
        self.employers = EmployerStore(database)
        self.policies = PolicyStore(database)
        self.shows = ShowStore(database)
        self.channels = ChannelStore(database)
        self.scans = ScanStore(database)
        self.imports = ImportStore(database)
        self.upkeep = UpkeepStore(database)
        self.work = WorkStore(database)
        self.segments = SegmentStore(database)
        self.objects = objects
        self.exports = ExportStore(database, people, objects, self.reports)
        self.reminders = ReminderStore(database)
        self.purges = PurgeStore(database)
        self.phone_codes = PhoneCodeStore(database, keys)
        self.verified_phones = VerifiedPhoneStore(database, people, self.phone_codes)
        self.my_pages = MyPageStore(database, people, keys)
        self.persons = PersonStore(database, people)
        self.custody = CustodyStore(database, people)
        self.bans = BanStore(database)
        self.audit = AuditStore(database)
        self.audit_reading = AuditReading(database)
        self.files = ResumeFileStore(database, people, objects)
        self.collections = CollectionStore(database, people)
        self.people_imports = PeopleImportStore(database, people.vault)
        self.people_matching = PeopleMatchingStore(database, people.vault)
        self.series = SeriesReportStore(database)
        self.cuts = CutStore(database)
        self.walls = WallStore(database, people, effective_seconds)
        self.forms = FormStore(database)
        self.over_shows = OverShowsStore(database)
        self.platform_imports = PlatformImportStore(database)
        self.units = UnitStore(database)
        self.priorities = PriorityStore(database, people.vault)

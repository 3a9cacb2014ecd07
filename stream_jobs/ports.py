"""What the centre needs from outside: storage of each kind, and a way to tell other processes to look."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from stream_jobs.domain.events import (
    Body,
    CardBody,
    PayBody,
    QuestionKind,
    Signal,
    StageEntry,
    StageEvent,
    Status,
    Watcher,
)
from stream_jobs.domain.ids import (
    AccountId,
    ApplicationId,
    BroadcastId,
    CardId,
    ChannelId,
    EmployerId,
    ImportId,
    JobId,
    OrgId,
    PolicyId,
    ReceiptId,
    ViewerId,
    VisitId,
    WorkerId,
)
from stream_jobs.domain.model import Broadcast, CardState
from stream_jobs.domain.report import Apart, CardLine, ChannelLine, Curve, EmployerLine, Figures, FunnelStep, TimeLine
from stream_jobs.domain.vetting import Blocked

Clock = Callable[[], datetime]


# ── the bus ───────────────────────────────────────────────────────────────────────────────────────────────────


class Topic(StrEnum):
    STAGE = "stage"
    DESK = "desk"
    ACCESS = "access"


class Bus(Protocol):
    async def announce(self, broadcast_id: BroadcastId, topic: Topic) -> None:
        """Tells every process to look. Never raises: what it announces is committed already."""


# ── broadcasts and their stage ────────────────────────────────────────────────────────────────────────────────


class BroadcastBody(Body):
    """A broadcast as everyone may see it."""

    id: BroadcastId
    title: str
    status: Status
    starts_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    rehearsal: bool = False
    series: str | None = None
    base: str | None = None
    host: str | None = None
    platform: str | None = None
    platform_url: str | None = None
    organiser: str
    service_phone: str | None = None
    apply_until: datetime


class OnStageBody(Body):
    seq: int
    at: datetime
    card: CardBody


class PushBody(Body):
    seq: int
    card_id: CardId
    at: datetime


class Snapshot(Body):
    """The stage at one seq, the same for everyone."""

    broadcast: BroadcastBody
    on_stage: OnStageBody | None = None
    pinned: CardId | None = None
    seq: int
    epoch: str
    pushes: tuple[PushBody, ...] = ()
    tray_version: int


class Tray(Body):
    """All cards of a broadcast in their order."""

    version: int
    cards: tuple[CardBody, ...] = ()


@dataclass(frozen=True, slots=True)
class TrayCard:
    """A card as the host's side knows it: with what forbids a push, and what the host may say."""

    body: CardBody
    blocked: tuple[Blocked, ...] = ()
    points: str | None = None


@dataclass(frozen=True, slots=True)
class CommandKey:
    """An Idempotency-Key and the hash of what it was sent with."""

    key: UUID
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class By:
    """Who acts."""

    account_id: AccountId | None
    name: str


@dataclass(frozen=True, slots=True)
class NewBroadcast:
    id: BroadcastId
    org_id: OrgId
    title: str
    starts_at: datetime
    epoch: str
    series: str | None = None
    base: str | None = None
    host: str | None = None
    platform: str | None = None
    platform_url: str | None = None
    service_phone: str | None = None
    rehearsal: bool = False
    apply_days: int = 7


class Broadcasts(Protocol):
    """Broadcasts, their trays and the stage log."""

    async def org_of(self, broadcast_id: BroadcastId) -> OrgId:
        """Raises BroadcastNotFound."""

    async def record(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        decide: Callable[[Broadcast], StageEvent | None],
        *,
        at: datetime,
        by: By,
        label: str | None = None,
        command: CommandKey | None = None,
    ) -> StageEntry | None:
        """Appends what decide returns at the next seq, under the broadcast's row lock; None when it returns None.

        A command key seen before returns the entry it made then. Raises KeyReused, BroadcastNotFound.
        """

    async def entries_after(
        self, org_id: OrgId, broadcast_id: BroadcastId, seq: int, limit: int
    ) -> Sequence[StageEntry]:
        """Entries with a higher seq, oldest first, without gaps; empty when up to date."""

    async def snapshot(self, org_id: OrgId, broadcast_id: BroadcastId) -> Snapshot: ...

    async def create(self, broadcast: NewBroadcast, at: datetime) -> None: ...

    async def rows(self, org_id: OrgId, at: datetime) -> "Sequence[BroadcastRow]":
        """All broadcasts of the organisation, newest start first."""

    async def update(
        self, org_id: OrgId, broadcast_id: BroadcastId, changes: Mapping[str, object], at: datetime
    ) -> None: ...

    async def renew_link_secret(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> None:
        """Revokes every link to remote, prompter and overlay."""

    async def link_secret(self, org_id: OrgId, broadcast_id: BroadcastId) -> UUID:
        """Signs the links of remote, prompter and overlay."""

    async def add_platform_figure(self, org_id: OrgId, broadcast_id: BroadcastId, figure: "PlatformFigure") -> None: ...


class Trays(Protocol):
    """The cards of a broadcast, in their order and under their numbers."""

    async def tray(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Tray: ...

    async def tray_card(self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, at: datetime) -> TrayCard: ...

    async def tray_cards(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Sequence[TrayCard]: ...

    # Each change of a tray takes the next seq of the stage log in its own transaction.

    async def add_cards(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        jobs: Sequence[JobId],
        policies: Sequence[PolicyId],
        *,
        at: datetime,
        by: By,
    ) -> None:
        """Appends cards with the next numbers of their kind; those in the tray already stay as they are."""

    async def remove_card(
        self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, *, at: datetime, by: By
    ) -> None:
        """Before the start only: raises BroadcastStarted. The numbers close up."""

    async def order_cards(
        self, org_id: OrgId, broadcast_id: BroadcastId, order: Sequence[CardId], *, at: datetime, by: By
    ) -> None:
        """Puts the tray in this order; before the start the numbers follow it, after it they stay."""

    async def set_card_state(
        self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, state: CardState, *, at: datetime, by: By
    ) -> None: ...

    async def set_answer(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        card_id: CardId,
        kind: QuestionKind,
        answer: str,
        *,
        at: datetime,
        by: By,
    ) -> None: ...

    async def set_points(self, org_id: OrgId, broadcast_id: BroadcastId, card_id: CardId, points: str) -> None: ...


class Desks(Protocol):
    """What the host's side sees of a running show."""

    async def record_delivery(
        self, org_id: OrgId, broadcast_id: BroadcastId, seq: int, worker_id: WorkerId, connected: int, delivered: int
    ) -> None: ...

    async def desk(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> "Desk": ...

    async def set_note(self, org_id: OrgId, broadcast_id: BroadcastId, note: str) -> None: ...


class BroadcastRow(Body):
    """A line of the organiser's list."""

    broadcast: BroadcastBody
    cards: int
    openings: int
    visits: int
    applications: int
    watching: int


PlatformMetric = Literal["views", "viewers", "peak", "likes", "comments", "shares", "new_followers", "leads"]


class PlatformFigure(Body):
    """A number typed in from a platform's own page; shown beside ours, never mixed."""

    platform: str
    metric: PlatformMetric
    value: int
    by: str
    at: datetime


# ── the desk: what the host's side sees, absolute numbers ────────────────────────────────────────────────────


class StageFigures(Body):
    """What the push on stage has reached so far."""

    seq: int
    card_id: CardId
    at: datetime
    connected: int
    delivered: int
    impressions: int
    clicks: int
    applications: int


class CardFigures(Body):
    card_id: CardId
    pushed: bool
    impressions: int
    clicks: int
    applications: int
    blocked: tuple[Blocked, ...] = ()


class NewestApplication(Body):
    """An application as the host's side may see it."""

    number: str
    label: str
    name_masked: str
    phone_masked: str
    at: datetime
    channel: str | None = None
    recorded_by: str | None = None


class OpenQuestion(Body):
    card_id: CardId
    label: str
    kind: QuestionKind
    count: int
    answer: str | None = None


class ChannelFigure(Body):
    name: str
    visits: int


class LastAction(Body):
    """Who did what last, and until when it can be undone."""

    seq: int
    kind: str
    label: str | None = None
    by: str
    at: datetime
    undo_until: datetime | None = None


class Desk(Body):
    """Everything live on the host's side; figures are absolute, so that a lost update heals itself."""

    type: Literal["desk"] = "desk"
    watching: int
    peak: int
    visits: int
    viewers: int
    applications: int
    people: int
    cards_spoken: int
    cards_total: int
    on_stage: StageFigures | None = None
    cards: tuple[CardFigures, ...] = ()
    newest: tuple[NewestApplication, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()
    channels: tuple[ChannelFigure, ...] = ()
    last_action: LastAction | None = None
    note: str | None = None


# ── organisations, employers, jobs, policies ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    id: OrgId
    name: str
    kind: Literal["province", "city", "county", "base", "station", "company"]
    service_phone: str | None = None
    keeper_contact: str | None = None
    privacy_notice: str | None = None


@dataclass(frozen=True, slots=True)
class NewEmployer:
    id: EmployerId
    org_id: OrgId
    name: str
    full_name: str
    contact_name: str | None = None
    contact_phone: str | None = None
    calls_within: str | None = None
    licence_no: str | None = None
    verified_at: date | None = None
    verified_until: date | None = None


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as it was written; pay and wording are understood from it."""

    title: str
    pay_text: str
    workplace: str
    headcount_min: int | None = None
    headcount_max: int | None = None
    shift: str | None = None
    rest: str | None = None
    meals: str | None = None
    dorm: str | None = None
    age: str | None = None
    education: str | None = None
    gender: str | None = None
    benefits: str | None = None
    requirements: str | None = None
    duties: str | None = None
    arrival: str | None = None
    insurance: str | None = None
    source: str | None = None
    valid_until: date | None = None
    # Written beside the job; read for unlawful wording, not shown to viewers.
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    id: JobId
    org_id: OrgId
    employer_id: EmployerId
    facts: JobFacts
    import_id: ImportId | None = None
    import_row: str | None = None


@dataclass(frozen=True, slots=True)
class NewPolicy:
    id: PolicyId
    org_id: OrgId
    title: str
    who: str
    how_much: str
    how_to_claim: str
    phone: str | None = None


class Organisations(Protocol):
    async def add(self, organisation: NewOrganisation, at: datetime) -> None: ...


class Jobs(Protocol):
    """Employers, their jobs, and policy notices."""

    async def add_employer(self, employer: NewEmployer, at: datetime) -> None: ...

    async def add_jobs(self, org_id: OrgId, jobs: Sequence[NewJob], at: datetime) -> None:
        """Pay and wording are read from the facts. Raises PayUnparseable and its kin; then none is stored."""

    async def add_policy(self, policy: NewPolicy, at: datetime) -> None: ...


# ── applying ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Consent:
    """What the applicant agreed to, in the text they were shown."""

    text: str
    text_sha256: str
    employer: str
    fields: tuple[str, ...]
    purpose: str
    keeper: str
    until: date
    given: Literal["ticked", "in_person", "by_telephone"]


@dataclass(frozen=True, slots=True)
class NewApplication:
    """An application on its way to storage; phone is E.164 and, like name, is encrypted there."""

    receipt_id: ReceiptId
    org_id: OrgId
    broadcast_id: BroadcastId
    job_id: JobId
    viewer_id: ViewerId
    key: UUID
    phone: str
    name: str | None
    consent_sha256: str
    push_seq: int | None
    channel_id: ChannelId
    visit_id: VisitId | None
    recorded_by: AccountId | None
    consent_given: Literal["ticked", "in_person", "by_telephone"]
    at: datetime
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a device is told: its own receipt, also when another device applied for the same person before."""

    receipt_id: ReceiptId
    number: int
    at: datetime
    repeated: bool
    counted: bool = False


class ApplicationBody(Body):
    """An application as staff see it: masked."""

    id: ApplicationId
    number: str
    broadcast_id: BroadcastId
    job_id: JobId
    card_label: str
    job_title: str
    employer_id: EmployerId
    employer: str
    state: str
    at: datetime
    channel: str | None = None
    first_channel: str | None = None
    name_masked: str
    phone_masked: str
    recorded_by: str | None = None
    same_person: int = 1


class MineRow(Body):
    receipt_id: ReceiptId
    job_id: JobId
    number: int
    state: str
    at: datetime
    contact_masked: str


class Resume(Body):
    """A short résumé; every part is optional."""

    education: str | None = None
    experience: str | None = None
    skills: str | None = None
    wanted_place: str | None = None
    wanted_pay: str | None = None


class HandOver(Body):
    """One employer's list handed over, in one recorded act."""

    id: UUID
    employer_id: EmployerId
    employer: str
    purpose: str
    receiver: str
    count: int
    by: str
    at: datetime


class HandOverLine(Body):
    """A line of the list handed to an employer: in clear."""

    number: str
    name: str | None
    phone: str
    job: str
    at: datetime


class Applications(Protocol):
    async def submit(self, batch: Sequence[NewApplication]) -> Sequence[Receipt | BaseException]:
        """Stores and counts the batch, a transaction a broadcast; answers in the batch's order.

        A repeated key with the same body gets its receipt again; with another body, KeyReused. JobPaused, JobFull,
        JobClosed, JobNotFound and ConsentMissing are answers of their own row.
        """

    async def consent(self, org_id: OrgId, broadcast_id: BroadcastId, job_id: JobId, at: datetime) -> Consent: ...


class Receipts(Protocol):
    """An applicant's side: what this device did, and may take back or add to.

    Each raises ApplicationNotFound when the receipt is not this device's.
    """

    async def mine(self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId) -> Sequence[MineRow]: ...

    async def withdraw(
        self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, receipt_id: ReceiptId, at: datetime
    ) -> datetime:
        """When it was withdrawn; doing it again changes nothing."""

    async def save_resume(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        viewer_id: ViewerId,
        receipt_id: ReceiptId,
        resume: Resume,
        at: datetime,
    ) -> None: ...

    async def resume_of(
        self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, receipt_id: ReceiptId
    ) -> Resume: ...


@dataclass(frozen=True, slots=True)
class ApplicantFilter:
    """Which applications of a broadcast; waiting: those of people nobody has contacted yet."""

    employer_id: EmployerId | None = None
    job_id: JobId | None = None
    states: tuple[str, ...] = ()
    waiting: bool = False
    limit: int = 50
    offset: int = 0


class ApplicantPage(Body):
    """Applications, newest first, masked; total is how many the filter finds.

    with_recruiter: those employers whose own recruiter alone may see a number in full.
    """

    total: int
    applications: tuple[ApplicationBody, ...]
    with_recruiter: tuple[EmployerId, ...] = ()


class Applicants(Protocol):
    """The staff's side: masked lists, and clear text only after an audit row."""

    async def page(self, org_id: OrgId, broadcast_id: BroadcastId, wanted: ApplicantFilter) -> ApplicantPage: ...

    async def listed(
        self, org_id: OrgId, broadcast_id: BroadcastId, employer_id: EmployerId | None
    ) -> Sequence[ApplicationBody]: ...

    async def reveal(
        self,
        org_id: OrgId,
        application_id: ApplicationId,
        *,
        purpose: str,
        by: By,
        at: datetime,
        employer_id: EmployerId | None,
    ) -> tuple[str | None, str]:
        """Name and phone in clear; employer_id limits whose application it may be."""

    async def hand_over(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        employer_id: EmployerId,
        *,
        purpose: str,
        receiver: str,
        by: By,
        at: datetime,
    ) -> tuple[HandOver, Sequence[HandOverLine]]: ...

    async def handed_over(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[HandOver]: ...


# ── the audience ──────────────────────────────────────────────────────────────────────────────────────────────


class Audience(Protocol):
    async def open_visits(
        self, org_id: OrgId, broadcast_id: BroadcastId, visits: Sequence[tuple[Watcher, datetime]]
    ) -> None:
        """Counts each page load once, however often it is opened."""

    async def open_intervals(self, rows: Sequence[tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime]]) -> None: ...

    async def close_intervals(
        self, rows: Sequence[tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime, datetime]]
    ) -> None:
        """(…, from, to) of connections that ended."""

    async def append(
        self, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[tuple[Watcher, Signal]], received_at: datetime
    ) -> None:
        """Stores and counts signals; those stored before change nothing; those that cannot be true count as fraud."""

    async def ask(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        viewer_id: ViewerId,
        card_id: CardId,
        kind: QuestionKind,
        at: datetime,
    ) -> tuple[int, str | None]:
        """How many asked this by now, and the answer if there is one."""

    async def questions(
        self, org_id: OrgId, broadcast_id: BroadcastId
    ) -> Mapping[CardId, Mapping[QuestionKind, int]]: ...

    async def beat(self, worker_id: WorkerId, rooms: Mapping[BroadcastId, int], at: datetime) -> None:
        """This worker is alive and holds that many distinct viewers in each room."""

    async def watching_elsewhere(self, broadcast_id: BroadcastId, worker_id: WorkerId, at: datetime) -> int: ...


# ── accounts and access ───────────────────────────────────────────────────────────────────────────────────────


class AccountRole(StrEnum):
    ORGANISER = "organiser"
    HOST = "host"
    OPERATOR = "operator"
    RECRUITER = "recruiter"


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who signs in; a recruiter belongs to one employer, nobody else does."""

    id: AccountId
    org_id: OrgId
    role: AccountRole
    login: str
    name: str
    employer_id: EmployerId | None = None
    disabled: bool = False

    @property
    def by(self) -> By:
        return By(self.id, self.name)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser."""

    id: UUID
    account: Account
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelLink:
    """Where a channel's link leads: a show, or one card of it."""

    org_id: OrgId
    broadcast_id: BroadcastId
    card_id: CardId | None = None


class Accounts(Protocol):
    """Accounts, their sessions, and who may act on which broadcast."""

    async def create(self, account: Account, password_hash: str, *, by: By, at: datetime) -> None:
        """Raises LoginTaken, EmployerNotFound."""

    async def by_login(self, login: str) -> tuple[Account, str] | None:
        """The account of a normalised login, disabled or not, and its password's hash."""

    async def of_org(self, org_id: OrgId) -> Sequence[Account]:
        """By name."""

    async def account(self, org_id: OrgId, account_id: AccountId) -> Account:
        """Raises AccountNotFound."""

    async def rehash(self, org_id: OrgId, account_id: AccountId, password_hash: str) -> None:
        """The same password under newer parameters; sessions stay."""

    async def set_password(
        self, org_id: OrgId, account_id: AccountId, password_hash: str, *, by: By, at: datetime
    ) -> None:
        """Ends the account's sessions. Raises AccountNotFound."""

    async def set_role(self, org_id: OrgId, account_id: AccountId, role: AccountRole, *, by: By, at: datetime) -> None:
        """Ends the account's sessions. Raises AccountNotFound."""

    async def disable(self, org_id: OrgId, account_id: AccountId, *, by: By, at: datetime) -> None:
        """Ends the account's sessions; doing it again changes nothing. Raises AccountNotFound."""

    async def open_session(
        self, session: Session, token_sha256: bytes, *, at: datetime, replaces: bytes | None
    ) -> None:
        """Stores the session and ends the one it replaces."""

    async def session(self, token_sha256: bytes, at: datetime) -> Session | None:
        """None when it is unknown, expired or revoked, or its account disabled."""

    async def session_lives(self, org_id: OrgId, session_id: UUID, at: datetime) -> bool: ...

    async def close_session(self, token_sha256: bytes, at: datetime) -> OrgId | None:
        """Whose session was ended; None when there was none."""

    async def may_act(self, account: Account, broadcast_id: BroadcastId) -> bool:
        """Whether the broadcast is of the account's organisation and not reserved for other hosts and operators."""

    async def reserve(self, org_id: OrgId, broadcast_id: BroadcastId, accounts: Sequence[AccountId]) -> None:
        """Only these hosts and operators may act on the broadcast; none named opens it to all of the organisation.

        Raises BroadcastNotFound, AccountNotFound.
        """

    async def unended_broadcasts(self, org_id: OrgId) -> Sequence[BroadcastId]: ...

    async def organisations(self) -> Sequence[OrgId]:
        """The tenants: tops of the organisation tree."""

    async def channel_link(self, channel_id: ChannelId) -> ChannelLink | None:
        """None when there is no such channel or its link was revoked."""


# ── the organiser's library: employers, jobs, policy notices ──────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class EmployerFacts:
    """An employer as it was written."""

    name: str
    full_name: str
    contact_name: str | None = None
    contact_phone: str | None = None
    calls_within: str | None = None
    licence_no: str | None = None


class EmployerRow(Body):
    """verified says whether it counts as verified today; jobs are those not removed."""

    id: EmployerId
    name: str
    full_name: str
    contact_name: str | None = None
    contact_phone: str | None = None
    calls_within: str | None = None
    licence_no: str | None = None
    verified: bool
    verified_at: date | None = None
    verified_until: date | None = None
    verified_by: str | None = None
    jobs: int


class FindingBody(Body):
    """One wording rule that a job breaks, with the words that broke it."""

    rule_id: str
    severity: Literal["block", "warn", "notice", "allow"]
    category: str
    matched: str
    reason: str
    reason_en: str
    legal_basis: str


class Override(Body):
    """Why someone let a job be pushed all the same; covers names what was accepted, nothing that came later."""

    reason: str
    by: str
    at: datetime
    covers: tuple[str, ...]


class JobRow(Body):
    """A job of the library: as written, as understood, and what keeps it from being pushed."""

    id: JobId
    employer_id: EmployerId
    employer: str
    facts: JobFacts
    pay: PayBody
    findings: tuple[FindingBody, ...] = ()
    override: Override | None = None
    blocked: tuple[Blocked, ...] = ()
    import_id: ImportId | None = None
    import_row: str | None = None
    shows: int
    removed: bool = False
    created_at: datetime
    changed_at: datetime


class JobPage(Body):
    """Newest first, those of one import in its order; total counts all that fit the filter."""

    total: int
    jobs: tuple[JobRow, ...]


@dataclass(frozen=True, slots=True)
class JobFilter:
    """search looks in title, employer and workplace."""

    search: str | None = None
    employer_id: EmployerId | None = None
    import_id: ImportId | None = None
    state: Literal["all", "pushable", "blocked"] = "all"
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    title: str
    who: str
    how_much: str
    how_to_claim: str
    phone: str | None = None


class PolicyRow(Body):
    id: PolicyId
    title: str
    who: str
    how_much: str
    how_to_claim: str
    phone: str | None = None
    shows: int


class Employers(Protocol):
    """Every change tells the trays that show the employer, and returns their broadcasts."""

    async def listed(self, org_id: OrgId, search: str | None, at: datetime) -> Sequence[EmployerRow]:
        """By name; the unverified first."""

    async def employer(self, org_id: OrgId, employer_id: EmployerId, at: datetime) -> EmployerRow:
        """Raises EmployerNotFound."""

    async def edit(
        self, org_id: OrgId, employer_id: EmployerId, facts: EmployerFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Raises EmployerNotFound, NameTaken."""

    async def verify(
        self,
        org_id: OrgId,
        employer_id: EmployerId,
        *,
        today: date,
        until: date,
        who: str,
        seen: Sequence[str],
        at: datetime,
        by: By,
    ) -> Sequence[BroadcastId]:
        """Writes an audit row naming the papers seen. Raises EmployerNotFound."""

    async def unverify(
        self, org_id: OrgId, employer_id: EmployerId, *, reason: str, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Writes an audit row. Raises EmployerNotFound."""


class JobLibrary(Protocol):
    """Every change tells the trays that hold the job, and returns their broadcasts."""

    async def listed(self, org_id: OrgId, wanted: JobFilter, at: datetime) -> JobPage: ...

    async def job(self, org_id: OrgId, job_id: JobId, at: datetime) -> JobRow:
        """Raises JobNotFound."""

    async def edit(
        self, org_id: OrgId, job_id: JobId, employer_id: EmployerId, facts: JobFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Reads pay and wording anew.

        Raises JobNotFound, EmployerNotFound, PayUnparseable and its kin.
        """

    async def remove(self, org_id: OrgId, job_id: JobId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        """Takes it out of the library and of trays not started; where someone applied, its card stays, closed."""

    async def override(
        self, org_id: OrgId, job_id: JobId, *, reason: str, covers: Sequence[str], at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Writes an audit row; an override before is replaced. Raises JobNotFound."""

    async def take_override_back(
        self, org_id: OrgId, job_id: JobId, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]: ...

    async def known_keys(self, org_id: OrgId) -> Mapping[str, str]:
        """job_key() of every job there is to its id, under the employer's short and full name."""

    async def ids_of_import(self, org_id: OrgId, import_id: ImportId) -> Sequence[JobId]:
        """Its jobs that are still there, in the workbook's order."""


class Policies(Protocol):
    async def listed(self, org_id: OrgId) -> Sequence[PolicyRow]:
        """Those not removed, oldest first."""

    async def edit(
        self, org_id: OrgId, policy_id: PolicyId, facts: PolicyFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        """Raises PolicyNotFound."""

    async def remove(self, org_id: OrgId, policy_id: PolicyId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        """Takes it out of the list and of trays not started. Raises PolicyNotFound."""


# ── the organiser's programme: shows as they are prepared, and channels ───────────────────────────────────────


class ShowBody(Body):
    """A broadcast as its organiser typed it; organiser_phone stands in where no service phone is given."""

    id: BroadcastId
    status: Status
    title: str
    starts_at: datetime
    series: str | None = None
    base: str | None = None
    host: str | None = None
    platform: str | None = None
    platform_url: str | None = None
    service_phone: str | None = None
    organiser_phone: str | None = None
    rehearsal: bool
    apply_days: int
    tray_version: int
    # What is still to be filled in before going live: service_phone, keeper_contact, privacy_notice.
    missing: tuple[str, ...] = ()


class KnownNames(Body):
    """What was typed before, to choose from."""

    series: tuple[str, ...]
    bases: tuple[str, ...]
    hosts: tuple[str, ...]


class TodoBody(Body):
    """Something waiting for the organiser; broadcast_id or import_id says where, count how many."""

    code: Literal[
        "import_waits",
        "tray_empty",
        "tray_blocked",
        "service_phone_missing",
        "verification_ends",
        "employers_unverified",
    ]
    count: int = 1
    title: str | None = None
    broadcast_id: BroadcastId | None = None
    import_id: ImportId | None = None


class Shows(Protocol):
    async def show(self, org_id: OrgId, broadcast_id: BroadcastId) -> ShowBody:
        """Raises BroadcastNotFound."""

    async def names(self, org_id: OrgId) -> KnownNames: ...

    async def create(
        self,
        new: NewBroadcast,
        jobs: Sequence[JobId],
        policies: Sequence[PolicyId],
        like: BroadcastId | None,
        *,
        at: datetime,
        by: By,
    ) -> None:
        """With the tray and talking points of the show it is like, then these; or, when one is missing, not at all.

        Raises BroadcastNotFound, JobNotFound, CardNotFound.
        """

    async def todo(self, org_id: OrgId, at: datetime) -> Sequence[TodoBody]:
        """The most pressing first."""


ChannelKind = Literal["platform", "account", "poster", "station", "stall", "group", "other"]


class ChannelRow(Body):
    """visits counts page loads of viewers whom this channel brought first."""

    id: ChannelId
    kind: ChannelKind
    name: str
    card_id: CardId | None = None
    card_label: str | None = None
    visits: int
    revoked_at: datetime | None = None
    created_at: datetime


class Channels(Protocol):
    async def listed(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[ChannelRow]:
        """Oldest first, the revoked ones last."""

    async def channel(self, org_id: OrgId, broadcast_id: BroadcastId, channel_id: ChannelId) -> ChannelRow:
        """Raises ChannelNotFound."""

    async def create(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        channel_id: ChannelId,
        kind: ChannelKind,
        name: str,
        card_id: CardId | None,
        at: datetime,
    ) -> None:
        """Raises CardNotFound, NameTaken."""

    async def revoke(self, org_id: OrgId, broadcast_id: BroadcastId, channel_id: ChannelId, at: datetime) -> None:
        """Its link opens nothing any more; what came through it keeps it. Raises ChannelNotFound."""


# ── imports ───────────────────────────────────────────────────────────────────────────────────────────────────

VerdictKind = Literal["imports", "faulty", "duplicate", "skipped"]


class ImportFault(Body):
    """One cell to correct; cell is null where the sheet has no column for the field."""

    field: str
    code: str
    cell: str | None = None


class ImportDraft(Body):
    """A row as it was understood."""

    employer: str
    facts: JobFacts
    pay: PayBody
    contact_name: str | None = None
    contact_phone: str | None = None


class ImportRow(Body):
    """One row of a workbook and what would become of it.

    typed holds what stands in its cells by field, draft what was understood; duplicate_job or duplicate_row say what
    it repeats.
    """

    nth: int
    sheet: str
    row: int
    verdict: VerdictKind
    typed: Mapping[str, str] = {}
    draft: ImportDraft | None = None
    faults: tuple[ImportFault, ...] = ()
    findings: tuple[FindingBody, ...] = ()
    duplicate_job: JobId | None = None
    duplicate_sheet: str | None = None
    duplicate_row: int | None = None
    skipped: str | None = None


class SkippedSheet(Body):
    sheet: str
    reason: str


class ImportTotals(Body):
    """Rows by verdict; blocked are those that import and may not be pushed for their wording."""

    imports: int
    faulty: int
    duplicate: int
    skipped: int
    blocked: int
    new_employers: tuple[str, ...]


class ImportBody(Body):
    """An uploaded workbook; imported counts the jobs that were made of it."""

    id: ImportId
    file_name: str
    state: Literal["previewed", "confirmed", "undone"]
    totals: ImportTotals
    sheets: tuple[SkippedSheet, ...] = ()
    imported: int
    # Null while it can be undone or was never confirmed; else why it cannot.
    used: Literal["pushed", "applied"] | None = None
    by: str
    created_at: datetime
    confirmed_at: datetime | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewImport:
    id: ImportId
    org_id: OrgId
    file_name: str
    content: bytes
    today: date
    totals: ImportTotals
    sheets: Sequence[SkippedSheet]
    rows: Sequence[ImportRow]


@dataclass(frozen=True, slots=True)
class KeptWorkbook:
    """The file as it was uploaded, and what counted as today when it was read."""

    file_name: str
    content: bytes
    today: date


class Imports(Protocol):
    """Each raises ImportNotFound when the organisation has no such import."""

    async def add(self, new: NewImport, *, at: datetime, by: By) -> None: ...

    async def listed(self, org_id: OrgId) -> Sequence[ImportBody]:
        """Newest first."""

    async def one(self, org_id: OrgId, import_id: ImportId) -> ImportBody: ...

    async def rows(
        self, org_id: OrgId, import_id: ImportId, verdict: VerdictKind | None, offset: int, limit: int
    ) -> Sequence[ImportRow]:
        """In the workbook's order."""

    async def workbook(self, org_id: OrgId, import_id: ImportId) -> KeptWorkbook: ...

    async def employer_names(self, org_id: OrgId) -> Sequence[str]:
        """Short and full names of every employer."""

    async def confirm(self, org_id: OrgId, import_id: ImportId, *, at: datetime, by: By) -> int:
        """Makes the jobs, and employers that are new, unverified; how many jobs, without those that came meanwhile.

        All or nothing. Raises ImportDone.
        """

    async def undo(self, org_id: OrgId, import_id: ImportId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        """Takes its jobs, and employers nothing else needs, back; the broadcasts whose trays changed.

        Raises ImportDone unless it is confirmed, ImportUsed once a job of it was pushed or applied for.
        """


# ── the report of a show ──────────────────────────────────────────────────────────────────────────────────────


class Report(Body):
    """Everything counted of one show at one moment. counted is false for a rehearsal: it is in no other figure."""

    broadcast: BroadcastBody
    as_of: datetime
    counted: bool
    figures: Figures
    funnel: tuple[FunnelStep, ...]
    curve: Curve
    cards: tuple[CardLine, ...]
    employers: tuple[EmployerLine, ...]
    channels: tuple[ChannelLine, ...]
    times: tuple[TimeLine, ...]
    platform: tuple[PlatformFigure, ...]
    apart: Apart


@dataclass(frozen=True, slots=True)
class TypedFigure:
    """A platform's figure as typed; None takes it away."""

    platform: str
    metric: PlatformMetric
    value: int | None


class Reports(Protocol):
    async def report(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Report:
        """All figures of one moment. Raises BroadcastNotFound."""

    async def counted_shows(self, org_id: OrgId, since: date | None, until: date | None) -> Sequence[BroadcastId]:
        """Shows that were started on these days of China's calendar, oldest first; never a rehearsal."""

    async def set_platform_figures(
        self, org_id: OrgId, broadcast_id: BroadcastId, figures: Sequence[TypedFigure], *, by: By, at: datetime
    ) -> None:
        """All of them or none. Raises BroadcastNotFound."""

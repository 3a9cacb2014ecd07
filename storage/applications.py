"""How an application becomes durable before anyone says thank you."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.cards import CARD_COLUMNS, CARD_TABLES, card_body
from storage.counting import Hit, count
from storage.people import People, Person
from storage.pool import Database, Transaction
from stream_jobs.domain.consent import FIELDS, PURPOSE, SHOWN_FOR, ConsentText, consent_text
from stream_jobs.domain.errors import ConsentMissing, JobClosed, JobFull, JobNotFound, JobPaused, KeyReused, Unavailable
from stream_jobs.domain.events import CardBody, Status, Step
from stream_jobs.domain.ids import ApplicationId, BroadcastId, JobId, OrgId, ReceiptId, ViewerId, uuid7
from stream_jobs.domain.vetting import expires_at
from stream_jobs.ports import Consent, NewApplication, Receipt


class _Raced(Exception):
    """The same key or applicant twice at once: the batch is run again, row by row."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One submission with all that is known of it."""

    new: NewApplication
    card: CardBody
    person: Person
    mac: bytes

    @property
    def device(self) -> tuple[ViewerId, UUID]:
        return _device(self.new)

    @property
    def same(self) -> tuple[JobId, UUID]:
        return self.new.job_id, self.person.id


Answers = dict[int, Receipt | BaseException]


class ApplicationStore:
    def __init__(self, database: Database, people: People, retention_days: int) -> None:
        self._database = database
        self._people = people
        self._retention_days = retention_days

    async def submit(self, batch: Sequence[NewApplication]) -> Sequence[Receipt | BaseException]:
        """One transaction a broadcast; a transaction that lost a race or failed is run again row by row."""
        shows: dict[tuple[OrgId, BroadcastId], list[int]] = defaultdict(list)
        for nth, new in enumerate(batch):
            shows[new.org_id, new.broadcast_id].append(nth)
        answers: Answers = {}
        for (org_id, broadcast_id), places in sorted(shows.items()):
            stored = await self._store(org_id, broadcast_id, [batch[nth] for nth in places])
            answers |= dict(zip(places, stored, strict=True))
        return [answers[nth] for nth in range(len(batch))]

    async def _store(
        self, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[NewApplication]
    ) -> Sequence[Receipt | BaseException]:
        try:
            async with self._database.transaction(org_id) as tx:
                return await self._submit(tx, org_id, broadcast_id, batch)
        except Unavailable as away:
            return [away for _ in batch]
        except Exception as error:
            if len(batch) > 1:
                return [(await self._store(org_id, broadcast_id, [new]))[0] for new in batch]
            if isinstance(error, _Raced):
                return await self._store(org_id, broadcast_id, batch)
            return [error]

    async def _submit(
        self, tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[NewApplication]
    ) -> Sequence[Receipt | BaseException]:
        answers: Answers = {}
        cards = await _cards(tx, org_id, broadcast_id, batch)
        earlier = await _receipts_of(tx, broadcast_id, batch)
        self._refuse(batch, cards, earlier, answers)
        people = await self._people_of(tx, org_id, batch, earlier, answers)
        rows = {
            nth: self._row(new, cards[new.job_id], people[new.phone])
            for nth, new in enumerate(batch)
            if nth not in answers
        }
        _answer_known_keys(rows, earlier, answers)
        fresh = {nth: row for nth, row in rows.items() if nth not in answers}
        if fresh:
            await self._store_fresh(tx, org_id, broadcast_id, fresh, answers)
        return [answers[nth] for nth in range(len(batch))]

    def _refuse(
        self,
        batch: Sequence[NewApplication],
        cards: Mapping[JobId, CardBody],
        earlier: "Earlier",
        answers: Answers,
    ) -> None:
        """What was stored before is answered as it was, whatever became of the job since."""
        for nth, new in enumerate(batch):
            card = cards.get(new.job_id)
            try:
                if card is None:
                    raise JobNotFound(field="job_id", expected="a job of this broadcast")
                if _device(new) not in earlier:
                    _must_be_open(card, new.at)
                    self._must_have_agreed(new, card)
            except (JobNotFound, JobPaused, JobFull, JobClosed, ConsentMissing) as refusal:
                answers[nth] = refusal

    async def _people_of(
        self, tx: Transaction, org_id: OrgId, batch: Sequence[NewApplication], earlier: "Earlier", answers: Answers
    ) -> Mapping[str, Person]:
        """Who applies; whoever was refused leaves no number behind, nor does a known key with another number."""
        open_ = [(nth, new) for nth, new in enumerate(batch) if nth not in answers]
        again = [(nth, new) for nth, new in open_ if _device(new) in earlier]
        fresh = {new.phone for _, new in open_ if _device(new) not in earlier}
        people = dict(await self._people.find_or_make(tx, org_id, fresh, batch[0].at)) if fresh else {}
        people |= await self._people.find(tx, org_id, {new.phone for _, new in again} - fresh)
        answers |= {nth: _key_reused() for nth, new in again if new.phone not in people}
        return people

    def _row(self, new: NewApplication, card: CardBody, person: Person) -> _Row:
        mac = self._people.vault.body_mac(person.key, str(new.job_id), new.phone, new.name)
        return _Row(new, card, person, mac)

    def _must_have_agreed(self, new: NewApplication, card: CardBody) -> None:
        shown = {self._consent(card, at).sha256 for at in (new.at, new.at - SHOWN_FOR)}
        if new.consent_sha256 not in shown:
            raise ConsentMissing(field="consent.text_sha256", expected="consent to the text as it is now")

    def _consent(self, card: CardBody, at: datetime) -> ConsentText:
        if card.job is None:
            raise JobNotFound
        employer = card.job.employer
        return consent_text(
            employer=employer.full_name,
            contact_name=employer.contact_name,
            contact_phone=employer.contact_phone,
            at=at,
            retention_days=self._retention_days,
        )

    async def _store_fresh(
        self,
        tx: Transaction,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        rows: Mapping[int, _Row],
        answers: Answers,
    ) -> None:
        numbers = await _numbers(tx, org_id, broadcast_id, len(rows))
        numbered = dict(zip(rows, numbers, strict=True))
        stored = await _insert_applications(tx, rows, numbered)
        applications = await _existing(tx, broadcast_id, [row.same for row in rows.values()])
        receipts: list[_NewReceipt] = []
        for nth, row in rows.items():
            application = applications[row.same]
            receipt = _receipt(nth, row, application, numbered[nth], stored)
            receipts.append(receipt)
            answers[nth] = receipt.answer
        await _insert_receipts(tx, receipts)
        await _reopen(tx, [r for r in receipts if not r.counted])
        await self._insert_names(tx, org_id, [r for r in receipts if r.counted])
        await self._insert_other_names(tx, org_id, [r for r in receipts if not r.counted and r.row.new.name])
        await self._insert_consents(tx, org_id, receipts)
        await _insert_events(tx, org_id, [r for r in receipts if r.counted or r.reopens])
        await _count(tx, org_id, broadcast_id, [r for r in receipts if r.counted])

    async def _insert_names(self, tx: Transaction, org_id: OrgId, receipts: "Sequence[_NewReceipt]") -> None:
        vault = self._people.vault
        await tx.executemany(
            "INSERT INTO vault.application (application_id, org_id, person_id, name) VALUES ($1, $2, $3, $4)",
            [
                (
                    r.application_id,
                    org_id,
                    r.row.person.id,
                    vault.seal(r.row.person.key, "vault.application.name", r.application_id, r.row.new.name)
                    if r.row.new.name
                    else None,
                )
                for r in receipts
            ],
        )

    async def _insert_other_names(self, tx: Transaction, org_id: OrgId, receipts: "Sequence[_NewReceipt]") -> None:
        """A device is shown the name it typed itself, whoever applied first."""
        vault = self._people.vault
        await tx.executemany(
            "INSERT INTO vault.receipt (receipt_id, org_id, person_id, name) VALUES ($1, $2, $3, $4)",
            [
                (
                    r.row.new.receipt_id,
                    org_id,
                    r.row.person.id,
                    vault.seal(r.row.person.key, "vault.receipt.name", r.row.new.receipt_id, r.row.new.name or ""),
                )
                for r in receipts
            ],
        )

    async def _insert_consents(self, tx: Transaction, org_id: OrgId, receipts: "Sequence[_NewReceipt]") -> None:
        given = [(r, self._consent_of(r.row)) for r in receipts]
        await tx.executemany(
            "INSERT INTO consent_text (sha256, text) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            sorted({(bytes.fromhex(text.sha256), text.text) for _, text in given}),
        )
        keeper = await tx.fetchval(
            "SELECT concat_ws(' ', name, coalesce(keeper_contact, service_phone)) FROM organisation WHERE id = $1",
            org_id,
        )
        await tx.executemany(
            """
            INSERT INTO consent (application_id, receipt_id, org_id, text_sha256, employer, fields, purpose, keeper,
                until, given, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            [
                (
                    r.application_id,
                    r.row.new.receipt_id,
                    org_id,
                    bytes.fromhex(text.sha256),
                    r.row.card.job.employer.full_name if r.row.card.job else "",
                    list(FIELDS),
                    PURPOSE,
                    keeper,
                    text.until,
                    r.row.new.consent_given,
                    r.row.new.at,
                )
                for r, text in given
            ],
        )

    def _consent_of(self, row: _Row) -> ConsentText:
        """The text whose hash was sent: of now, or of the day before."""
        now = self._consent(row.card, row.new.at)
        return now if now.sha256 == row.new.consent_sha256 else self._consent(row.card, row.new.at - SHOWN_FOR)

    async def consent(self, org_id: OrgId, broadcast_id: BroadcastId, job_id: JobId, at: datetime) -> Consent:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                f"""
                SELECT {CARD_COLUMNS}, concat_ws(' ', o.name, coalesce(o.keeper_contact, o.service_phone)) AS keeper
                FROM {CARD_TABLES} JOIN organisation o ON o.id = c.org_id
                WHERE c.broadcast_id = $1 AND c.org_id = $2 AND c.job_id = $3
                """,  # noqa: S608  # constants of storage/cards.py
                broadcast_id,
                org_id,
                job_id,
            )
        if row is None:
            raise JobNotFound(field="job_id", expected="a job of this broadcast")
        text = self._consent(card_body(row, at), at)
        return Consent(
            text=text.text,
            text_sha256=text.sha256,
            english=text.english,
            employer=row["full_name"],
            fields=FIELDS,
            purpose=PURPOSE,
            keeper=row["keeper"],
            until=text.until,
            given="ticked",
        )


@dataclass(frozen=True, slots=True)
class _Application:
    """An application as it stood before this batch touched it."""

    id: ApplicationId
    viewer_id: ViewerId
    withdrawn: bool
    told: Mapping[ViewerId, "_Told"]


@dataclass(frozen=True, slots=True)
class _Told:
    """The first receipt of a device for an application, and whether that device took it back."""

    receipt_id: ReceiptId
    number: int
    at: datetime
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class _NewReceipt:
    row: _Row
    application_id: ApplicationId
    number: int
    own: bool
    counted: bool
    reopens: bool
    answer: Receipt


def _receipt(
    nth: int, row: _Row, application: _Application, number: int, stored: Mapping[ApplicationId, int]
) -> _NewReceipt:
    """What this device is told, and whether the application is new, opened again, or somebody else's.

    A device that applied before is told its first receipt; any other gets what a new applicant would get.
    """
    new = row.new
    counted = stored.get(application.id) == nth
    earlier = application.told.get(new.viewer_id)
    reopens = application.withdrawn and not counted
    own = counted or reopens or application.viewer_id == new.viewer_id
    told = Receipt(new.receipt_id, number, new.at, repeated=False, counted=counted)
    if earlier:
        again = reopens or earlier.withdrawn
        told = Receipt(earlier.receipt_id, earlier.number, new.at if again else earlier.at, repeated=not again)
    return _NewReceipt(row, application.id, number, own, counted, reopens, told)


def _must_be_open(card: CardBody, at: datetime) -> None:
    """Raises JobPaused, JobFull, JobClosed."""
    match card.state:
        case "paused":
            raise JobPaused
        case "full":
            raise JobFull
        case "closed":
            raise JobClosed
    job = card.job
    if job is None or (job.apply_until is not None and at >= job.apply_until):
        raise JobClosed


async def _cards(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[NewApplication]
) -> Mapping[JobId, CardBody]:
    rows = await tx.fetch(
        f"""
        SELECT {CARD_COLUMNS}, b.status FROM {CARD_TABLES}
        WHERE c.broadcast_id = $1 AND c.org_id = $2 AND c.job_id = ANY($3::uuid[])
        """,  # noqa: S608  # constants of storage/cards.py
        broadcast_id,
        org_id,
        list({new.job_id for new in batch}),
    )
    cards = [card_body(row, batch[0].at) for row in rows]
    # Before its end a show's closing date is not known yet: it only runs from then.
    return {
        card.job.id: card if row["status"] == Status.ENDED else _still_running(card, row)
        for card, row in zip(cards, rows, strict=True)
        if card.job
    }


def _still_running(card: CardBody, row: asyncpg.Record) -> CardBody:
    """A show that has not ended takes applications until the posting itself expires."""
    if card.job is None:
        return card
    return card.model_copy(update={"job": card.job.model_copy(update={"apply_until": expires_at(row["valid_until"])})})


# By (viewer, key): the body's mac, and the oldest receipt of that device for that application.
Earlier = Mapping[tuple[ViewerId, UUID], tuple[bytes, Receipt]]


def _device(new: NewApplication) -> tuple[ViewerId, UUID]:
    return new.viewer_id, new.key


def _key_reused() -> KeyReused:
    return KeyReused(field="key", expected="a new key for a new body")


def _answer_known_keys(rows: Mapping[int, _Row], earlier: Earlier, answers: Answers) -> None:
    """Answers what was submitted before. Raises _Raced when the batch itself holds one key or applicant twice."""
    met: set[tuple[UUID, UUID]] = set()
    for nth, row in rows.items():
        if row.device in earlier:
            mac, receipt = earlier[row.device]
            answers[nth] = receipt if mac == row.mac else _key_reused()
        elif row.device in met or row.same in met:
            raise _Raced
        else:
            met |= {row.device, row.same}


async def _receipts_of(tx: Transaction, broadcast_id: BroadcastId, batch: Sequence[NewApplication]) -> Earlier:
    rows = await tx.fetch(
        """
        SELECT r.viewer_id, r.key, r.body_mac, f.id, f.number, f.at
        FROM unnest($2::uuid[], $3::uuid[]) AS d (viewer_id, key)
        JOIN receipt r ON r.broadcast_id = $1 AND r.viewer_id = d.viewer_id AND r.key = d.key
        CROSS JOIN LATERAL (
            SELECT o.id, o.number, o.at FROM receipt o
            WHERE o.application_id = r.application_id AND o.viewer_id = r.viewer_id ORDER BY o.at, o.id LIMIT 1
        ) f
        """,
        broadcast_id,
        [new.viewer_id for new in batch],
        [new.key for new in batch],
    )
    return {
        (row["viewer_id"], row["key"]): (
            row["body_mac"],
            Receipt(row["id"], row["number"], row["at"], repeated=True),
        )
        for row in rows
    }


async def _numbers(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, wanted: int) -> range:
    """The next numbers of the broadcast; those of a batch that fails are given out again."""
    last = await tx.fetchval(
        """
        INSERT INTO receipt_number (broadcast_id, org_id, last) VALUES ($1, $2, $3)
        ON CONFLICT (broadcast_id) DO UPDATE SET last = receipt_number.last + excluded.last RETURNING last
        """,
        broadcast_id,
        org_id,
        wanted,
    )
    return range(last - wanted + 1, last + 1)


async def _insert_applications(
    tx: Transaction, rows: Mapping[int, _Row], numbered: Mapping[int, int]
) -> Mapping[ApplicationId, int]:
    """The applications that are new, by which row of the batch made them."""
    order = sorted(rows, key=lambda nth: rows[nth].same)
    new = [rows[nth].new for nth in order]
    stored = await tx.fetch(
        """
        INSERT INTO application (id, org_id, broadcast_id, job_id, card_id, employer_id, person_id, viewer_id, number,
            push_seq, first_channel_id, last_channel_id, recorded_by, state, at)
        SELECT n.id, n.org_id, n.broadcast_id, n.job_id, n.card_id, j.employer_id, n.person_id, n.viewer_id, n.number,
            n.push_seq, coalesce(m.first_channel_id, n.channel_id), n.channel_id, n.recorded_by, 'applied', n.at
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::integer[],
                $9::bigint[], $10::uuid[], $11::uuid[], $12::timestamptz[])
             AS n (id, org_id, broadcast_id, job_id, card_id, person_id, viewer_id, number, push_seq, channel_id,
                   recorded_by, at)
        JOIN job j ON j.id = n.job_id
        LEFT JOIN audience_member m ON m.broadcast_id = n.broadcast_id AND m.viewer_id = n.viewer_id
        ON CONFLICT DO NOTHING  -- no target: a resend may collide on the person or on the id
        RETURNING id
        """,
        [a.receipt_id for a in new],
        [a.org_id for a in new],
        [a.broadcast_id for a in new],
        [a.job_id for a in new],
        [rows[nth].card.id for nth in order],
        [rows[nth].person.id for nth in order],
        [a.viewer_id for a in new],
        [numbered[nth] for nth in order],
        [a.push_seq for a in new],
        [a.channel_id for a in new],
        [a.recorded_by for a in new],
        [a.at for a in new],
    )
    by_id = {rows[nth].new.receipt_id: nth for nth in order}
    return {row["id"]: by_id[row["id"]] for row in stored}


async def _existing(
    tx: Transaction, broadcast_id: BroadcastId, wanted: Sequence[tuple[JobId, UUID]]
) -> Mapping[tuple[JobId, UUID], _Application]:
    """In a statement of its own: a racing row is invisible to the one that collided with it."""
    rows = await tx.fetch(
        """
        SELECT p.id, p.job_id, p.person_id, p.viewer_id, p.state
        FROM application p JOIN unnest($2::uuid[], $3::uuid[]) AS n (job_id, person_id) USING (job_id, person_id)
        WHERE p.broadcast_id = $1
        """,
        broadcast_id,
        [job for job, _ in wanted],
        [person for _, person in wanted],
    )
    receipts: dict[UUID, dict[ViewerId, _Told]] = defaultdict(dict)
    for told in await tx.fetch(
        """
        SELECT application_id, viewer_id, id, number, at, withdrawn_at FROM receipt
        WHERE application_id = ANY($1::uuid[]) ORDER BY at DESC, id DESC
        """,
        [row["id"] for row in rows],
    ):
        receipts[told["application_id"]][told["viewer_id"]] = _Told(
            told["id"], told["number"], told["at"], told["withdrawn_at"] is not None
        )
    return {
        (row["job_id"], row["person_id"]): _Application(
            row["id"], row["viewer_id"], row["state"] == "withdrawn", receipts[row["id"]]
        )
        for row in rows
    }


async def _insert_receipts(tx: Transaction, receipts: Sequence[_NewReceipt]) -> None:
    done = await tx.fetch(
        """
        INSERT INTO receipt (id, org_id, broadcast_id, viewer_id, key, body_mac, application_id, number, own, at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bytea[], $7::uuid[],
            $8::integer[], $9::boolean[], $10::timestamptz[])
        ON CONFLICT DO NOTHING RETURNING id
        """,
        [r.row.new.receipt_id for r in receipts],
        [r.row.new.org_id for r in receipts],
        [r.row.new.broadcast_id for r in receipts],
        [r.row.new.viewer_id for r in receipts],
        [r.row.new.key for r in receipts],
        [r.row.mac for r in receipts],
        [r.application_id for r in receipts],
        [r.number for r in receipts],
        [r.own for r in receipts],
        [r.row.new.at for r in receipts],
    )
    if len(done) < len(receipts):
        raise _Raced


async def _reopen(tx: Transaction, receipts: Sequence[_NewReceipt]) -> None:
    """Applying again after withdrawing opens the same application; it is not counted again."""
    await tx.executemany(
        "UPDATE application SET state = 'applied', viewer_id = $2 WHERE id = $1 AND state = 'withdrawn'",
        [(r.application_id, r.row.new.viewer_id) for r in receipts if r.reopens],
    )
    await tx.executemany(
        "UPDATE receipt SET withdrawn_at = NULL WHERE application_id = $1 AND viewer_id = $2",
        [(r.application_id, r.row.new.viewer_id) for r in receipts],
    )


async def _insert_events(tx: Transaction, org_id: OrgId, receipts: Sequence[_NewReceipt]) -> None:
    await tx.executemany(
        """
        INSERT INTO application_event (id, org_id, application_id, kind, account_id, at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [
            (
                uuid7(r.row.new.at),
                org_id,
                r.application_id,
                "applied_again" if r.reopens else "applied",
                r.row.new.recorded_by,
                r.row.new.at,
            )
            for r in receipts
        ],
    )


async def _count(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, receipts: Sequence[_NewReceipt]) -> None:
    await tx.executemany(
        """
        INSERT INTO audience_event (broadcast_id, event_id, org_id, viewer_id, visit_id, channel_id, card_id, step,
            push_seq, at, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'application', $8, $9, $9)
        """,
        [
            (
                broadcast_id,
                r.row.new.event_id,
                org_id,
                r.row.new.viewer_id,
                r.row.new.visit_id,
                r.row.new.channel_id,
                r.row.card.id,
                r.row.new.push_seq,
                r.row.new.at,
            )
            for r in receipts
        ],
    )
    await _remember_devices(tx, org_id, broadcast_id, [r.row.new for r in receipts])
    hits = [
        Hit(
            r.row.new.viewer_id,
            r.row.card.id,
            Step.APPLICATION,
            r.row.new.channel_id,
            r.row.new.recorded_by is not None,
        )
        for r in receipts
    ]
    await count(tx, org_id, broadcast_id, hits)


async def _remember_devices(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, applications: Sequence[NewApplication]
) -> None:
    """An application may be stored before its device's visit: its channel is then the device's first."""
    devices = {new.viewer_id: new for new in reversed(applications) if new.recorded_by is None}
    await tx.execute(
        """
        INSERT INTO audience_member (broadcast_id, org_id, viewer_id, first_channel_id, last_channel_id, first_at)
        SELECT $1, $2, viewer_id, channel_id, channel_id, at
        FROM unnest($3::uuid[], $4::uuid[], $5::timestamptz[]) AS new (viewer_id, channel_id, at)
        ON CONFLICT DO NOTHING
        """,
        broadcast_id,
        org_id,
        sorted(devices),
        [devices[viewer].channel_id for viewer in sorted(devices)],
        [devices[viewer].at for viewer in sorted(devices)],
    )

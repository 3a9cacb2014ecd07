"""Writes what a batch of submissions comes to: applications, receipts, names, consents, events."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from storage.grams import as_text
from storage.locking import Raced, lock_applications
from storage.people import Person
from storage.pool import Transaction
from storage.recognised import Standing, Told
from storage.terms import Terms
from storage.vault import Vault
from stream_jobs.domain.consent import FIELDS, PURPOSE, ConsentText
from stream_jobs.domain.ids import ApplicationId, BroadcastId, ChannelId, OrgId
from stream_jobs.ports import NewApplication, Receipt


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that is to be stored, with all that is known of it."""

    new: NewApplication
    terms: Terms
    text: ConsentText
    person: Person
    mac: bytes
    standing: Standing | None
    told: Told | None
    first_channel: ChannelId | None

    @property
    def counted(self) -> bool:
        """Whether it makes an application; else it is one more receipt of one that stands."""
        return self.standing is None

    @property
    def reopens(self) -> bool:
        """Applying again after withdrawing opens the same application; it is not counted again."""
        return self.standing is not None and self.standing.withdrawn

    @property
    def own(self) -> bool:
        """Whether this device is from now on the one whose application it is."""
        return self.standing is None or self.standing.withdrawn or self.standing.viewer_id == self.new.viewer_id

    @property
    def application_id(self) -> ApplicationId:
        return self.standing.id if self.standing else ApplicationId(self.new.receipt_id)

    def answer(self, number: int) -> Receipt:
        """A device that applied before is told its first receipt; any other what a new applicant is told."""
        told = self.told
        if told is None:
            return Receipt(self.new.receipt_id, number, self.new.at, repeated=False, counted=self.counted)
        again = self.reopens or told.withdrawn
        return Receipt(told.receipt_id, told.number, self.new.at if again else told.at, repeated=not again)


# Of the broadcast $1 and organisation $2, $3 submissions: the next numbers are taken first, so that batches of one
# broadcast come after each other from here on. Numbers of a batch that fails are given out again. What few differ in
# comes apart: the terms they share, applications that stand already, who recorded one for somebody.
STORE = """
    WITH numbers AS (
        INSERT INTO receipt_number AS r (broadcast_id, org_id, last) VALUES ($1, $2, $3)
        ON CONFLICT (broadcast_id) DO UPDATE SET last = r.last + excluded.last
        RETURNING last - $3 AS before
    ), new AS MATERIALIZED (
        SELECT s.*, t.*, (numbers.before + s.nth)::integer AS number, coalesce(a.application_id, s.receipt_id) AS id,
            a.receipt_id IS NULL AS counted, coalesce(a.reopens, false) AS reopens, coalesce(a.own, true) AS own,
            r.account_id, coalesce(r.given, 'ticked') AS given
        FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::bytea[], $9::bytea[], $10::bigint[],
                $11::uuid[], $12::uuid[], $13::uuid[], $14::timestamptz[], $15::smallint[], $33::text[])
            WITH ORDINALITY AS s (receipt_id, person_id, viewer_id, key, body_mac, name, push_seq, channel_id,
                first_channel_id, visit_id, at, terms, grams, nth)
        JOIN unnest($16::uuid[], $17::uuid[], $18::uuid[], $19::bytea[], $20::text[], $21::date[])
            WITH ORDINALITY AS t (job_id, card_id, employer_id, text_sha256, employer, until, place)
            ON t.place = s.terms
        LEFT JOIN unnest($22::uuid[], $23::uuid[], $24::boolean[], $25::boolean[])
            AS a (receipt_id, application_id, reopens, own) ON a.receipt_id = s.receipt_id
        LEFT JOIN unnest($26::uuid[], $27::uuid[], $28::text[])
            AS r (receipt_id, account_id, given) ON r.receipt_id = s.receipt_id
        CROSS JOIN numbers
    ), applications AS (
        INSERT INTO application (id, org_id, broadcast_id, job_id, card_id, employer_id, person_id, viewer_id, number,
            push_seq, first_channel_id, last_channel_id, recorded_by, state, at)
        SELECT id, $2, $1, job_id, card_id, employer_id, person_id, viewer_id, number, push_seq,
            coalesce(first_channel_id, channel_id), channel_id, account_id, 'applied', at
        FROM new WHERE counted
        ON CONFLICT DO NOTHING  -- no target: a resend may collide on the person or on the id
        RETURNING id
    ), receipts AS (
        INSERT INTO receipt (id, org_id, broadcast_id, viewer_id, key, body_mac, application_id, number, own, at)
        SELECT receipt_id, $2, $1, viewer_id, key, body_mac, id, number, own, at FROM new
        ON CONFLICT DO NOTHING RETURNING id
    ), names AS (
        INSERT INTO vault.application (application_id, org_id, person_id, name, grams)
        SELECT id, $2, person_id, name, grams::int4[] FROM new WHERE counted
    ), typed AS (
        INSERT INTO vault.receipt (receipt_id, org_id, person_id, name)
        SELECT receipt_id, $2, person_id, name FROM new WHERE NOT counted AND name IS NOT NULL
    ), shown AS (
        INSERT INTO consent_text (sha256, text) SELECT * FROM unnest($19::bytea[], $29::text[]) AS t (sha256, text)
        ORDER BY sha256 ON CONFLICT DO NOTHING
    ), consents AS (
        INSERT INTO consent (application_id, receipt_id, org_id, text_sha256, employer, fields, purpose, keeper, until,
            given, at)
        SELECT id, receipt_id, $2, text_sha256, employer, $30::text[], $31, $32, until, given, at FROM new
    ), changes AS (
        INSERT INTO application_event (id, org_id, application_id, kind, account_id, at)
        SELECT receipt_id, $2, id, CASE WHEN reopens THEN 'applied_again' ELSE 'applied' END, account_id, at
        FROM new WHERE counted OR reopens
    ), events AS (
        INSERT INTO audience_event (broadcast_id, event_id, org_id, viewer_id, visit_id, channel_id, card_id, step,
            push_seq, at, received_at)
        SELECT $1, receipt_id, $2, viewer_id, visit_id, channel_id, card_id, 'application', push_seq, at, at
        FROM new WHERE counted
    ), devices AS (
        INSERT INTO audience_member (broadcast_id, org_id, viewer_id, first_channel_id, last_channel_id, first_at)
        SELECT DISTINCT ON (viewer_id) $1::uuid, $2::uuid, viewer_id, channel_id, channel_id, at
        FROM new WHERE counted AND account_id IS NULL AND first_channel_id IS NULL ORDER BY viewer_id, nth
        ON CONFLICT DO NOTHING RETURNING viewer_id
    )
    SELECT (SELECT before FROM numbers), (SELECT count(*) FROM applications) AS applications,
        (SELECT count(*) FROM receipts) AS receipts, (SELECT count(*) FROM devices) AS devices
"""


async def store(
    tx: Transaction, vault: Vault, org_id: OrgId, broadcast_id: BroadcastId, rows: Sequence[Accepted]
) -> Sequence[int]:
    """The number each got. Raises Raced, and then the transaction is of no use any more."""
    try:
        stored = await tx.fetchrow(STORE, broadcast_id, org_id, len(rows), *columns(vault, rows))
    except asyncpg.ForeignKeyViolationError:
        # An application that another transaction made first was left out, and its receipt found none.
        raise Raced from None
    if stored is None:
        raise AssertionError("a query without a table has a row")
    _nothing_may_be_missing(rows, stored)
    await _reopen(tx, [row for row in rows if not row.counted])
    return range(stored["before"] + 1, stored["before"] + 1 + len(rows))


def _nothing_may_be_missing(rows: Sequence[Accepted], stored: asyncpg.Record) -> None:
    newcomers = {row.new.viewer_id for row in rows if row.counted and _is_newcomer(row)}
    wanted = sum(row.counted for row in rows), len(rows), len(newcomers)
    if wanted != (stored["applications"], stored["receipts"], stored["devices"]):
        raise Raced


def _is_newcomer(row: Accepted) -> bool:
    """An application may be stored before its device's visit: its channel is then the device's first."""
    return row.first_channel is None and row.new.recorded_by is None


def columns(vault: Vault, rows: Sequence[Accepted]) -> Sequence[object]:
    """The parameters of STORE from the fourth on."""
    news = [row.new for row in rows]
    shared = {(row.new.job_id, row.text.sha256): row for row in rows}
    place = {terms: nth for nth, terms in enumerate(shared, start=1)}
    again = [row for row in rows if row.standing]
    by_staff = [new for new in news if new.recorded_by]
    return (
        [new.receipt_id for new in news],
        [row.person.id for row in rows],
        [new.viewer_id for new in news],
        [new.key for new in news],
        [row.mac for row in rows],
        [_sealed_name(vault, row) for row in rows],
        [new.push_seq for new in news],
        [new.channel_id for new in news],
        [row.first_channel for row in rows],
        [new.visit_id for new in news],
        [new.at for new in news],
        [place[row.new.job_id, row.text.sha256] for row in rows],
        [job_id for job_id, _ in shared],
        [row.terms.card_id for row in shared.values()],
        [row.terms.employer_id for row in shared.values()],
        [bytes.fromhex(sha256) for _, sha256 in shared],
        [row.terms.employer for row in shared.values()],
        [row.text.until for row in shared.values()],
        [row.new.receipt_id for row in again],
        [row.application_id for row in again],
        [row.reopens for row in again],
        [row.own for row in again],
        [new.receipt_id for new in by_staff],
        [new.recorded_by for new in by_staff],
        [new.consent_given for new in by_staff],
        [row.text.text for row in shared.values()],
        FIELDS,
        PURPOSE,
        rows[0].terms.keeper,
        [_grams(vault, row) if row.counted else None for row in rows],
    )


def _sealed_name(vault: Vault, row: Accepted) -> bytes | None:
    """A device is shown the name it typed itself, so where another applied first it is kept with the receipt."""
    if not row.new.name:
        return None
    if row.counted:
        return vault.seal(row.person.key, "vault.application.name", row.application_id, row.new.name)
    return vault.seal(row.person.key, "vault.receipt.name", row.new.receipt_id, row.new.name)


def _grams(vault: Vault, row: Accepted) -> str:
    return as_text(vault.grams.of_application(row.terms.employer_id, row.new.name, row.new.phone))


async def _reopen(tx: Transaction, again: Sequence[Accepted]) -> None:
    if not again:
        return
    states = await lock_applications(tx, {row.application_id for row in again})
    if any((states[row.application_id] == "withdrawn") is not row.reopens for row in again):
        raise Raced
    await tx.executemany(
        "UPDATE application SET state = 'applied', viewer_id = $2 WHERE id = $1",
        [(row.application_id, row.new.viewer_id) for row in again if row.reopens],
    )
    await tx.executemany(
        "UPDATE receipt SET withdrawn_at = NULL WHERE application_id = $1 AND viewer_id = $2",
        [(row.application_id, row.new.viewer_id) for row in again],
    )

"""How an application becomes durable before anyone says thank you."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from storage.counting import Hit, count
from storage.locking import RACES, Raced
from storage.people import People, Person
from storage.pool import Database, Transaction
from storage.recognised import Device, Known, earlier_keys, hold, recognise
from storage.storing import Accepted, store
from storage.terms import Terms, consent_of, terms_of
from storage.verified_phones import Proven, proven_among
from stream_jobs.domain.errors import (
    ConsentMissing,
    JobClosed,
    JobFull,
    JobNotFound,
    JobPaused,
    KeyReused,
    StorageUnavailable,
    Unavailable,
)
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import BroadcastId, JobId, OrgId
from stream_jobs.domain.phone_code import PhoneUnverified
from stream_jobs.ports import Consent, NewApplication, Receipt

Answer = Receipt | BaseException
# By their place in the batch.
Answers = dict[int, Answer]

# The statements of a batch take longer to plan than to run, and their plans do not depend on the batch. Its show is not
# counted anew meanwhile (places.py), and the master key that wraps stays the same (wrapping.py).
BEGIN = """
    SELECT set_config('plan_cache_mode', 'force_generic_plan', true), share_counting($1), share_wrapping() AS wraps
"""


class ApplicationStore:
    def __init__(self, database: Database, people: People, retention_days: int) -> None:
        self._database = database
        self._people = people
        self._retention_days = retention_days

    async def consent(self, org_id: OrgId, broadcast_id: BroadcastId, job_id: JobId, at: datetime) -> Consent:
        async with self._database.transaction(org_id) as tx:
            return await consent_of(tx, org_id, broadcast_id, job_id, at, self._retention_days)

    async def submit(self, batch: Sequence[NewApplication]) -> Sequence[Answer]:
        """One transaction a broadcast; one that failed is run again row by row."""
        shows: dict[tuple[OrgId, BroadcastId], list[int]] = defaultdict(list)
        for nth, new in enumerate(batch):
            shows[new.org_id, new.broadcast_id].append(nth)
        answers: Answers = {}
        for (org_id, broadcast_id), places in sorted(shows.items()):
            stored = await self._store(org_id, broadcast_id, [batch[nth] for nth in places])
            answers |= dict(zip(places, stored, strict=True))
        return [answers[nth] for nth in range(len(batch))]

    async def _store(
        self, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[NewApplication], races: int = 0
    ) -> Sequence[Answer]:
        try:
            async with self._database.transaction(org_id) as tx:
                answers = await self._submit(tx, org_id, broadcast_id, batch)
        except Unavailable as away:
            return [away for _ in batch]
        except Raced:
            # What won is committed: looking again finds it.
            if races < RACES:
                return await self._store(org_id, broadcast_id, batch, races + 1)
            return [StorageUnavailable(retry_after_seconds=1) for _ in batch]
        except Exception as error:
            if len(batch) == 1:
                return [error]
            return [(await self._store(org_id, broadcast_id, [new]))[0] for new in batch]
        aside = [nth for nth in range(len(batch)) if nth not in answers]
        if aside:
            later = await self._store(org_id, broadcast_id, [batch[nth] for nth in aside])
            answers |= dict(zip(aside, later, strict=True))
        return [answers[nth] for nth in range(len(batch))]

    async def _submit(
        self, tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[NewApplication]
    ) -> Answers:
        """Answers all but those that must wait for another of this batch."""
        wraps = self._people.vault.version_of(await tx.fetchval(BEGIN, broadcast_id, column=2))
        terms = await terms_of(tx, org_id, broadcast_id, list({new.job_id for new in batch}))
        hmacs = {new.phone: self._people.vault.phone_hmac(org_id, new.phone) for new in batch}
        known = await recognise(tx, self._people, org_id, broadcast_id, batch, hmacs)
        wanting = [new for new in batch if new.job_id in terms and terms[new.job_id].wants_proof]
        proven = await proven_among(tx, org_id, wanting, hmacs) if wanting else frozenset()
        keys = await self._keys_of_repeats(tx, broadcast_id, batch, known)
        answers = self._answered(batch, terms, known, proven, keys)
        fresh = _first_of_each(batch, known, [nth for nth in range(len(batch)) if nth not in answers])
        if fresh:
            await hold(tx, {one.id: hmacs[batch[nth].phone] for nth in fresh if (one := known[nth].person)})
            phones = {batch[nth].phone for nth in fresh if known[nth].person is None}
            strangers = {phone: hmacs[phone] for phone in phones}
            people = await self._people.make(tx, org_id, strangers, batch[0].at, wraps=wraps) if strangers else {}
            rows = [self._accepted(batch[nth], terms, known[nth], people) for nth in fresh]
            numbers = await store(tx, self._people.vault, org_id, broadcast_id, rows)
            await _count(tx, org_id, broadcast_id, [row for row in rows if row.counted])
            answers |= {nth: row.answer(number) for nth, row, number in zip(fresh, rows, numbers, strict=True)}
        return answers

    async def _keys_of_repeats(
        self, tx: Transaction, broadcast_id: BroadcastId, batch: Sequence[NewApplication], known: Sequence[Known]
    ) -> Mapping[Device, Sequence[bytes]]:
        """What a known key may have been sent with: looked up only where it was not by the phone's person of today."""
        keys: dict[Device, Sequence[bytes]] = {}
        elsewhere: list[Device] = []
        for new, found in zip(batch, known, strict=True):
            if found.mac is None:
                continue
            if found.person and self._mac(new, found.person.key) == found.mac:
                keys[new.viewer_id, new.key] = [found.person.key]
            else:
                elsewhere.append((new.viewer_id, new.key))
        if elsewhere:
            keys |= await earlier_keys(tx, self._people, broadcast_id, elsewhere)
        return keys

    def _answered(
        self,
        batch: Sequence[NewApplication],
        terms: Mapping[JobId, Terms],
        known: Sequence[Known],
        proven: Proven,
        keys: Mapping[Device, Sequence[bytes]],
    ) -> Answers:
        """Those that are refused, and those known by their key, answered as before whatever became of the job since.

        Whoever is refused leaves no number behind, nor does a known key with another number.
        """
        answers: Answers = {}
        for nth, (new, found) in enumerate(zip(batch, known, strict=True)):
            try:
                if new.job_id not in terms:
                    raise JobNotFound(field="job_id", expected="a job of this broadcast")
                if found.mac is not None:
                    answers[nth] = self._again(new, found, keys.get((new.viewer_id, new.key), ()))
                else:
                    terms[new.job_id].must_be_open(new.at)
                    terms[new.job_id].agreed(new.consent_sha256, new.at, self._retention_days)
                    terms[new.job_id].must_be_proven(new, proven)
            except (JobNotFound, JobPaused, JobFull, JobClosed, ConsentMissing, PhoneUnverified, KeyReused) as refusal:
                answers[nth] = refusal
        return answers

    def _again(self, new: NewApplication, found: Known, keys: Sequence[bytes]) -> Receipt:
        """Raises KeyReused."""
        if found.told is None or not any(self._mac(new, key) == found.mac for key in keys):
            raise KeyReused(field="key", expected="a new key for a new body")
        return Receipt(found.told.receipt_id, found.told.number, found.told.at, repeated=True)

    def _accepted(
        self, new: NewApplication, terms: Mapping[JobId, Terms], found: Known, people: Mapping[str, Person]
    ) -> Accepted:
        person = found.person or people[new.phone]
        of_job = terms[new.job_id]
        return Accepted(
            # By the channel that opened its page: a token renewed meanwhile may name none, for a link that was stopped.
            new=replace(new, channel_id=found.visit_channel or new.channel_id),
            terms=of_job,
            text=of_job.agreed(new.consent_sha256, new.at, self._retention_days),
            person=person,
            mac=self._mac(new, person.key),
            standing=found.standing,
            told=found.told,
            first_channel=found.first_channel,
        )

    def _mac(self, new: NewApplication, key: bytes) -> bytes:
        return self._people.vault.body_mac(key, str(new.job_id), new.phone, new.name)


def _first_of_each(batch: Sequence[NewApplication], known: Sequence[Known], places: Sequence[int]) -> list[int]:
    """Without those that must wait: what becomes of another with the same key, or applicant, is their answer."""
    met: set[tuple[object, ...]] = set()
    first: list[int] = []
    for nth in places:
        new, standing = batch[nth], known[nth].standing
        device, same = (new.viewer_id, new.key), (new.job_id, new.phone)
        # Devices that find an application standing learn nothing of each other.
        applicant = (*same, new.viewer_id) if standing and not standing.withdrawn else same
        if met.isdisjoint((device, applicant)):
            first.append(nth)
            met |= {device, applicant}
    return first


async def _count(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, rows: Sequence[Accepted]) -> None:
    hits = [
        Hit(
            row.new.viewer_id,
            row.terms.card_id,
            Step.APPLICATION,
            row.new.channel_id,
            is_reach=row.new.recorded_by is None,
        )
        for row in rows
    ]
    first_channels = {row.new.viewer_id: row.first_channel or row.new.channel_id for row in reversed(rows)}
    await count(tx, org_id, broadcast_id, hits, first_channels)

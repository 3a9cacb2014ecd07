"""What makes sealed names, phones and résumés searchable: keyed hashes of their characters, told to nobody."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from storage.pool import Transaction
from stream_jobs.domain.ids import EmployerId, OrgId, PersonId
from stream_jobs.domain.searching import Term, characters, pairs, plain, tail
from stream_jobs.ports import Resume

SCOPES = 10_000


class Grams:
    """Hashes of 32 bits under a key of their own for each employer or organisation, all derived from the pepper.

    So the same name has other hashes at another employer. Two texts may share a hash, and pairs do not say in which
    order they stood: whatever is found is opened and compared.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._scoped = lru_cache(SCOPES)(self._start)

    def of_application(self, employer_id: EmployerId, name: str | None, phone: str) -> list[int]:
        """A name is found by any of its characters as well, since surnames have one."""
        text = plain(name or "")
        return self._hashed(employer_id, {*characters(text), *pairs(text), _end(phone)})

    def of_resume(self, org_id: OrgId, resume: Resume) -> list[int]:
        return self._hashed(org_id, pairs(resume_text(resume)))

    def of_text(self, org_id: OrgId, text: str) -> list[int]:
        """What a file says, found as a résumé is."""
        return self._hashed(org_id, pairs(plain(text)))

    def in_application(self, employer_id: EmployerId, term: Term) -> list[int]:
        """What an application's hashes hold when its name holds the term."""
        return self._hashed(employer_id, pairs(term.text) or characters(term.text))

    def of_phone_end(self, employer_id: EmployerId, term: Term) -> list[int] | None:
        """None where the term is no end of a phone number."""
        return self._hashed(employer_id, {_end(term.phone_end)}) if term.phone_end else None

    def in_resume(self, org_id: OrgId, term: Term) -> list[int] | None:
        """None for a single character, which nearly every résumé holds."""
        return self._hashed(org_id, pairs(term.text)) or None

    def _hashed(self, scope: UUID, texts: Iterable[str]) -> list[int]:
        start = self._scoped(scope)
        hashes = set()
        for text in texts:
            one = start.copy()
            one.update(text.encode(errors="surrogatepass"))
            hashes.add(int.from_bytes(one.digest(), "big", signed=True))
        return sorted(hashes)

    def _start(self, scope: UUID) -> "hashlib.blake2b":
        key = hmac.digest(self._secret, scope.bytes, "sha256")
        return hashlib.blake2b(digest_size=4, key=key)


def as_text(grams: Iterable[int]) -> str:
    """As PostgreSQL reads an array: unnest would flatten arrays of arrays."""
    return "{" + ",".join(map(str, grams)) + "}"


def _end(phone: str) -> str:
    # No name holds a number sign beside digits.
    return "#" + tail(phone)


def resume_text(resume: Resume) -> str:
    """All that a résumé says, as it is compared."""
    return plain(" ".join(said for said in resume.model_dump().values() if said))


async def forget(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    """Takes away all that could find this person, in the caller's transaction."""
    of_person: Sequence[object] = (org_id, person_id)
    await tx.execute(
        """
        UPDATE vault.application SET grams = NULL
        WHERE org_id = $1 AND application_id IN (SELECT id FROM application WHERE person_id = $2)
        """,
        *of_person,
    )
    await tx.execute("UPDATE vault.resume SET grams = NULL WHERE org_id = $1 AND person_id = $2", *of_person)
    await tx.execute("UPDATE vault.resume_file SET grams = NULL WHERE org_id = $1 AND person_id = $2", *of_person)
    await tx.execute("UPDATE application SET next_on = NULL WHERE org_id = $1 AND person_id = $2", *of_person)

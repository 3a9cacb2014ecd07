"""One-time codes on their way back, as keyed hashes under keyed hashes: whoever reads them learns no number."""

import hmac
from datetime import datetime

from storage.pool import Database, Transaction
from stream_jobs.domain.ids import OrgId, ViewerId
from stream_jobs.domain.phone_code import TRIES
from stream_jobs.keys import Keys


class PhoneCodeStore:
    """A code belongs to one device and one phone: nobody else's tries use it up."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._key = hmac.digest(keys.pepper, b"codes", "sha256")

    async def keep(self, org_id: OrgId, viewer_id: ViewerId, phone: str, code: str, *, until: datetime) -> None:
        whose = self._whose(org_id, viewer_id, phone)
        async with self._database.transaction(org_id) as tx:
            await tx.execute(
                """
                INSERT INTO phone_code (org_id, whose, mac, tries, until) VALUES ($1, $2, $3, 0, $4)
                ON CONFLICT (org_id, whose) DO UPDATE SET mac = excluded.mac, tries = 0, until = excluded.until
                """,
                org_id,
                whose,
                self._mac(whose, code),
                until,
            )

    async def take(
        self, tx: Transaction, org_id: OrgId, viewer_id: ViewerId, phone: str, code: str, at: datetime
    ) -> bool:
        """Whether this is that code. One that is right is used up; one that was tried five times never is."""
        whose = self._whose(org_id, viewer_id, phone)
        # Counted past the last one too, so that no answer tells by its time that the tries are over.
        kept = await tx.fetchrow(
            """
            UPDATE phone_code SET tries = tries + 1 WHERE org_id = $1 AND whose = $2 AND until > $3
            RETURNING mac, tries
            """,
            org_id,
            whose,
            at,
        )
        is_same = hmac.compare_digest(kept["mac"] if kept else b"", self._mac(whose, code))
        if kept is None or not is_same or kept["tries"] > TRIES:
            return False
        # Of two that come at once with the right code, the other waits for the row, and finds none.
        await tx.execute("DELETE FROM phone_code WHERE org_id = $1 AND whose = $2", org_id, whose)
        return True

    def _whose(self, org_id: OrgId, viewer_id: ViewerId, phone: str) -> bytes:
        return hmac.digest(self._key, b"whose\0" + org_id.bytes + viewer_id.bytes + phone.encode(), "sha256")

    def _mac(self, whose: bytes, code: str) -> bytes:
        return hmac.digest(self._key, b"code\0" + whose + code.encode(errors="replace"), "sha256")

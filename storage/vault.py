"""Names, phones and résumés: AES-256-GCM under each person's key, that key wrapped by the master key."""

import hmac
import secrets
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.grams import Grams
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.keys import Keys

NONCE_BYTES = 12
KEY_BYTES = 32


class Vault:
    """Turns clear text into bytes that only this installation, this person's key and this very column can read."""

    def __init__(self, keys: Keys) -> None:
        self._master = AESGCM(keys.master)
        self._pepper = keys.pepper
        self.grams = Grams(hmac.digest(keys.pepper, b"search", "sha256"))

    def phone_hmac(self, org_id: OrgId, e164: str) -> bytes:
        """Finds a person by phone without storing it: HMAC-SHA256(pepper, org ‖ E.164)."""
        return hmac.digest(self._pepper, org_id.bytes + e164.encode(), "sha256")

    def new_key(self) -> bytes:
        return secrets.token_bytes(KEY_BYTES)

    def wrap(self, person_id: PersonId, key: bytes) -> bytes:
        return _seal(self._master, key, b"keys.person_key" + person_id.bytes)

    def unwrap(self, person_id: PersonId, wrapped: bytes) -> bytes:
        return _open(self._master, wrapped, b"keys.person_key" + person_id.bytes)

    def wrap_for(self, table: str, row: UUID, key: bytes) -> bytes:
        """The key of something other than a person; the bytes cannot be moved to another table or row."""
        return _seal(self._master, key, table.encode() + row.bytes)

    def unwrap_for(self, table: str, row: UUID, wrapped: bytes) -> bytes:
        return _open(self._master, wrapped, table.encode() + row.bytes)

    def seal(self, key: bytes, column: str, row: UUID, clear: str) -> bytes:
        """column is `table.column`; the bytes cannot be moved to another row or column."""
        return _seal(AESGCM(key), clear.encode(), column.encode() + row.bytes)

    def open(self, key: bytes, column: str, row: UUID, sealed: bytes) -> str:
        return _open(AESGCM(key), sealed, column.encode() + row.bytes).decode()

    def body_mac(self, key: bytes, *parts: str | None) -> bytes:
        """Whether two submissions say the same, told only to whoever holds the person's key."""
        message = b"\0".join(b"-" if part is None else b"+" + part.encode() for part in parts)
        return hmac.digest(key, b"body\0" + message, "sha256")


def _seal(cipher: AESGCM, clear: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, clear, bound_to)


def _open(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)

"""Names, phones and résumés: AES-256-GCM under each person's key, that key wrapped by the master key."""

import hmac
import logging
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.grams import Grams
from storage.priority_tags import PriorityTags
from stream_jobs.domain.errors import DataDamaged, StorageUnavailable
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.keys import Keys, load_keys

logger = logging.getLogger(__name__)

NONCE_BYTES = 12
KEY_BYTES = 32
VERSION_BYTES = 2
# A wrapped key of before there were versions: nonce, key, tag.
UNVERSIONED_BYTES = NONCE_BYTES + KEY_BYTES + 16


class Vault:
    """Turns clear text into bytes that only this installation, this person's key and this very column can read.

    What was damaged, moved to another row or column, or wrapped by a master key that is not here raises DataDamaged.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._take_up(keys)
        self.grams = Grams(hmac.digest(keys.pepper, b"search", "sha256"))
        self.priorities = PriorityTags(hmac.digest(keys.pepper, b"priority groups", "sha256"))

    def version_of(self, fingerprint: bytes | None) -> int:
        """Of the master key with this fingerprint; None: of the newest. Raises StorageUnavailable: it is not here."""
        if fingerprint is None:
            return self._keys.version
        if fingerprint not in self._versions:
            self._look_again()
        if fingerprint not in self._versions:
            logger.error("the keys folder lacks the master key that wraps now: copy it from where it was made")
            raise StorageUnavailable(retry_after_seconds=60)
        return self._versions[fingerprint]

    def phone_hmac(self, org_id: OrgId, e164: str) -> bytes:
        """Finds a person by phone without storing it: HMAC-SHA256(pepper, org ‖ E.164)."""
        return hmac.digest(self._keys.pepper, org_id.bytes + e164.encode(), "sha256")

    def new_key(self) -> bytes:
        return secrets.token_bytes(KEY_BYTES)

    def wrap(self, person_id: PersonId, key: bytes, version: int) -> bytes:
        return self.wrap_for("keys.person_key", person_id, key, version)

    def unwrap(self, person_id: PersonId, wrapped: bytes) -> bytes:
        return self.unwrap_for("keys.person_key", person_id, wrapped)

    def wrap_for(self, table: str, row: UUID, key: bytes, version: int) -> bytes:
        """With the master key of this version (wrapping.py); the bytes cannot be moved to another table or row."""
        return version.to_bytes(VERSION_BYTES) + _seal(self._ciphers[version], key, table.encode() + row.bytes)

    def unwrap_for(self, table: str, row: UUID, wrapped: bytes) -> bytes:
        version, sealed = wrapped_by(wrapped)
        if version not in self._ciphers:
            self._look_again()
        if version not in self._ciphers:
            raise DataDamaged
        return _open(self._ciphers[version], sealed, table.encode() + row.bytes)

    def seal(self, key: bytes, column: str, row: UUID, clear: str) -> bytes:
        """column is `table.column`; the bytes cannot be moved to another row or column."""
        return _seal(AESGCM(key), clear.encode(), column.encode() + row.bytes)

    def open(self, key: bytes, column: str, row: UUID, sealed: bytes) -> str:
        return _open(AESGCM(key), sealed, column.encode() + row.bytes).decode()

    def seal_bytes(self, key: bytes, column: str, row: UUID, clear: bytes) -> bytes:
        """The same for a file."""
        return _seal(AESGCM(key), clear, column.encode() + row.bytes)

    def open_bytes(self, key: bytes, column: str, row: UUID, sealed: bytes) -> bytes:
        return _open(AESGCM(key), sealed, column.encode() + row.bytes)

    def body_mac(self, key: bytes, *parts: str | None) -> bytes:
        """Whether two submissions say the same, told only to whoever holds the person's key."""
        message = b"\0".join(b"-" if part is None else b"+" + part.encode() for part in parts)
        return hmac.digest(key, b"body\0" + message, "sha256")

    def _look_again(self) -> None:
        """Takes up master keys that were added to the folder since."""
        if self._keys.folder:
            self._take_up(load_keys(self._keys.folder))

    def _take_up(self, keys: Keys) -> None:
        self._keys = keys
        self._ciphers = {version: AESGCM(master) for version, master in keys.masters.items()}
        self._versions = {fingerprint: version for version, fingerprint in keys.fingerprints.items()}


def wrapped_by(wrapped: bytes) -> tuple[int, bytes]:
    """The version of the master key, and what it sealed."""
    if len(wrapped) == UNVERSIONED_BYTES:
        return 1, wrapped
    return int.from_bytes(wrapped[:VERSION_BYTES]), wrapped[VERSION_BYTES:]


def _seal(cipher: AESGCM, clear: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, clear, bound_to)


def _open(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise DataDamaged from None

"""Who keeps something of a person: each part of the storage that does is named here once."""

from dataclasses import dataclass

from storage import application_exports, file_sweeping, grams, people_imports, priority, verified_phones
from storage.keeper import Keeper


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of the vault: read by the key of person_id, bound to the id of its row."""

    table: str
    row: str
    column: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


# Everything in the schema vault; a test looks for what is missing here.
SEALED = (
    Sealed("vault.person", "person_id", "phone"),
    Sealed("vault.application", "application_id", "name"),
    Sealed("vault.receipt", "receipt_id", "name"),
    Sealed("vault.resume", "id", "resume"),
    Sealed("vault.follow_up", "follow_up_id", "said"),
    Sealed("vault.resume_file", "file_id", "kept"),
    Sealed("vault.former_key", "former_id", "key"),
)

# An area joins with one line.
KEEPERS: list[Keeper] = [
    Keeper(forget=application_exports.forget, move=application_exports.move),
    Keeper(forget=grams.forget),
    Keeper(forget=priority.forget, move=priority.move),
    Keeper(forget=file_sweeping.forget, sealed=True, move=file_sweeping.move),
    Keeper(forget=people_imports.forget, move=people_imports.move),
    Keeper(forget=verified_phones.forget, move=verified_phones.move, tell=verified_phones.tell),
]

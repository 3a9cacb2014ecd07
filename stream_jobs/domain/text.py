"""Text people type: kept as meant, without what cannot be stored or shown."""

import unicodedata

# A spreadsheet reads a cell that begins like this as a formula (OWASP, CSV injection); full-width forms too.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def clean_text(typed: str) -> str:
    """NFC, without control, NUL and bidi-control characters and halves of characters; line breaks stay."""
    dropped = ("Cc", "Cf", "Cs")
    kept = (c for c in unicodedata.normalize("NFC", typed) if c == "\n" or unicodedata.category(c) not in dropped)
    return "".join(kept).strip()


def clean_name(typed: str | None) -> str | None:
    """One line, or None when nothing is left."""
    return " ".join(clean_text(typed).split()) or None if typed else None

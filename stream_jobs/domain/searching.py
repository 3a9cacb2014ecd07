"""What somebody looks for among names, phone numbers and résumés, and whether a text holds it."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

# A search is a word or two; the rest of a pasted page is left out.
MOST_TERMS = 5
LONGEST_TERM = 40
TAIL = 4
# Longer ones are telephone numbers, never numbers of applications.
LONGEST_NUMBER = 6
_PHONE = re.compile(r"\+?[\d\s()-]+", re.ASCII)


def plain(text: str) -> str:
    """As it is compared: full-width and half-width, large and small letters, and any white space are the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def pairs(text: str) -> set[str]:
    """Every two characters that stand side by side in a plain text; pairs with a space are of no use."""
    return {a + b for a, b in pairwise(text) if a != " " and b != " "}


def characters(text: str) -> set[str]:
    return set(text) - {" "}


def tail(phone: str) -> str:
    """The digits of a phone that people remember."""
    return phone[-TAIL:]


@dataclass(frozen=True, slots=True, repr=False)
class Term:
    """One word, or digits; a text that holds all terms of a search is found."""

    text: str

    @property
    def digits(self) -> str | None:
        return self.text if self.text.isascii() and self.text.isdigit() else None

    @property
    def phone_end(self) -> str | None:
        """Digits that a phone number may end with: 4, or as many more as were typed."""
        return self.digits if self.digits and len(self.digits) >= TAIL else None

    @property
    def number(self) -> int | None:
        """As the number of an application: 0312."""
        return int(self.digits) if self.digits and len(self.digits) <= LONGEST_NUMBER else None

    def is_in(self, text: str) -> bool:
        """text is plain. A single character says something of a name only, not of a résumé."""
        return self.text in text

    def ends(self, phone: str | None) -> bool:
        return bool(phone and self.phone_end and phone.endswith(self.phone_end))


def terms(typed: str) -> tuple[Term, ...]:
    """Empty when nothing is looked for. A telephone number may be typed with spaces and +86."""
    text = plain(typed)
    if _PHONE.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        # 86 and eleven digits, or the call prefix 0086.
        digits = re.sub(r"^(00)?86(?=1\d{10}$)", "", digits)
        return (Term(digits),) if digits else ()
    return tuple(Term(word[:LONGEST_TERM]) for word in dict.fromkeys(text.split()))[:MOST_TERMS]

"""Résumé files of all kinds, made in code: good ones, hostile ones, and good ones changed at random."""

import random

from tests.drills.made_case import DOCX, PDF, PHOTO, Case
from tests.drills.made_docx import a_docx, good_docx, hostile_docx
from tests.drills.made_pdfs import a_pdf, good_pdfs, hostile_pdfs
from tests.drills.made_photos import a_scan, good_photos, hostile_photos


def good_files() -> list[Case]:
    return [*good_pdfs(), Case("good pdf of a scan", PDF, a_scan()), *good_docx(), *good_photos()]


def hostile_files() -> list[Case]:
    disguised = [
        Case("pdf that is a Word document", PDF, a_docx(), ("file_not_supported",)),
        Case("docx that is a PDF", DOCX, a_pdf(), ("file_not_supported",)),
        Case("photo that is a PDF", PHOTO, a_pdf(), ("file_not_supported",)),
    ]
    return [*hostile_pdfs(), *hostile_docx(), *hostile_photos(), *disguised]


def mutations(count: int, seed: int) -> list[Case]:
    """Good files with bytes changed, taken out, doubled, cut off or mixed with another's."""
    chance = random.Random(seed)
    good = [case for case in good_files() if len(case.data) < 60_000]
    return [_mutated(chance, nth, chance.choice(good), chance.choice(good).data) for nth in range(count)]


def _mutated(chance: random.Random, nth: int, case: Case, other: bytes) -> Case:
    data = bytearray(case.data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        at = chance.randrange(len(data))
        length = min(chance.choice((1, 4, 32, 512)), len(data) - at)
        match chance.randrange(6):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + length] = chance.randbytes(length)
            case 2 if len(data) > 2 * length:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                begin = chance.randrange(len(other))
                data[at : at + length] = other[begin : begin + length]
            case _:
                data[at : at + 4] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"/JS ", b"%%EOF", b"PK\3\4"))
    return Case(f"mutation {nth} of {case.name}", case.kind, bytes(data))

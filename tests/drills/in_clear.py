"""Everybody's name and number, and whether one of them can be read in what a drill left behind."""

import asyncio
import os
import re
import subprocess
import tempfile
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from stat import S_ISREG
from urllib.parse import quote

from stream_jobs.embedded import find_postgres_program

CANARY = "欧阳金丝雀"
NAMES = (CANARY, "王师傅")
"""Of the drills' own crowd, and of whoever the bench and the builders of tests make."""
PREFIX = "137013"
PUBLIC = ("就业暖心季·东莞专场", "测速专场", "招聘部")
"""One of them stands in every PostgreSQL and every backup of a drill, and is nobody's secret."""
# Also with a country's code before it, and spaces or dashes; never within a longer number, nor within an id.
PHONE = re.compile(rb"(?:(?<!\d)|(?<=86))%b[ -]?%b\d[ -]?\d{4}(?!\d)" % (PREFIX[:3].encode(), PREFIX[3:].encode()))
ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}")
AROUND = 40
"""Bytes before a number and after it, in which an id that it is of can be told."""
STEMS = tuple(f"{PREFIX[:3]}{between}{PREFIX[3:]}".encode() for between in ("", " ", "-"))

_answers: set[str] = set()


def a_canary_phone(number: int) -> str:
    """One of a hundred thousand, which begin alike as no other number does."""
    return f"{PREFIX}{number % 100_000:05}"


def keep_answer(answer: str) -> None:
    """Of a server that refuses, or ends a line: it is searched at the drill's end."""
    _answers.add(answer)


@contextmanager
def a_temporary_folder(folder: Path) -> Iterator[None]:
    """Whatever is put away for a moment, by this process or one it starts, lies there and stays to be searched."""
    folder.mkdir()
    folder.chmod(0o1777)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = None
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)


async def search(folder: Path) -> list[str]:
    """Where below it, and in which answers, somebody's name or number stands; a dump is read as the SQL it says.

    Raises RuntimeError where a PostgreSQL or a backup is, and no file of it holds what everybody may read.
    """
    heard = "\n".join(_answers)
    _answers.clear()
    return await asyncio.to_thread(_searched, folder, heard.encode())


def _searched(folder: Path, answers: bytes) -> list[str]:
    clusters = {path.parent for path in folder.rglob("base") if (path.parent / "global").is_dir()}
    for data in clusters | {path.parent for path in folder.rglob("database.dump")}:
        if not holding([data], [word.encode() for word in PUBLIC]):
            raise RuntimeError(f"the search finds nothing at all in {data.relative_to(folder)}")
    found = [str(path.relative_to(folder)) for path in _those([folder], is_in_clear)]
    return found + (["an answer"] if is_in_clear(answers) else [])


def is_in_clear(content: bytes) -> bool:
    """Whether somebody's name or number stands there, however it is written."""
    return _holds(SIGNS, content) or any(_begins(content, stem) for stem in STEMS)


def _begins(content: bytes, stem: bytes) -> bool:
    """Whether a number stands where its beginning does."""
    at = content.find(stem)
    while at >= 0 and not (PHONE.match(content, at) and not _is_of_an_id(content, at)):
        at = content.find(stem, at + 1)
    return at >= 0


def _is_of_an_id(content: bytes, at: int) -> bool:
    first = max(at - AROUND, 0)
    ids = ID.finditer(content[first : at + AROUND])
    return any(found.start() <= at - first < found.end() for found in ids)


def forms_of(word: str) -> list[bytes]:
    """As it is, as JSON or an address escapes it, in base64, as Windows writes it, and as PostgreSQL writes bytes."""
    plain = word.encode()
    escaped = [plain, ascii(word)[1:-1].encode(), quote(word).encode()]
    return [*escaped, *_in_base64(plain), word.encode("utf-16-le"), plain.hex().encode()]


def _in_base64(content: bytes) -> list[bytes]:
    """In both alphabets, after a multiple of three bytes, one more and two more: what is alike whatever is around."""
    return [
        encode(bytes(before) + content)[-(-8 * before // 6) : 8 * (before + len(content)) // 6]
        for encode in (b64encode, urlsafe_b64encode)
        for before in range(3)
    ]


# A number's beginning in the last two forms is long enough to be nothing else.
SIGNS = tuple({form for name in NAMES for form in forms_of(name)} | set(forms_of(PREFIX)[-2:]))


def holding(folders: Sequence[Path], forms: Sequence[bytes]) -> list[str]:
    """Files below these folders that hold one of these; of four bytes and fewer, what is encrypted holds some."""
    return [path.name for path in _those(folders, partial(_holds, forms))]


def _holds(forms: Sequence[bytes], content: bytes) -> bool:
    return any(form in content for form in forms)


def _those(folders: Sequence[Path], is_so: Callable[[bytes], bool]) -> list[Path]:
    """Files below these folders with such a content; where one went away meanwhile, maybe to another name, all anew."""
    while True:
        with suppress(FileNotFoundError):
            return [path for path in _files(folders) if is_so(_content(path))]


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    """Raises FileNotFoundError."""
    return (path for folder in folders for path in folder.rglob("*") if S_ISREG(path.lstat().st_mode))


def _content(path: Path) -> bytes:
    """A dump is compressed."""
    if path.suffix != ".dump":
        return path.read_bytes()
    words = (find_postgres_program("pg_restore"), "--file=-", path)
    return subprocess.run(words, check=True, capture_output=True).stdout

"""Files that strangers made: the hostile are refused with a reason, the good are taken, and nobody is harmed."""

import io
import subprocess
import sys

import pytest
from PIL import Image

from admin.resume_files.check import inspect
from stream_jobs.domain.resume_files import (
    FileDamaged,
    FileEncrypted,
    FileKind,
    FileNotSupported,
    clean_file_name,
    kind_of,
)
from tests.drills.files import by_first_bytes, drill
from tests.drills.made_case import WORDS
from tests.drills.made_docx import a_docx
from tests.drills.made_files import hostile_files
from tests.drills.made_pdfs import a_pdf
from tests.drills.made_photos import a_located_photo

QUICK = 150


def test_no_hostile_file_is_taken_and_no_good_one_refused() -> None:
    """The drill, with fewer mutations; who looks at the first bytes alone takes dozens of them."""
    result = drill(mutated=QUICK)

    assert (result.bad_taken, result.good_refused, result.wrongly_said) == ([], [], [])
    assert result.holds and result.hostile >= 60 and result.good >= 20 and result.mutated == QUICK
    assert len(drill(mutated=0, read=by_first_bytes).bad_taken) > 50


BOUND = "from admin.bounds import bound; from admin.resume_files.child import LIMITS; bound(LIMITS)"


@pytest.mark.parametrize(
    "attempt",
    [
        "bytearray(2 * 1024**3)",
        "import os; os.write(os.open('/tmp/of_a_child', os.O_CREAT | os.O_WRONLY), b'a')",
        "[open('/dev/null') for _ in range(100)]",
    ],
)
def test_child_cannot_take_more_than_its_share(attempt: str) -> None:
    """Memory, files on disk, files opened: asking for more fails there, not here."""
    code = f"{BOUND}; {attempt}"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env={}, check=False)

    assert done.returncode != 0
    assert (
        any(said in done.stderr for said in (b"MemoryError", b"File too large", b"Too many open files"))
        or done.returncode < 0
    )


def test_child_may_compute_for_ten_seconds() -> None:
    code = f"{BOUND}; import resource; print(resource.getrlimit(resource.RLIMIT_CPU))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env={}, check=True)

    assert done.stdout.strip() == b"(10, 10)"


async def test_text_of_a_document_is_as_it_is_typed() -> None:
    """By the real child: Chinese words and digits, which search then finds."""
    for kind, data in ((FileKind.PDF, a_pdf()), (FileKind.DOCX, a_docx())):
        found = await inspect(kind, data)

        assert found.content is None
        assert all(word in found.text for word in WORDS.split())


async def test_photo_loses_where_it_was_taken_and_stands_upright() -> None:
    """Made anew: no EXIF, no other bytes; turned as the camera said."""
    sent = a_located_photo()
    assert Image.open(io.BytesIO(sent)).getexif()

    found = await inspect(FileKind.PHOTO, sent)

    assert found.content is not None
    made = Image.open(io.BytesIO(found.content))
    assert (made.format, made.size, dict(made.getexif())) == ("JPEG", (480, 640), {})
    assert b"Example Phone" in sent and b"Example Phone" not in found.content


async def test_refusal_says_what_is_wrong() -> None:
    hostile = {
        case.name: case for case in hostile_files() if "under a password" in case.name or "cut in half" in case.name
    }

    with pytest.raises(FileEncrypted):
        await inspect(FileKind.PDF, hostile["pdf under a password"].data)
    with pytest.raises(FileDamaged):
        await inspect(FileKind.DOCX, hostile["docx cut in half"].data)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("王师傅简历.pdf", "王师傅简历.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\fake path\\简历.docx", "简历.docx"),
        ("a\0b.pdf", "ab.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
        ("简历\u202efdp.exe.pdf", "简历fdp.exe.pdf"),
        ("长" * 300 + ".pdf", "长" * 96 + ".pdf"),
        ('a"<b>|?*.pdf', "ab.pdf"),
    ],
)
def test_file_name_keeps_what_is_plain(sent: str, kept: str) -> None:
    assert clean_file_name(sent) == kept


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("简历.pdf.exe", ""),
        ("简历", "application/pdf"),
        (".pdf", "application/pdf"),
        ("简历.doc", "application/msword"),
        ("简历.docm", ""),
        ("简历.pdf", "text/html"),
        ("简历.docx", "application/pdf"),
        ("照片.heic", "image/heic"),
        ("照片.svg", "image/svg+xml"),
    ],
)
def test_name_and_type_that_disagree_are_refused(name: str, said: str) -> None:
    with pytest.raises(FileNotSupported):
        kind_of(name, said)

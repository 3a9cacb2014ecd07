"""The search at the end of every drill finds what it is for, and nothing else."""

import tempfile
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.drills import in_clear, table
from tests.drills.drill import Bench, Drill, Found
from tests.drills.in_clear import CANARY, a_canary_phone, forms_of, is_in_clear, keep_answer, search
from tests.drills.runner import run

PHONE = a_canary_phone(7)
NUMBERS = (
    PHONE, f"+86{PHONE}", f"%2B86{PHONE}", f"86-{PHONE}", "137 0130 0007", "+86 137-0130-0007",
    f"limit:phone{PHONE}", f"code{PHONE}", f"apply-{PHONE}", f"a{PHONE}",
)  # fmt: skip
WRITTEN = [*forms_of(CANARY), *(number.encode() for number in NUMBERS), *forms_of(PHONE)[-2:]]


@pytest.mark.parametrize("form", WRITTEN, ids=repr)
def test_a_name_or_number_is_found_however_it_is_written(form: bytes) -> None:
    """Between other things."""
    assert is_in_clear(b"\x00so, " + form + b"; and\x00")


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_a_name_is_found_in_base64_wherever_it_begins(encode: Callable[[bytes], bytes], before: str) -> None:
    """As a file's name is sent."""
    assert is_in_clear(encode(f"{before}{CANARY}的简历.pdf".encode()))


@pytest.mark.parametrize(
    "form",
    [
        "0198c2d4-7a10-7c3e-bd1a-13701300001e", "0198c137-0130-4007-bd1a-0a1b2c3d4e5f", "9c0fa13701300001",
        "0-137013000012", "13701300", "13801300007", "欧阳",
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_name_and_no_number_is_not_found(form: str) -> None:
    """Ids hold digits as well."""
    assert not is_in_clear(f" {form} ".encode())


async def test_it_says_where(tmp_path: Path) -> None:
    """In a file, however deep, and in an answer of a server."""
    keep_answer(f"no such thing: {CANARY}")
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "metrics").write_text(f"phones_total {PHONE}")

    assert await search(tmp_path) == ["server/metrics", "an answer"]
    assert await search(tmp_path) == ["server/metrics"]


async def test_a_file_that_is_renamed_meanwhile_is_found_under_its_other_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Valkey and PostgreSQL may be at work: they write a file under one name and give it another."""
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_text(CANARY)
    (tmp_path / "log").write_text("nobody")

    def content(path: Path) -> bytes:
        if before.exists():
            before.rename(after)
        return path.read_bytes()

    monkeypatch.setattr(in_clear, "_content", content)

    assert await search(tmp_path) == ["after"]


@pytest.mark.parametrize("leaks", ["found", "control"])
async def test_a_drill_that_leaves_somebody_in_clear_is_bad(leaks: str) -> None:
    """Whatever it promised; in what its control leaves as well. So is what lies where temporary files do."""

    async def part(bench: Bench, *, kept: bool, leaking: bool) -> Found:
        (Path(tempfile.gettempdir()) / "upload").write_text(CANARY if leaking else "nobody")
        return Found(1, kept, "x")

    run_ = partial(part, kept=True, leaking=leaks == "found")
    control = partial(part, kept=False, leaking=leaks == "control")

    outcome = await run(Drill("a drill", "a promise", run_, "a wrong", control), quick=True)

    assert not outcome.good
    assert "**in clear** in temporary/upload" in table.row(outcome)


async def test_a_search_that_sees_nothing_of_a_database_says_so(tmp_path: Path) -> None:
    """What everybody may read must be found in one of its files."""
    for name in ("base", "global"):
        (tmp_path / "postgres" / name).mkdir(parents=True)

    with pytest.raises(RuntimeError, match="finds nothing at all in postgres"):
        await search(tmp_path)

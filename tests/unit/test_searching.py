"""What somebody looks for, and whether a text holds it."""

import pytest

from storage.grams import Grams
from stream_jobs.domain.ids import EmployerId, OrgId, uuid7
from stream_jobs.domain.searching import Term, pairs, plain, terms
from stream_jobs.ports import Resume
from tests.builders import Clock

AT = Clock()()
HERE, THERE = EmployerId(uuid7(AT)), EmployerId(uuid7(AT))


@pytest.mark.parametrize("typed", ["王师傅", " 王师傅 ", "王\u3000师傅".replace("\u3000", "")])
def test_a_name_is_one_term(typed: str) -> None:
    """Space around it says nothing."""
    assert terms(typed) == (Term("王师傅"),)


@pytest.mark.parametrize(
    "typed", ["13800000001", "138 0000 0001", "+86 138-0000-0001", "１３８０００００００１", "008613800000001"]
)
def test_a_phone_number_is_one_term_however_it_is_typed(typed: str) -> None:
    """Copied from a call list, read aloud, or in full-width digits."""
    [term] = terms(typed)

    assert term.digits == "13800000001" and term.ends("+8613800000001") and term.number is None


def test_last_four_digits_are_a_phones_end_and_a_number() -> None:
    """0312 is said by whoever calls back, and may be either."""
    [term] = terms("0312")

    assert term.ends("+8613800000312") and not term.ends("+8613800003120") and term.number == 312


def test_fewer_digits_are_a_number_alone() -> None:
    """Three digits end a thousand phones."""
    [term] = terms("312")

    assert (term.phone_end, term.number) == (None, 312)


def test_letters_and_widths_are_compared_as_people_mean_them() -> None:
    """ＪＡＶＡ and java are the same."""
    assert terms("ＪＡＶＡ 开发") == (Term("java"), Term("开发"))
    assert terms("java")[0].is_in(plain("熟悉 ＪＡＶＡ 开发"))
    assert terms("  ") == ()


def test_pairs_do_not_cross_a_space() -> None:
    """Two words are looked for one by one."""
    assert pairs("ab cd") == {"ab", "cd"} and pairs("王") == set()


def test_hashes_of_a_name_hold_those_of_every_part_of_it() -> None:
    """Surname alone, given name, all of it, and the phone's end; but not a name that is none."""
    grams = Grams(b"secret")
    stored = set(grams.of_application(HERE, "欧阳师傅", "+8613800000001"))

    assert all(set(grams.in_application(HERE, Term(part))) <= stored for part in ("欧", "欧阳", "师傅", "欧阳师傅"))
    assert set(grams.of_phone_end(HERE, Term("0001")) or ()) <= stored
    assert not set(grams.in_application(HERE, Term("王"))) <= stored
    assert not set(grams.in_application(HERE, Term("阳欧"))) <= stored


def test_the_same_name_has_other_hashes_elsewhere() -> None:
    """Nobody compares two employers' applicants, nor two installations', by what search keeps."""
    own = set(Grams(b"secret").of_application(HERE, "欧阳师傅", "+8613800000001"))

    assert not own & set(Grams(b"secret").of_application(THERE, "欧阳师傅", "+8613800000001"))
    assert not own & set(Grams(b"other").of_application(HERE, "欧阳师傅", "+8613800000001"))


def test_a_single_character_is_not_looked_for_in_resumes() -> None:
    """Nearly all of them would hold it."""
    org, grams = OrgId(uuid7(AT)), Grams(b"secret")
    stored = set(grams.of_resume(org, Resume(skills="叉车证 N1", experience="注塑三年")))

    assert grams.in_resume(org, Term("证")) is None
    assert (
        set(grams.in_resume(org, Term("叉车")) or ()) <= stored
        and set(grams.in_resume(org, Term("n1")) or ()) <= stored
    )

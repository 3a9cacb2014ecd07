"""The words of the pages: Chinese and English say the same things, and every key a page uses is there."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from stream_jobs.domain import errors
from stream_jobs.domain.events import QuestionKind
from tests.unit.copy_endings import ENDINGS

ADMIN = Path(__file__).resolve().parents[2] / "admin"
CATALOGUES = ADMIN / "static" / "i18n"
NAMES = sorted(path.name.removesuffix(".zh-CN.json") for path in CATALOGUES.glob("*.zh-CN.json"))
KEY = re.compile(rf"(?<=[\"'`])(?:{'|'.join(NAMES)})\.[a-z0-9_.]*(?=[\"'`{{$])")
FILE_ENDINGS = (".js", ".css", ".json", ".html")
ERRORS = ADMIN.parent / "docs" / "errors.md"
# Failures that no server tells.
OF_THE_PAGES_OWN = ("error",)


def catalogue(name: str, language: str) -> dict[str, str]:
    text = (CATALOGUES / f"{name}.{language}.json").read_text(encoding="utf-8")
    read: dict[str, str] = json.loads(text)
    return read


def params_of(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)(?:\|[^}]*)?\}", sentence))


def all_keys() -> set[str]:
    return {key for name in NAMES for key in catalogue(name, "zh-CN")}


def keys_in_code() -> set[str]:
    """What stands in quotes anywhere in scripts, templates and our Python; a beginning ends in a dot or underscore."""
    files = [*(ADMIN / "static" / "js").rglob("*.js"), *(ADMIN / "templates").rglob("*.*"), *ADMIN.rglob("*.py")]
    found = {key for file in files for key in KEY.findall(file.read_text(encoding="utf-8"))}
    return {key for key in found if not key.endswith(FILE_ENDINGS)}


def is_beginning(key: str) -> bool:
    return key.endswith((".", "_"))


def composed() -> set[str]:
    return {beginning + ending for beginning, endings in ENDINGS.items() for ending in endings.split()}


def error_codes() -> set[str]:
    return set(re.findall(r"^\| `([a-z_0-9]+)` \|", ERRORS.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_english_has_the_same_keys_as_chinese(name: str) -> None:
    """No sentence is in one language only."""
    assert list(catalogue(name, "en")) == list(catalogue(name, "zh-CN"))


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_fill_in_the_same_params(name: str) -> None:
    """A name or number shown in one language is shown in the other."""
    english = catalogue(name, "en")

    differing = [key for key, text in catalogue(name, "zh-CN").items() if params_of(text) != params_of(english[key])]

    assert differing == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_key_stands_twice_nor_outside_its_page(name: str, language: str) -> None:
    """A second entry would silently win over the first."""
    text = (CATALOGUES / f"{name}.{language}.json").read_text(encoding="utf-8")
    keys = [key for key, _ in json.loads(text, object_pairs_hook=list)]

    assert [key for key, times in Counter(keys).items() if times > 1] == []
    assert [key for key in keys if not key.startswith(name + ".")] == []


@pytest.mark.parametrize("name", NAMES)
def test_copy_has_no_exclamation_marks(name: str) -> None:
    """Pages speak calmly; the ! before a warning is a shape, not a sentence."""
    loud = [
        key
        for language in ("zh-CN", "en")
        for key, text in catalogue(name, language).items()
        if "！" in text or "!" in text.removeprefix("! ")
    ]

    assert loud == []


def test_every_key_that_a_page_uses_has_copy() -> None:
    """A page never shows a key instead of a sentence: one tab of an import once asked for words that were not there."""
    used = {key for key in keys_in_code() if not is_beginning(key)}

    assert sorted((used | composed()) - all_keys()) == []


def test_every_beginning_of_a_key_is_declared_with_its_endings() -> None:
    """Else nobody can tell which of the keys that begin so are used, nor which are missing."""
    beginnings = {key for key in keys_in_code() if is_beginning(key)}

    assert sorted(beginnings - {"common.error."}) == sorted(ENDINGS)


def test_every_sentence_is_said_somewhere() -> None:
    """Copy of pages that are gone goes with them."""
    said = keys_in_code() | composed() | {f"common.error.{code}" for code in (*error_codes(), *OF_THE_PAGES_OWN)}

    assert sorted(all_keys() - said) == []


def codes_under(error: type[errors.StreamJobsError]) -> set[str]:
    below = (codes_under(child) for child in error.__subclasses__() if child is not errors.StartError)
    return {error.code}.union(*below)


def test_every_error_a_page_may_meet_is_said_in_words() -> None:
    """Codes are for programs; people read what happened and what to do."""
    keys = {f"common.error.{code}" for code in codes_under(errors.StreamJobsError)}

    assert sorted(keys - all_keys()) == []


def test_every_question_has_its_words_and_its_chip() -> None:
    """The eight questions of the domain are the eight of the page, in one order."""
    chips = re.search(
        r"QUESTIONS = (\[[^\]]*\])", (ADMIN / "static" / "js" / "job_card.js").read_text(encoding="utf-8")
    )

    assert chips and json.loads(chips[1]) == [kind.value for kind in QuestionKind]

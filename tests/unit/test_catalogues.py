"""The words of the pages: Chinese and English say the same things, and every key a page uses is there."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from stream_jobs.domain import errors
from stream_jobs.domain.events import QuestionKind
from tests.unit.phone_lint import tokens_of

ADMIN = Path(__file__).resolve().parents[2] / "admin"
CATALOGUES = ADMIN / "static" / "i18n"
NAMES = sorted(path.name.removesuffix(".zh-CN.json") for path in CATALOGUES.glob("*.zh-CN.json"))
KEY = re.compile(rf"(?:{'|'.join(NAMES)})\.[a-z0-9_.]*")
FILE_ENDINGS = (".js", ".css", ".json", ".html")


def catalogue(name: str, language: str) -> dict[str, str]:
    text = (CATALOGUES / f"{name}.{language}.json").read_text(encoding="utf-8")
    read: dict[str, str] = json.loads(text)
    return read


def params_of(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)(?:\|[^}]*)?\}", sentence))


def all_keys() -> set[str]:
    return {key for name in NAMES for key in catalogue(name, "zh-CN")}


def keys_in_script(script: Path) -> set[str]:
    strings = [t.text[1:-1] for t in tokens_of(script.read_text(encoding="utf-8")) if t.kind == "string"]
    return {text for text in strings if KEY.fullmatch(text) and not text.endswith(FILE_ENDINGS)}


def keys_in_template(template: Path) -> set[str]:
    strings = re.findall(r"[\"']([^\"'\n]+)[\"']", template.read_text(encoding="utf-8"))
    return {text for text in strings if KEY.fullmatch(text) and not text.endswith(FILE_ENDINGS)}


def missing(used: set[str]) -> list[str]:
    """Keys without copy; one that ends in a dot or underscore is the beginning of several."""
    keys = all_keys()
    beginnings = {key for key in used if key.endswith((".", "_"))}
    lost = {key for key in beginnings if not any(known.startswith(key) for known in keys)}
    return sorted(lost | (used - beginnings - keys))


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


@pytest.mark.parametrize("script", sorted((ADMIN / "static" / "js").rglob("*.js")), ids=lambda path: path.name)
def test_every_key_a_script_uses_has_copy(script: Path) -> None:
    """A page never shows a key instead of a sentence."""
    assert missing(keys_in_script(script)) == []


def test_every_key_a_template_uses_has_copy() -> None:
    """The same for pages drawn by the server."""
    used = {key for template in (ADMIN / "templates").rglob("*.*") for key in keys_in_template(template)}

    assert missing(used) == []


def test_a_key_without_copy_is_noticed() -> None:
    """The check above can fail."""
    assert missing({"viewer.no_such_key", "viewer.no_such."}) == ["viewer.no_such.", "viewer.no_such_key"]


def codes_under(error: type[errors.StreamJobsError]) -> set[str]:
    below = (codes_under(child) for child in error.__subclasses__() if child is not errors.StartError)
    return {error.code}.union(*below)


def test_every_error_a_page_may_meet_is_said_in_words() -> None:
    """Codes are for programs; people read what happened and what to do."""
    keys = {f"common.error.{code}" for code in codes_under(errors.StreamJobsError)}

    assert missing(keys) == []


def test_every_question_has_its_words_and_its_chip() -> None:
    """The eight questions of the domain are the eight of the page, in one order."""
    chips = re.search(
        r"QUESTIONS = (\[[^\]]*\])", (ADMIN / "static" / "js" / "job_card.js").read_text(encoding="utf-8")
    )

    assert chips and json.loads(chips[1]) == [kind.value for kind in QuestionKind]
    assert missing({f"common.question.{kind}" for kind in QuestionKind}) == []

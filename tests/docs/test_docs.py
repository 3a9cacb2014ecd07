"""The docs list what the code has."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import typer
import typer.core

from realtime.protocol import VIEWER_METHODS
from stream_jobs.cli import cli
from stream_jobs.domain.errors import every_error
from stream_jobs.domain.events import QuestionKind, StageEvent
from stream_jobs.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _everything_imported() -> None:
    """Errors live beside what raises them: all modules must be there to be listed."""
    for package in ("stream_jobs", "realtime", "storage", "admin"):
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not module.name.endswith(("__main__", ".child")):
                importlib.import_module(module.name)


def _doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def test_every_error_code_is_documented() -> None:
    """Whoever meets a code finds what it means and what to do."""
    text = _doc("errors.md")

    missing = {error.code for error in every_error() if f"`{error.code}`" not in text}

    assert not missing


def test_no_documented_error_code_is_gone() -> None:
    """A code in the docs can still happen."""
    codes = {error.code for error in every_error()}
    documented = set(re.findall(r"^\| `([a-z_0-9]+)` \|", _doc("errors.md"), re.MULTILINE))

    assert documented == codes


def test_every_error_has_a_code_of_its_own() -> None:
    """Two meanings never share a code."""
    codes = [error.code for error in every_error()]

    assert len(codes) == len(set(codes))


def test_every_setting_is_documented_with_its_default() -> None:
    """And none that does not exist."""
    rows = dict(re.findall(r"^\| `(STREAM_JOBS_[A-Z_]+)` \| ([^|]*) \|", _doc("settings.md"), re.MULTILINE))

    assert set(rows) == {PREFIX + name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = "–" if field.default is None else str(field.default)
        assert rows[PREFIX + name.upper()].strip(" `") == default, name


def test_every_message_is_documented() -> None:
    """Methods, publications and the eight questions."""
    text = _doc("protocol.md")
    words = {*VIEWER_METHODS, *(event.model_fields["type"].default for event in get_args(StageEvent)), *QuestionKind}

    assert not {word for word in words if f"`{word}`" not in text}


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md", ROOT / "README.zh.md"])
def test_links_and_files_named_in_the_docs_exist(path: Path) -> None:
    """A reader who follows a path arrives."""
    text = path.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    files = re.findall(r"`((?:stream_jobs|realtime|storage|admin|tests|docs|scripts)/[\w./-]+)`", text)

    missing = [link for link in links if not (path.parent / link).exists()]
    missing += [file for file in files if not (ROOT / file).exists()]

    assert not missing


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_command_is_in_the_readmes(name: str) -> None:
    """A command of a group stands behind its group's name."""
    commands = re.search(r"^## (?:Commands|命令)$(.*)", (ROOT / name).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    groups = re.findall(r"`([^`]+)`", commands[1]) if commands else []
    named = {(group.split()[0], word) for group in groups for word in re.split(r"[|\s]+", group)[1:]}

    assert not {(group, word) for group, word in _commands() if (group, word) not in named}


def _commands() -> Iterator[tuple[str, str]]:
    """The name of a group, or of the program, and a command of it."""
    program = typer.main.get_group(cli)
    for name, command in program.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from ((name, one) for one in command.commands)
        else:
            yield "stream-jobs", name


def test_both_readmes_have_the_same_map() -> None:
    """What one language finds, the other finds too."""
    maps = [
        set(re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text("utf-8"))) for name in ("README.md", "README.zh.md")
    ]

    assert maps[0] - {"README.zh.md"} == maps[1] - {"README.md"}


def test_copy_is_valid_json() -> None:
    """A stray comma would empty a page."""
    for path in (ROOT / "admin/static/i18n").glob("*.json"):
        json.loads(path.read_text("utf-8"))


def test_every_decision_is_listed_by_its_title() -> None:
    """A reader finds what was decided without opening every page."""
    listed = _doc("decisions/README.md")
    titles = {page.name: page.read_text("utf-8").partition("\n")[0] for page in (ROOT / "docs/decisions").glob("0*.md")}

    missing = {name for name, title in titles.items() if f"[{title.removeprefix('# ')}]({name})" not in listed}

    assert titles and not missing


# Made of a number, and so in no catalogue as they stand.
LABELS = {"3号", "政1"}


def test_glossary_names_things_as_the_pages_do() -> None:
    """One thing has one Chinese word: that of the catalogues or of the metrics."""
    catalogues = (ROOT / "admin" / "static" / "i18n").glob("*.zh-CN.json")
    said = "".join(file.read_text("utf-8") for file in catalogues) + _doc("metrics.md")
    words = re.findall(r"^\| [^|]+ \| ([^|]+) \|", _doc("glossary.md"), re.MULTILINE)[1:]

    named = {word for cell in words for word in re.split("[、；，]", re.sub("（.*?）", "", cell)) if word != "–"}

    assert {word for word in named - LABELS if word not in said} == set()

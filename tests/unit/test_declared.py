"""What is imported is declared and pinned, and not there by luck because something else needs it."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PRODUCT = ("stream_jobs", "storage", "realtime", "admin")
# Programs of others to measure beside; they run in an environment of their own.
ELSEWHERE = ROOT / "stream_jobs" / "bench" / "peers"
IMPORTED = re.compile(r"^\s*(?:from|import) (\w+)", re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: Iterable[str]) -> set[str]:
    return {normal(re.split(r"[<>=!~\[; ]", one, maxsplit=1)[0]) for one in requirements}


def imported(*folders: str) -> set[str]:
    """Distributions that modules of these folders import from."""
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if ELSEWHERE not in path.parents]
    modules = {name for path in sources for name in IMPORTED.findall(path.read_text("utf-8"))}
    of = packages_distributions()
    return {normal(of[name][0]) for name in modules if name in of} - {normal(PROJECT["name"])}


def test_what_the_product_imports_is_declared() -> None:
    """As a dependency, or as an extra that it can do without."""
    declared = names([*PROJECT["dependencies"], *EXTRAS["embedded"], *EXTRAS["speed"]])

    assert "lxml" in imported("admin")
    assert imported(*PRODUCT) - declared == set()


def test_what_tests_import_is_declared() -> None:
    """As a dependency, or for those who develop."""
    declared = names([*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)])

    assert imported("tests") - declared == set()


def test_what_is_declared_is_pinned() -> None:
    """For whoever installs the server, and for whoever develops."""
    for file, extras in (("requirements.txt", ("embedded", "speed")), ("requirements-dev.txt", tuple(EXTRAS))):
        pinned = names(re.findall(r"^[\w.-]+==", (ROOT / file).read_text("utf-8"), re.MULTILINE))
        wanted = names([*PROJECT["dependencies"], *(one for extra in extras for one in EXTRAS[extra])])

        assert wanted - pinned == set(), file

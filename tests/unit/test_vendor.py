"""Vendored browser files are the ones their checksums and their table name."""

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "admin" / "static" / "vendor", ROOT / "tests" / "e2e" / "vendor"]

# Names of standards that look like addresses and are asked by nobody.
NAMES = ("http://www.w3.org/", "https://aomedia.org/emsg/ID3")


def sums_of(folder: Path) -> dict[str, str]:
    """sha256 by path relative to the folder, as written in its checksums.txt."""
    lines = (folder / "checksums.txt").read_text(encoding="utf-8").splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-3])
def test_each_vendored_file_has_the_sha256_of_its_checksum(folder: Path) -> None:
    """A file edited by hand or fetched anew without its checksum is noticed."""
    found = {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in sums_of(folder)}

    assert found == sums_of(folder)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-3])
def test_no_file_lies_in_the_vendor_folder_without_a_checksum(folder: Path) -> None:
    """Nothing slips into the served folder unrecorded."""
    lying_there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}

    assert lying_there - {"checksums.txt", "VENDOR.md"} == set(sums_of(folder))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-3])
def test_table_of_vendored_files_states_the_checksums_in_force(folder: Path) -> None:
    """VENDOR.md names the sha256 of every script, and no stale one."""
    table = (folder / "VENDOR.md").read_text(encoding="utf-8")

    for path, digest in sums_of(folder).items():
        assert path.rsplit("/", 1)[-1] in table
        assert digest in table or not path.endswith(".js")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-3])
def test_vendored_scripts_name_no_host_they_could_call(folder: Path) -> None:
    """Pages ask nobody but their own server; axe's help addresses are text of a test tool."""
    for script in folder.glob("*.js"):
        if script.name != "axe.min.js":
            text = script.read_text(encoding="utf-8")
            for name in NAMES:
                text = text.replace(name, "")
            assert "http://" not in text and "https://" not in text

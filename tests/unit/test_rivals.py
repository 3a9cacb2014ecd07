"""Where other servers are looked for, and what is said of those that are not there."""

from pathlib import Path

import pytest

from stream_jobs.bench.rivals import SOURCES, Rival

RIVAL = Rival("a rival", "venv/bin/python", "rival.js", ("something-fetched",))


def test_a_peer_is_found_in_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server's data is."""
    peers = tmp_path / ".data" / "peers"
    (peers / "node_modules" / "something-fetched").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    assert RIVAL.program() == [str(peers / "venv/bin/python"), str(SOURCES / "rival.js")]


def test_elsewhere_peers_are_looked_for_beside_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever folder one is in; who lacks something says what and where it belongs."""
    monkeypatch.chdir(tmp_path)

    said = str(RIVAL.program())

    assert "something-fetched" in said
    assert said.endswith(f"into {SOURCES.parents[2] / '.data' / 'peers'}")

"""The one-time token of the first administrator's page."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chatsite.accounts import setup_token


def test_it_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    token = setup_token.ensure(tmp_path)
    assert len(token) >= 22
    assert setup_token.ensure(tmp_path) == token
    folder = tmp_path / "secrets"
    assert [path.name for path in folder.iterdir()] == ["setup_token"]
    assert stat.S_IMODE((folder / "setup_token").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_processes_that_start_at_once_get_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(setup_token.ensure, [tmp_path] * 32))) == 1


def test_it_matches_until_it_is_discarded(tmp_path: Path) -> None:
    token = setup_token.ensure(tmp_path)
    assert setup_token.matches(f" {token}\n", data_dir=tmp_path)
    assert not setup_token.matches(token[:-1], data_dir=tmp_path)
    assert not setup_token.matches("ü", data_dir=tmp_path)
    setup_token.discard(tmp_path)
    setup_token.discard(tmp_path)
    assert not setup_token.matches(token, data_dir=tmp_path)
    assert not setup_token.matches("", data_dir=tmp_path)


def test_a_given_token_wins_over_the_file(tmp_path: Path) -> None:
    token = setup_token.ensure(tmp_path)
    assert setup_token.matches("given", data_dir=tmp_path, given="given")
    assert not setup_token.matches(token, data_dir=tmp_path, given="given")

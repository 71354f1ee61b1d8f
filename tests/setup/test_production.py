"""What production is made of: secrets of the compose file, instructions of the image, the table of settings."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from conversations.history import site_keyset
from tests.live.prepared import ROOT
from tests.setup.checkout import Checkout, Finished


@pytest.fixture(scope="module")
def made(ready: Checkout) -> Finished:
    return ready.run("secrets", DEEPSEEK_API_KEY="sk-hidden")


@pytest.fixture(scope="module")
def folder(ready: Checkout, made: Finished) -> Path:
    assert made.status == 0, made.err
    return ready.folder / "secrets"


def test_every_secret_of_the_compose_file_is_made(folder: Path) -> None:
    named = set(re.findall(r"file: secrets/(\w+)", _text("compose.yaml")))
    assert named == {path.name for path in folder.iterdir()}
    site_keyset.parse((folder / "history_keyset").read_text())
    password = (folder / "postgres_password").read_text()
    assert (folder / "database_url").read_text().strip() == f"postgresql://chatsite:{password}@postgres:5432/chatsite"
    assert len({(folder / name).read_text() for name in named}) == len(named)


def test_secrets_are_shown_to_nobody(folder: Path, made: Finished) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert path.read_text().strip() not in made.out + made.err


def test_secrets_that_exist_are_never_replaced(ready: Checkout, folder: Path) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}
    finished = ready.run("secrets", DEEPSEEK_API_KEY="sk-other")
    assert (finished.status, finished.out) == (0, "")
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_a_missing_key_is_asked_for(ready: Checkout, folder: Path) -> None:
    key = (folder / "deepseek_api_key").rename(folder.parent / "kept")
    finished = ready.run("secrets")
    assert finished.status == 1
    assert "secrets/deepseek_api_key" in finished.err
    key.rename(folder / "deepseek_api_key")


def test_secrets_stay_out_of_the_image_and_of_the_repository() -> None:
    ignored = _text(".dockerignore").splitlines()
    assert "*" in ignored
    assert not any(line.startswith("!secrets") for line in ignored)
    assert "secrets/" in _text(".gitignore").splitlines()


def test_the_image_may_copy_what_the_context_holds() -> None:
    allowed = {line[1:] for line in _text(".dockerignore").splitlines() if line.startswith("!")}
    copied = [
        name
        for line in re.findall(r"^COPY (?!--)(.+)$", _text("Dockerfile"), re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert copied
    assert {name.split("/")[0] for name in copied} == allowed
    assert all((ROOT / name).exists() for name in copied)


def test_every_setting_is_in_the_readme() -> None:
    looked_up = r'(?:values\.\w+\(|_\w+\(values, )\s*"([A-Z_]+)"'
    settings = set(re.findall(looked_up, _text("chatsite/environment.py")))
    assert {"DATABASE_URL", "TRUSTED_PROXIES", "PUBLIC_URL", "SHUTDOWN_GRACE", "SETUP_TOKEN"} <= settings
    listed = set(re.findall(r"^\| `([A-Z_]+)`", _text("README.md"), re.MULTILINE))
    assert listed == settings - {"SIMULATOR_URL"}


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")

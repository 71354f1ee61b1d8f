"""The environment: typed, and loud on mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatsite.environment import Environment, EnvironmentMistake, listening, read

SECRETS = {"SECRET_KEY": "s", "HISTORY_KEYSET": "k"}


def read_with(tmp_path: Path, **values: str) -> Environment:
    return read(SECRETS | values, base_dir=tmp_path)


def test_defaults_are_an_embedded_demo(tmp_path: Path) -> None:
    environment = read_with(tmp_path)
    assert environment.demo
    assert environment.is_loopback
    assert environment.data_dir == tmp_path / "var"
    assert environment.database_url == f"sqlite:///{tmp_path}/var/chatsite.sqlite3"
    assert environment.origin == "http://127.0.0.1:8000"
    assert not environment.is_https


def test_a_key_ends_the_demo(tmp_path: Path) -> None:
    environment = read_with(tmp_path, DEEPSEEK_API_KEY="sk-1", SIMULATOR_URL="http://127.0.0.1:9")
    assert not environment.demo
    assert environment.deepseek_base_url == "https://api.deepseek.com"


def test_without_a_key_the_simulator_answers(tmp_path: Path) -> None:
    assert read_with(tmp_path, SIMULATOR_URL="http://127.0.0.1:9").deepseek_base_url == "http://127.0.0.1:9"


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-from-file\n")
    environment = read_with(tmp_path, DEEPSEEK_API_KEY_FILE=str(tmp_path / "key"))
    assert environment.deepseek_api_key == "sk-from-file"


def test_secrets_of_the_installation_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "secrets"
    folder.mkdir(parents=True)
    (folder / "secret_key").write_text("a\n")
    (folder / "history_keyset").write_text("b\n")
    environment = read({}, base_dir=tmp_path)
    assert (environment.secret_key, environment.history_keyset) == ("a", "b")


def test_metrics_are_off_until_somebody_may_read_them(tmp_path: Path) -> None:
    environment = read_with(tmp_path)
    assert (environment.metrics_token, environment.metrics_addresses) == ("", ())
    (tmp_path / "token").write_text("0123456789abcdef==\n")
    environment = read_with(
        tmp_path, METRICS_TOKEN_FILE=str(tmp_path / "token"), METRICS_ADDRESSES="10.0.0.7, fd00::/8"
    )
    assert environment.metrics_token == "0123456789abcdef=="
    assert [str(network) for network in environment.metrics_addresses] == ["10.0.0.7/32", "fd00::/8"]


def test_no_secret_shows_in_a_repr(tmp_path: Path) -> None:
    secrets = {
        name: f"hidden-{name}"
        for name in ("SECRET_KEY", "HISTORY_KEYSET", "DEEPSEEK_API_KEY", "EMAIL_URL", "METRICS_TOKEN")
    }
    servers = {"DATABASE_URL": "postgresql://u:hidden@h/d", "REDIS_URL": "redis://:hidden@h"}
    shown = repr(read(secrets | servers, base_dir=tmp_path))
    assert "hidden" not in shown


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"FRAME_INTERVAL": "nan"}, "FRAME_INTERVAL"),
        ({"LEASE": "inf"}, "LEASE"),
        ({"DEBUG": "maybe"}, "DEBUG"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
        ({"DATABASE_URL": "mysql://localhost/chatsite"}, "DATABASE_URL"),
        ({"PUBLIC_URL": "chat.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://chat.example.org/path"}, "PUBLIC_URL"),
        ({"TRUSTED_PROXIES": "proxy"}, "TRUSTED_PROXIES"),
        ({"DEEPSEEK_BASE_URL": "ftp://x"}, "DEEPSEEK_BASE_URL"),
        ({"BILLING_CURRENCY": "dollars"}, "BILLING_CURRENCY"),
        ({"METRICS_TOKEN": "hidden-short"}, "METRICS_TOKEN"),
        ({"METRICS_TOKEN": "hidden words with spaces between"}, "METRICS_TOKEN"),
        ({"METRICS_TOKEN": "hidden-enough-for-a-token", "METRICS_TOKEN_FILE": "/x"}, "METRICS_TOKEN"),
        ({"METRICS_ADDRESSES": "prometheus"}, "METRICS_ADDRESSES"),
        ({"METRICS_ADDRESSES": ","}, "METRICS_ADDRESSES"),
        ({"LOOP_LIMIT": "-1"}, "LOOP_LIMIT"),
        ({"DEEPSEEK_API_KEY": "sk-hidden", "DEEPSEEK_API_KEY_FILE": "/x"}, "DEEPSEEK_API_KEY"),
        ({"DEEPSEEK_API_KEY_FILE": "/nonexistent/file"}, "DEEPSEEK_API_KEY"),
    ],
)
def test_a_mistake_names_the_setting_and_no_secret(tmp_path: Path, values: dict[str, str], named: str) -> None:
    with pytest.raises(EnvironmentMistake, match=named) as caught:
        read_with(tmp_path, **values)
    assert "hidden" not in str(caught.value)


def test_missing_secrets_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentMistake, match="bin/serve"):
        read({}, base_dir=tmp_path)


def test_an_empty_secret_file_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    with pytest.raises(EnvironmentMistake, match="empty"):
        read_with(tmp_path, DEEPSEEK_API_KEY_FILE=str(tmp_path / "key"))


@pytest.mark.parametrize(
    ("host", "loopback", "origin"),
    [
        ("127.0.0.1", True, "http://127.0.0.1:8000"),
        ("localhost", True, "http://localhost:8000"),
        ("::1", True, "http://[::1]:8000"),
        ("0.0.0.0", False, "http://localhost:8000"),
        ("chat.local", False, "http://chat.local:8000"),
    ],
)
def test_where_people_reach_it(tmp_path: Path, host: str, loopback: bool, origin: str) -> None:
    environment = read_with(tmp_path, HOST=host)
    assert (environment.is_loopback, environment.origin) == (loopback, origin)
    assert listening({"HOST": host}) == (host, 8000)


def test_behind_https(tmp_path: Path) -> None:
    environment = read_with(tmp_path, PUBLIC_URL="https://chat.example.org/", TRUSTED_PROXIES="10.0.0.0/8, ::1")
    assert environment.is_https
    assert environment.origin == "https://chat.example.org"
    assert [str(network) for network in environment.trusted_proxies] == ["10.0.0.0/8", "::1/128"]

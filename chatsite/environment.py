"""The environment, read once, typed, and loud on mistakes.

Every setting of an installation is here and nowhere else. `NAME_FILE` names a file that holds the value of `NAME`
(for secrets mounted by an orchestrator); setting both is a mistake. Two secrets, `SECRET_KEY` and `HISTORY_KEYSET`,
are also looked for in `DATA_DIR/secrets/`, where `bin/serve` creates them for an embedded installation.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from chatsite.fallbacks import ADDRESS, FallbackMistake, FallbackUpstream, is_address, is_key, read_fallbacks

BASE_DIR = Path(__file__).resolve().parent.parent

T = TypeVar("T")

_LEAST_BODY_MEGABYTES = 64

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The server itself speaks http only, so with https some proxy holds the certificate. One on this machine needs no
# setting; one elsewhere has to be named.
_LOOPBACK = "127.0.0.0/8, ::1"

_SHORTEST_TOKEN = 16
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750, section 2.1."""


class EnvironmentMistake(Exception):
    """A setting is missing or cannot be used. The text names the setting and says what to do; it never quotes a
    secret.
    """


@dataclass(frozen=True, kw_only=True)
class Environment:
    """All settings of one installation. Secrets are kept out of `repr`."""

    data_dir: Path
    secret_key: str = field(repr=False)
    history_keyset: str = field(repr=False)
    """Tink keyset as JSON (AES-256-GCM): the site keyset."""
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    """Empty: one process, channel layer and cache in memory."""
    email_url: str = field(repr=False)
    """Empty: no mail leaves; invitations are links shown once."""
    email_from: str
    alert_webhook_url: str = field(repr=False)
    """Where alerts for administrators are posted as JSON; empty: nowhere. May hold a secret."""
    alert_webhook_secret: str = field(default="", repr=False)
    """Signs what is posted there; empty: unsigned."""
    public_url: str
    """Origin under which people reach the site, without a trailing slash; empty: `http://HOST:PORT`."""
    host: str
    port: int
    trusted_proxies: tuple[Network, ...]
    setup_token: str = field(default="", repr=False)
    """Token for the first administrator's page; empty: the one in `DATA_DIR/secrets/`."""
    deepseek_api_key: str = field(repr=False)
    """Empty: demo mode, the simulator answers."""
    deepseek_base_url: str
    simulator_url: str
    """Where the simulator of demo mode listens; `bin/serve` puts it in."""
    fallback_upstreams: tuple[FallbackUpstream, ...]
    """Asked in their order when DeepSeek does not answer."""
    max_concurrent_answers: int
    """Answers that one process may have running at once, for each model."""
    default_model: str
    title_model: str
    billing_currency: str
    """What the account at DeepSeek is billed in: which of a model's prices counts."""
    frame_interval: float
    """Seconds between two frames of one generation."""
    checkpoint_interval: float
    """Seconds between two checkpoints of one process."""
    lease: float
    """Seconds for which an owner vouches for its generations."""
    shutdown_grace: float
    """Seconds that running answers get to finish after SIGTERM."""
    max_message_characters: int
    context_budget: int
    """Tokens of a prompt at most; older messages become a summary before it is reached."""
    max_attachment_megabytes: int
    """Of one file."""
    max_attachment_characters: int
    """Of the text of one file."""
    max_attachments: int
    """Of one message."""
    database_threads: int
    """Threads for database work on PostgreSQL. SQLite always gets one: it has one writer."""
    loop_limit: float
    """Seconds for which something may hold up the event loop before the log names it."""
    metrics_token: str = field(default="", repr=False)
    """Empty, as `metrics_addresses`: no metrics. Each that is set must be met."""
    metrics_addresses: tuple[Network, ...] = ()
    debug: bool
    demo: bool
    """True when no key is set, or when the simulator's address was put in by `bin/serve`."""

    @property
    def max_body_bytes(self) -> int:
        """Of one request: a file and what a form has around it, or a file of exported conversations."""
        return max(self.max_attachment_megabytes + 1, _LEAST_BODY_MEGABYTES) * 1024 * 1024

    @property
    def origin(self) -> str:
        """Where people reach the site, without a trailing slash."""
        if self.public_url:
            return self.public_url
        host = "localhost" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server directly."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")


def read(environ: Mapping[str, str], *, base_dir: Path = BASE_DIR) -> Environment:
    """Read and check every setting. Raises `EnvironmentMistake` for the first one that cannot be used."""
    values = _Values(environ)
    host, port = listening(environ)
    data_dir = (base_dir / values.text("DATA_DIR", "var")).resolve()
    api_key = _api_key(values, "DEEPSEEK_API_KEY")
    simulator = values.text("SIMULATOR_URL", "")
    public_url = _origin(values, "PUBLIC_URL")
    return Environment(
        data_dir=data_dir,
        secret_key=values.secret("SECRET_KEY", data_dir / "secrets" / "secret_key"),
        history_keyset=values.secret("HISTORY_KEYSET", data_dir / "secrets" / "history_keyset"),
        database_url=values.url(
            "DATABASE_URL", f"sqlite:///{data_dir / 'chatsite.sqlite3'}", ("postgresql", "postgres", "sqlite")
        ),
        redis_url=values.url("REDIS_URL", "", ("redis", "rediss", "unix")),
        email_url=values.text("EMAIL_URL", ""),
        email_from=values.text("EMAIL_FROM", "chatsite@localhost"),
        alert_webhook_url=values.url("ALERT_WEBHOOK_URL", "", ("http", "https")),
        alert_webhook_secret=values.text("ALERT_WEBHOOK_SECRET", ""),
        public_url=public_url,
        host=host,
        port=port,
        trusted_proxies=_networks(values, "TRUSTED_PROXIES", _LOOPBACK if public_url.startswith("https://") else ""),
        setup_token=values.text("SETUP_TOKEN", ""),
        deepseek_api_key=api_key,
        deepseek_base_url=(simulator if simulator and not api_key else "")
        or _base_url(values, "DEEPSEEK_BASE_URL", "https://api.deepseek.com"),
        simulator_url=simulator,
        fallback_upstreams=_fallbacks(values, "FALLBACK_UPSTREAMS", api_key),
        max_concurrent_answers=values.number("MAX_CONCURRENT_ANSWERS", "2500", int, low=1, high=100_000),
        default_model=values.text("DEFAULT_MODEL", "deepseek-flash"),
        title_model=values.text("TITLE_MODEL", "deepseek-flash"),
        billing_currency=_currency(values, "BILLING_CURRENCY", "USD"),
        frame_interval=values.number("FRAME_INTERVAL", "0.025", float, low=0.005, high=1),
        checkpoint_interval=values.number("CHECKPOINT_INTERVAL", "1", float, low=0.05, high=10),
        lease=values.number("LEASE", "5", float, low=1, high=60),
        shutdown_grace=values.number("SHUTDOWN_GRACE", "25", float, low=0, high=600),
        max_message_characters=values.number("MAX_MESSAGE_CHARACTERS", "200000", int, low=1000, high=4_000_000),
        context_budget=values.number("CONTEXT_BUDGET", "128000", int, low=1000, high=1_000_000),
        max_attachment_megabytes=values.number("MAX_ATTACHMENT_MEGABYTES", "20", int, low=1, high=100),
        max_attachment_characters=values.number("MAX_ATTACHMENT_CHARACTERS", "400000", int, low=1000, high=4_000_000),
        max_attachments=values.number("MAX_ATTACHMENTS", "10", int, low=1, high=100),
        database_threads=values.number("DATABASE_THREADS", "8", int, low=1, high=64),
        loop_limit=values.number("LOOP_LIMIT", "0", float, low=0, high=10),
        metrics_token=_token(values, "METRICS_TOKEN"),
        metrics_addresses=_networks(values, "METRICS_ADDRESSES", ""),
        debug=values.boolean("DEBUG", "false"),
        demo=not api_key,
    )


def listening(environ: Mapping[str, str]) -> tuple[str, int]:
    """`HOST` and `PORT` alone, for checks that come before there are secrets. Raises `EnvironmentMistake`."""
    values = _Values(environ)
    return values.text("HOST", "127.0.0.1"), values.number("PORT", "8000", int, low=1, high=65535)


class _Values:
    """Typed look-ups that name the setting in every complaint."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str) -> str:
        """The value of `name` or of the file that `NAME_FILE` names, stripped; `default` when neither is set."""
        value = self._environ.get(name, "").strip()
        path = self._environ.get(f"{name}_FILE", "").strip()
        if value and path:
            raise EnvironmentMistake(f"{name} and {name}_FILE are both set. Keep one of them.")
        if path:
            return _content(name, Path(path))
        return value or default

    def secret(self, name: str, fallback: Path) -> str:
        """A secret from the environment or, when it is not set there, from the file `fallback`."""
        value = self.text(name, "")
        if value:
            return value
        if fallback.is_file():
            return _content(name, fallback)
        raise EnvironmentMistake(
            f"{name} is not set and {fallback} does not exist. "
            f"Start with bin/serve, which creates it for a new installation, or set {name} or {name}_FILE."
        )

    def number(self, name: str, default: str, kind: Callable[[str], T], *, low: float, high: float) -> T:
        value = self.text(name, default)
        try:
            number = kind(value)
        except ValueError:
            raise EnvironmentMistake(f"{name} must be a number from {low} to {high}, not {value!r}.") from None
        if not (math.isfinite(float(number)) and low <= float(number) <= high):  # type: ignore[arg-type]
            raise EnvironmentMistake(f"{name} must be from {low} to {high}, not {value!r}.")
        return number

    def boolean(self, name: str, default: str) -> bool:
        value = self.text(name, default).lower()
        if value in ("1", "true", "yes", "on"):
            return True
        if value in ("0", "false", "no", "off"):
            return False
        raise EnvironmentMistake(f"{name} must be true or false, not {value!r}.")

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value and value.partition("://")[0].lower() not in schemes:
            raise EnvironmentMistake(
                f"{name} must be an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}."
            )
        return value


def _content(name: str, path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentMistake(f"{name} cannot be read from {path}: {type(error).__name__}.") from None
    if not value:
        raise EnvironmentMistake(f"{name} is empty in {path}.")
    return value


def _origin(values: _Values, name: str) -> str:
    """An origin such as `https://chat.example.org`; a path would silently break links, so it is refused."""
    value = values.url(name, "", ("http", "https")).rstrip("/")
    parts = urlsplit(value)
    if value and (not parts.hostname or parts.path or parts.query or parts.fragment):
        raise EnvironmentMistake(f"{name} must be scheme and host only, such as https://chat.example.org.")
    return value


def _base_url(values: _Values, name: str, default: str) -> str:
    value = values.text(name, default)
    if not is_address(value):
        raise EnvironmentMistake(f"{name} must be {ADDRESS}.")
    return value


def _api_key(values: _Values, name: str) -> str:
    value = values.text(name, "")
    if not is_key(value):
        raise EnvironmentMistake(f"{name} must be printable ASCII characters, on one line.")
    return value


def _fallbacks(values: _Values, name: str, api_key: str) -> tuple[FallbackUpstream, ...]:
    try:
        upstreams = read_fallbacks(values.text(name, ""))
    except FallbackMistake as mistake:
        raise EnvironmentMistake(f"{name}: {mistake}") from None
    if upstreams and not api_key:
        raise EnvironmentMistake(f"{name} is set without DEEPSEEK_API_KEY. Without that key the simulator answers.")
    return upstreams


def _currency(values: _Values, name: str, default: str) -> str:
    code = values.text(name, default)
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise EnvironmentMistake(f"{name}: {code!r} is no currency. Give its three letters, such as USD or CNY.")
    return code


def _token(values: _Values, name: str) -> str:
    """A bearer token, as long as one that nobody can guess."""
    value = values.text(name, "")
    if value and (len(value) < _SHORTEST_TOKEN or not _TOKEN.fullmatch(value)):
        raise EnvironmentMistake(
            f"{name} must be at least {_SHORTEST_TOKEN} letters, digits or signs of -._~+/ and may end in =. "
            "`openssl rand -hex 32` makes one."
        )
    return value


def _networks(values: _Values, name: str, default: str) -> tuple[Network, ...]:
    """Addresses or networks, with commas between them."""
    text = values.text(name, default)
    try:
        networks = tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
        if text and not networks:
            raise ValueError(text)
        return networks
    except ValueError:
        raise EnvironmentMistake(
            f"{name} must be addresses or networks with commas between them, such as 10.0.0.0/8."
        ) from None

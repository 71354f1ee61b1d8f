"""Makes an installation ready to serve: secrets, database, history key, static files.

Every obstacle is an `Obstacle`: one line that says what to do. Nothing is changed before the checks that come before it
have passed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatsite.environment import BASE_DIR, Environment, EnvironmentMistake, listening, read

Report = Callable[[str], None]

_IGNORED_ASSETS = ["*.map", "languages", "contrib", "fonts", "*.cov.*", "*.umd.*", "*.cjs*", "*.d.*", "README.md"]
"""Of third-party packages: what no page loads."""

_MIGRATION_LOCK = 7_316_201_889_044_115
"""Number of the advisory lock under which one process at a time migrates a PostgreSQL database."""


class Obstacle(Exception):
    """The server cannot start. The text says why and what to do, in one line."""


class Installation:
    """The steps from a checkout to a site that can serve."""

    def __init__(self, report: Report) -> None:
        """`report` is told what is being done, a line each."""
        self._report = report
        self._new_keyset: Path | None = None

    def prepare_environment(self) -> Environment:
        """Check port and data folder, make the secrets of a new embedded installation, read the environment.

        Raises `Obstacle`.

        A new history keyset stays in memory until `prepare_database` has seen that the database holds no history yet.
        """
        try:
            check_port(*listening(os.environ))
        except EnvironmentMistake as mistake:
            raise Obstacle(str(mistake)) from None
        data_dir = _data_dir()
        self._make_secret("SECRET_KEY", data_dir, lambda: secrets.token_urlsafe(64))
        if not _is_set("HISTORY_KEYSET") and not (data_dir / "secrets" / "history_keyset").exists():
            from conversations.history.site_keyset import generate

            os.environ["HISTORY_KEYSET"] = generate()
            self._new_keyset = data_dir / "secrets" / "history_keyset"
        try:
            return read(os.environ)
        except EnvironmentMistake as mistake:
            raise Obstacle(str(mistake)) from None

    def prepare_database(self) -> None:
        """Reach the database, prove that the history key fits it, and bring its tables up to date. Raises
        `Obstacle`.
        """
        from django.db import OperationalError, connection

        try:
            connection.ensure_connection()
        except (OperationalError, OSError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise Obstacle(f"The database cannot be reached ({reason}). Check DATABASE_URL and that it runs.") from None
        with _migration_lock():
            self._check_key_before_writing()
            self._migrate()
            self._check_key()

    def prepare_static_files(self) -> None:
        """Collect scripts and styles under hashed names, when they changed since the last start. Raises `Obstacle`."""
        from django.conf import settings
        from django.core.management import call_command

        missing = [str(source) for source in _static_sources() if not source.is_dir()]
        if missing:
            raise Obstacle(f"Browser packages are missing ({missing[0]}). Run bin/setup, or `npm ci --omit=dev`.")
        stamp = settings.STATIC_ROOT / ".stamp"
        now = _fingerprint()
        if stamp.exists() and stamp.read_text() == now:
            return
        self._report("collecting scripts and styles")
        call_command("collectstatic", interactive=False, verbosity=0, clear=True, ignore_patterns=_IGNORED_ASSETS)
        stamp.write_text(now)

    # --- secrets --------------------------------------------------------------------------------------------------

    def _make_secret(self, name: str, data_dir: Path, make: Callable[[], str]) -> None:
        path = data_dir / "secrets" / name.lower()
        if not _is_set(name) and not path.exists():
            self._report(f"making {path.relative_to(data_dir.parent)}")
            write_secret(path, make())

    # --- database -------------------------------------------------------------------------------------------------

    def _check_key_before_writing(self) -> None:
        """Refuse a key that was only just made, or that is wrong, before a table is touched."""
        from django.db import connection

        if "conversations_keyset" not in connection.introspection.table_names():
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM conversations_keyset")
            holds_history = cursor.fetchone()[0] > 0
        if holds_history and self._new_keyset is not None:
            raise Obstacle(
                f"The history key is missing: the database holds encrypted history, but HISTORY_KEYSET is not set and "
                f"{self._new_keyset} does not exist. Restore it; nothing was changed."
            )
        if holds_history:
            self._check_key()

    def _migrate(self) -> None:
        from django.core.management import call_command
        from django.db import connection
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._report("bringing the database up to date")
            call_command("migrate", interactive=False, verbosity=0)
        if self._new_keyset is not None:
            self._report(f"making {self._new_keyset.name}: back it up apart from the database")
            write_secret(self._new_keyset, os.environ["HISTORY_KEYSET"])
            self._new_keyset = None

    def _check_key(self) -> None:
        from conversations.history.keyring import KeyMismatch, keyring

        try:
            keyring().check()
        except KeyMismatch as mismatch:
            raise Obstacle(str(mismatch)) from None


def write_secret(path: Path, value: str) -> None:
    """Write a secret that only this user can read (mode 0600)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value + "\n")


def check_port(host: str, port: int) -> None:
    """Raises `Obstacle` when nothing can listen on `host`:`port`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise Obstacle(
            f"Cannot listen on {host}:{port} ({error.strerror}). Stop what uses it, or start with another PORT."
        ) from None


def _data_dir() -> Path:
    data_dir = (BASE_DIR / (os.environ.get("DATA_DIR") or "var")).resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        probe = data_dir / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Obstacle(
            f"The data folder {data_dir} is not writable ({error.strerror}). Set DATA_DIR to one that is."
        ) from None
    return data_dir


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name, "").strip() or os.environ.get(f"{name}_FILE", "").strip())


@contextmanager
def _migration_lock() -> Iterator[None]:
    """One process at a time on PostgreSQL. SQLite's one file is locked by the migration itself."""
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def _static_sources() -> list[Path]:
    from django.conf import settings

    sources: list[Any] = settings.STATICFILES_DIRS
    return [Path(source[1] if isinstance(source, tuple) else source) for source in sources]


def _fingerprint() -> str:
    """A hash that changes when any source of static files does (its size or its time)."""
    digest = hashlib.sha256()
    for source in _static_sources():
        for path in sorted(source.rglob("*")):
            if path.is_file():
                status = path.stat()
                digest.update(f"{path}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()

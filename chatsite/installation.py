"""Makes an installation ready to serve: secrets, database, history key, static files.

Every obstacle is an `Obstacle`: one line that says what to do. Nothing is changed before the checks that come before it
have passed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatsite import lock, preflight
from chatsite.environment import Environment, EnvironmentMistake, read
from chatsite.preflight import Obstacle

if TYPE_CHECKING:
    from conversations.history.keyring import KeyRing

Report = Callable[[str], None]

_IGNORED_ASSETS = [
    *("*.map", "languages", "contrib", "fonts", "*.cov.*", "*.umd.*", "*.cjs*", "*.d.*", "README.md", "*.spec.*"),
    *("mermaid.core", "mermaid.core.mjs", "mermaid.esm", "mermaid.esm.mjs", "mermaid.js", "mermaid.min.js"),
]
"""Of third-party packages: what no page loads."""

_MIGRATION_LOCK = 7_316_201_889_044_115
"""Number of the advisory lock under which one process at a time migrates a PostgreSQL database."""


class Installation:
    """The steps from a checkout to a site that can serve."""

    def __init__(self, report: Report) -> None:
        """`report` is told what is being done, a line each."""
        self._report = report
        self._new_secrets: dict[str, Path] = {}
        """Names of secrets that were made for a new installation, and the files they will be kept in."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Check port and data folder, then keep other starts of this installation waiting until the end of the block.
        Raises `Obstacle`.
        """
        preflight.check(os.environ)
        waits = partial(self._report, "another start is making this installation ready; waiting for it")
        with lock.alone(preflight.data_dir(os.environ), waits):
            yield

    def prepare_environment(self) -> Environment:
        """Make the secrets that a new installation lacks, read the environment. Raises `Obstacle`.

        New secrets stay in memory until `prepare_database` has seen that the database can do with new ones.
        """
        kept_in = preflight.data_dir(os.environ) / "secrets"
        self._make_secret("SECRET_KEY", kept_in, lambda: secrets.token_urlsafe(64))
        self._make_secret("HISTORY_KEYSET", kept_in, _new_keyset)
        try:
            return read(os.environ)
        except EnvironmentMistake as mistake:
            raise Obstacle(str(mistake)) from None

    def check_settings(self) -> list[str]:
        """Raises `Obstacle` for settings that are each valid and together lock people out or let strangers in. Returns
        notes on those that are merely unwise, to be shown once nothing else is in the way.
        """
        from django.core.checks import Tags, run_checks

        notes = []
        for finding in run_checks(tags=[Tags.security]):
            text = f"{finding.msg} {finding.hint or ''}".strip()
            if finding.is_serious():
                raise Obstacle(text)
            notes.append(text)
        return notes

    def prepare_database(self) -> None:
        """Reach the database, prove that the history key fits it, and bring its tables up to date. Raises
        `Obstacle`; nothing was changed then.
        """
        from django.db import DatabaseError
        from django.db.migrations.exceptions import InconsistentMigrationHistory

        _keyring()
        try:
            _reach_database()
        except (DatabaseError, OSError) as error:
            reason = _reason(error)
            raise Obstacle(f"The database cannot be reached ({reason}). Check DATABASE_URL and that it runs.") from None
        try:
            with _migration_lock():
                self._check_key_before_writing()
                self._keep_secrets()
                self._migrate()
                _check_key()
        except (DatabaseError, InconsistentMigrationHistory) as error:
            raise Obstacle(
                f"The database could not be brought up to date ({_reason(error)}). Look after it, or restore a backup, "
                f"and start again."
            ) from None

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

    def _make_secret(self, name: str, folder: Path, make: Callable[[], str]) -> None:
        path = folder / name.lower()
        if not _is_set(name) and not path.exists():
            os.environ[name] = make()
            self._new_secrets[name] = path

    def _keep_secrets(self) -> None:
        for name, path in self._new_secrets.items():
            more = ": back it up apart from the database" if name == "HISTORY_KEYSET" else ""
            self._report(f"making {path}{more}")
            try:
                write_secret(path, os.environ[name])
            except OSError as error:
                raise Obstacle(f"{path} could not be made ({error.strerror}). Start again.") from None
        self._new_secrets.clear()

    # --- database -------------------------------------------------------------------------------------------------

    def _check_key_before_writing(self) -> None:
        """Refuse a key that does not fit, or that was only just made although there is history."""
        from django.db import connection

        if "conversations_keyset" not in connection.introspection.table_names():
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM conversations_keyset")
            holds_history = cursor.fetchone()[0] > 0
        if holds_history and "HISTORY_KEYSET" in self._new_secrets:
            raise Obstacle(
                f"The history key is missing: the database holds encrypted history, but HISTORY_KEYSET is not set and "
                f"{self._new_secrets['HISTORY_KEYSET']} does not exist. Restore it; nothing was changed."
            )
        if holds_history:
            _check_key()

    def _migrate(self) -> None:
        from django.core.management import call_command
        from django.db import connection
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._report("bringing the database up to date")
            call_command("migrate", interactive=False, verbosity=0)


def _keyring() -> KeyRing:
    from conversations.history.keyring import KeyMismatch, keyring

    try:
        return keyring()
    except KeyMismatch as mismatch:
        raise Obstacle(str(mismatch)) from None


def _check_key() -> None:
    from conversations.history.keyring import KeyMismatch

    try:
        _keyring().check()
    except KeyMismatch as mismatch:
        raise Obstacle(str(mismatch)) from None


def write_secret(path: Path, value: str) -> None:
    """Write a new secret that only this user can read (mode 0600): whole and on the disk, or not at all.

    Raises FileExistsError when there is one already, which stays as it is.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Unlike a renaming, this never replaces.
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """The name must survive a power cut as the content does: the database will need this very secret."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    """The first line of an error's text: a database adds values in the others."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _new_keyset() -> str:
    from conversations.history.site_keyset import generate

    return generate()


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name, "").strip() or os.environ.get(f"{name}_FILE", "").strip())


def _reach_database() -> None:
    """Raises DatabaseError or OSError."""
    from django.db import DatabaseError, connection

    if connection.vendor == "sqlite":
        # Not for the eyes of others on this machine: it holds addresses and password hashes.
        Path(connection.settings_dict["NAME"]).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection.ensure_connection()
        return
    import psycopg

    # Without the pool, which would try again for its whole timeout and tell nothing of the reason.
    try:
        psycopg.connect(**(connection.get_connection_params() | {"connect_timeout": 10})).close()
    except psycopg.Error as error:
        raise DatabaseError(str(error)) from None


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

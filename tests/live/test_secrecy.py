"""Nobody reads along: after a conversation neither database, files, Redis nor logs hold a word of it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from tests.live.member import Member
from tests.live.server import LiveServer

QUESTION = "Zanzibarquokka plethoramarble: tell me about sourdough and the oxidation of snorkelwurst."
FILE_NAME = "Blatherskitequince.txt"
FILE_TEXT = "Flibbertigibbetzucchini"
TITLE = "Quixoticplatypus ledger"


def test_no_word_is_readable_anywhere(live_server_process: LiveServer) -> None:
    server = live_server_process
    with Member(server).become_first_administrator() as dana:
        before = _everything(server)
        dana.connect()
        watch = _RedisWatch(server)
        file = dana.attach(FILE_NAME, f"{FILE_TEXT}\n" * 10_000)
        ack = dana.ask(QUESTION, thinking="high", attachments=[file["id"]])
        dana.frame("generation.finished", message=ack["answer"])
        dana.frame("conversation.changed")
        dana.say("conversation.rename", id=ack["answer"], conversation=ack["conversation"], title=TITLE)
        dana.frame("ack", id=ack["answer"])
        row = dana.stored(ack["conversation"], ack["answer"])
        assert row["text"] == dana.texts[ack["answer"]]
        assert row["text"]
        secrets = _words(f"{QUESTION} {TITLE} {FILE_NAME} {FILE_TEXT} {row['text']} {row['reasoning']}")
        assert len(secrets) > 20
        caught = watch.close()
        after = _everything(server) + caught
    leaked = [word for word in secrets if word.encode() in after and word.encode() not in before]
    assert not leaked


def _words(text: str) -> set[str]:
    """The words that cannot be there by accident. Case is folded where the dump is searched."""
    return {word.lower() for word in re.findall(r"[^\W\d_]{8,}", text)}


def _everything(server: LiveServer) -> bytes:
    """All that an intruder finds, in lower case: files, database, Redis, logs."""
    parts = [*_files(server.data_dir), server.log.read_bytes()]
    if "DATABASE_URL" in server.environment:
        parts += _rows(server.environment["DATABASE_URL"])
    if "REDIS_URL" in server.environment:
        parts.append(_redis_dump(redis.Redis.from_url(server.environment["REDIS_URL"])))
    return b"\n".join(parts).lower()


def _files(folder: Path) -> Iterator[bytes]:
    """Every file of the data folder but the scripts and styles; the SQLite database with its WAL among them."""
    for path in folder.rglob("*"):
        if path.is_file() and "static" not in path.relative_to(folder).parts:
            yield path.read_bytes()


def _rows(url: str) -> Iterator[bytes]:
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            for row in connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall():
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()


def _redis_dump(client: redis.Redis) -> bytes:
    return b"\n".join(client.dump(key) or b"" for key in client.scan_iter())


class _RedisWatch:
    """Dumps Redis again and again while something goes on: what passes through it is soon gone."""

    def __init__(self, server: LiveServer) -> None:
        self._caught: list[bytes] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        if url := server.environment.get("REDIS_URL", ""):
            self._client = redis.Redis.from_url(url)
            self._thread = threading.Thread(target=self._run)
            self._thread.start()

    def close(self) -> bytes:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._client.close()
        return b"\n".join(self._caught).lower()

    def _run(self) -> None:
        while not self._ended.wait(0.01):
            self._caught.append(_redis_dump(self._client))


def test_secrets_are_private_files(live_server_process: LiveServer) -> None:
    for name in ("secret_key", "history_keyset"):
        status = os.stat(live_server_process.data_dir / "secrets" / name)
        assert status.st_mode & 0o777 == 0o600

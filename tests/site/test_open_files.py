"""The limit of open files, in a process of its own: a limit that was lowered cannot be raised again."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
from chatsite import open_files
soft, hard, answers = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(*open_files.allow(answers), sep="\\n")
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
NOTE = "note: only {} files and sockets may be open at once, and MAX_CONCURRENT_ANSWERS is {}."


@pytest.mark.parametrize(
    ("soft", "hard", "answers", "said", "allowed"),
    [
        (256, 4096, 2500, "4,096 files and sockets may be open at once, instead of 256", 4096),
        (4096, 4096, 2500, "", 4096),
        (256, 1024, 2500, NOTE.format("1,024", "2,500"), 1024),
        (1024, 1024, 500, "", 1024),
    ],
)
def test_the_soft_limit_is_raised_to_the_hard_one(soft: int, hard: int, answers: int, said: str, allowed: int) -> None:
    command = [sys.executable, "-c", SCRIPT, str(soft), str(hard), str(answers)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    *lines, limit = done.strip().splitlines()
    assert int(limit) == allowed
    assert said in "\n".join(lines)
    assert bool(said) is any(lines)

"""An installation that is ready to start, made once for a run of the tests: what a first start makes takes longer than
most tests.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN = ("SECRET_KEY", "HISTORY_KEYSET", "DATA_DIR", "DJANGO_SETTINGS_MODULE", "SIMULATOR_URL")
"""Settings of the tests' own process, which are none of an installation."""

_STEPS = """
from chatsite.installation import Installation
installation = Installation(print)
installation.prepare_environment()
import django
django.setup()
installation.prepare_database()
installation.prepare_static_files()
"""


def fill(data_dir: Path, environment: Mapping[str, str]) -> None:
    """Put into a data folder that is not there yet what a first start would make: scripts and styles, and, unless
    `environment` brings its own, secrets with the empty database that fits them.
    """
    if data_dir.exists():
        return
    data_dir.mkdir(parents=True)
    shutil.copytree(_made() / "static", data_dir / "static", copy_function=os.link)
    if not {"SECRET_KEY", "HISTORY_KEYSET", "DATABASE_URL"} & environment.keys():
        shutil.copytree(_made() / "secrets", data_dir / "secrets")
        shutil.copy(_made() / "chatsite.sqlite3", data_dir)


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="chatsite-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    kept = {name: value for name, value in os.environ.items() if name not in (*OWN, "DATABASE_URL", "REDIS_URL")}
    environment = kept | {
        "DATA_DIR": str(folder / "var"),
        "DEEPSEEK_API_KEY": "sk-tests",
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
    }
    subprocess.run([sys.executable, "-c", _STEPS], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return folder / "var"

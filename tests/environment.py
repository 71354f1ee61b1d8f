"""The environment of a test run, set before Django reads it (pytest loads this module with `-p`).

`DATABASE_URL` and `REDIS_URL` of the caller are kept: the same tests run on SQLite and on PostgreSQL with Redis. Where
several processes share a run, each has databases of its own (`tests.workers`).
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from tests import workers

_data_dir = tempfile.mkdtemp(prefix="chatsite-tests-")
os.mkdir(os.path.join(_data_dir, "static"))
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)

# A keyset for tests only: AES-256-GCM, key bytes 0..31.
HISTORY_KEYSET = (
    '{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey",'
    '"value":"GiAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==","keyMaterialType":"SYMMETRIC"},'
    '"status":"ENABLED","keyId":1,"outputPrefixType":"TINK"}]}'
)

for _name in (
    "DEEPSEEK_API_KEY",
    "DEEPSEEK_API_KEY_FILE",
    "FALLBACK_UPSTREAMS",
    "FALLBACK_UPSTREAMS_FILE",
    "MAX_CONCURRENT_ANSWERS",
    "PUBLIC_URL",
    "TRUSTED_PROXIES",
    "EMAIL_URL",
    "METRICS_TOKEN",
    "METRICS_TOKEN_FILE",
    "METRICS_ADDRESSES",
    "LOOP_LIMIT",
    "HOST",
    "PORT",
):
    os.environ.pop(_name, None)
os.environ.update(DATA_DIR=_data_dir, SECRET_KEY="tests-" + "x" * 60, HISTORY_KEYSET=HISTORY_KEYSET)
if os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = workers.own_redis(os.environ["REDIS_URL"])

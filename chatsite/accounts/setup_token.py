"""The one-time token that the first administrator's page asks for when other machines reach the site.

Whoever starts the server reads it there and so proves to be its operator. It lies in `DATA_DIR/secrets/setup_token`
(mode 0600) until it was used. Where several processes share no folder, `SETUP_TOKEN` gives all of them the same one.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_BYTES = 18
"""144 random bits: cannot be searched, and is short enough to copy by hand."""


def ensure(data_dir: Path) -> str:
    """The token in `data_dir`, made now when there is none. Two processes that start at once get the same one."""
    path = _path(data_dir)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600, exist_ok=False)
    try:
        draft.write_text(secrets.token_urlsafe(_BYTES), encoding="ascii")
        # A link appears with its content or not at all, and never replaces what is there.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


def matches(candidate: str, *, data_dir: Path, given: str = "") -> bool:
    """Whether `candidate` is the token: `given` (from `SETUP_TOKEN`) or the one in `data_dir`. In constant time."""
    expected = given or _stored(data_dir)
    return bool(expected) and secrets.compare_digest(candidate.strip().encode(), expected.encode())


def discard(data_dir: Path) -> None:
    """Forget the token after its use."""
    _path(data_dir).unlink(missing_ok=True)


def _stored(data_dir: Path) -> str:
    try:
        return _path(data_dir).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _path(data_dir: Path) -> Path:
    return data_dir / "secrets" / "setup_token"

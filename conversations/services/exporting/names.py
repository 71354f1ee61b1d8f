"""Names of files in an export, such that every system takes them."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Any

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
"""What systems refuse, and signs that turn a name around."""
_LONGEST = 60
_LONGEST_ENDING = 12


def file_name(title: str) -> str:
    """A title as the stem of a file name that every system takes."""
    return _clean(title)[:_LONGEST].strip(" .") or "Untitled chat"


def path_of(attachment: dict[str, Any]) -> str:
    """Where an export holds a file that was attached (its row, or its `id` and `name`)."""
    stem, ending = os.path.splitext(_clean(attachment["name"]))
    return f"files/{attachment['id']}/{stem[:_LONGEST].strip(' .') or 'file'}{ending[:_LONGEST_ENDING].rstrip(' .')}"


def _clean(name: str) -> str:
    name = " ".join(_FORBIDDEN.sub(" ", unicodedata.normalize("NFC", name)).split())
    return name.encode("utf-8", "replace").decode()

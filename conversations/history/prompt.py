"""The prompt: which turns of a branch go to the upstream, and in which form. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as a model gets it."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """What of an attachment goes into a prompt: its text, or its picture."""

    name: str
    text: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a branch."""

    role: Role
    text: str
    reasoning: str = ""
    withheld: bool = False
    """A turn that the provider's filter removed: it must not be sent back."""
    pictures: tuple[Picture, ...] = ()
    words: str = ""
    """What the person wrote, where `text` holds files before it."""


def with_files(text: str, files: Sequence[File], *, sees: bool) -> Turn:
    """A person's turn with files, in the form that DeepSeek recommends for them; the same files and text give the same
    bytes. A model that does not see (`sees`) is told that there is an image.
    """
    if not files:
        return Turn("user", text)
    blocks = [_block(file, sees=sees) for file in files]
    pictures = tuple(file.picture for file in files if file.picture) if sees else ()
    return Turn("user", "\n".join([*blocks, text] if text.strip() else blocks), pictures=pictures, words=text)


def _block(file: File, *, sees: bool) -> str:
    if file.picture is None:
        return f"[file name]: {file.name}\n[file content begin]\n{file.text}\n[file content end]"
    return f"[image]: {file.name}" if sees else f"[image]: {file.name} (it cannot be shown to this model)"


def prompt(branch: Iterable[Turn], *, instructions: str = "") -> list[Turn]:
    """The turns to send, oldest first, byte-identical for the same history so that the upstream's cache hits.

    Assistant turns without text (failed, reasoning only) are left out, since the API refuses them; the question before
    one that was left out stays. Reasoning goes along verbatim: the API ignores it without tools, demands it with them.
    """
    turns = [Turn("system", instructions)] if instructions.strip() else []
    turns.extend(turn for turn in branch if turn.role == "user" or (turn.text and not turn.withheld))
    return turns

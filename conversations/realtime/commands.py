"""What browsers may say (`docs/protocol.md`), typed. Pure."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Annotated
from uuid import UUID

import msgspec

from conversations.generation.options import DEFAULT, Options

_MAX_FRAME = 16 * 1024 * 1024
"""Characters of one frame; far above the longest message that any setting allows."""


class BadCommand(Exception):
    """A frame that is not a command. `id` is the command's, as far as it could be read."""

    def __init__(self, text: str, command_id: str | None = None) -> None:
        super().__init__(text)
        self.id = command_id


_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
"""What a browser can count."""


class Open(msgspec.Struct, frozen=True, tag="conversation.open"):
    conversation: UUID
    newest: UUID | None = None
    seen: dict[UUID, tuple[_Count, _Count]] = {}


class Close(msgspec.Struct, frozen=True, tag="conversation.close"):
    pass


class Send(msgspec.Struct, frozen=True, tag="message.send"):
    id: UUID
    conversation: UUID | None
    parent: UUID | None
    text: str
    model: str
    thinking: str
    attachments: tuple[UUID, ...] = ()
    options: Options = DEFAULT
    instructions: str = ""
    """Of the new conversation."""


class Edit(msgspec.Struct, frozen=True, tag="message.edit"):
    id: UUID
    message: UUID
    text: str
    model: str
    thinking: str
    options: Options = DEFAULT
    attachments: tuple[UUID, ...] | None = None
    """None: those of the message as it was."""


class Regenerate(msgspec.Struct, frozen=True, tag="message.regenerate"):
    id: UUID
    message: UUID
    model: str | None = None
    thinking: str | None = None
    options: Options | None = None


class Continue(msgspec.Struct, frozen=True, tag="message.continue"):
    id: UUID
    message: UUID


class Stop(msgspec.Struct, frozen=True, tag="generation.stop"):
    message: UUID
    id: UUID | None = None


class Select(msgspec.Struct, frozen=True, tag="conversation.select"):
    id: UUID
    conversation: UUID
    leaf: UUID


class Rename(msgspec.Struct, frozen=True, tag="conversation.rename"):
    id: UUID
    conversation: UUID
    title: str


class Delete(msgspec.Struct, frozen=True, tag="conversation.delete"):
    id: UUID
    conversation: UUID


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    pass


Command = Open | Close | Send | Edit | Regenerate | Continue | Stop | Select | Rename | Delete | Ping

_SURROGATE = re.compile("[\ud800-\udfff]")

_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


def decode(frame: str) -> Command:
    """The command in a frame. Raises `BadCommand`, which says what is wrong and quotes nothing."""
    if len(frame) > _MAX_FRAME:
        raise BadCommand("The frame is too large.")
    try:
        command = _decode(frame)
    except msgspec.ValidationError as error:
        raise BadCommand(f"The command is not understood: {error}", _id_of(frame)) from None
    except (ValueError, RecursionError):
        raise BadCommand("The frame is not valid JSON.") from None
    if isinstance(command, Send) and command.instructions and command.conversation is not None:
        raise BadCommand("`instructions` are for new conversations.", str(command.id))
    return command


def _decode(frame: str) -> Command:
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # A page can send half of a surrogate pair (text cut in the middle of an emoji), which is legal JSON and no
        # legal text. The half becomes a replacement character; the rest is kept.
        readable = _SURROGATE.sub("\ufffd", json.dumps(json.loads(frame), ensure_ascii=False))
        return _decoder.decode(readable)


def _id_of(frame: str) -> str | None:
    with contextlib.suppress(ValueError, RecursionError, AttributeError):
        found = json.loads(frame).get("id")
        return found if isinstance(found, str) and len(found) <= 64 else None
    return None

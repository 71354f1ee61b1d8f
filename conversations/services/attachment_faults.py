"""What people are told about a file that cannot be attached: what is wrong with it, and what to do."""

from __future__ import annotations

from typing import get_args

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.attachments.content import Fault, Limits
from conversations.services.access import Refused

_REASONS: dict[Fault, str | Promise] = {
    "empty": _("It is empty."),
    "not_text": _("It is neither text nor a kind of file that can be read here. Export it as PDF or text."),
    "unknown_charset": _("Its text is in an unknown encoding. Save it as UTF-8."),
    "encrypted": _("It is protected by a password. Save it without one."),
    "old_office": _("It is in the format of an old Office. Save it as DOCX, XLSX or PDF."),
    "presentation": _("Presentations cannot be read here. Export it as PDF."),
    "open_document": _("OpenDocument files cannot be read here. Save it as DOCX, XLSX or PDF."),
    "rich_text": _("Rich text cannot be read here. Save it as DOCX or PDF."),
    "archive": _("Archives cannot be read here. Unpack it, and attach the files that matter."),
    "image_format": _("Images of this format cannot be read here. Save it as PNG, JPEG, WebP or GIF."),
    "damaged": _("It is damaged, or is not what it seems to be. Open it in its own program, and save it anew."),
    "no_text": _("There is no text in it. Should it be a scan, attach its pages as images."),
    "too_much_text": _("It holds more than %(characters)s characters of text. Attach the part that matters."),
    "too_many_pages": _("It has more than %(pages)s pages. Attach those that matter."),
    "too_many_cells": _("It has more than %(cells)s cells. Attach the part that matters."),
    "too_many_pixels": _("The image has more than %(megapixels)s megapixels. Make it smaller."),
    "unpacks_too_large": _("Unpacked, it would be too large. Attach the part that matters."),
    "too_much_work": _("Reading it took too long. Attach a simpler or smaller part of it."),
}

assert set(_REASONS) == set(get_args(Fault))  # noqa: S101 - none may be without words


def refusal(name: str, fault: Fault, limits: Limits) -> Refused:
    """The refusal of the file `name`, for the person who attached it."""
    figures = {
        "characters": f"{limits.characters:,}",
        "pages": f"{limits.pages:,}",
        "cells": f"{limits.cells:,}",
        "megapixels": f"{limits.pixels // 1_000_000:,}",
    }
    reason = str(_REASONS[fault]) % figures
    return Refused(
        f"file_{fault}", gettext("“%(name)s” was not attached. %(reason)s") % {"name": name, "reason": reason}
    )


def too_large(name: str, megabytes: int) -> Refused:
    """The refusal of a file that has too many bytes."""
    words = {"name": name, "megabytes": megabytes}
    return Refused(
        "file_too_large",
        gettext("“%(name)s” was not attached. It is larger than %(megabytes)s MB. Attach the part that matters.")
        % words,
    )


def not_allowed(name: str) -> Refused:
    """The refusal of a kind of file that the policy leaves out."""
    return Refused(
        "file_not_allowed",
        gettext("“%(name)s” was not attached. Files of this kind are switched off here; ask your administrators.")
        % {"name": name},
    )


def busy(name: str) -> Refused:
    """The refusal while too many files are being read."""
    return Refused(
        "files_busy",
        gettext("“%(name)s” was not attached, as many files are being read at the moment. Try again in a minute.")
        % {"name": name},
    )

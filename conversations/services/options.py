"""Sampling settings: what is allowed, and what has no effect with which model and thinking level."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from conversations.deepseek import InvalidRequest
from conversations.generation import upstream
from conversations.generation.job import Job
from conversations.generation.options import DEFAULT, Options
from conversations.services.access import Refused

_ALLOWED: dict[str, Promise] = {
    "temperature": gettext_lazy("Temperature is a number from 0 to 2."),
    "top_p": gettext_lazy("Top P is a number above 0, up to 1."),
    "max_tokens": gettext_lazy("The longest answer is a whole number of tokens from 1 to 393,216."),
    "frequency_penalty": gettext_lazy("The frequency penalty is a number from -2 to 2."),
    "presence_penalty": gettext_lazy("The presence penalty is a number from -2 to 2."),
    "stop": gettext_lazy("There can be up to 16 stop texts, none of them empty."),
}

_THINKING = gettext_lazy("Has no effect while the model thinks. Switch thinking off to use it.")
_DEPRECATED = gettext_lazy("DeepSeek no longer applies it; only other servers that may stand in for it do.")
_FLASH_TOP_P = gettext_lazy("This model always uses 1 without thinking.")
_FLASH_TOP_P_THINKING = gettext_lazy("While this model thinks, values below 0.95 count as 0.95.")

_PENALTIES: dict[str, Promise] = {"frequency_penalty": _DEPRECATED, "presence_penalty": _DEPRECATED}
_IGNORED: dict[tuple[str, bool], dict[str, Promise]] = {
    ("deepseek-flash", False): {"top_p": _FLASH_TOP_P, **_PENALTIES},
    ("deepseek-flash", True): {"temperature": _THINKING, **_PENALTIES},
    ("deepseek-v4-pro", False): {**_PENALTIES},
    ("deepseek-v4-pro", True): {"temperature": _THINKING, "top_p": _THINKING, **_PENALTIES},
}
"""By model and whether it thinks (chat completions reference of 1 October 2026; for Pro the thinking guide)."""

_HINTS: dict[tuple[str, bool], dict[str, Promise]] = {("deepseek-flash", True): {"top_p": _FLASH_TOP_P_THINKING}}


def effects(model: str) -> dict[str, dict[str, dict[str, str]]]:
    """`{"plain" | "thinking": {"ignored" | "hints": {setting: why}}}`, for the page, which greys what is ignored."""
    return {
        name: {"ignored": _words(_IGNORED.get((model, thinks), {})), "hints": _words(_HINTS.get((model, thinks), {}))}
        for name, thinks in (("plain", False), ("thinking", True))
    }


def _words(reasons: dict[str, Promise]) -> dict[str, str]:
    return {name: str(reason) for name, reason in reasons.items()}


def check_options(options: Options) -> None:
    """Raises `Refused`, which names the field, for settings that no prompt could have."""
    if options == DEFAULT:
        return
    try:
        options.check()
    except InvalidRequest as invalid:
        allowed = str(_ALLOWED.get(invalid.field, "")) or str(invalid)
        raise Refused(
            "invalid_option",
            gettext("%(allowed)s Nothing was sent, and your text was kept; change it in the chat settings.")
            % {"allowed": allowed},
            field=invalid.field,
        ) from None


def check_prompt(job: Job) -> None:
    """Raises `Refused` when JSON mode is on and the prompt does not speak of JSON, which the upstream insists on."""
    if not job.options.json_mode:
        return
    try:
        upstream.request_of(job, user="check").check()
    except InvalidRequest as invalid:
        if invalid.field != "json_mode":
            raise Refused("invalid_request", invalid.person, field=invalid.field) from None
        raise Refused(
            "json_word_missing",
            gettext(
                "JSON mode needs the word “JSON” in a message or in the chat instructions, best with an example of "
                "the shape you want. Nothing was sent, and your text was kept; add it, or switch JSON mode off."
            ),
            field="json_mode",
        ) from None

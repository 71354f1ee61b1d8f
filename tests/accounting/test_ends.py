"""Every way in which an answer can end abnormally has its sentence."""

from __future__ import annotations

from conversations.accounting.ends import MEANINGS, meaning
from conversations.deepseek import errors
from conversations.deepseek.ends import EndKind

BEFORE_ANY_ANSWER = {EndKind.rejected, EndKind.unreachable, EndKind.upstream_error}


def test_every_error_that_ends_an_answer_is_an_abnormal_end() -> None:
    found = {
        error.code
        for error in vars(errors).values()
        if isinstance(error, type)
        and issubclass(error, errors.UpstreamError)
        and error.kind not in BEFORE_ANY_ANSWER
        and "code" in vars(error)
    }

    assert len(found) > 8
    assert found <= set(MEANINGS)
    assert errors.Moderation.code in MEANINGS


def test_a_word_nobody_listed_is_the_providers_own() -> None:
    assert meaning("brand_new") == meaning("unknown_reason")
    assert meaning("length") != meaning("unknown_reason")

"""Everything that can go wrong with the upstream.

UpstreamError
├── InvalidRequest            found by this client, before anything was sent
├── Rejected                  an HTTP error status
│   ├── Authentication        401
│   ├── BalanceExhausted      402
│   ├── Forbidden             403
│   ├── NotFound              404
│   │   └── BalanceUnavailable
│   ├── RequestRefused        400, 413, 422 and other 4xx
│   │   ├── ContextOverflow
│   │   ├── UnknownModel
│   │   └── Moderation        the input was refused for its content
│   ├── RateLimited           429
│   ├── Overloaded            503
│   ├── ServerError           other 5xx
│   └── GatewayError          408, 502, 504 and redirects
├── Unreachable               the request never got there
├── ConnectionReset
├── Stalled                   nothing came, or nothing but keep-alive lines
│   └── FirstTokenTimeout
├── Truncated
├── Malformed
│   └── ProtocolLimit
├── EmptyAnswer
├── ReasoningOnly
├── ContentFilter
├── OutOfCapacity
├── Aborted
├── UnknownReason
└── ErrorInStream

An error has a stable `code`, and two texts: `person` for the member (what happened, what was kept, what to do next;
plain text) and `log` (no prompt, no answer, no key). `str()` and `repr()` give the log text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conversations.deepseek.ends import EndKind

if TYPE_CHECKING:
    from conversations.deepseek.calls import CallRecord
    from conversations.deepseek.plain import Completion

KEPT_TEXT = "What had been written so far is kept."
KEPT_QUESTION = "Your message is kept."


class UpstreamError(Exception):
    """The base of the tree.

    `permanent`: asking the same again cannot succeed. `retryable`: the client may ask again by itself, as long as
    nothing has been shown. `detail` goes to the log and is written by this client; `excerpt` is a short cleaned piece
    of the upstream's own words and goes to the person only. `partial`: part of the answer had arrived.
    """

    code: ClassVar[str] = "upstream_error"
    kind: ClassVar[EndKind] = EndKind.upstream_error
    permanent: ClassVar[bool] = False
    retryable: ClassVar[bool] = False
    brief: ClassVar[str] = "DeepSeek reported a problem"
    happened: ClassVar[str] = "DeepSeek reported a problem and could not finish the answer."
    next_step: ClassVar[str] = "Try again."

    def __init__(
        self,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        excerpt: str = "",
        partial: bool = False,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.excerpt = excerpt
        self.partial = partial
        self.upstream = ""  # the fallback that it came from; empty: the first upstream
        self.calls: list[CallRecord] = []
        self.completion: Completion | None = None  # of a plain call: the answer that did not end well

    @property
    def person(self) -> str:
        said = f"It said: “{self.excerpt}”." if self.excerpt else ""
        kept = KEPT_TEXT if self.partial else KEPT_QUESTION
        return self.named(" ".join(filter(None, (self.happened, said, kept, self._next()))))

    @property
    def log(self) -> str:
        status = f"status={self.status}" if self.status is not None else ""
        return " ".join(filter(None, (self.code, status, self.detail)))

    def named(self, text: str) -> str:
        """`text` about the upstream that the error came from."""
        return text.replace("DeepSeek", self.upstream) if self.upstream else text

    def _next(self) -> str:
        if self.retry_after is None:
            return self.next_step
        return f"{self.next_step} The service asks to wait {max(1, round(self.retry_after))} s first."

    def __str__(self) -> str:
        return self.log

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.log}>"


class InvalidRequest(UpstreamError):
    """`field` is outside of `allowed`; nothing was sent."""

    code = "invalid_request"
    kind = EndKind.rejected
    permanent = True

    def __init__(self, field: str, allowed: str) -> None:
        super().__init__(f"field={field} allowed={allowed}")
        self.field = field
        self.allowed = allowed

    @property
    def person(self) -> str:
        return f"“{self.field}” must be {self.allowed}. {KEPT_QUESTION} Nothing was sent; change it and try again."


class Rejected(UpstreamError):
    """The upstream answered with an HTTP error status."""

    kind = EndKind.rejected
    permanent = True


class Authentication(Rejected):
    code = "authentication"
    brief = "the API key was refused"
    happened = "DeepSeek did not accept this site's API key."
    next_step = "Ask your administrator to check the key, then try again."


class BalanceExhausted(Rejected):
    code = "balance_exhausted"
    brief = "the account is out of balance"
    happened = "The organization's DeepSeek balance is used up. Your administrators have been told."
    next_step = "Try again later."


class Forbidden(Rejected):
    code = "forbidden"
    brief = "access was refused"
    happened = "DeepSeek refused access to this site."
    next_step = "Ask your administrator to check the key, the region and the proxy."


class NotFound(Rejected):
    code = "not_found"
    brief = "the address does not exist"
    happened = "The address that this site uses for DeepSeek does not exist there."
    next_step = "Ask your administrator to check the base address."


class BalanceUnavailable(NotFound):
    """The upstream has no balance to ask for: gateways and own servers lack the path. Not a failure."""

    code = "balance_unavailable"
    brief = "this upstream has no balance"
    happened = "This upstream does not report a balance."
    next_step = "Nothing needs to be done."


class RequestRefused(Rejected):
    code = "invalid_request"
    brief = "the request was refused"
    happened = "DeepSeek did not accept the request."
    next_step = "Change the message or the settings of this chat and try again."


class ContextOverflow(RequestRefused):
    code = "context_overflow"
    brief = "the conversation is too long"
    happened = "The conversation is longer than the model can read."
    next_step = "Start a new chat, or shorten the message or its attachments."


class UnknownModel(RequestRefused):
    code = "unknown_model"
    brief = "the model is not offered"
    happened = "DeepSeek does not offer the chosen model any more."
    next_step = "Choose another model and try again."


class Moderation(RequestRefused):
    code = "moderation"
    brief = "the content was refused"
    happened = "DeepSeek refused the content of this conversation."
    next_step = "Edit or remove the message in question; the same text will be refused again."


class RateLimited(Rejected):
    code = "rate_limited"
    permanent = False
    retryable = True
    brief = "DeepSeek is busy"
    happened = "DeepSeek is handling too many of this site's requests at once."
    next_step = "Try again in a moment."


class Overloaded(Rejected):
    code = "overloaded"
    permanent = False
    retryable = True
    brief = "DeepSeek is busy"
    happened = "DeepSeek is too busy to answer."
    next_step = "Try again in a moment."


class ServerError(Rejected):
    code = "server_error"
    permanent = False
    retryable = True
    brief = "DeepSeek had a fault"
    happened = "DeepSeek had an internal fault."
    next_step = "Try again in a moment."


class GatewayError(Rejected):
    """Something between this site and DeepSeek answered in its place."""

    code = "gateway_error"
    permanent = False
    retryable = True
    brief = "DeepSeek cannot be reached"
    happened = "Something between this site and DeepSeek answered in its place."
    next_step = "Try again in a moment; if it stays like this, tell your administrator."


class Unreachable(UpstreamError):
    """No connection: name, route, TLS or the connect clock. The request was not sent."""

    code = "unreachable"
    kind = EndKind.unreachable
    retryable = True
    brief = "DeepSeek cannot be reached"
    happened = "DeepSeek cannot be reached."
    next_step = "Try again in a moment; if it stays like this, tell your administrator."


class ConnectionReset(UpstreamError):
    code = "reset"
    kind = EndKind.reset
    retryable = True
    brief = "the connection broke off"
    happened = "The connection to DeepSeek broke off."


class Stalled(UpstreamError):
    code = "stalled"
    kind = EndKind.stalled
    retryable = True
    brief = "DeepSeek went silent"
    happened = "DeepSeek went silent in the middle of its work."


class FirstTokenTimeout(Stalled):
    code = "first_token_timeout"
    brief = "DeepSeek did not begin"
    happened = "DeepSeek did not begin to answer in time."
    next_step = "It is probably very busy. Try again later."


class Truncated(UpstreamError):
    """The body ended without its end marker: `data: [DONE]`, `message_stop` in the Anthropic format."""

    code = "truncated"
    kind = EndKind.truncated
    retryable = True
    brief = "the answer was cut off"
    happened = "The answer was cut off before its end."


class Malformed(UpstreamError):
    code = "malformed"
    kind = EndKind.malformed
    brief = "the reply was not readable"
    happened = "DeepSeek, or something on the way, sent a reply that is not in the expected format."
    next_step = "Try again; if it happens again, tell your administrator."


class ProtocolLimit(Malformed):
    code = "protocol_limit"
    brief = "the reply was too large"
    happened = "The reply was larger than this site accepts."
    next_step = "Ask for a shorter answer."


class EmptyAnswer(UpstreamError):
    code = "empty"
    kind = EndKind.empty
    retryable = True
    brief = "the answer was empty"
    happened = "DeepSeek sent an empty answer."


class ReasoningOnly(UpstreamError):
    code = "reasoning_only"
    kind = EndKind.reasoning_only
    brief = "the model gave no answer"
    happened = "The model thought about it and ended without an answer."


class ContentFilter(UpstreamError):
    code = "content_filter"
    kind = EndKind.content_filter
    permanent = True
    brief = "the content filter stepped in"
    happened = "DeepSeek's content filter stopped this answer."
    next_step = "Rephrase the request."


class OutOfCapacity(UpstreamError):
    code = "out_of_capacity"
    kind = EndKind.out_of_capacity
    retryable = True
    brief = "DeepSeek is short of capacity"
    happened = "DeepSeek ran short of capacity; the answer is incomplete."
    next_step = "Try again in a moment."


class Aborted(UpstreamError):
    code = "aborted"
    kind = EndKind.aborted
    retryable = True
    brief = "the answer was interrupted"
    happened = "DeepSeek interrupted the answer."


class UnknownReason(UpstreamError):
    """The answer ended with a `finish_reason` that this client does not know; `excerpt` holds the word."""

    code = "unknown_reason"
    kind = EndKind.unknown_reason
    brief = "the answer ended for an unknown reason"
    happened = "The answer ended for a reason that this site does not know."
    next_step = "Check whether it is whole, or try again."


class ErrorInStream(UpstreamError):
    """An error object inside of a stream that had begun with status 200."""

    retryable = True

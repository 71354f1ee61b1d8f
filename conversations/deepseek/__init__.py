"""The DeepSeek API client. It stands alone: no Django, nothing of this application.

async with DeepSeekClient(api_key=Secret("...")) as client:
    async with client.stream(ChatRequest("deepseek-flash", [ChatMessage("user", "Hello")])) as stream:
        async for batch in stream:
            for event in batch: ...
"""

from conversations.deepseek.account import Balance, BalanceInfo, Effort, ModelInfo
from conversations.deepseek.calls import CallRecord
from conversations.deepseek.client import DeepSeekClient, tls_context
from conversations.deepseek.clocks import Clocks
from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import (
    Aborted,
    Authentication,
    BalanceExhausted,
    BalanceUnavailable,
    ConnectionReset,
    ContentFilter,
    ContextOverflow,
    EmptyAnswer,
    ErrorInStream,
    FirstTokenTimeout,
    Forbidden,
    GatewayError,
    InvalidRequest,
    Malformed,
    Moderation,
    NotFound,
    OutOfCapacity,
    Overloaded,
    ProtocolLimit,
    RateLimited,
    ReasoningOnly,
    Rejected,
    RequestRefused,
    ServerError,
    Stalled,
    Truncated,
    UnknownModel,
    UnknownReason,
    Unreachable,
    UpstreamError,
)
from conversations.deepseek.events import (
    End,
    Event,
    LogprobsDelta,
    Queued,
    ReasoningDelta,
    RetryScheduled,
    TextDelta,
    ToolCallDelta,
)
from conversations.deepseek.fallback import Fallback
from conversations.deepseek.fim import FimRequest
from conversations.deepseek.logprobs import Logprobs, TokenLogprob, TopLogprob
from conversations.deepseek.messages import (
    CalledFunction,
    ChatMessage,
    FilePart,
    Function,
    ImagePart,
    ImageUrl,
    TextPart,
    Tool,
    ToolCall,
)
from conversations.deepseek.plain import Completion
from conversations.deepseek.request import ChatRequest, Thinking
from conversations.deepseek.retry import RetryPolicy
from conversations.deepseek.secret import Secret
from conversations.deepseek.stream import ChatStream
from conversations.deepseek.think_tags import ThinkTags
from conversations.deepseek.tokens import estimate_prompt_tokens, estimate_tokens
from conversations.deepseek.usage import Usage
from conversations.deepseek.wires import Wire

__all__ = [
    "Aborted",
    "Authentication",
    "Balance",
    "BalanceExhausted",
    "BalanceInfo",
    "BalanceUnavailable",
    "CallRecord",
    "CalledFunction",
    "ChatMessage",
    "ChatRequest",
    "ChatStream",
    "Clocks",
    "Completion",
    "ConnectionReset",
    "ContentFilter",
    "ContextOverflow",
    "DeepSeekClient",
    "Effort",
    "EmptyAnswer",
    "End",
    "EndKind",
    "ErrorInStream",
    "Event",
    "Fallback",
    "FilePart",
    "FimRequest",
    "FirstTokenTimeout",
    "Forbidden",
    "Function",
    "GatewayError",
    "ImagePart",
    "ImageUrl",
    "InvalidRequest",
    "Logprobs",
    "LogprobsDelta",
    "Malformed",
    "ModelInfo",
    "Moderation",
    "NotFound",
    "OutOfCapacity",
    "Overloaded",
    "ProtocolLimit",
    "Queued",
    "RateLimited",
    "ReasoningDelta",
    "ReasoningOnly",
    "Rejected",
    "RequestRefused",
    "RetryPolicy",
    "RetryScheduled",
    "Secret",
    "ServerError",
    "Stalled",
    "TextDelta",
    "TextPart",
    "ThinkTags",
    "Thinking",
    "TokenLogprob",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "TopLogprob",
    "Truncated",
    "UnknownModel",
    "UnknownReason",
    "Unreachable",
    "UpstreamError",
    "Usage",
    "Wire",
    "estimate_prompt_tokens",
    "estimate_tokens",
    "tls_context",
]

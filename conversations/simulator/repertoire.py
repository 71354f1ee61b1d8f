"""All scenarios, by name."""

from __future__ import annotations

from functools import partial

from . import alterations, documents, faults, refusals
from .alterations import calls, says
from .catalogue import CONTEXT_TOKENS, EMPTY_BALANCE
from .refusals import HTML, TEXT, Refusal, envelope, gateway_page, invalid, page, throughput, unauthenticated
from .scenarios import Scenario, every, half, instead, not_every
from .steps import ARRIVED, SILENCE, Cut, Now, Reset

NORMAL = Scenario("normal", "An ordinary answer")

_FOREVER = float("inf")
_LONG = documents.long_document(30_000)
_VERY_LONG = documents.long_document(100_000)
_ARGUMENTS = '{"query":"simulated","limit":3}'
_NOT_A_COMPLETION = b'{"data":{"choices":[]},"success":true}'
_BARE_MODELS = b'{"object":"list","data":[{"id":"deepseek-flash","object":"model","owned_by":"deepseek"}]}'
_ERROR_BODY = envelope(500, "The server had an error", "server_error", "server_error").body

REFUSED = (
    Scenario("moderation", "400: the input is refused by moderation", refusals.MODERATION),
    Scenario("moderation-old", "400: the same in its older shape", Refusal(400, b'{"detail":"Content Exists Risk"}')),
    Scenario(
        "context-overflow",
        "400: the conversation is too long for the model",
        refusals.context_overflow(CONTEXT_TOKENS, 1_100_000, 8_192),
    ),
    Scenario(
        "unknown-model",
        "400: the model does not exist any more",
        invalid(
            "The supported API model names are deepseek-flash, deepseek-v4-pro, but you passed deepseek-chat.",
        ),
    ),
    Scenario(
        "reasoning-missing",
        "400: reasoning of earlier turns was not sent back",
        invalid("The `reasoning_content` in the thinking mode must be passed back to the API."),
    ),
    Scenario("wrong-key", "401: the API key is not valid", refusals.wrong_key("sk-simulated-abcd"), everywhere=True),
    Scenario("wrong-key-every-second", "401 on every second call", refusals.wrong_key("sk-simulated-abcd"), every(2)),
    Scenario("no-key", "401: plain text without a content type", refusals.NO_KEY, everywhere=True),
    Scenario("no-such-user", "401: an older text", unauthenticated("Authentication Fails (no such user)")),
    Scenario("no-balance", "402: the balance is used up", refusals.NO_BALANCE, balance=EMPTY_BALANCE),
    Scenario("forbidden", "403: refused by something on the way, as HTML", gateway_page(403, "Forbidden")),
    Scenario("not-found", "404: a wrong base address", refusals.NOT_FOUND, everywhere=True),
    Scenario("too-large", "413: the body is too large", refusals.TOO_LARGE),
    Scenario("unprocessable", "422: invalid parameters", refusals.UNPROCESSABLE),
    Scenario("concurrency", "429: too many at once for the balance left", refusals.CONCURRENCY),
    Scenario("rate-limit", "429: throughput", throughput()),
    Scenario("rate-limit-once", "429, then the retry succeeds", throughput(), not_every(2), "request"),
    Scenario("retry-after", "429 with Retry-After: 1, then success", throughput("1"), not_every(2), "request"),
    Scenario("retry-after-long", "429 with Retry-After: 3600", throughput("3600")),
    Scenario("server-error", "500", refusals.SERVER_ERROR),
    Scenario("server-error-once", "500, then the retry succeeds", refusals.SERVER_ERROR, not_every(2), "request"),
    Scenario("bad-gateway", "502: a page of HTML", gateway_page(502, "Bad Gateway")),
    Scenario("gateway-timeout", "504: a page of HTML", gateway_page(504, "Gateway Time-out")),
    Scenario("gateway-text", "502: plain text", Refusal(502, b"upstream connect error", TEXT)),
    Scenario("gateway-empty", "503: no body at all", Refusal(503, b"", None)),
    Scenario("busy", "503 for ever", refusals.BUSY),
    Scenario("busy-once", "503, then the retry succeeds", refusals.BUSY, not_every(2), "request"),
    Scenario("busy-twice", "503 two times, then success", refusals.BUSY, not_every(3), "request"),
    Scenario("silent", "The connection is accepted and nothing comes", before_status="silent"),
    Scenario("refused-connection", "The connection is reset before a status line", before_status="reset"),
)

ENDINGS = (
    Scenario(
        "content-filter", "Nothing, then content_filter", portion=alterations.empty, finish_reason="content_filter"
    ),
    Scenario(
        "content-filter-late",
        "Half of the text, then content_filter",
        portion=alterations.halved,
        finish_reason="content_filter",
    ),
    Scenario("length", "Half of the text, then length", portion=alterations.halved, finish_reason="length"),
    Scenario(
        "length-thinking",
        "All of the output goes into thinking, then length",
        portion=alterations.reasoning_halved,
        finish_reason="length",
    ),
    Scenario(
        "insufficient-resource",
        "Half of the text, then insufficient_system_resource",
        portion=alterations.halved,
        finish_reason="insufficient_system_resource",
    ),
    Scenario("aborted", "Half of the text, then aborted", portion=alterations.halved, finish_reason="aborted"),
    Scenario("unknown-reason", "A finish reason of the future", finish_reason="out_of_ink"),
    Scenario("no-finish-reason", "[DONE] without any finish reason", script=faults.no_finish_reason),
    Scenario("empty", "An answer without any text", portion=alterations.empty),
    Scenario("reasoning-only", "Reasoning and no answer", portion=alterations.reasoning_only),
)

BROKEN = (
    Scenario("truncated", "The body ends without [DONE]", script=faults.truncated, body=half()),
    Scenario(
        "truncated-after-finish", "The answer is whole and [DONE] is missing", script=faults.truncated_after_finish
    ),
    Scenario("reset", "The connection is reset in the middle", script=faults.reset, body=half(ARRIVED, Reset())),
    Scenario(
        "reset-once",
        "The same; the retry or continuation goes well",
        None,
        not_every(2),
        "request",
        script=faults.reset,
        body=half(ARRIVED, Reset()),
    ),
    Scenario("reset-thinking", "The connection is reset while thinking", script=faults.reset_while_thinking),
    Scenario("cut", "The connection is closed in the middle", script=faults.cut, body=half(Cut())),
    Scenario("stall", "Silence in the middle, the connection stays", script=faults.stall, body=half(SILENCE)),
    Scenario(
        "stall-once",
        "The same; the retry or continuation goes well",
        None,
        not_every(2),
        "request",
        script=faults.stall,
        body=half(SILENCE),
    ),
    Scenario("stall-thinking", "Silence while thinking", script=faults.stall_while_thinking),
    Scenario("stall-at-once", "Status 200 and then silence", script=faults.unanswered, body=instead(SILENCE)),
    Scenario("keep-alive-for-ever", "Comments and never a token", first_token=_FOREVER, keep_alive=0.5),
    Scenario(
        "error-object", "An error object inside the stream", script=faults.error_object, body=instead(Now(_ERROR_BODY))
    ),
    Scenario("error-text", "An error inside the stream that is a string", script=faults.error_text),
    Scenario("error-event", "An event of the type error", script=faults.error_event),
    Scenario("malformed", "A line of JSON that does not parse", script=faults.malformed, body=half()),
    Scenario("plain-text-after", "A line of plain text, then the end", script=faults.plain_text_after, body=half()),
    Scenario(
        "html",
        "A page of HTML under status 200",
        script=faults.html,
        body=instead(Now(page("Just a moment..."))),
        content_type=HTML,
    ),
    Scenario("empty-body", "Status 200 and an empty body", script=faults.nothing, body=instead()),
    Scenario("wrapper", "JSON of another shape", script=faults.wrapped, body=instead(Now(_NOT_A_COMPLETION))),
)

FRAMINGS = (
    Scenario("usage-apart", "Usage in a chunk of its own, choices []", script=partial(faults.usage_apart, choices=[])),
    Scenario("null-choices", "The same with choices null", script=partial(faults.usage_apart, choices=None)),
    Scenario("no-usage", "No usage at all", script=faults.no_usage),
    Scenario("no-delta", "A last chunk without delta", script=faults.finish_without_delta),
    Scenario("role-repeated", "The role in every delta, null in the last", script=faults.role_repeated),
    Scenario("crlf", "Lines end with CR LF", script=faults.crlf),
    Scenario("lone-cr", "Lines end with CR", script=faults.lone_cr),
    Scenario("no-space", "data: without the space", script=faults.no_space),
    Scenario("data-lines", "Events of several data lines", script=faults.data_lines),
    Scenario("byte-order-mark", "A byte order mark at the start", script=faults.byte_order_mark),
    Scenario("keep-alives", "Comments between the events", script=faults.keep_alives_between),
    Scenario("data-keep-alive", "Comments that a proxy wrapped into data", script=faults.wrapped_keep_alives),
    Scenario(
        "split-characters",
        "Characters cut over two TCP writes",
        alter=says(alterations.GRAPHEMES),
        script=faults.split_characters,
    ),
    Scenario("small-writes", "Seven bytes a chunk, whatever they cut", script=faults.small_writes),
    Scenario("one-write", "The whole stream in one write", script=faults.one_write),
    Scenario(
        "reasoning-field", "Reasoning as `reasoning`", script=partial(faults.reasoning_named, names=("reasoning",))
    ),
    Scenario("thinking-field", "Reasoning as `thinking`", script=partial(faults.reasoning_named, names=("thinking",))),
    Scenario(
        "both-reasoning-fields",
        "The same reasoning under two names",
        script=partial(faults.reasoning_named, names=("reasoning", "reasoning_content")),
    ),
    Scenario("think-tags", "Reasoning in <think> tags inside the content", script=faults.reasoning_in_tags),
    Scenario(
        "think-tags-unopened", "The same without the opening tag", script=partial(faults.reasoning_in_tags, opening="")
    ),
)

TEXTS = (
    Scenario("line-separators", "U+2028, U+2029 and U+0085 in the text", alter=says(alterations.SEPARATORS)),
    Scenario("graphemes", "Emoji, accents and many scripts", alter=says(alterations.GRAPHEMES)),
    Scenario("hostile-markup", "Markup that must not act", alter=says(alterations.HOSTILE)),
    Scenario("long-line", "A line of 4,000 characters", alter=says(alterations.LONG_LINE)),
    Scenario("diagram", "A Mermaid diagram", alter=says(alterations.DIAGRAM)),
    Scenario("nasty-document", "All formats at once, in awkward combinations", alter=says(documents.NASTY_DOCUMENT)),
    Scenario("long-document", "30,000 characters with lists, code and tables", alter=says(_LONG)),
    Scenario("very-long-document", "100,000 characters with lists, code and tables", alter=says(_VERY_LONG)),
    Scenario("tool-call", "A tool call", alter=calls(_ARGUMENTS)),
    Scenario("tool-calls", "Two parallel tool calls", alter=calls(_ARGUMENTS, '{"query":"second"}')),
    Scenario("tool-call-invalid", "A tool call with arguments that are not JSON", alter=calls('{"query": simulated')),
    Scenario(
        "tool-call-truncated",
        "The end of the body inside a tool call",
        alter=calls(_ARGUMENTS),
        script=faults.truncated_call,
    ),
    Scenario("tool-markup", "Tool markup leaking into the text", alter=says(alterations.TOOL_MARKUP)),
)

PACES = (
    Scenario("slow-first-token", "Fifteen seconds before the first token", first_token=15, keep_alive=3),
    Scenario("slow", "Five deltas a second", speed=5),
    Scenario("fast", "As fast as possible", first_token=0, speed=0),
)

SURROUNDINGS = (
    Scenario("balance-missing", "No balance address, as at gateways", balance=refusals.NOT_FOUND),
    Scenario("balance-text", "A balance that is plain text", balance=Refusal(200, b"Authentication Fails", TEXT)),
    Scenario("bare-models", "A model list with the required keys only", models=_BARE_MODELS),
    Scenario("title-error", "Only the title call fails, with 500", refusals.SERVER_ERROR),
    Scenario("title-empty", "Only the title call is answered with nothing", portion=alterations.empty),
    Scenario("title-stall", "Only the title call never ends", body=instead(SILENCE)),
    Scenario(
        "title-odd", "Only the title is odd: quotes, markup, several lines", alter=says('"**A <b>title</b>**"\n\nMore.')
    ),
)

_ALL = (NORMAL, *REFUSED, *ENDINGS, *BROKEN, *FRAMINGS, *TEXTS, *PACES, *SURROUNDINGS)


def _listing() -> str:
    rows = "".join(f"| `{one.name}` | {one.description.replace('<', '&lt;')} |\n" for one in _ALL)
    return f"Simulated scenarios: send a line `/simulate NAME`.\n\n| Name | What happens |\n| :--- | :--- |\n{rows}"


_HELP = Scenario("help", "A list of all scenarios, also for a name that does not exist", alter=says(_listing()))

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in (*_ALL, _HELP)}


def scenario_named(name: str) -> Scenario:
    """The scenario of that name. Raises ValueError with a text for people."""
    if name not in SCENARIOS:
        raise ValueError(f"No scenario is called {name!r}; --list-scenarios lists them all.")
    return SCENARIOS[name]


def commanded(name: str) -> Scenario:
    """The scenario that a message asks for; a name that does not exist lists them."""
    return SCENARIOS.get(name, _HELP)

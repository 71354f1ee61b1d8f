"""The answer to a request: a pure function of it, without the prefix.

Same messages, model, thinking and tools: same answer, in whatever way it is asked for. So the continuation of a broken
answer can be compared with the answer that was not broken, character by character.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from . import demonstration
from .demonstration import Subject
from .schema import ChatRequest, NamedTool, SystemMessage, Tool, UserMessage, text_of

_COMMAND = re.compile(r"^[ \t]*/simulate(?:[ \t]+([\w-]+))?[ \t]*$", re.MULTILINE)
_COUNT = re.compile(r"\bcount\s+(?:from\s+(?:1|one)\s+)?(?:up\s+)?to\s+(\d{1,6})\b", re.IGNORECASE)
_WORDS = re.compile(r"\bwrite\s+(\d{1,6})\s+words\b", re.IGNORECASE)
_TOKENS = re.compile(r"\bwrite\s+(\d{1,6})\s+tokens\b", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_BRIEF = re.compile(r"\b(short|brief|briefly)\b|简短", re.IGNORECASE)
_TITLE = re.compile(r"\btitle\b", re.IGNORECASE)
_SUMMARY = re.compile(r"^\s*summarize\b|^\s*write a summary\b", re.IGNORECASE)
_EARLIER = re.compile(r"^- (?P<topic>.+)$", re.MULTILINE)
_MOST_TOPICS = 40
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")  # noqa: RUF001 - the apostrophe that people write
_MOST = 400_000
_REPEAT = re.compile(r"repeat after me:\n(.+)", re.IGNORECASE | re.DOTALL)
_SHORT_QUESTION = 24
_TOPIC_WORDS, _TOPIC_CHARACTERS = 8, 60
_TITLE_WORDS, _TITLE_CHARACTERS = 6, 48


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of an answer; `arguments` is JSON text, or what a fault makes of it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `reasoning` is "" when the request switched thinking off."""

    reasoning: str
    content: str
    calls: tuple[Call, ...] = ()


def answer_for(request: ChatRequest) -> Answer:
    """The whole answer to a request, whatever of it a prefix already holds; `max_tokens` is applied later."""
    subject = _subject(request)
    reasoning = demonstration.reasoning(subject, request.effort) if request.thinks else ""
    tool = _called_tool(request)
    if tool is not None:
        return Answer(reasoning, "", (call_of(tool, subject),))
    return Answer(reasoning, _stopped(_content(request, subject), request.stop))


def is_title_request(request: ChatRequest) -> bool:
    """A request for a conversation's title: a system message says so, no thinking, no stream."""
    systems = (message for message in request.messages if isinstance(message, SystemMessage))
    if is_summary_request(request):
        return False
    return not request.stream and not request.thinks and any(_TITLE.search(text_of(message)) for message in systems)


def is_summary_request(request: ChatRequest) -> bool:
    """A request for a summary of what stands before its last message: no thinking, no stream."""
    return not request.stream and not request.thinks and _SUMMARY.match(request.last_user_text) is not None


def commanded_scenario(request: ChatRequest) -> str | None:
    """The NAME of a line `/simulate NAME` in the last user message, "help" if it leaves the name out."""
    match = _COMMAND.search(request.last_user_text)
    return (match.group(1) or "help") if match else None


def call_of(tool: Tool, subject: Subject | None = None, index: int = 0) -> Call:
    """A call of the tool with plausible arguments."""
    subject = subject or Subject("a simulation", 1, 0)
    properties = (tool.function.parameters or {}).get("properties", {})
    arguments = {name: _argument(schema, subject) for name, schema in properties.items()}
    text = msgspec.json.encode(arguments).decode()
    return Call(f"call_{index:02d}_{subject.seed:016x}", tool.function.name, text)


def _subject(request: ChatRequest) -> Subject:
    users = [text_of(message) for message in request.history if isinstance(message, UserMessage)]
    said = [(type(message).__name__, text_of(message)) for message in request.history]
    fingerprint = msgspec.json.encode([request.model, request.thinks, request.effort, said])
    seed = int.from_bytes(hashlib.blake2b(fingerprint, digest_size=8).digest())
    topic = _excerpt(_COMMAND.sub("", users[-1]) if users else "", _TOPIC_WORDS, _TOPIC_CHARACTERS)
    return Subject(topic or "nothing in particular", max(1, len(users)), seed)


def _content(request: ChatRequest, subject: Subject) -> str:
    text = _COMMAND.sub("", request.last_user_text).strip()
    if is_summary_request(request):
        return _summary(request)
    if is_title_request(request):
        return _title(request)
    if (repeated := _REPEAT.match(text)) is not None:
        return repeated[1]
    if request.wants_json:
        items = ["one", "two", "three"]
        body = {"simulated": True, "topic": subject.topic, "turn": subject.turn, "items": items}
        return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()
    return _counted(text) or _demonstration(text, subject)


def _counted(text: str) -> str | None:
    """An answer of a size that the question names."""
    makers = ((_COUNT, demonstration.counting), (_WORDS, demonstration.words), (_TOKENS, demonstration.tokens))
    for pattern, make in makers:
        match = pattern.search(text)
        if match:
            return make(min(max(int(match.group(1)), 1), _MOST))
    return None


def _demonstration(text: str, subject: Subject) -> str:
    brief = len(text) <= _SHORT_QUESTION or _BRIEF.search(text) is not None
    if _HAN.search(text):
        return demonstration.formatted(demonstration.CHINESE_SHORT if brief else demonstration.CHINESE, subject)
    return demonstration.formatted(demonstration.SHORT if brief else demonstration.LONG, subject)


def _title(request: ChatRequest) -> str:
    """The first words of the first user message."""
    first = next((text_of(message) for message in request.messages if isinstance(message, UserMessage)), "")
    excerpt = _excerpt(_COMMAND.sub("", first), _TITLE_WORDS, _TITLE_CHARACTERS)
    return excerpt[:1].upper() + excerpt[1:] or "Simulated conversation"


def _summary(request: ChatRequest) -> str:
    """What each user message before the last was about; the points of a summary among them are taken over."""
    said = [text_of(message) for message in request.history if isinstance(message, UserMessage)][:-1]
    topics: list[str] = []
    for text in said:
        earlier = [match["topic"] for match in _EARLIER.finditer(text)]
        topics += earlier or [_excerpt(_COMMAND.sub("", text), _TOPIC_WORDS, _TOPIC_CHARACTERS)]
    points = [f"- {topic}" for topic in topics[-_MOST_TOPICS:] if topic]
    return "\n".join(["Simulated summary. The person asked about:", "", *(points or ["- nothing in particular"])])


def _excerpt(text: str, count: int, characters: int) -> str:
    """The first words of a text: letters and digits only, so that nothing in it can act as markup."""
    words = _WORD.findall(text[: 10 * characters])[:count]
    return " ".join(words)[:characters].rstrip()


def _stopped(content: str, stop: str | list[str] | None) -> str:
    """The content up to the first stop string."""
    stops = [stop] if isinstance(stop, str) else stop or []
    ends = [content.find(text) for text in stops if text]
    return content[: min((end for end in ends if end >= 0), default=len(content))]


def _called_tool(request: ChatRequest) -> Tool | None:
    """The tool that the answer calls: the forced one, or one that the last message, a person's, names."""
    tools, choice = request.tools or [], request.tool_choice
    if isinstance(choice, NamedTool):
        return next(tool for tool in tools if tool.function.name == choice.function.name)
    if choice == "required":
        return tools[0]
    last = request.history[-1] if request.history else None
    if choice == "none" or not isinstance(last, UserMessage):
        return None
    return next((tool for tool in tools if tool.function.name in text_of(last)), None)


def _argument(schema: Any, subject: Subject) -> object:
    schema = schema if isinstance(schema, dict) else {}
    if schema.get("enum"):
        return schema["enum"][0]
    by_type: dict[object, object] = {"integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
    return by_type.get(schema.get("type"), subject.topic)

"""Files of every known format, and of none: what is read, and what is said of what is not."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.services.importing import document, upload
from conversations.services.importing.document import ImportedConversation, Unacceptable, moment
from tests.services.importing.samples import NOON, chatgpt, open_webui


def read(value: Any) -> list[ImportedConversation]:
    """The conversations."""
    return [each for each in read_all(value) if isinstance(each, ImportedConversation)]


def read_all(value: Any) -> list[upload.Imported]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return [one() for one in upload.contents(data)]


def tree(conversation: ImportedConversation) -> list[tuple[str | None, str, str]]:
    return [(message.parent, message.role, message.text) for message in conversation.messages]


def packed(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), content)
    return target.getvalue()


def test_chatgpt_keeps_the_tree_the_times_and_the_shown_branch() -> None:
    (found,) = read([chatgpt()])
    assert tree(found) == [
        (None, "user", "How do I start?"),
        ("question", "assistant", "With flour."),
        ("question", "assistant", "With rye flour."),
    ]
    assert found.messages[2].reasoning == "Hm, flour?"
    assert found.messages[0].created == datetime.fromtimestamp(NOON, UTC)
    assert (found.title, found.model, found.updated) == ("Sourdough", "gpt-4o", datetime.fromtimestamp(NOON + 60, UTC))
    assert found.messages[1].model == "gpt-4o"


def test_a_branch_of_many_steps_is_shown_to_its_end() -> None:
    (found,) = read([chatgpt()])
    assert found.leaf == found.messages[-1].key


@pytest.mark.parametrize("name", ["conversations_json", "export__conversations_json", "conversations-000_json"])
def test_chatgpt_comes_in_a_zip(name: str) -> None:
    (found,) = read(packed(**{name: json.dumps([chatgpt()]).encode(), "user_json": b"{}"}))
    assert found.title == "Sourdough"


def test_several_files_of_a_zip_are_read() -> None:
    files = {f"conversations-00{number}_json": json.dumps([chatgpt(title=str(number))]).encode() for number in (1, 0)}
    assert [found.title for found in read(packed(**files))] == ["0", "1"]


def test_open_webui_keeps_reasoning_apart() -> None:
    (found,) = read([open_webui()])
    assert tree(found) == [(None, "user", "a or b?"), ("a", "assistant", "b.")]
    assert found.messages[1].reasoning == "a < b\nso"
    assert (found.leaf, found.pinned, found.model) == ("b", True, "llama3")


def test_open_webui_of_old_versions_has_a_list() -> None:
    chat = {"title": "Old", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}
    (found,) = read([{"id": "x", "chat": chat}])
    assert tree(found) == [(None, "user", "hi"), ("0", "assistant", "ho")]


def test_summaries_of_answers_come_in_and_no_others() -> None:
    messages = [
        {"id": "q", "role": "user", "text": "why?"},
        {"id": "a", "role": "assistant", "text": "so", "parent": "q"},
        {"id": "b", "role": "assistant", "text": "or so", "parent": "q"},
    ]
    summaries = [
        {"message": key, "text": text} for key, text in (("q", "asked"), ("a", "told"), ("b", " "), ("c", "x"))
    ]
    chat = {"id": "1", "title": "t", "messages": messages, "summaries": summaries}
    (found,) = read({"format": "chatsite", "version": 1, "conversations": [chat]})
    assert [(each.message, each.text) for each in found.summaries] == [("a", "told")]


def test_one_broken_conversation_spoils_no_other() -> None:
    reads = list(upload.contents(json.dumps([chatgpt(mapping=7), open_webui(), {"x": 1}, 3]).encode()))
    outcomes = []
    for one in reads:
        try:
            found = one()
            assert isinstance(found, ImportedConversation)
            outcomes.append(found.title)
        except Unacceptable as unacceptable:
            outcomes.append(str(unacceptable))
    assert "$.mapping" in outcomes[0]
    assert outcomes[1] == "Comparison"
    assert "no known format" in outcomes[2]
    assert outcomes[3]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no JSON"),
        (b"hello", "no JSON"),
        (b"[1, 2", "not valid JSON"),
        (b'{"format": "chatsite", "version": 2, "conversations": []}', "version 2"),
        (b'{"format": "else", "version": 1, "conversations": []}', "$.format"),
        (b'{"format": "chatsite", "version": 1}', "conversations"),
        (b"[" * 200_000, "deep"),
        (b"PK\x03\x04 no zip at all", "ZIP"),
        (packed(readme_json=b"{}", other_json=b"{}"), "conversations.json"),
    ],
    ids=["empty", "text", "cut", "version", "format", "nothing", "deep", "zip", "zip-without"],
)
def test_what_is_no_export_is_said_to_be_none(data: bytes, says: str) -> None:
    with pytest.raises(Unacceptable, match=says.replace("$", r"\$")):
        read(data)


def test_a_zip_that_swells_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_JSON", 1_000_000)
    with pytest.raises(Unacceptable, match="larger"):
        read(packed(conversations_json=b" " * 50_000_000))


def node(parent: str | None, text: str = "x") -> dict[str, Any]:
    return {"parent": parent, "message": {"author": {"role": "user"}, "content": {"parts": [text]}}}


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"a": node("b"), "b": node("a")}, "circle"),
        ({"a": node("a")}, "circle"),
        ({"a": node("h"), "h": {"parent": "g"}, "g": {"parent": "h"}}, "circle"),
        ({str(number): node(None) for number in range(document.MOST_MESSAGES + 1)}, "allowed"),
        ({"a": node(None, "x" * (document.LONGEST_TEXT + 1))}, "longer"),
    ],
    ids=["circle", "itself", "hidden-circle", "many", "long"],
)
def test_what_is_no_tree_is_refused(mapping: dict[str, Any], says: str) -> None:
    with pytest.raises(Unacceptable, match=says):
        read([chatgpt(mapping=mapping, current_node=None)])


def test_an_unknown_parent_begins_a_branch_in_foreign_files() -> None:
    (found,) = read([chatgpt(mapping={"a": node("lost")}, current_node="a")])
    assert tree(found) == [(None, "user", "x")]


def test_half_of_a_surrogate_pair_is_replaced_and_the_rest_kept() -> None:
    raw = json.dumps([chatgpt(title="TITLE")]).replace("TITLE", r"a\ud83db \ud83c\udf45 \\ud83d").encode()
    (found,) = read(raw)
    assert found.title == "a\ufffdb \U0001f345 \\ud83d"


def test_a_long_chain_is_read_in_time() -> None:
    count = 15_000
    mapping = {str(n): {"parent": str(n - 1) if n else None, "message": None} for n in range(count)}
    mapping["end"] = node(str(count - 1))
    (found,) = read([chatgpt(mapping=mapping, current_node="end")])
    assert tree(found) == [(None, "user", "x")]


@pytest.mark.parametrize(
    ("value", "year"),
    [
        (NOON, 2025),
        (NOON * 1e3, 2025),
        (NOON * 1e6, 2025),
        (NOON * 1e9, 2025),
        ("2025-10-09T08:53:20.500000Z", 2025),
        ("2025-10-09T08:53:20", None),
        (0, None),
        (-5, None),
        (1e300, None),
        (float("nan"), None),
        (True, None),
        ("yesterday", None),
        (None, None),
        ({}, None),
    ],
)
def test_moments(value: object, year: int | None) -> None:
    found = moment(value)
    assert (found.year if found else None) == year


_NAMES = ["mapping", "chat", "history", "messages", "author", "role", "content", "parts", "parent", "message", "title"]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=20,
)


def outcome(data: bytes) -> str:
    """What a file is refused with; "read" when it is read."""
    try:
        for one in upload.contents(data):
            one()
    except Unacceptable as unacceptable:
        return str(unacceptable)
    return "read"


@given(_json)
def test_any_json_is_read_or_refused_and_never_worse(value: Any) -> None:
    assert outcome(json.dumps([value]).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_never_worse(data: bytes) -> None:
    for prefix in (b"", b"[", b"{", b"PK\x03\x04", b'{"format":"chatsite",'):
        assert outcome(prefix + data)

"""Exports of other programs, as they write them."""

from __future__ import annotations

from typing import Any

NOON = 1_760_000_000.5


def chatgpt(**changes: Any) -> dict[str, Any]:
    """A question with two answers, the second one shown, and a call of a tool before it."""
    return {
        "title": "Sourdough",
        "conversation_id": "chatgpt-1",
        "create_time": NOON,
        "update_time": NOON + 60,
        "current_node": "final",
        "default_model_slug": "gpt-4o",
        "mapping": {
            "root": {"id": "root", "message": None, "parent": None, "children": ["system"]},
            "system": _node("root", "system", "You are helpful", hidden=True),
            "question": _node("system", "user", "How do I start?", at=NOON),
            "first": _node("question", "assistant", "With flour.", at=NOON + 1),
            "thoughts": {
                "parent": "question",
                "message": {
                    "author": {"role": "assistant"},
                    "content": {"content_type": "thoughts", "thoughts": [{"content": "Hm, flour?"}]},
                    "create_time": NOON + 2,
                },
            },
            "call": _node("thoughts", "assistant", "search()", recipient="browser"),
            "tool": _node("call", "tool", "results"),
            "final": _node("tool", "assistant", "With rye flour.", at=NOON + 3),
        },
        **changes,
    }


def _node(
    parent: str, role: str, text: str, *, at: float | None = None, hidden: bool = False, recipient: str = "all"
) -> dict[str, Any]:
    return {
        "parent": parent,
        "message": {
            "author": {"role": role},
            "content": {"content_type": "text", "parts": [text]},
            "create_time": at,
            "recipient": recipient,
            "metadata": {"model_slug": "gpt-4o", "is_visually_hidden_from_conversation": hidden},
        },
    }


def open_webui(**changes: Any) -> dict[str, Any]:
    """A question and an answer with reasoning, in Open WebUI's own way."""
    summary = "<summary>Thought for 3 seconds</summary>"
    reasoning = f'<details type="reasoning" done="true" duration="3">\n{summary}\n> a &lt; b\n> so\n</details>\n'
    question = {"id": "a", "parentId": None, "childrenIds": ["b"], "role": "user", "content": "a or b?"}
    answer = {"id": "b", "parentId": "a", "childrenIds": [], "role": "assistant", "content": f"{reasoning}b."}
    return {
        "id": "owui-1",
        "user_id": "u",
        "title": "Comparison",
        "created_at": int(NOON),
        "updated_at": int(NOON) + 60,
        "pinned": True,
        "archived": False,
        "chat": {
            "title": "Comparison",
            "models": ["llama3"],
            "history": {
                "currentId": "b",
                "messages": {
                    "a": {**question, "timestamp": int(NOON)},
                    "b": {**answer, "timestamp": int(NOON) + 4, "model": "llama3"},
                },
            },
        },
        **changes,
    }

"""The setting FALLBACK_UPSTREAMS: typed, loud on mistakes, and silent about keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatsite.environment import Environment, EnvironmentMistake, read
from conversations.deepseek import Secret, ThinkTags
from conversations.services.upstreams import places_of

SPARE = {
    "name": "spare",
    "base_url": "http://127.0.0.1:9/v1",
    "key": "sk-hidden",
    "models": {"deepseek-flash": "qwen3"},
}


def environment_with(tmp_path: Path, **values: str) -> Environment:
    return read({"SECRET_KEY": "s", "HISTORY_KEYSET": "k", "DEEPSEEK_API_KEY": "sk-1"} | values, base_dir=tmp_path)


def test_there_is_none_by_default(tmp_path: Path) -> None:
    environment = environment_with(tmp_path)
    assert environment.fallback_upstreams == ()
    assert environment.max_concurrent_answers == 2500


def test_an_upstream_with_everything(tmp_path: Path) -> None:
    full = SPARE | {"limits": {"qwen3": 4}, "wire": "openai", "deepseek": False, "think_tags": "tagged"}
    environment = environment_with(tmp_path, FALLBACK_UPSTREAMS=json.dumps([full]))
    upstream = environment.fallback_upstreams[0]
    assert (upstream.name, upstream.limits, upstream.is_deepseek) == ("spare", {"qwen3": 4}, False)
    assert "sk-hidden" not in repr(environment)
    place = places_of(environment)[1]
    assert (place.model, place.key, place.think_tags) == ("qwen3", Secret("sk-hidden"), ThinkTags.TAGGED)


def test_they_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "upstreams").write_text(json.dumps([SPARE]))
    environment = environment_with(tmp_path, FALLBACK_UPSTREAMS_FILE=str(tmp_path / "upstreams"))
    assert [each.name for each in environment.fallback_upstreams] == ["spare"]


@pytest.mark.parametrize(
    ("base_url", "is_deepseek"),
    [
        ("https://api.deepseek.com", True),
        ("https://deepseek.com/v1", True),
        ("https://notdeepseek.com", False),
        ("http://127.0.0.1:11434/v1", False),
    ],
)
def test_deepseek_is_known_by_its_address(tmp_path: Path, base_url: str, is_deepseek: bool) -> None:
    environment = environment_with(tmp_path, FALLBACK_UPSTREAMS=json.dumps([SPARE | {"base_url": base_url}]))
    assert environment.fallback_upstreams[0].is_deepseek is is_deepseek


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sk-hidden", "must be JSON"),
        ('{"key": "sk-hidden"}', "list of objects"),
        ('["sk-hidden"]', "list of objects"),
        ([SPARE, SPARE], "a name of its own"),
        ([SPARE | {"name": "DeepSeek"}], "a name of its own"),
        ([SPARE | {"name": ""}], "upstream 1: “name”"),
        ([SPARE, SPARE | {"name": "b", "base_url": "127.0.0.1"}], "upstream 2: “base_url”"),
        ([SPARE | {"base_url": 7}], "“base_url”"),
        ([SPARE | {"base_url": "http://[x"}], "“base_url”"),
        ([SPARE | {"base_url": "http://me:sk-hidden@h"}], "“base_url”"),
        ([SPARE | {"key": 7}], "“key”"),
        ([SPARE | {"key": "sk-hidden\u00e9"}], "“key”"),
        ([SPARE | {"models": {}}], "“models”"),
        ([SPARE | {"models": ["a"]}], "“models”"),
        ([SPARE | {"models": {"a": 1}}], "“models”"),
        ([SPARE | {"limits": {"qwen3": 0}}], "“limits”"),
        ([SPARE | {"limits": {"qwen3": True}}], "“limits”"),
        ([SPARE | {"limits": {"deepseek-flash": 1}}], "right side"),
        ([SPARE | {"wire": "soap"}], "“wire”"),
        ([SPARE | {"deepseek": "yes"}], "“deepseek”"),
        ([SPARE | {"think_tags": "some"}], "“think_tags”"),
        ([SPARE | {"sk-hidden": 1}], "“fields”"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_no_key(tmp_path: Path, text: Any, said: str) -> None:
    value = text if isinstance(text, str) else json.dumps(text)
    with pytest.raises(EnvironmentMistake) as caught:
        environment_with(tmp_path, FALLBACK_UPSTREAMS=value)
    assert said in str(caught.value)
    assert str(caught.value).startswith("FALLBACK_UPSTREAMS")
    assert "hidden" not in str(caught.value)


def test_they_need_a_first_upstream(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentMistake, match="without DEEPSEEK_API_KEY"):
        environment_with(tmp_path, FALLBACK_UPSTREAMS=json.dumps([SPARE]), DEEPSEEK_API_KEY="")

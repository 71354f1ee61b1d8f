"""The lock files serve every Python and machine that we support, prove what they install, and name no registry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.live.prepared import ROOT

REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt")
_PYTHONS = ("3.11.0", "3.11.2", "3.11.9", "3.12.0", "3.13.0", "3.14.0")
_MACHINES = (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"))


def _locked(file: str) -> dict[str, str]:
    """The lines of each locked package by its name."""
    text = (ROOT / file).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    return {canonicalize_name(block.partition("==")[0]): block for block in blocks if "==" in block}


def _environments() -> Iterator[dict[str, str]]:
    for python in _PYTHONS:
        for platform, system, machine in _MACHINES:
            yield {
                "python_version": python.rpartition(".")[0],
                "python_full_version": python,
                "sys_platform": platform,
                "platform_system": system,
                "platform_machine": machine,
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
                "os_name": "posix",
                "extra": "",
            }


@pytest.mark.parametrize("file", REQUIREMENTS[:2])
def test_whatever_a_supported_python_needs_is_locked(file: str) -> None:
    """pip-compile sees the needs of the Python that it runs on; with hashes, pip refuses whatever is not locked."""
    locked = _locked(file)
    assert len(locked) > 40
    for name in locked:
        try:
            needed = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue
        for environment in _environments():
            missing = [
                str(one)
                for one in needed
                if (one.marker is None or one.marker.evaluate(environment))
                and canonicalize_name(one.name) not in locked
            ]
            assert not missing, f"{name} on {environment}: add {missing} to pyproject.toml"


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_python_packages_carry_hashes(file: str) -> None:
    blocks = _locked(file).values()
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


def test_browser_packages_carry_hashes() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = {path: package for path, package in packages.items() if path}
    assert installed
    assert [path for path, package in installed.items() if "integrity" not in package] == []


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_python_packages_come_from_the_registry_of_the_machine(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text


def test_browser_packages_come_from_the_registry_of_the_machine() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")

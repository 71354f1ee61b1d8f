"""Checks the Dockerfile without an engine: runs the instructions of its first stage in a temporary folder, then starts
what the last stage would start there and asks the health check.

Understands what the Dockerfile uses: WORKDIR, COPY, RUN, ENV, HEALTHCHECK and CMD, with lines continued by a backslash.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 60.0


def main() -> int:
    """Returns the exit status."""
    build, final = _stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="chatsite-image-") as folder:
        app, programs = Path(folder) / "app", Path(folder) / "programs"
        app.mkdir()
        _link_programs(programs)
        for instruction, argument in build:
            if instruction == "COPY":
                _copy(argument.split(), app)
            elif instruction == "RUN":
                print(f"RUN {argument}", flush=True)
                subprocess.run(
                    ["/bin/sh", "-c", argument], cwd=app, env=os.environ | {"PATH": str(programs)}, check=True
                )
        return _serve(app, Path(folder) / "data", dict(final))


def _stages(text: str) -> list[list[tuple[str, str]]]:
    """For each FROM the instructions that follow, in order."""
    stages: list[list[tuple[str, str]]] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        instruction, _, argument = line.partition(" ")
        if instruction == "FROM":
            stages.append([])
        elif instruction.isupper():
            stages[-1].append((instruction, argument.strip()))
    return stages


def _link_programs(folder: Path) -> None:
    """Our programs without Node: the image has none."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).glob("*"):
            if program.name not in ("node", "npm", "npx") and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)


def _copy(names: list[str], app: Path) -> None:
    *sources, target = names
    for source in sources:
        destination = app / target / Path(source).name if target.endswith("/") else app / target
        destination.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, destination, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / source, destination)


def _serve(app: Path, data: Path, final: dict[str, str]) -> int:
    port = _free_port()
    own = dict(setting.split("=", 1) for setting in final["ENV"].split())
    own |= {"PATH": f"{app}/.venv/bin:{os.defpath}", "HOST": "127.0.0.1", "PORT": str(port), "DATA_DIR": str(data)}
    health = _command(app, final["HEALTHCHECK"].partition("CMD ")[2])
    server = subprocess.Popen(_command(app, final["CMD"]), cwd=app, env=own)
    try:
        for _ in _attempts():
            if server.poll() is not None:
                break
            if subprocess.run(health, env=own, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                print("the health check passes")
                return 0
        print("the server of the image does not become healthy", file=sys.stderr)
        return 1
    finally:
        server.terminate()
        server.wait(_PATIENCE)


def _command(app: Path, text: str) -> list[str]:
    """An exec form; its program is looked for in the image's virtual environment."""
    program, *arguments = json.loads(text)
    return [str(app / ".venv" / "bin" / program), *arguments]


def _attempts() -> Iterator[None]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(0.5)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())

"""What every benchmark gives: figures, and bars that they have to hold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Bar:
    """A figure that must not be above its limit or, with `at_least`, not below it."""

    name: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def bound(self) -> str:
        """What the limit is, in words."""
        return "at least" if self.at_least else "limit"

    @property
    def holds(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass
class Result:
    """`figures` by name (the unit is in the name) and the `bars`."""

    figures: dict[str, float] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return all(bar.holds for bar in self.bars)

    def add(self, other: Result) -> None:
        """Take over figures and bars of another one."""
        self.figures |= other.figures
        self.bars += other.bars

    def write(self, path: Path) -> None:
        """As JSON: `{"figures": {name: number}, "bars": [{"name", "value", "limit", "at_least", "holds"}]}`."""
        bars = [asdict(bar) | {"holds": bar.holds} for bar in self.bars]
        path.write_text(json.dumps({"figures": self.figures, "bars": bars}, indent=2) + "\n")

    def show(self) -> str:
        """For people: a line a figure, a line a bar."""
        figures = [f"  {name:<44} {value:12.3f}" for name, value in self.figures.items()]
        bars = [
            f"  {'holds' if bar.holds else 'FAILS'}  {bar.name:<37} {bar.value:12.3f}  {bar.bound} {bar.limit:g}"
            for bar in self.bars
        ]
        return "\n".join([*figures, *bars])

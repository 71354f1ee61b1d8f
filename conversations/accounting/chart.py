"""Figures over time, for a chart and for the table under it. What a chart shows is described here and drawn by
`static/js/chart.js`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

Figure = int | float | Decimal | None
"""Money is Decimal. None: nothing is known, which leaves a gap."""

TOKENS = "tokens"
COUNT = "count"
SECONDS = "seconds"
PERCENT = "percent"


class Kind(StrEnum):
    """`BARS` are stacked: their figures add up. `LINES` stand side by side."""

    BARS = "bars"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Series:
    label: str | Promise
    values: Sequence[Figure]
    """One for each moment of the chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Some series over the same moments, in one unit. ValueError when a series has more or fewer figures."""

    name: str
    """In the page's address and its elements' ids: letters, digits and hyphens."""
    title: str | Promise
    moments: Sequence[date | datetime]
    """Days (UTC) or moments, oldest first."""
    series: Sequence[Series]
    unit: str = COUNT
    """`COUNT`, `TOKENS`, `SECONDS`, `PERCENT` (0 to 100), or the code of a currency."""
    kind: Kind = Kind.BARS
    links: Sequence[str] = ()
    """Where the figures of each moment come from: one address a moment, or none at all."""

    def __post_init__(self) -> None:
        expected = len(self.moments)
        if any(len(series.values) != expected for series in self.series) or len(self.links) not in (0, expected):
            raise ValueError(f"The chart {self.name} needs {expected} figures a series.")

    def __bool__(self) -> bool:
        """Whether any figure is known and not zero."""
        return any(any(series.values) for series in self.series)

    def drawing(self) -> dict[str, Any]:
        """What the page's script draws, to be encoded as JSON: amounts of money as text."""
        return {
            "kind": self.kind,
            "unit": self.unit,
            "moments": [_text(moment) for moment in self.moments],
            "series": [
                {"label": str(series.label), "values": [_plain(value) for value in series.values]}
                for series in self.series
            ],
            "links": list(self.links),
        }

    def rows(self) -> Iterator[tuple[date | datetime, str, list[Figure]]]:
        """The table under the chart, newest first: the moment, its link ("" for none), and a figure for each series."""
        links = self.links or [""] * len(self.moments)
        for index in range(len(self.moments) - 1, -1, -1):
            yield self.moments[index], links[index], [series.values[index] for series in self.series]

    def header(self) -> list[str]:
        """Of the table as a file."""
        return ["moment (UTC)", *(f"{series.label} ({self.unit})" for series in self.series)]

    def lines(self) -> Iterator[list[object]]:
        """The table as a file, oldest first."""
        for index, moment in enumerate(self.moments):
            yield [_text(moment), *(_plain(series.values[index]) for series in self.series)]


def _text(moment: date | datetime) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    return moment.isoformat()


def _plain(figure: Figure) -> int | float | str | None:
    return f"{figure:f}" if isinstance(figure, Decimal) else figure

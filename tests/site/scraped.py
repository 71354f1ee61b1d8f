"""What a scrape of the metrics brought."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


class Scraped:
    """Samples of one moment, by name and labels."""

    def __init__(self, text: str) -> None:
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """Raises KeyError when there is none."""
        return self.samples[name, frozenset(labels.items())]

    def labels(self) -> set[str]:
        """All values of all labels."""
        return {value for _, labels in self.samples for _, value in labels}

"""How quick the upstream was, hour by hour and day by day: a rollup of the ledger for percentiles."""

from __future__ import annotations

from django.db import models


class CallHour(models.Model):
    """The calls that began in a UTC hour, by model asked, upstream and whether they were simulated; with `whole_day`,
    those of the UTC day that begins with it, which are the sums of its hours.

    `first_token` and `speed` are distributions, `{bucket: calls}`, by the buckets of `conversations.accounting.spread`:
    seconds from the start of a call to its first token, and tokens a second from there to its end.
    """

    hour = models.DateTimeField()
    whole_day = models.BooleanField(default=False)
    model = models.CharField(max_length=100)
    upstream = models.CharField(max_length=100)
    simulated = models.BooleanField()
    calls = models.PositiveIntegerField()
    first_token = models.JSONField(default=dict)
    speed = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["whole_day", "hour", "model", "upstream", "simulated"], name="one_rollup_an_hour"
            ),
        )

    def __str__(self) -> str:
        return f"calls {self.hour:%Y-%m-%d %H}:00 {self.model} {self.upstream}"

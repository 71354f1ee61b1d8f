"""Duties: what one process of all does from time to time, whichever comes first."""

from __future__ import annotations

from django.db import models


class Duty(models.Model):
    """`due_at` is the database's clock; whoever moves it on does the work."""

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"duty {self.name}"
